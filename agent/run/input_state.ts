/** An input of a run: what is known of it, where reading stands, and what was counted. */
import type { EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";
import type { Live } from "../sources/listener.ts";
import type { InputPath } from "../sources/files.ts";
import { type LineCounters, newLineCounters, type TextBatch } from "../stages/lines.ts";
import type { Parsers } from "../stages/parse.ts";
import { LineRate } from "./line_rate.ts";
import { isKnown, type Shape, Shapes } from "./shapes.ts";
import type { Job, Position } from "../store/mod.ts";
import type { InputParserState } from "../stages/named_lines.ts";

/** A batch that was read ahead; it becomes events when it is taken, by the parser of that time. */
export interface DeferredBatch {
  (): EventBatch;
  /** Its lines. */
  readonly text: TextBatch;
}

export type InputReader = ReadableStreamDefaultReader<DeferredBatch>;

/** What is known of an input before it is read. */
export interface InputStateOptions {
  readonly found: InputPath;
  readonly index: number;
  /** Default: null, for what is read to its end. */
  readonly live?: Live | null;
  readonly identity?: string | null;
  readonly sourcetype: string | null;
  /** ms */
  readonly lateness: number;
  /** Where reading begins without an earlier run. Default: 0 */
  readonly offset?: number;
}

/**
 * What a later run can do: read again from a `position` in a file or a journal; `continue` after a gap, as a
 * listener does; or, of a pipe, `never` know what comes.
 */
export type Resumes = "position" | "continue" | "never";

/** What one batch adds to the counts of a run. */
export interface BatchCounts {
  readonly lines: number;
  readonly events: number;
  readonly parseErrors: number;
  /** Events by sourcetype. */
  readonly sourcetypes: ReadonlyMap<string, number>;
  /** Lines that are no events, by what they are. */
  readonly dropped?: ReadonlyMap<string, number>;
  /** Events that are in a dataset, by sourcetype: those that mean something to rules. */
  readonly understood: ReadonlyMap<string, number>;
  /** Events of no dataset whose pattern says what they are. */
  readonly known: number;
  /** Events of which no time could be read, and those whose time lies in the future: they have that of their arrival. */
  readonly untimed: number;
  readonly future: number;
  /** Events by extraction id. */
  readonly extractions: ReadonlyMap<number, number>;
}

/** What a position holds as its parser's state: that, and the mark of a source that has such. */
type Remembered = Partial<InputParserState> & { readonly mark?: string };

export const newId = () => crypto.randomUUID().replaceAll("-", "");

export class InputState {
  readonly input: InputHandle;
  #found: InputPath;
  #live: Live | null;
  #counters = newLineCounters();
  #resumes: Resumes;
  /** Whether the identity is known and differs from that of every other input. */
  #unique = false;
  #reader: InputReader | null = null;
  #idle = false;
  /** A batch came since the input was idle last. */
  #active = false;
  /** What the parser remembered when the last batch was taken from it. */
  #parserState: InputParserState | null = null;
  #encoding: TextBatch["encoding"] | null = null;
  #time = -Infinity;
  #job = newId();
  readonly #started = Date.now();
  #lines = 0;
  #rate: LineRate;
  #events = 0;
  #parseErrors = 0;
  #understood = 0;
  readonly #shapes = new Shapes();
  #offset = 0;
  #state: Job["state"] = "running";
  #error: string | null = null;
  /** Of a regular file when it was opened, packed or not. */
  #size = 0;

  constructor(of: InputStateOptions) {
    const { found, index, live = null, identity = null, sourcetype, lateness } = of;
    this.#offset = of.offset ?? 0;
    this.#rate = new LineRate(this.#started, 0, live !== null);
    const { name } = found;
    this.input = new InputHandle({
      index,
      name,
      identity,
      sourcetype,
      lateness,
      modified: Date.now(),
    });
    this.#found = found;
    this.#live = live;
    this.#resumes = found.path !== null || live?.rereads || live?.marks
      ? "position"
      : identity !== null
      ? "continue"
      : "never";
  }

  get found(): InputPath {
    return this.#found;
  }
  /** Null for what is read to its end. */
  get live(): Live | null {
    return this.#live;
  }
  get counters(): LineCounters {
    return this.#counters;
  }
  get resumes(): Resumes {
    return this.#resumes;
  }
  /** It is silent and does not hold back the watermark. */
  get idle(): boolean {
    return this.#idle;
  }
  /** Largest event time seen: the input that is furthest behind is read next. */
  get time(): number {
    return this.#time;
  }
  get state(): Job["state"] {
    return this.#state;
  }
  get error(): string | null {
    return this.#error;
  }
  /** Byte offset at which reading goes on. */
  get offset(): number {
    return this.#offset;
  }
  /** Bytes of a regular file that are not read yet, by its size at the beginning. */
  get bytesLeft(): number {
    return Math.max(0, this.#size - this.#offset);
  }
  /** What its parser remembers; null before the first batch. */
  get parserState(): InputParserState | null {
    return this.#parserState;
  }
  /** Null before the first batch. */
  get encoding(): TextBatch["encoding"] | null {
    return this.#encoding;
  }

  /** The path turned out to be a regular file, or a pipe or device. */
  opened(stat: Deno.FileInfo): void {
    this.#resumes = stat.isFile ? "position" : "never";
    this.#size = stat.isFile ? stat.size : 0;
    if (stat.isFile && stat.mtime) this.input.modifiedAt(stat.mtime.getTime());
  }

  /** Makes the identity differ from earlier inputs'. @param earlier gives how many have the same */
  makeUnique(earlier: (identity: string) => number): void {
    const { identity } = this.input;
    if (this.#unique || identity === null) return;
    this.#unique = true;
    this.input.distinguish(earlier(identity));
  }

  /** An earlier run has read the input to this position. @param size bytes, null when packed */
  resumed(p: Position, size: number | null): void {
    this.#job = p.job;
    this.#offset = p.offset;
    this.#lines = p.lines;
    this.#rate = new LineRate(this.#started, p.lines, this.#live !== null);
    this.#encoding = p.encoding as TextBatch["encoding"] | null;
    this.#time = p.time ?? -Infinity;
    const { mark, ...parser }: Remembered = p.parser === null ? {} : JSON.parse(p.parser);
    this.#parserState = p.parser === null ? null : parser as InputParserState;
    if (mark !== undefined) this.#live?.marks?.goOn(mark);
    if (p.sourcetype !== null) this.input.recognised(p.sourcetype);
    // A compressed file does not grow.
    if (p.done && (size ?? p.offset) === p.offset && this.#live === null) this.#state = "done";
  }

  /** Its lines up to there are where they are to be; they are not looked into. */
  passed({ end, encoding, lines }: TextBatch): void {
    this.#offset = end;
    this.#encoding = encoding;
    this.#lines += lines.length;
  }

  /** It came to be after an earlier run's end: it is read from its beginning. */
  beginsAt(offset: number): void {
    this.#offset = offset;
  }

  /** The same content continues in another file, or from an offset that others have read to. */
  continues(found: InputPath, live: Live | null, offset = this.#offset): void {
    this.#found = found;
    this.#offset = offset;
    this.#live = live;
    this.#reader = null;
    this.#counters = newLineCounters();
  }

  /** Reading begins, or goes on in another file. */
  running(): void {
    this.#state = "running";
  }

  /** The next batch, null at the end. @param open called for the first read */
  async read(open: (state: InputState) => Promise<InputReader>): Promise<DeferredBatch | null> {
    this.#reader ??= await open(this);
    return (await this.#reader.read()).value ?? null;
  }

  /** Cancels a read under way; its batch, if any, is left to the next run. */
  cancel(): void {
    this.#reader?.cancel().catch(() => {});
  }

  /** Turns a batch into events and keeps what the parser remembers for the next one. */
  parse(batch: TextBatch, parsers: Parsers): EventBatch {
    const { events, state } = parsers.parse(batch, this.#parserState);
    this.#parserState = state;
    return events;
  }

  /** Its lines turned out to be in no order of time: the parser concludes nothing from the line before. */
  disordered(first: InputParserState): void {
    this.#parserState = { ...(this.#parserState ?? first), unordered: true };
  }

  /** A batch was taken: moves the position and counts. */
  took(batch: EventBatch): BatchCounts {
    const { events, extractionIds, extractions } = batch;
    const byExtraction = new Map<number, number>();
    for (let i = 0; i < extractionIds.length; i++) {
      byExtraction.set(extractionIds[i], (byExtraction.get(extractionIds[i]) ?? 0) + 1);
    }
    let parseErrors = 0;
    const sourcetypes = new Map<string, number>();
    const understood = new Map<string, number>();
    let meaningful = 0;
    let known = 0;
    for (const [id, n] of byExtraction) {
      const { sourcetype, parseError, datasets } = extractions[id];
      sourcetypes.set(sourcetype, (sourcetypes.get(sourcetype) ?? 0) + n);
      if (parseError) parseErrors += n;
      if (isKnown(extractions[id])) known += n;
      if (datasets.length === 0) continue;
      understood.set(sourcetype, (understood.get(sourcetype) ?? 0) + n);
      meaningful += n;
    }
    if (known < events.length) this.#noteUnread(batch);
    let time = this.#time, untimed = 0, future = 0;
    for (let i = 0; i < events.length; i++) {
      const { _time, _time_from: from } = events[i];
      if (from === "arrival") untimed++;
      else if (from === "clamped") future++;
      else if (_time > time) time = _time;
    }
    const text = batch.lines as TextBatch;
    const lines = text.lines.length;
    this.#time = time;
    this.#idle = false;
    this.#active = true;
    this.#offset = text.end;
    this.#encoding = text.encoding;
    this.#lines += lines;
    this.#events += events.length;
    this.#parseErrors += parseErrors;
    this.#understood += meaningful;
    return {
      lines,
      events: events.length,
      parseErrors,
      sourcetypes,
      understood,
      known: known - meaningful,
      dropped: batch.dropped,
      untimed,
      future,
      extractions: byExtraction,
    };
  }

  #noteUnread({ events, extractionIds, extractions }: EventBatch): void {
    for (let i = 0; i < events.length; i++) {
      const extraction = extractions[extractionIds[i]];
      if (!isKnown(extraction)) this.#shapes.note(events[i]._raw, extraction.sourcetype);
    }
  }

  /** The `n` commonest shapes of lines that are in no dataset. */
  unread(n: number): readonly Shape[] {
    return this.#shapes.commonest(n);
  }

  /** The input has been silent for the idle timeout. @returns whether a batch came since the last time */
  becameIdle(): boolean {
    const active = this.#active;
    this.#idle = true;
    this.#active = false;
    return active;
  }

  /** A read error in the middle: what came before it is kept, and the input ends as failed. */
  broke(message: string): void {
    this.#error = message;
  }

  /** Reading is over. */
  finished(state: Exclude<Job["state"], "running">): void {
    this.#state = state;
  }

  /** Where reading stands; null before the first line. */
  position(): Position | null {
    const { identity, name, sourcetype } = this.input;
    if (identity === null) return null;
    return {
      input: identity,
      source: name,
      job: this.#job,
      offset: this.#offset,
      lines: this.#lines,
      encoding: this.#encoding,
      sourcetype,
      time: this.#time === -Infinity ? null : this.#time,
      parser: this.#remembered(),
      done: this.#state === "done",
    };
  }

  #remembered(): string | null {
    const mark = this.#live?.marks?.at(this.#offset) ?? undefined;
    const parser = this.#parserState;
    return parser && JSON.stringify({ ...parser, since: undefined, mark } satisfies Remembered);
  }

  /** The input as a job of a run. @param now epoch milliseconds */
  job(run: string, now: number): Job {
    return {
      id: this.#job,
      run,
      source: this.input.name,
      sourcetype: this.input.sourcetype,
      state: this.#state,
      lines: this.#lines,
      events: this.#events,
      parseErrors: this.#parseErrors,
      understood: this.#understood,
      unread: this.unread(3).map(({ sourcetype, shape, lines }) => ({ sourcetype, shape, lines })),
      rate: this.#rate.of(now, this.#lines),
      lag: this.#live?.lag ?? null,
      error: this.#error,
      started: this.#started,
    };
  }
}
