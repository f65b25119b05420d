/** Writes small event logs for tests: enough of the format to say everything that the reader reads. */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

export type SamplePart =
  | string
  | { readonly slot: number; readonly type?: number; readonly optional?: boolean }
  | { readonly cdata: string }
  | { readonly charRef: number }
  | { readonly entity: string }
  | { readonly target: string; readonly data: string };

export interface SampleElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, readonly SamplePart[]>>;
  readonly children: readonly (SampleElement | SamplePart | SampleInstance)[];
}

export interface SampleTemplate {
  readonly id: number;
  readonly root: SampleElement;
}

export interface SampleInstance {
  readonly template: SampleTemplate;
  readonly values: readonly SampleValue[];
}

/** An instance instead of bytes is a value of type binary XML. */
export type SampleValue =
  | { readonly type: number; readonly bytes: Uint8Array }
  | SampleInstance;

export interface SampleRecord {
  readonly id: number;
  /** FILETIME. */
  readonly time: bigint;
  readonly content: SampleInstance | SampleElement;
  /** Elements without a template lack the dependency identifier, as in events that were forwarded. */
  readonly bare?: boolean;
}

export function element(
  name: string,
  attributes: SampleElement["attributes"] = {},
  ...children: SampleElement["children"]
): SampleElement {
  return { name, attributes, children };
}

export const utf16 = (text: string): Uint8Array => Buffer.from(text, "utf16le");
export const string = (text: string): SampleValue => ({ type: 0x01, bytes: utf16(text) });
export const nothing: SampleValue = { type: 0, bytes: new Uint8Array() };

/** An unsigned integer of `size` bytes. */
export function integer(type: number, size: 1 | 2 | 4 | 8, n: number | bigint): SampleValue {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(n)), true);
  return { type, bytes: bytes.subarray(0, size) };
}

/** FILETIME of epoch milliseconds. */
export const fileTime = (ms: number): bigint => (BigInt(ms) + 11_644_473_600_000n) * 10_000n;

const CHUNK_BYTES = 65_536;

