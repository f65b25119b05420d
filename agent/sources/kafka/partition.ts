/** A partition as an input: what was fetched of it, until the pipeline takes it. */
import type { InputHandle } from "../../input.ts";
import type { LineCounters, TextBatch } from "../../stages/lines.ts";
import type { Fetched } from "../../kafka/messages.ts";
import type { InputAnnounced, Live } from "../listener.ts";
import { batchAt, type BatchLines, type Codecs, type Lost, readBatch } from "./batches.ts";

/** Lines of a batch for the pipeline: enough to be worth its while, and at most. More live through collections. */
const ENOUGH = 512, MOST = 1024;

/** ms without an answer after which a broker is away: fetches wait for records for less. */
const AWAY = 3000;

/** Bytes of one fetch. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  /** Aborted transactions that are still to come, by their first offsets, and those under way. */
  readonly aborted: { readonly producer: bigint; readonly first: number }[];
  readonly under: Set<bigint>;
}

export interface PartitionOptions {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** What `source` says in events. */
  readonly name: string;
  /** 16 hex digits of cluster, topic id and partition. */
  readonly identity: string;
  readonly codecs: Codecs;
  readonly maxLine: number;
  /** Whether the header `sourcetype` says what a record's line is. */
  readonly named: boolean;
  /** Bytes that are held before no more is fetched. */
  readonly room: number;
  /** ms for which it holds the others back while its broker does not answer. */
  readonly hold: number;
}

export class Partition implements Live {
  readonly rereads = true;
  /** Node that leads it; -1 for none. */
  leader = -1;
  /** Offset of the first record that is there when the input begins. */
  beginning = 0;
  /** Offsets behind the last record, and behind the last that may be read. */
  high = 0;
  end = 0;
  /** The next offset to be fetched, and the one behind the last that was given. */
  position = 0;
  given = 0;
  /** Where the input ends; null for one that goes on. */
  until: number | null = null;
  /** Since when its broker answers with errors, of performance.now, and whether that was told. */
  failing: { readonly since: number; told: boolean } | null = null;
  /** When its broker last answered for it, of performance.now. */
  heard = performance.now();
  arrival: InputAnnounced | null = null;
  /** Told when there is room for more. */
  hungry: () => void = () => {};
  readonly lost: Lost = { tombstones: 0, unreadable: 0, why: "" };
  #chunks: Chunk[] = [];
  #rest: BatchLines | null = null;
  #held = 0;
  #opened = false;
  #ended = false;
  /** The last answer held nothing beyond the position. */
  #caught = false;
  #arrived = 0;
  #counters: LineCounters | null = null;
  #wake: () => void = () => {};

  constructor(readonly of: PartitionOptions) {}

  /**
   * Silent is who has nothing more, or, after a while, whose broker is away: what came there meanwhile
   * would be late if the others went on at once.
   */
  get waiting(): boolean {
    if (!this.#empty) return false;
    const silent = performance.now() - this.heard;
    return silent > AWAY ? silent > this.of.hold : this.#caught;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether more of it is to be fetched. */
  get wants(): boolean {
    return this.#opened && !this.#ended && this.#held < this.of.room && !this.#done;
  }

  /** Records that are there and were not given. */
  get lag(): number {
    return Math.max(0, this.high - this.given);
  }

  caughtUp(end: number): boolean {
    return end >= this.end;
  }

  unread(offset: number): boolean {
    return !this.caughtUp(offset);
  }

  get #empty(): boolean {
    return this.#chunks.length === 0 && this.#rest === null;
  }

  /** It ends at an offset, and all up to there was fetched. */
  get #done(): boolean {
    return this.until !== null && this.position >= this.until;
  }

  open(
    input: InputHandle,
    offset: number,
    counters: LineCounters,
  ): { lines: ReadableStream<TextBatch> } {
    this.position = this.given = offset;
    this.#counters = counters;
    this.#opened = true;
    this.hungry();
    const lines = new ReadableStream<TextBatch>({
      pull: async (controller) => {
        for (;;) {
          const batch = this.#take(input);
          if (batch) return controller.enqueue(batch);
          if (this.#ended || this.#done) break;
          await new Promise<void>((done) => this.#wake = done);
        }
        this.finish();
        controller.close();
      },
      cancel: () => {
        this.#chunks = [];
        this.#rest = null;
        this.finish();
      },
    }, { highWaterMark: 0 });
    return { lines };
  }

  /** Takes in what a fetch from the position gave. */
  took({ records, high, end, aborted }: Fetched): void {
    this.heard = performance.now();
    this.failing = null;
    this.high = high;
    this.end = end;
    let position = this.position;
    if (records !== null) {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      for (let at = 0;;) {
        const head = batchAt(view, at);
        if (head === null) break;
        position = Math.max(position, head.next);
        at = head.stop;
      }
      if (position === this.position) {
        // A batch that says of itself that it has no end: one record after the other is given up.
        this.lost.unreadable++;
        this.lost.why = "they are in a batch that is damaged, or older than Kafka 0.11";
        position++;
      } else {
        this.#chunks.push({
          bytes: records,
          view,
          at: 0,
          aborted: aborted.toSorted((a, b) => a.first - b.first),
          under: new Set(),
        });
        this.#held += records.length;
        this.#arrived = Date.now();
      }
    }
    this.#caught = position === this.position && position >= end;
    this.position = position;
    this.#wake();
  }

