/** One chunk, 64 KiB of a file: its header, its records, and what of it is damaged. */
import { crc32 } from "node:zlib";
import { BinXml, type ChunkState } from "./binxml.ts";
import { ChunkBytes } from "./bytes.ts";
import { type Damage, MAX_CHUNK_TEXT, MAX_TOKENS, noDamage, note, Unreadable } from "./damage.ts";
import { Fill, fillFields, type SystemFields } from "./fields.ts";
import { recordJson } from "./json.ts";
import { fileTimeMs } from "./values.ts";
import { fragmentXml } from "./xml.ts";

export const CHUNK_SIZE = 65_536;
/** The header and its tables of strings and templates; records follow. */
const RECORDS_AT = 512;
/** `**`, and two zeros. */
const RECORD_SIGNATURE = 0x00002a2a;
/** Signature, size, id, time, and the size again. */
const SMALLEST_RECORD = 28;

export interface ChunkOptions {
  /**
   * How hexadecimal integers and sizes are written: as Windows does (`0x3e7`), which is what rules
   * ask for; or as libevtx does (`0x00000000000003e7`, sizes decimal), to compare with it.
   */
  readonly style?: "windows" | "libevtx";
  /**
   * Whether to look for more records behind one whose size cannot be believed; true unless given.
   * Other readers stop there for the rest of the chunk.
   */
  readonly recover?: boolean;
  /** False where the file says that it has no checksums; they are then not looked at. */
  readonly checksums?: boolean;
}

/** One event. */
export class EvtxRecord {
  readonly #chunk: ChunkState;
  readonly #size: number;
  #rendered = false;

  constructor(
    chunk: ChunkState,
    /** The id in the record's header; `EventRecordID` is the event's own and can differ. */
    readonly id: number,
    /** Epoch ms, UTC: TimeCreated or, without one, when the record was written. */
    readonly time: number,
    /** Byte offset of the record in its chunk. */
    readonly offset: number,
    size: number,
    readonly system: SystemFields,
    /** EventData and UserData by name, in the record's order; see README.md for the names. */
    readonly data: Readonly<Record<string, string>>,
  ) {
    this.#chunk = chunk;
    this.#size = size;
  }

