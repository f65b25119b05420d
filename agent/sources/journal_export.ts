/**
 * The journal's export format (https://systemd.io/JOURNAL_EXPORT_FORMATS): an entry is its fields, one
 * a line, `NAME=text`, or `NAME`, a line feed, the length as 64 bits little endian, and that many bytes;
 * an empty line ends it.
 */

/** An entry as it is read on, and where it stands. */
export interface JournalEntry {
  /** One JSON object in the form of `journalctl -o json`, of the fields that are kept. */
  readonly line: string;
  readonly cursor: string;
  /** When the journal took it, epoch ms. */
  readonly time: number;
  /** It is of the unit that is left out. */
  readonly own: boolean;
}

/**
 * Fields that events keep, in the order in which lines have them. The order is fixed, since the ids of
 * events come from their lines: that of `journalctl -o json` is another in each process.
 */
export const FIELDS = [
  "__REALTIME_TIMESTAMP",
  "_SOURCE_REALTIME_TIMESTAMP",
  "_HOSTNAME",
  "_TRANSPORT",
  "_SYSTEMD_UNIT",
  "SYSLOG_IDENTIFIER",
  "SYSLOG_FACILITY",
  "SYSLOG_PID",
  "PRIORITY",
  "_PID",
  "_UID",
  "_EXE",
  "_AUDIT_ID",
  "MESSAGE",
] as const;

const KEPT: ReadonlySet<string> = new Set(FIELDS);

const LINE_FEED = 10, EQUALS = 61;
/** Bytes of a field's name at most: journald takes no longer one than 64. */
const NAME = 256;
const LENGTH = 8;

/** Reads entries out of chunks of bytes. A value over the limit is cut, not held. */
export class ExportReader {
  /** Values that were cut since the last look. */
  cut = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private fields = new Map<string, Uint8Array[]>();
  /** Bytes of a value over the limit that are still to come; Infinity up to the next line feed. */
  private skipping = 0;

  /**
   * @param limit bytes of a value that are kept
   * @param without a unit whose entries are marked as `own`; no process can claim another's unit
   */
  constructor(private readonly limit: number, private readonly without: string | null = null) {}

  /** Takes a chunk, which is not kept; the entries that it ends. */
  push(chunk: Uint8Array): JournalEntry[] {
    let data = chunk;
    if (this.rest.length > 0) {
      data = new Uint8Array(this.rest.length + chunk.length);
      data.set(this.rest);
      data.set(chunk, this.rest.length);
    }
    const out: JournalEntry[] = [];
    let at = 0;
    for (;;) {
      const next = this.field(data, at, out);
      if (next === null) break;
      at = next;
    }
    this.rest = data.slice(at);
    return out;
  }

  /** One field, or the end of an entry; where the next begins, null when it is not all there. */
  private field(data: Uint8Array, at: number, out: JournalEntry[]): number | null {
    if (this.skipping > 0) return this.skip(data, at);
    const end = data.indexOf(LINE_FEED, at);
    if (end === at) {
      this.finish(out);
      return at + 1;
    }
    const equals = data.indexOf(EQUALS, at);
    if (equals >= 0 && (end < 0 || equals < end)) {
      if (end >= 0) return this.keep(data, at, equals, equals + 1, end), end + 1;
      if (data.length - equals - 1 <= this.limit) return null;
      this.keep(data, at, equals, equals + 1, data.length);
      this.skipping = Infinity;
      return data.length;
    }
    if (end < 0) {
      if (data.length - at > NAME) throw new Error("It is not the journal's export format");
      return null;
    }
    const from = end + 1 + LENGTH;
    if (data.length < from) return null;
    const length = Number(
      new DataView(data.buffer, data.byteOffset + end + 1, LENGTH).getBigUint64(0, true),
    );
    const held = Math.min(length, this.limit + 1);
    if (data.length < from + held + (held === length ? 1 : 0)) return null;
    this.keep(data, at, end, from, from + held);
    if (held === length) return from + length + 1;
    this.skipping = length - held + 1;
    return from + held;
  }

  private skip(data: Uint8Array, at: number): number | null {
    if (at === data.length) return null;
    if (this.skipping === Infinity) {
      const end = data.indexOf(LINE_FEED, at);
      if (end >= 0) this.skipping = 0;
      return end < 0 ? data.length : end + 1;
    }
    const n = Math.min(this.skipping, data.length - at);
    this.skipping -= n;
    return at + n;
  }

  private keep(data: Uint8Array, name: number, nameEnd: number, from: number, to: number): void {
    const key = ascii(data.subarray(name, nameEnd));
    if (!KEPT.has(key) && key !== "__CURSOR") return;
    if (to - from > this.limit) this.cut++;
    const value = data.slice(from, Math.min(to, from + this.limit));
    const values = this.fields.get(key);
    if (values) values.push(value);
    else this.fields.set(key, [value]);
  }

  private finish(out: JournalEntry[]): void {
    const { fields } = this;
    if (fields.size === 0) return;
    this.fields = new Map();
    const one = (name: string) => ascii(fields.get(name)?.[0] ?? new Uint8Array(0));
    const parts: string[] = [];
    for (const name of FIELDS) {
      const values = fields.get(name);
      if (values === undefined) continue;
      const texts = values.map(jsonOf);
      parts.push(`"${name}":${texts.length === 1 ? texts[0] : `[${texts.join(",")}]`}`);
    }
    out.push({
      line: `{${parts.join(",")}}`,
      cursor: one("__CURSOR"),
      time: Number(one("__REALTIME_TIMESTAMP")) / 1000,
      own: this.without !== null && one("_SYSTEMD_UNIT") === this.without,
    });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

const ascii = (bytes: Uint8Array): string => latin1.decode(bytes);

/** A text, or the list of its bytes where it is none, as journalctl writes it. */
function jsonOf(bytes: Uint8Array): string {
  try {
    return JSON.stringify(utf8.decode(bytes));
  } catch {
    return `[${bytes.join(",")}]`;
  }
}
