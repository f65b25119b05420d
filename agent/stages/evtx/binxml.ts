/**
 * Binary XML as a tree. A template's definition is parsed once per chunk; what differs between its
 * records are the values, which the tree names by index. [MS-EVEN6] 2.2.12 has the grammar;
 * README.md says where files differ from it.
 */
import type { ChunkBytes } from "./bytes.ts";
import { MAX_DEPTH, MAX_TOKENS, Unreadable } from "./damage.ts";
import { fixedSize, STRING, valueText } from "./values.ts";

export interface Slot {
  readonly kind: "slot";
  readonly index: number;
  /** An element that holds a missing optional value is left out; a missing normal one is empty. */
  readonly optional: boolean;
}
export interface Text {
  readonly kind: "text";
  readonly text: string;
}
export type TemplatePart = Text | Slot;
export interface Attribute {
  readonly name: string;
  readonly parts: readonly TemplatePart[];
}
export interface Element {
  readonly kind: "element";
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly children: readonly Node[];
}
export interface Instruction {
  readonly kind: "instruction";
  readonly target: string;
  readonly data: string;
}
export interface Instance {
  readonly kind: "instance";
  readonly definition: Definition;
  readonly values: ValueTable;
}
export type Node = TemplatePart | Element | Instruction | Instance;

/** A template, with what has been compiled from it so far. */
export interface Definition {
  /** The first four bytes of its GUID. */
  readonly id: number;
  readonly nodes: readonly Node[];
  /** The steps that fields.ts has made of it, by context. */
  readonly plans: unknown[];
  xml: readonly Segment[] | undefined;
}

/** A piece of a template's XML: text that is always the same, or what a record's values decide. */
export type Segment =
  | string
  | { readonly op: "text"; readonly index: number }
  | { readonly op: "attribute"; readonly name: string; readonly parts: readonly TemplatePart[] }
  | {
    /** An element around one value: left out, empty, or repeated, as the value asks. */
    readonly op: "element";
    readonly name: string;
    readonly head: readonly Segment[];
    readonly index: number;
    readonly optional: boolean;
  }
  | { readonly op: "instance"; readonly instance: Instance };

/** What the records of one chunk share. */
export interface ChunkState {
  readonly xml: BinXml;
  /** See `valueText`. */
  readonly padded: boolean;
  /** Characters that its fields took so far; see damage.ts. */
  spent: number;
  /** Characters that its records' XML and JSON may still take. */
  left: number;
}

/** For value i: its offset at 2i, its size and type at 2i + 1 as `size << 8 | type`. */
export type ValueTable = Int32Array;
export const NO_VALUES: ValueTable = new Int32Array(0);

const unknownToken = new Unreadable("unknown token");
const unexpectedToken = new Unreadable("unexpected token");
const badName = new Unreadable("name is out of range");
const badTemplate = new Unreadable("template is out of range");
const badValues = new Unreadable("values cross the end of the record");
const tooDeep = new Unreadable("nested too deep");
const tooFar = new Unreadable("expands too far");

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Parses what one chunk holds, and keeps its names and templates by offset. */
export class BinXml {
  /** Where the next token is. */
  #at = 0;
  /** Tokens that may still be parsed. */
  tokens = MAX_TOKENS;
  readonly #names = new Map<number, string>();
  readonly #definitions = new Map<number, Definition | Unreadable>();

  constructor(readonly bytes: ChunkBytes) {}

  /**
   * The nodes of a record or of a value of type binary XML, from `at` up to `end`. Elements that
   * stand there directly, without a template, may lack the dependency identifier.
   */
  fragment(at: number, end: number, depth: number): Node[] {
    this.#at = at;
    return this.#nodes(end, true, depth);
  }

