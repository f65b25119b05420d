/** What a listener takes in, one queue for each sourcetype, until the pipeline takes it. */
import type { InputHandle } from "../input.ts";
import type { TextBatch } from "../stages/lines.ts";
import type { InputAnnounced, Live } from "./listener.ts";

/** Text that a queue holds before whoever sends must wait, in UTF-16 units. */
const FULL = 8 * 1024 * 1024;
/** Records in a batch at most. */
const BATCH = 16_384;
/** Records that are passed on at once; fewer wait for others, for so many ms. */
const ENOUGH = 4096, WAIT = 5;

export interface ListenerOptions {
  /** What `source` says in events: the listener's URL. */
  readonly name: string;
  /** Sourcetype of all that comes; null to tell each sender's by its first lines. */
  readonly sourcetype: string | null;
  readonly recognise: (lines: readonly string[]) => Recognised;
  readonly notice: (text: string) => void;
  /** ms; how far out of order what comes by the network may be. */
  readonly lateness: number;
}

/** What lines are taken for, and why. */
export interface Recognised {
  readonly sourcetype: string;
  readonly reason: string;
}

/** A record and what is known of it. */
export interface Records {
  readonly lines: readonly string[];
  /** Indices of records that were cut at the limit on length. */
  readonly truncated: readonly number[] | null;
}

/** Lines of one sourcetype. Their offsets grow for as long as the listener lives. */
export class Queue implements Live {
  /** What waits to be taken is never idle: whoever asks sees its batch. */
  readonly waiting = true;
  private lines: string[] = [];
  private peers: string[] = [];
  private starts: number[] = [];
  private truncated: number[] = [];
  private size = 0;
  private next = 0;
  private since = 0;
  private arrival = 0;
  private ended = false;
  private released = false;
  private filled: () => void = () => {};
  private emptied: (() => void)[] = [];

  /** Takes records in. Whoever can be made to wait waits for {@link room} before. */
  put(records: Records, peer: string): void {
    if (this.lines.length === 0) this.since = performance.now();
    for (const i of records.truncated ?? []) this.truncated.push(this.lines.length + i);
    for (const line of records.lines) {
      this.lines.push(line);
      this.peers.push(peer);
      this.starts.push(this.next);
      this.next += line.length + 1;
      this.size += line.length + 64;
    }
    this.arrival = Date.now();
    this.filled();
  }

  /** Arrival is stamped when records come, not when they are taken. */
  caughtUp(): boolean {
    return true;
  }

  get full(): boolean {
    return this.size >= FULL;
  }

  /** Resolves when the queue is not full, or nobody waits for that any more. */
  async room(): Promise<void> {
    while (this.full && !this.ended && !this.released) {
      await new Promise<void>((done) => this.emptied.push(done));
    }
  }

  /** Little more will be put: it finds room although the queue is full. */
  release(): void {
    this.released = true;
    for (const done of this.emptied.splice(0)) done();
  }

  /** Nothing more will be put. */
  end(): void {
    this.ended = true;
    this.filled();
    for (const done of this.emptied.splice(0)) done();
  }

  open(input: InputHandle): { lines: ReadableStream<TextBatch> } {
    const lines = new ReadableStream<TextBatch>({
      pull: async (controller) => {
        await this.some();
        if (this.lines.length > 0) controller.enqueue(this.take(input));
        else controller.close();
      },
      cancel: () => this.end(),
    }, { highWaterMark: 0 });
    return { lines };
  }

  /** Waits for records, and a little for more, so that batches are worth their while. */
  private async some(): Promise<void> {
    while (!this.ended && this.lines.length < ENOUGH) {
      const left = this.lines.length === 0 ? Infinity : this.since + WAIT - performance.now();
      if (left <= 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((done) => {
        this.filled = done;
        if (left < Infinity) timer = setTimeout(done, left);
      });
      clearTimeout(timer);
    }
  }

  private take(input: InputHandle): TextBatch {
    const n = Math.min(BATCH, this.lines.length);
    const lines = this.lines.splice(0, n);
    const peers = this.peers.splice(0, n);
    const starts = this.starts.splice(0, n);
    const truncated = this.truncated.filter((i) => i < n);
    this.truncated = this.truncated.filter((i) => i >= n).map((i) => i - n);
    for (const line of lines) this.size -= line.length + 64;
    if (!this.full) { for (const done of this.emptied.splice(0)) done(); }
    return {
      input,
      lines,
      arrival: this.arrival,
      offset: (i) => starts[i],
      truncated: truncated.length > 0 ? truncated : null,
      end: starts[n - 1] + lines[n - 1].length + 1,
      encoding: "utf-8",
      peers,
    };
  }
}

/** A listener's lanes, made when there is something to put in. */
export class Queues {
  private readonly lanes = new Map<string, Queue>();
  private ended = false;
  private released = false;

  constructor(
    private readonly options: ListenerOptions,
    private readonly arrived: (arrival: InputAnnounced) => void,
  ) {}

  /** Of a sender, by its first lines unless the sourcetype is said. */
  of(lines: readonly string[], sourcetype: string | null = this.options.sourcetype): Queue {
    const found = sourcetype === null ? this.options.recognise(lines) : null;
    const name = sourcetype ?? found!.sourcetype;
    let lane = this.lanes.get(name);
    if (lane) return lane;
    if (found) this.options.notice(`${this.options.name}: read as ${name} (${found.reason})`);
    lane = new Queue();
    if (this.ended) lane.end();
    if (this.released) lane.release();
    this.lanes.set(name, lane);
    this.arrived({
      found: { name: this.options.name, path: null },
      live: lane,
      identity: crypto.randomUUID().replaceAll("-", "").slice(0, 16),
      sourcetype: name,
      lateness: this.options.lateness,
    });
    return lane;
  }

  end(): void {
    this.ended = true;
    for (const lane of this.lanes.values()) lane.end();
  }

  /** What is left to be put does not wait for room: a stop does not depend on whoever takes. */
  release(): void {
    this.released = true;
    for (const lane of this.lanes.values()) lane.release();
  }
}
