/**
 * Lines on disk until they are acknowledged: what comes by sockets and pipes cannot be read again. They
 * are in segments, files of JSON lines, which are deleted when all of them is there; a new start goes
 * on with what is left. What is older than the last acknowledgement that was noted comes twice.
 */
import { join } from "node:path";
import { LineReader, newLineCounters } from "../stages/lines.ts";
import { InputHandle } from "../input.ts";
import type { Line, Source } from "./records.ts";

/** Bytes of a segment, and lines that are read at once. */
const SEGMENT = 16 * 1024 * 1024, BLOCK = 256 * 1024;

/** `host`, `source`, `sourcetype`, offset, time, text. */
type Row = [string, string, string | null, number, number, string];

interface Segment {
  readonly no: number;
  size: number;
  /** Bytes that were read, and acknowledged. */
  read: number;
  done: number;
  /** What was read and is under way, in order: partitions answer in any. */
  readonly under: { readonly end: number; done: boolean }[];
}

export class Buffer {
  #segments: Segment[] = [];
  #writing: Deno.FsFile | null = null;
  #size = 0;
  /** Number of the newest segment. */
  #last = 0;
  #wake: () => void = () => {};
  #roomy: (() => void)[] = [];
  #closed = false;
  /** Lines of one source share what they have in common. */
  readonly #sources = new Map<string, Source>();
  #full = false;

  private constructor(
    private readonly folder: string,
    private readonly limit: number,
    private readonly notice: (text: string) => void,
  ) {}