  /** Records up to an offset are gone: reading goes on there. */
  skip(to: number): void {
    this.position = to;
    if (this.#empty) this.given = to;
  }

  /** Nothing more comes; what was fetched is given. */
  finish(): void {
    this.#ended = true;
    this.#wake();
    this.hungry();
  }

  /** Nothing more is given either. */
  drop(): void {
    this.#chunks = [];
    this.#rest = null;
    this.#held = 0;
    this.finish();
  }

  #take(input: InputHandle): TextBatch | null {
    const parts: BatchLines[] = [];
    let n = 0;
    while (n < ENOUGH) {
      const part = this.#part();
      if (part === null) break;
      parts.push(part);
      n += part.lines.length;
    }
    if (n === 0) return null;
    if (this.#chunks.length === 0) this.hungry();
    const { lines, offsets, times, hosts, sources, sourcetypes, truncated } = parts.length === 1
      ? parts[0]
      : joined(parts, n);
    const end = offsets[n - 1] + 1;
    this.given = end;
    return {
      input,
      lines,
      arrival: this.#arrived,
      offset: (i) => offsets[i],
      truncated,
      end,
      encoding: "utf-8",
      times,
      ...hosts === null ? {} : { peers: hosts },
      ...sources === null ? {} : { sources },
      ...sourcetypes === null || !this.of.named ? {} : { sourcetypes },
    };
  }

  /** Lines of the next batch of records that has some, at most so many. */
  #part(): BatchLines | null {
    let found = this.#rest;
    this.#rest = null;
    while (found === null) {
      found = this.#next();
      if (found === null && this.#chunks.length === 0) return null;
    }
    if (found.lines.length <= MOST) return found;
    this.#rest = sliced(found, MOST, found.lines.length);
    return sliced(found, 0, MOST);
  }

  #next(): BatchLines | null {
    const chunk = this.#chunks[0];
    const head = chunk && batchAt(chunk.view, chunk.at);
    if (!head) {
      this.#chunks.shift();
      this.#held -= chunk?.bytes.length ?? 0;
      return null;
    }
    const { aborted, under, at } = chunk;
    while (aborted.length > 0 && aborted[0].first < head.next) under.add(aborted.shift()!.producer);
    chunk.at = head.stop;
    const { codecs, maxLine } = this.of;
    const lines = readBatch(chunk.bytes, at, head, this.given, {
      codecs,
      maxLine,
      counters: this.#counters!,
      lost: this.lost,
      aborted: (producer) => under.has(producer),
      control: (producer) => under.delete(producer),
    });
    if (lines === null) {
      this.given = Math.max(this.given, head.next);
      return null;
    }
    const { until } = this;
    if (until === null || lines.offsets[lines.lines.length - 1] < until) return lines;
    let keep = 0;
    while (lines.offsets[keep] < until) keep++;
    this.#chunks = [];
    return keep === 0 ? null : sliced(lines, 0, keep);
  }
}

function sliced(of: BatchLines, from: number, to: number): BatchLines {
  const truncated = of.truncated?.filter((i) => i >= from && i < to).map((i) => i - from) ?? [];
  return {
    lines: of.lines.slice(from, to),
    offsets: of.offsets.subarray(from, to),
    times: of.times.subarray(from, to),
    hosts: of.hosts?.slice(from, to) ?? null,
    sources: of.sources?.slice(from, to) ?? null,
    sourcetypes: of.sourcetypes?.slice(from, to) ?? null,
    truncated: truncated.length > 0 ? truncated : null,
  };
}

function joined(parts: readonly BatchLines[], n: number): BatchLines {
  const out: BatchLines = {
    lines: parts.flatMap((part) => part.lines),
    offsets: new Float64Array(n),
    times: new Float64Array(n),
    hosts: together(parts, (part) => part.hosts),
    sources: together(parts, (part) => part.sources),
    sourcetypes: together(parts, (part) => part.sourcetypes),
    truncated: null,
  };
  let at = 0;
  for (const { offsets, times, lines, truncated } of parts) {
    out.offsets.set(offsets, at);
    out.times.set(times, at);
    for (const i of truncated ?? []) (out.truncated ??= []).push(at + i);
    at += lines.length;
  }
  return out;
}

/** What is known of each line of all parts, empty where a part does not know it; null where none does. */
function together(
  parts: readonly BatchLines[],
  of: (part: BatchLines) => readonly string[] | null,
): string[] | null {
  if (parts.every((part) => of(part) === null)) return null;
  return parts.flatMap((part) => of(part) ?? part.lines.map(() => ""));
}
