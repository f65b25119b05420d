/** A record as XML text, as Windows exports it, on one line where its values have none of their own. */
import {
  type Attribute,
  type Element,
  type Instance,
  NO_VALUES,
  type Node,
  type Segment,
  type TemplatePart,
  type ValueTable,
} from "./binxml.ts";
import { MAX_DEPTH, MAX_RECORD_TEXT, Unreadable, VALUE_COST } from "./damage.ts";
import type { ChunkState } from "./binxml.ts";
import { ARRAY, arrayTexts, BINXML, FILETIME, fileTimeText, NULL, valueText } from "./values.ts";

interface Output {
  readonly chunk: ChunkState;
  text: string;
  spent: number;
  depth: number;
}

const tooDeep = new Unreadable("nested too deep");
const tooFar = new Unreadable("expands too far");

/** The XML of a fragment's nodes. Throws `Unreadable` where it is nested or expands too far. */
export function fragmentXml(chunk: ChunkState, nodes: readonly Node[]): string {
  const out: Output = { chunk, text: "", spent: 0, depth: 0 };
  writeNodes(out, nodes);
  return out.text;
}

function writeNodes(out: Output, nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.kind === "instance") writeInstance(out, node);
    else write(out, compile([node]), NO_VALUES);
  }
}

function writeInstance(out: Output, { definition, values }: Instance): void {
  write(out, definition.xml ??= compile(definition.nodes), values);
}

function compile(nodes: readonly Node[]): Segment[] {
  const segments: Segment[] = [];
  for (const node of nodes) compileNode(node, segments);
  return segments;
}

function add(segments: Segment[], text: string): void {
  const last = segments.length - 1;
  if (last >= 0 && typeof segments[last] === "string") segments[last] += text;
  else segments.push(text);
}

function compileNode(node: Node, segments: Segment[]): void {
  switch (node.kind) {
    case "text":
      return add(segments, escaped(node.text));
    case "slot":
      segments.push({ op: "text", index: node.index });
      return;
    case "instance":
      segments.push({ op: "instance", instance: node });
      return;
    case "instruction": {
      const data = node.data.replaceAll("?>", "? >").replace(unwritable, "\ufffd").toWellFormed();
      return add(segments, `<?${xmlName(node.target)} ${data}?>`);
    }
    case "element":
      return compileElement(node, segments);
  }
}

function compileElement(element: Element, segments: Segment[]): void {
  const name = xmlName(element.name);
  const { children } = element;
  if (children.length === 1 && children[0].kind === "slot") {
    const { index, optional } = children[0];
    const head: Segment[] = ["<" + name];
    for (const attribute of element.attributes) compileAttribute(attribute, head);
    segments.push({ op: "element", name, head, index, optional });
    return;
  }
  add(segments, "<" + name);
  for (const attribute of element.attributes) compileAttribute(attribute, segments);
  if (children.length === 0) return add(segments, "/>");
  add(segments, ">");
  for (const child of children) compileNode(child, segments);
  add(segments, `</${name}>`);
}

function compileAttribute({ name, parts }: Attribute, segments: Segment[]): void {
  if (parts.some((part) => part.kind === "slot")) {
    segments.push({ op: "attribute", name: xmlName(name), parts });
  } else {
    const text = parts.map((part) => part.kind === "text" ? part.text : "").join("");
    add(segments, ` ${xmlName(name)}="${escaped(text)}"`);
  }
}

function append(out: Output, text: string): void {
  out.text += text;
  const cost = text.length + VALUE_COST;
  out.spent += cost;
  out.chunk.left -= cost;
  if (out.spent > MAX_RECORD_TEXT || out.chunk.left < 0) throw tooFar;
}