  #nodes(end: number, direct: boolean, depth: number): Node[] {
    if (depth > MAX_DEPTH) throw tooDeep;
    const nodes: Node[] = [];
    while (this.#at < end) {
      const token = this.#token();
      if (token === 0x00) break;
      if (token === 0x0f) this.#at += 3;
      else if (token === 0x04) throw unexpectedToken;
      else this.#content(token, nodes, end, direct, depth);
    }
    return nodes;
  }

  #token(): number {
    if (--this.tokens < 0) throw tooFar;
    return this.bytes.u8(this.#at++);
  }

  /** Adds what follows `token`, which is neither an end nor a header. */
  #content(token: number, to: Node[], end: number, direct: boolean, depth: number): void {
    switch (token) {
      case 0x01:
      case 0x41:
        to.push(this.#element(token === 0x41, end, direct, depth + 1));
        return;
      case 0x0a: {
        const target = this.#name();
        if (this.#token() !== 0x0b) throw unexpectedToken;
        to.push({ kind: "instruction", target, data: this.#countedText() });
        return;
      }
      case 0x0c:
        to.push(this.#instance(end, depth + 1));
        return;
      default: {
        const part = this.#part(token);
        const last = to[to.length - 1];
        if (part.kind === "text" && last?.kind === "text") {
          to[to.length - 1] = { kind: "text", text: last.text + part.text };
        } else to.push(part);
      }
    }
  }

  /** Text, in whichever form, and values: all that attributes may hold. */
  #part(token: number): TemplatePart {
    switch (token & ~0x40) {
      case 0x05:
        return { kind: "text", text: this.#valueToken() };
      case 0x07:
        return { kind: "text", text: this.#countedText() };
      case 0x08: {
        const code = this.bytes.u16(this.#at);
        this.#at += 2;
        return { kind: "text", text: String.fromCharCode(code) };
      }
      case 0x09: {
        const name = this.#name();
        return { kind: "text", text: Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : `&${name};` };
      }
      case 0x0d:
      case 0x0e: {
        const index = this.bytes.u16(this.#at);
        this.#at += 3;
        return { kind: "slot", index, optional: token === 0x0e };
      }
      default:
        throw unknownToken;
    }
  }

  #valueToken(): string {
    const type = this.bytes.u8(this.#at++);
    if (type === STRING) return this.#countedText();
    const size = fixedSize(type);
    if (size === 0) throw unknownToken;
    const text = valueText(this.bytes, type, this.#at, size, false);
    this.#at += size;
    return text;
  }

  #countedText(): string {
    const units = this.bytes.u16(this.#at);
    const text = this.bytes.utf16(this.#at + 2, units);
    this.#at += 2 + 2 * units;
    return text;
  }

  /** A name by its offset; where that is the very next byte, the name stands here and is skipped. */
  #name(): string {
    const { bytes } = this;
    const offset = bytes.u32(this.#at);
    this.#at += 4;
    let name = this.#names.get(offset);
    if (name === undefined) {
      if (offset < 128 || offset + 8 > bytes.length) throw badName;
      const units = bytes.u16(offset + 6);
      if (offset + 8 + 2 * units > bytes.length) throw badName;
      name = bytes.utf16(offset + 8, units);
      this.#names.set(offset, name);
    }
    if (offset === this.#at) this.#at += 10 + 2 * name.length;
    return name;
  }

  #element(hasAttributes: boolean, end: number, direct: boolean, depth: number): Element {
    if (depth > MAX_DEPTH) throw tooDeep;
    const { bytes } = this;
    // Without the identifier the size comes first. It never reads as one that fits when the
    // identifier is there: "none" is 0xffff, and a record is shorter than that.
    const bare = direct && bytes.u32(this.#at) <= end - this.#at;
    this.#at += bare ? 4 : 6;
    const name = this.#name();
    const attributes: Attribute[] = [];
    if (hasAttributes) {
      this.#at += 4;
      for (let next = bytes.u8(this.#at); (next & ~0x40) === 0x06; next = bytes.u8(this.#at)) {
        this.#token();
        attributes.push({ name: this.#name(), parts: this.#parts() });
      }
    }
    const children: Node[] = [];
    const close = this.#token();
    if (close === 0x03) return { kind: "element", name, attributes, children };
    if (close !== 0x02) throw unexpectedToken;
    for (;;) {
      const token = this.#token();
      if (token === 0x04) return { kind: "element", name, attributes, children };
      if (token === 0x00) throw unexpectedToken;
      if (token === 0x0f) this.#at += 3;
      else this.#content(token, children, end, direct, depth);
    }
  }

  #parts(): TemplatePart[] {
    const parts: TemplatePart[] = [];
    for (;;) {
      const next = this.bytes.u8(this.#at) & ~0x40;
      if (next < 0x05 || next === 0x06 || next > 0x0e || next === 0x0a || next === 0x0c) {
        return parts;
      }
      const part = this.#part(this.#token());
      const last = parts[parts.length - 1];
      if (part.kind === "text" && last?.kind === "text") {
        parts[parts.length - 1] = { kind: "text", text: last.text + part.text };
      } else parts.push(part);
    }
  }

  #instance(end: number, depth: number): Instance {
    if (depth > MAX_DEPTH) throw tooDeep;
    const { bytes } = this;
    const offset = bytes.u32(this.#at + 5);
    const here = this.#at + 9;
    const inline = offset === here;
    const id = bytes.u32(this.#at + 1);
    const definition = this.#definition(offset, depth);
    // The instance repeats the start of the definition's GUID. Where they differ, the record is from
    // another chunk, or the definition was written over: its values would get the wrong names.
    if (definition.id !== id) throw badTemplate;
    this.#at = inline ? here + 24 + bytes.u32(here + 20) : here;
    return { kind: "instance", definition, values: this.#values(end) };
  }

  /** Leaves `#at` anywhere. */
  #definition(offset: number, depth: number): Definition {
    const known = this.#definitions.get(offset);
    if (known instanceof Unreadable) throw known;
    if (known !== undefined) return known;
    try {
      if (offset < 128 || offset + 24 > this.bytes.length) throw badTemplate;
      const end = offset + 24 + this.bytes.u32(offset + 20);
      if (end > this.bytes.length) throw badTemplate;
      this.#at = offset + 24;
      const nodes = this.#nodes(end, false, depth + 1);
      const id = this.bytes.u32(offset + 4);
      const definition: Definition = { id, nodes, plans: [], xml: undefined };
      this.#definitions.set(offset, definition);
      return definition;
    } catch (problem) {
      // Not for "too deep", which another place in the record may not be.
      if (problem instanceof Unreadable && problem !== tooDeep) {
        this.#definitions.set(offset, problem);
      }
      throw problem;
    }
  }

  #values(end: number): ValueTable {
    const { bytes } = this;
    const count = bytes.u32(this.#at);
    const descriptors = this.#at + 4;
    if (count > 0xffff || descriptors + 4 * count > end) throw badValues;
    const values = new Int32Array(2 * count);
    let at = descriptors + 4 * count;
    for (let i = 0; i < count; i++) {
      const descriptor = bytes.u32(descriptors + 4 * i);
      const size = descriptor & 0xffff;
      values[2 * i] = at;
      values[2 * i + 1] = size << 8 | descriptor >>> 16 & 0xff;
      at += size;
    }
    if (at > end) throw badValues;
    this.#at = at;
    return values;
  }
}