  /**
   * System and data in one flat object, without what is missing. A data field of the same name as
   * one in System is called `Data_` and its name.
   */
  fields(): Record<string, string | number> {
    const all: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(this.system)) {
      if (value !== undefined) all[name] = value;
    }
    for (const name of Object.keys(this.data)) {
      const key = Object.hasOwn(this.system, name) ? "Data_" + name : name;
      if (key !== "__proto__") all[key] = this.data[name];
      else {
        Object.defineProperty(all, key, {
          value: this.data[name],
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
    }
    return all;
  }

  /**
   * The event as XML, made on demand. Like `json`, it reads from the chunk, which stays in memory as
   * long as the record does: call it, and let the record go. Empty where the XML would grow beyond
   * the limits in damage.ts, which no event of Windows does.
   */
  xml(): string {
    return this.#render((nodes) => fragmentXml(this.#chunk, nodes), "");
  }

  /** The event as an object of the shape that evtx_dump and SigmaHQ's samples have; else null. */
  json(): Record<string, unknown> | null {
    return this.#render((nodes) => recordJson(this.#chunk, nodes), null);
  }

  #render<T>(make: (nodes: ReturnType<BinXml["fragment"]>) => T, otherwise: T): T {
    const { xml } = this.#chunk;
    const { left } = this.#chunk;
    xml.tokens = MAX_TOKENS;
    try {
      return make(xml.fragment(this.offset + 24, this.offset + this.#size - 4, 0));
    } catch (problem) {
      if (problem instanceof Unreadable) return otherwise;
      throw problem;
    } finally {
      // Only the first rendering counts, so that asking again gives the same answer.
      if (this.#rendered) this.#chunk.left = left;
      this.#rendered = true;
    }
  }
}

export interface ChunkResult {
  readonly records: EvtxRecord[];
  readonly damaged: Damage;
}

/**
 * Reads one chunk. Never throws: what is damaged is counted, every record that is intact is read.
 * `data` may be shorter than 64 KiB when the file is cut off; it is copied and may be used again.
 */
export function readChunk(data: Uint8Array, options: ChunkOptions = {}): ChunkResult {
  const damaged = noDamage();
  const records: EvtxRecord[] = [];
  if (isEmpty(data)) return { records, damaged };
  const bytes = new ChunkBytes(data.length > CHUNK_SIZE ? data.subarray(0, CHUNK_SIZE) : data);
  const chunk: ChunkState = {
    xml: new BinXml(bytes),
    padded: options.style === "libevtx",
    spent: 0,
    left: MAX_CHUNK_TEXT,
  };
  const { end, limit, expected } = readHeader(bytes, options, damaged);
  let lost = 0;
  let at = RECORDS_AT;
  while (at < end) {
    const size = recordSize(bytes, at, limit, damaged);
    if (size === 0) {
      lost++;
      if (options.recover === false) break;
      at = nextRecord(bytes, at + 4, end);
      continue;
    }
    const problem = readRecord(chunk, at, size, records);
    if (problem !== null) {
      note(damaged, problem.reason);
      lost++;
    } else if (bytes.u32(at + size - 4) !== size) note(damaged, "record size and its copy differ");
    at += size;
  }
  if (options.recover !== false) readBeyond(chunk, at, records);
  if (expected > records.length + lost) {
    note(damaged, "record is missing", expected - records.length - lost);
    lost = expected - records.length;
  }
  // Without a signature and without a record, this is no chunk, and nothing is known to be lost.
  damaged.records = records.length === 0 && bytes.length >= 8 && !isSigned(bytes) ? 0 : lost;
  if (Object.keys(damaged.reasons).length > 0) damaged.chunks = 1;
  return { records, damaged };
}

function isSigned(bytes: ChunkBytes): boolean {
  return bytes.latin1(0, 8) === "ElfChnk\0";
}

/** Space that was set aside and never written. */
function isEmpty(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) return false;
  return true;
}

/**
 * Where the records end, what no record may cross (the same, unless the header is not to be
 * believed) and how many there should be (0 when the header does not say). What the header claims
 * wrongly is noted and does not keep the records from being read.
 */
function readHeader(
  bytes: ChunkBytes,
  options: ChunkOptions,
  damaged: Damage,
): { end: number; limit: number; expected: number } {
  const { data, length } = bytes;
  if (length < CHUNK_SIZE) note(damaged, "chunk is cut off");
  if (length < RECORDS_AT) return { end: 0, limit: 0, expected: 0 };
  const signed = isSigned(bytes);
  if (!signed) note(damaged, "chunk signature is wrong");
  let sound = signed;
  const headerSum = bytes.u32(124);
  const checked = options.checksums !== false && signed;
  if (checked && headerSum !== 0) {
    if (crc32(data.subarray(128, 512), crc32(data.subarray(0, 120))) !== headerSum) {
      note(damaged, "chunk header checksum is wrong");
      sound = false;
    }
  }
  const free = bytes.u32(48);
  const usable = free >= RECORDS_AT && free <= CHUNK_SIZE;
  if (!usable) {
    if (signed) note(damaged, "chunk free space offset is out of range");
    return { end: length, limit: length, expected: 0 };
  }
  const dataSum = bytes.u32(52);
  if (checked && dataSum !== 0 && free <= length) {
    if (crc32(data.subarray(RECORDS_AT, free)) !== dataSum) {
      note(damaged, "chunk data checksum is wrong");
    }
  }
  // Only a header whose own checksum holds is believed about how many records there were.
  const expected = sound && headerSum !== 0 ? bytes.u64(32) - bytes.u64(24) + 1 : 0;
  const most = (free - RECORDS_AT) / SMALLEST_RECORD;
  const end = Math.min(free, length);
  return { end, limit: sound ? end : length, expected: expected <= most ? expected : 0 };
}

/**
 * Reads on behind what the header calls the end, as the header of a file copied while in use may be
 * older than its records. What lies there can also be left over from the chunk's former use, so only
 * records that continue the ids are taken, and nothing is counted as lost.
 */
function readBeyond(chunk: ChunkState, at: number, records: EvtxRecord[]): void {
  const { bytes } = chunk.xml;
  while (records.length > 0 && at + SMALLEST_RECORD <= bytes.length) {
    const size = bytes.u32(at + 4);
    const follows = bytes.u32(at) === RECORD_SIGNATURE && size >= SMALLEST_RECORD &&
      size <= bytes.length - at && bytes.u32(at + size - 4) === size &&
      bytes.u64(at + 8) === records[records.length - 1].id + 1;
    if (!follows || readRecord(chunk, at, size, records) !== null) return;
    at += size;
  }
}

/** The size of the record at `at`; 0, noted, where there is none that fits. */
function recordSize(bytes: ChunkBytes, at: number, end: number, damaged: Damage): number {
  if (at + SMALLEST_RECORD > end || bytes.u32(at) !== RECORD_SIGNATURE) {
    note(damaged, "record signature is wrong");
    return 0;
  }
  const size = bytes.u32(at + 4);
  if (size < SMALLEST_RECORD || size > end - at) {
    note(damaged, "record size is out of range");
    return 0;
  }
  return size;
}

/** The next place that looks like a record from `at` on; `end` when there is none. */
function nextRecord(bytes: ChunkBytes, at: number, end: number): number {
  for (; at + SMALLEST_RECORD <= end; at += 4) {
    if (bytes.u32(at) !== RECORD_SIGNATURE) continue;
    const size = bytes.u32(at + 4);
    if (size >= SMALLEST_RECORD && size <= end - at) return at;
  }
  return end;
}

function readRecord(
  chunk: ChunkState,
  at: number,
  size: number,
  records: EvtxRecord[],
): Unreadable | null {
  const { bytes } = chunk.xml;
  const fill = new Fill(chunk);
  try {
    fillFields(fill, chunk.xml.fragment(at + 24, at + size - 4, 0));
  } catch (problem) {
    if (problem instanceof Unreadable) return problem;
    throw problem;
  }
  if (!fill.isEvent) return new Unreadable("record has no event");
  const written = fileTimeMs(bytes.u32(at + 16), bytes.u32(at + 20));
  const time = Number.isNaN(fill.time) ? written : fill.time;
  records.push(new EvtxRecord(chunk, bytes.u64(at + 8), time, at, size, fill.system, fill.data));
  return null;
}