function write(out: Output, segments: readonly Segment[], values: ValueTable): void {
  if (++out.depth > MAX_DEPTH) throw tooDeep;
  for (const segment of segments) {
    if (typeof segment === "string") {
      append(out, segment);
      continue;
    }
    switch (segment.op) {
      case "text":
        writeSlot(out, values, segment.index);
        break;
      case "attribute":
        writeAttribute(out, segment.name, segment.parts, values);
        break;
      case "instance":
        append(out, "");
        writeInstance(out, segment.instance);
        break;
      case "element": {
        const { name, head, index, optional } = segment;
        const type = typeOf(values, index);
        if (type === NULL) {
          if (optional) break;
          write(out, head, values);
          append(out, "/>");
        } else if (type & ARRAY) {
          for (const text of arrayOf(out, values, index)) writeLeaf(out, head, values, name, text);
        } else if (type === BINXML) {
          write(out, head, values);
          append(out, ">");
          writeSlot(out, values, index);
          append(out, `</${name}>`);
        } else writeLeaf(out, head, values, name, textOf(out, values, index));
      }
    }
  }
  out.depth--;
}

function writeLeaf(
  out: Output,
  head: readonly Segment[],
  values: ValueTable,
  name: string,
  text: string,
): void {
  write(out, head, values);
  append(out, text === "" ? "/>" : ">" + escaped(text) + "</" + name + ">");
}

function writeAttribute(
  out: Output,
  name: string,
  parts: readonly TemplatePart[],
  values: ValueTable,
): void {
  let text: string | undefined;
  for (const part of parts) {
    if (part.kind === "text") text = (text ?? "") + part.text;
    else {
      const type = typeOf(values, part.index);
      if (type === NULL) continue;
      text = (text ?? "") +
        (type & ARRAY
          ? arrayOf(out, values, part.index).join(" ")
          : name === "SystemTime" && type === FILETIME
          ? timeOf(out, values, part.index)
          : textOf(out, values, part.index));
    }
    if (text !== undefined && text.length > MAX_RECORD_TEXT) throw tooFar;
  }
  if (text !== undefined) append(out, ` ${name}="${escaped(text)}"`);
}

function writeSlot(out: Output, values: ValueTable, index: number): void {
  const type = typeOf(values, index);
  if (type === NULL) return;
  if (type !== BINXML) {
    const text = type & ARRAY ? arrayOf(out, values, index).join(" ") : textOf(out, values, index);
    return append(out, escaped(text));
  }
  append(out, "");
  if (out.depth > MAX_DEPTH) throw tooDeep;
  const at = values[2 * index];
  writeNodes(
    out,
    out.chunk.xml.fragment(at, at + (values[2 * index + 1] >>> 8), out.depth),
  );
}

function typeOf(values: ValueTable, index: number): number {
  return 2 * index < values.length ? values[2 * index + 1] & 0xff : NULL;
}

function textOf({ chunk }: Output, values: ValueTable, index: number): string {
  const word = values[2 * index + 1];
  if ((word & 0xff) === BINXML) return "";
  return valueText(chunk.xml.bytes, word & 0xff, values[2 * index], word >>> 8, chunk.padded);
}

function arrayOf({ chunk }: Output, values: ValueTable, index: number): string[] {
  const word = values[2 * index + 1];
  return arrayTexts(chunk.xml.bytes, word & 0xff, values[2 * index], word >>> 8, chunk.padded);
}

/** TimeCreated has the digits that the field of this name has. */
function timeOf(out: Output, values: ValueTable, index: number): string {
  if (values[2 * index + 1] >>> 8 < 8) return textOf(out, values, index);
  const { bytes } = out.chunk.xml;
  return fileTimeText(bytes.u32(values[2 * index]), bytes.u32(values[2 * index] + 4)) + "Z";
}

// deno-lint-ignore no-control-regex -- these are the characters that XML 1.0 cannot hold
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
// deno-lint-ignore no-control-regex
const special = /[&<>"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/;

/** For content and for attributes in double quotes. A parser gives back the very text. */
function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replace(unwritable, "\ufffd")
    .toWellFormed();
}

const names = /^[\p{L}_][\p{L}\p{N}_.:-]*$/u;

/** Names come from the file as well, and must not be able to write markup. */
function xmlName(name: string): string {
  if (names.test(name)) return name;
  const safe = name.replace(/[^\p{L}\p{N}_.:-]/gu, "_");
  return /^[\p{L}_]/u.test(safe) ? safe : "_" + safe;
}