  /** Opens a folder with what an earlier run left in it. @param limit bytes that it may take */
  static async open(
    folder: string,
    limit: number,
    notice: (text: string) => void,
  ): Promise<Buffer> {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const buffer = new Buffer(folder, limit, notice);
    const numbers: number[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      const m = /^(\d{1,15})\.ndjson$/.exec(name);
      if (m) numbers.push(Number(m[1]));
    }
    for (const no of numbers.sort((a, b) => a - b)) {
      const { size } = await Deno.stat(buffer.#path(no));
      const done = Math.min(size, await buffer.#noted(no));
      buffer.#segments.push({ no, size, read: done, done, under: [] });
      buffer.#size += size;
      buffer.#last = no;
    }
    return buffer;
  }

  /** Bytes on disk that were not acknowledged. */
  get held(): number {
    return this.#segments.reduce((n, s) => n + s.size - s.done, 0);
  }

  /** Adds lines; waits while the buffer is full. False when it was closed before. */
  async add(lines: readonly Line[]): Promise<boolean> {
    while (this.#size >= this.limit && !this.#closed) {
      if (!this.#full) {
        this.notice(
          `warning: The buffer is full (${this.limit} bytes, --forward-buffer): senders are made to ` +
            "wait, and datagrams that come meanwhile are dropped and counted",
        );
      }
      this.#full = true;
      await new Promise<void>((done) => this.#roomy.push(done));
    }
    if (this.#closed) return false;
    if (this.#full) this.notice("The buffer has room again");
    this.#full = false;
    const text = lines.map(({ of, offset, time, text }) =>
      JSON.stringify([of.host, of.source, of.sourcetype, offset, time, text] satisfies Row) + "\n"
    ).join("");
    const bytes = new TextEncoder().encode(text);
    let last = this.#segments.at(-1);
    if (this.#writing === null || last === undefined || last.size >= SEGMENT) {
      this.#writing?.close();
      last = { no: ++this.#last, size: 0, read: 0, done: 0, under: [] };
      this.#writing = await Deno.open(this.#path(last.no), {
        write: true,
        createNew: true,
        mode: 0o600,
      });
      this.#segments.push(last);
    }
    for (let at = 0; at < bytes.length;) at += await this.#writing.write(bytes.subarray(at));
    last.size += bytes.length;
    this.#size += bytes.length;
    this.#wake();
    return true;
  }

  /** The next lines and what to call when they are there; null once it is closed and all was read. */
  async next(): Promise<{ lines: Line[]; done: () => Promise<void> } | null> {
    for (;;) {
      const segment = this.#segments.find((s) => s.read < s.size);
      if (segment) {
        const found = await this.#read(segment);
        if (found) return found;
        continue;
      }
      if (this.#closed) return null;
      await new Promise<void>((done) => this.#wake = done);
    }
  }

  /** Takes in no more; what is there stays for the next run. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#writing?.close();
    this.#writing = null;
    this.#wake();
    for (const done of this.#roomy.splice(0)) done();
    for (const segment of this.#segments.filter((s) => s.done === s.size)) {
      await this.#remove(segment);
    }
  }

  async #read(segment: Segment) {
    const file = await Deno.open(this.#path(segment.no));
    const from = segment.read;
    const lines: Line[] = [];
    const reader = new LineReader(new InputHandle({ name: "", identity: "0" }), {
      maxLine: 2 ** 30,
      offset: from,
      encoding: "utf-8",
      counters: newLineCounters(),
    });
    try {
      await file.seek(from, Deno.SeekMode.Start);
      const block = new Uint8Array(BLOCK);
      while (lines.length === 0 && segment.read < segment.size) {
        const n = await file.read(block.subarray(0, segment.size - segment.read)) ?? 0;
        // A line whose end a kill cut off is the last one of its segment.
        if (n === 0) break;
        segment.read += n;
        const found = reader.push(block.subarray(0, n), 0);
        if (!found) continue;
        segment.read = found.end;
        for (const text of found.lines) {
          const line = this.#line(text);
          if (line) lines.push(line);
        }
        break;
      }
    } finally {
      file.close();
    }
    if (lines.length === 0) segment.read = segment.size;
    const part = { end: segment.read, done: false };
    segment.under.push(part);
    const done = () => {
      part.done = true;
      return this.#done(segment);
    };
    if (lines.length > 0) return { lines, done };
    await done();
    return null;
  }

  #line(text: string): Line | null {
    let row: Row;
    try {
      row = JSON.parse(text);
    } catch {
      return null;
    }
    const [host, source, sourcetype, offset, time, line] = row;
    const key = `${host}:${source}`;
    let of = this.#sources.get(key);
    if (!of || of.sourcetype !== sourcetype) {
      // Hosts come from the network: what is remembered of them is bounded.
      if (this.#sources.size >= 10_000) this.#sources.clear();
      of = { key, host, source, sourcetype };
      this.#sources.set(key, of);
    }
    return { of, text: line, offset, time };
  }

  async #done(segment: Segment): Promise<void> {
    const before = segment.done;
    while (segment.under[0]?.done) segment.done = segment.under.shift()!.end;
    if (segment.done === before) return;
    const writing = segment === this.#segments.at(-1) && this.#writing !== null;
    if (segment.done < segment.size || writing && segment.size < SEGMENT) {
      await Deno.writeTextFile(this.#note(segment.no), String(segment.done), { mode: 0o600 });
      return;
    }
    if (!this.#segments.includes(segment)) return;
    if (writing) {
      this.#writing!.close();
      this.#writing = null;
    }
    await this.#remove(segment);
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments = this.#segments.filter((s) => s !== segment);
    this.#size -= segment.size;
    await Deno.remove(this.#path(segment.no));
    await Deno.remove(this.#note(segment.no)).catch(() => {});
    for (const done of this.#roomy.splice(0)) done();
  }

  async #noted(no: number): Promise<number> {
    const text = await Deno.readTextFile(this.#note(no)).catch(() => "0");
    const done = Number(text);
    return Number.isSafeInteger(done) && done >= 0 ? done : 0;
  }

  #path(no: number): string {
    return join(this.folder, `${no}.ndjson`);
  }

  #note(no: number): string {
    return join(this.folder, `${no}.done`);
  }
}
