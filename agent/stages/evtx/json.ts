/** A record as a JSON object, in the shape that evtx_dump made common. */
import type { ChunkState, Element, Node, TemplatePart, ValueTable } from "./binxml.ts";
import { NO_VALUES } from "./binxml.ts";
import { MAX_DEPTH, MAX_RECORD_TEXT, Unreadable, VALUE_COST } from "./damage.ts";
import { ARRAY, arrayTexts, BINXML, FILETIME, fileTimeText, NULL, valueText } from "./values.ts";

type Json = Record<string, unknown>;

interface Walk {
  readonly chunk: ChunkState;
  spent: number;
  depth: number;
}

const tooDeep = new Unreadable("nested too deep");
const tooFar = new Unreadable("expands too far");

/**
 * `{ Event: { "#attributes": {…}, System: {…}, EventData: {…} } }`: attributes under `#attributes`,
 * text beside them under `#text`, `Data` by its Name, unnamed Data as `Data: { "#text": … }`, null for
 * an empty element, repeated names as lists. Integers and booleans keep their type where a number
 * can hold them.
 */
export function recordJson(chunk: ChunkState, nodes: readonly Node[]): Json {
  const root: Json = {};
  addNodes({ chunk, spent: 0, depth: 0 }, root, nodes, NO_VALUES);
  return root;
}

function spend(walk: Walk, characters: number): void {
  const cost = characters + VALUE_COST;
  walk.spent += cost;
  walk.chunk.left -= cost;
  if (walk.spent > MAX_RECORD_TEXT || walk.chunk.left < 0) throw tooFar;
}

/** Adds elements to `to`; returns the values of what stands between them. */
function addNodes(walk: Walk, to: Json, nodes: readonly Node[], values: ValueTable): unknown[] {
  if (++walk.depth > MAX_DEPTH) throw tooDeep;
  const content: unknown[] = [];
  for (const node of nodes) {
    spend(walk, 0);
    switch (node.kind) {
      case "text":
        spend(walk, node.text.length);
        content.push(node.text);
        break;
      case "slot":
        if (typeOf(values, node.index) === BINXML) {
          content.push(...addNodes(walk, to, embedded(walk, values, node.index), NO_VALUES));
        } else content.push(...slotValues(walk, values, node.index));
        break;
      case "instance":
        content.push(...addNodes(walk, to, node.definition.nodes, node.values));
        break;
      case "element":
        addElement(walk, to, node, values);
        break;
      case "instruction":
        break;
    }
  }
  walk.depth--;
  return content;
}

function addElement(walk: Walk, to: Json, element: Element, values: ValueTable): void {
  const [only] = element.children;
  if (element.children.length === 1 && only.kind === "slot" && only.optional) {
    if (typeOf(values, only.index) === NULL) return;
  }
  const inner: Json = {};
  const content = addNodes(walk, inner, element.children, values);
  const text = content.length === 0
    ? null
    : content.length === 1
    ? content[0]
    : content.every((one) => typeof one === "string") && element.children.length > 1
    ? content.join("")
    : content;
  const attributes: Json = {};
  for (const { name, parts } of element.attributes) {
    const value = attributeValue(walk, name, parts, values);
    if (value !== undefined) set(attributes, name, value);
  }
  if (element.name === "Data" && Object.keys(inner).length === 0) {
    const name = Object.hasOwn(attributes, "Name") ? attributes.Name : undefined;
    if (typeof name === "string") return add(to, name, text);
    const known = Object.hasOwn(to, "Data") ? to.Data as Json : undefined;
    if (known === undefined) return set(to, "Data", { "#text": text });
    return add(known, "#text", text);
  }
  const whole: Json = {};
  if (Object.keys(attributes).length > 0) set(whole, "#attributes", attributes);
  for (const key of Object.keys(inner)) set(whole, key, inner[key]);
  const hasMore = Object.keys(whole).length > 0;
  if (hasMore && text !== null) set(whole, "#text", text);
  add(to, element.name, hasMore ? whole : text);
}

/** Sets any name, `__proto__` too, as an own property. */
function set(to: Json, name: string, value: unknown): void {
  Object.defineProperty(to, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** Lists that `add` made, in contrast to values that are lists. */
const repeated = new WeakSet<unknown[]>();

function add(to: Json, name: string, value: unknown): void {
  if (!Object.hasOwn(to, name)) return set(to, name, value);
  const known = to[name];
  if (Array.isArray(known) && repeated.has(known)) known.push(value);
  else {
    const list = [known, value];
    repeated.add(list);
    set(to, name, list);
  }
}

function attributeValue(
  walk: Walk,
  name: string,
  parts: readonly TemplatePart[],
  values: ValueTable,
): unknown {
  const all: unknown[] = [];
  for (const part of parts) {
    if (part.kind === "text") all.push(part.text);
    else if (
      name === "SystemTime" && values[2 * part.index + 1] === (8 << 8 | FILETIME)
    ) {
      const { bytes } = walk.chunk.xml;
      const at = values[2 * part.index];
      all.push(fileTimeText(bytes.u32(at), bytes.u32(at + 4)) + "Z");
    } else if (typeOf(values, part.index) !== NULL) {
      all.push(...slotValues(walk, values, part.index));
    }
  }
  return all.length === 0 ? undefined : all.length === 1 ? all[0] : all.join("");
}

function typeOf(values: ValueTable, index: number): number {
  return 2 * index < values.length ? values[2 * index + 1] & 0xff : NULL;
}

function embedded(walk: Walk, values: ValueTable, index: number): Node[] {
  const at = values[2 * index];
  return walk.chunk.xml.fragment(at, at + (values[2 * index + 1] >>> 8), walk.depth);
}

function slotValues(walk: Walk, values: ValueTable, index: number): unknown[] {
  const type = typeOf(values, index);
  if (type === NULL) return [null];
  const { xml, padded } = walk.chunk;
  const at = values[2 * index], size = values[2 * index + 1] >>> 8;
  const texts = type & ARRAY
    ? arrayTexts(xml.bytes, type, at, size, padded)
    : [valueText(xml.bytes, type, at, size, padded)];
  return texts.map((text) => {
    spend(walk, text.length);
    return typed(type & 0x7f, text);
  });
}

function typed(type: number, text: string): unknown {
  if (type === 0x0d && /^(true|false)$/.test(text)) return text === "true";
  if (type < 0x03 || type > 0x0c) return text;
  const n = Number(text);
  return String(n) === text && (Number.isSafeInteger(n) || !Number.isInteger(n)) ? n : text;
}