class ChunkWriter {
  /** With room for a record that does not fit, which the end tells. */
  readonly bytes = new Uint8Array(2 * CHUNK_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  at = 512;
  readonly #names = new Map<string, number>();
  readonly #templates = new Map<SampleTemplate, number>();

  u8(n: number): void {
    this.bytes[this.at++] = n;
  }

  u16(n: number): void {
    this.view.setUint16(this.at, n, true);
    this.at += 2;
  }

  u32(n: number): void {
    this.view.setUint32(this.at, n, true);
    this.at += 4;
  }

  u64(n: bigint): void {
    this.view.setBigUint64(this.at, n, true);
    this.at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  counted(text: string): void {
    this.u16(text.length);
    this.raw(utf16(text));
  }

  name(name: string): void {
    const known = this.#names.get(name);
    this.u32(known ?? this.at + 4);
    if (known !== undefined) return;
    this.#names.set(name, this.at);
    this.u32(0);
    this.u16(0);
    this.counted(name);
    this.u16(0);
  }

  /** Writes the size of what `write` writes in front of it. */
  sized(write: () => void): void {
    const at = this.at;
    this.u32(0);
    write();
    this.view.setUint32(at, this.at - at - 4, true);
  }

  fragment(content: SampleInstance | SampleElement, bare = false): void {
    this.raw(new Uint8Array([0x0f, 1, 1, 0]));
    if ("template" in content) this.instance(content);
    else this.element(content, bare);
    this.u8(0);
  }

  element({ name, attributes, children }: SampleElement, bare: boolean): void {
    const list = Object.entries(attributes);
    this.u8(list.length > 0 ? 0x41 : 0x01);
    if (!bare) this.u16(0xffff);
    this.sized(() => {
      this.name(name);
      if (list.length > 0) {
        this.sized(() =>
          list.forEach(([key, parts], i) => {
            this.u8(i < list.length - 1 ? 0x46 : 0x06);
            this.name(key);
            parts.forEach((part) => this.part(part));
          })
        );
      }
      if (children.length === 0) return this.u8(0x03);
      this.u8(0x02);
      for (const child of children) {
        if (typeof child === "object" && "name" in child) this.element(child, bare);
        else if (typeof child === "object" && "template" in child) this.instance(child);
        else this.part(child);
      }
      this.u8(0x04);
    });
  }

  part(part: SamplePart): void {
    if (typeof part === "string") {
      this.u8(0x05);
      this.u8(0x01);
      this.counted(part);
    } else if ("slot" in part) {
      this.u8(part.optional ? 0x0e : 0x0d);
      this.u16(part.slot);
      this.u8(part.type ?? 0x01);
    } else if ("cdata" in part) {
      this.u8(0x07);
      this.counted(part.cdata);
    } else if ("charRef" in part) {
      this.u8(0x08);
      this.u16(part.charRef);
    } else if ("entity" in part) {
      this.u8(0x09);
      this.name(part.entity);
    } else {
      this.u8(0x0a);
      this.name(part.target);
      this.u8(0x0b);
      this.counted(part.data);
    }
  }

  instance({ template, values }: SampleInstance): void {
    this.u8(0x0c);
    this.u8(0x01);
    this.u32(template.id);
    const known = this.#templates.get(template);
    this.u32(known ?? this.at + 4);
    if (known === undefined) {
      this.#templates.set(template, this.at);
      this.u32(0);
      this.u32(template.id);
      this.raw(new Uint8Array(12));
      this.sized(() => this.fragment(template.root));
    }
    this.u32(values.length);
    const descriptors = this.at;
    this.at += 4 * values.length;
    values.forEach((value, i) => {
      const from = this.at;
      if ("template" in value) this.fragment(value);
      else this.raw(value.bytes);
      this.view.setUint16(descriptors + 4 * i, this.at - from, true);
      this.bytes[descriptors + 4 * i + 2] = "template" in value ? 0x21 : value.type;
    });
  }

  record({ id, time, content, bare }: SampleRecord): void {
    const from = this.at;
    this.u32(0x00002a2a);
    this.u32(0);
    this.u64(BigInt(id));
    this.u64(time);
    this.fragment(content, bare);
    this.at = from + ((this.at - from + 4 + 7) & ~7);
    const size = this.at - from;
    this.view.setUint32(this.at - 4, size, true);
    this.view.setUint32(from + 4, size, true);
  }
}

/** The records in as many chunks as they take, in order. */
export function sampleChunks(records: readonly SampleRecord[]): Uint8Array[] {
  const groups: SampleRecord[][] = [[]];
  let end = 512;
  for (const record of records) {
    // At most what it takes alone, with every name and template written out.
    const alone = new ChunkWriter();
    alone.record(record);
    const size = alone.at - 512;
    if (end + size > CHUNK_BYTES) {
      groups.push([]);
      end = 512;
    }
    groups.at(-1)!.push(record);
    end += size;
  }
  return groups.map(sampleChunk);
}

/** One chunk with its checksums. Throws when the records do not fit: `sampleChunks` takes more. */
export function sampleChunk(records: readonly SampleRecord[]): Uint8Array {
  const writer = new ChunkWriter();
  let last = 512;
  for (const record of records) {
    last = writer.at;
    writer.record(record);
    if (writer.at > CHUNK_BYTES) {
      throw new RangeError(`${records.length} records are more than one chunk of 64 KiB holds`);
    }
  }
  const bytes = writer.bytes.slice(0, CHUNK_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("ElfChnk\0", "latin1"));
  const ids = [records[0]?.id ?? 1, records[records.length - 1]?.id ?? 0];
  [...ids, ...ids].forEach((id, i) => view.setBigUint64(8 + 8 * i, BigInt(id), true));
  view.setUint32(40, 128, true);
  view.setUint32(44, last, true);
  view.setUint32(48, writer.at, true);
  view.setUint32(52, crc32(bytes.subarray(512, writer.at)), true);
  sign(bytes);
  return bytes;
}

/** Sets the checksum of a chunk's header, after a test has changed it. */
export function sign(chunk: Uint8Array): void {
  const sum = crc32(chunk.subarray(128, 512), crc32(chunk.subarray(0, 120)));
  new DataView(chunk.buffer, chunk.byteOffset).setUint32(124, sum, true);
}

/** A file of such chunks. `flags`: 1 dirty, 4 without checksums. `count`: what the header claims. */
export function sampleFile(
  chunks: readonly Uint8Array[],
  flags = 0,
  count = chunks.length,
): Uint8Array {
  const bytes = new Uint8Array(4096 + CHUNK_BYTES * chunks.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("ElfFile\0", "latin1"));
  view.setBigUint64(16, BigInt(Math.max(0, count - 1)), true);
  view.setUint32(32, 128, true);
  view.setUint16(36, 1, true);
  view.setUint16(38, 3, true);
  view.setUint16(40, 4096, true);
  view.setUint16(42, count, true);
  view.setUint32(120, flags, true);
  view.setUint32(124, crc32(bytes.subarray(0, 120)), true);
  chunks.forEach((chunk, i) => bytes.set(chunk, 4096 + CHUNK_BYTES * i));
  return bytes;
}
