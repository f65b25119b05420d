/**
 * Inputs to a topic, line by line, nothing looked into. Files are read on from what was acknowledged;
 * what cannot be read again goes through the buffer on disk.
 */
import { Identities, prepareInputs, type ReadOptions } from "../run/inputs.ts";
import type { InputState } from "../run/input_state.ts";
import { LiveInputs } from "../run/live.ts";
import { openLines } from "../run/reader.ts";
import { resume } from "../run/resume.ts";
import { emptySummary, type Summary } from "../run/progress.ts";
import { InputError, openPipe } from "../sources/files.ts";
import type { Listener } from "../sources/listener.ts";
import type { TextBatch } from "../stages/lines.ts";
import type { Buffer } from "./buffer.ts";
import type { Positions } from "./positions.ts";
import type { Line, Source } from "./records.ts";
import type { Sender } from "./sender.ts";

export interface ForwardOptions extends ReadOptions {
  readonly listeners: readonly Listener[];
  readonly follow: boolean;
  readonly stream: string;
  readonly host: string;
  readonly sender: Sender;
  readonly positions: Positions;
  readonly buffer: Buffer;
}

export interface Forwarded {
  /** Inputs that could not be read. */
  readonly failed: readonly string[];
  readonly inputs: number;
  /** Records that listeners could not take, by the reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Files that are read at once, and characters that are under way at most. */
const FILES = 16, UNDER_WAY = 16 * 1024 * 1024;
/** ms between two notes of positions, and for which an end waits for what is under way. */
const SAVE = 500, DRAIN = 10_000;

/** Forwards until all inputs have ended or the signal. Rejects with InputError when a listener cannot start. */
export class Forwarder {
  readonly #identities = new Identities();
  readonly #live: LiveInputs;
  readonly #failed: string[] = [];
  readonly #stop = new AbortController();
  #inputs = 0;
  #underWay = 0;
  #room: (() => void)[] = [];
  #files = 0;
  #free: (() => void)[] = [];
  readonly #tasks = new Set<Promise<void>>();
  /** Batches that were handed to the sender and not answered. */
  readonly #sending = new Set<Promise<unknown>>();
  readonly #cancels = new Set<() => void>();
  readonly #sources = new Map<string, Source>();
  readonly #summary: Summary = emptySummary();

  constructor(private readonly options: ForwardOptions) {
    this.#live = new LiveInputs(options.listeners, options, this.#identities, () => this.#wake());
  }

  #wake: () => void = () => {};

  async run(): Promise<Forwarded> {
    const { options } = this;
    const { positions, sender, signal, stream, follow } = options;
    const inputs = await prepareInputs(options, this.#identities);
    inputs.push(...await this.#live.start(inputs.length));
    const resumed = await resume({
      store: positions,
      stream,
      inputs,
      engine: null,
      options,
      identities: this.#identities,
      follow,
    });
    inputs.push(...resumed.rotated);
    this.#live.count(inputs.length);
    const known = new Set(inputs.map((state) => state.input.identity));
    positions.forget(resumed.forget.filter((identity) => !known.has(identity)));
    const saving = setInterval(() => void positions.save(), SAVE);
    const draining = this.#drain();
    try {
      const ready = sender.ready();
      for (const state of inputs) this.#begin(state, ready);
      await this.#until(signal);
    } finally {
      this.#stop.abort();
      await this.#live.stop();
      for (const cancel of [...this.#cancels]) cancel();
      await this.#end(draining);
      clearInterval(saving);
      await positions.save();
    }
    if (this.#live.active) await this.#live.losses(this.#summary);
    return { failed: this.#failed, inputs: this.#inputs, dropped: this.#summary.dropped };
  }

  /** Waits for the end of all inputs, or the signal; takes in those that come meanwhile. */
  async #until(signal: AbortSignal): Promise<void> {
    const ended = this.options.listeners.length === 0 || this.#live.ends;
    for (;;) {
      if (signal.aborted || this.options.sender.failed !== null) return;
      if (ended && this.#tasks.size === 0) return;
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      signal.addEventListener("abort", this.#wake, { once: true });
      const timer = setTimeout(this.#wake, 1000);
      await woken.promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", this.#wake);
      for (const state of await this.#live.admit()) {
        state.running();
        this.#begin(state, this.options.sender.ready());
      }
      await this.#live.losses(this.#summary);
    }
  }

  #begin(state: InputState, ready: Promise<boolean>): void {
    if (state.state === "done") return;
    this.#inputs++;
    const task: Promise<void> = this.#read(state, ready).finally(() => {
      this.#tasks.delete(task);
      this.#wake();
    });
    this.#tasks.add(task);
  }

  async #read(state: InputState, ready: Promise<boolean>): Promise<void> {
    const again = state.resumes === "position";
    // What can be read again is not read before it can be sent.
    if (again && !await ready) return;
    const counts = again && state.live === null;
    while (counts && this.#files >= FILES) await new Promise<void>((done) => this.#free.push(done));
    if (counts) this.#files++;
    try {
      await this.#lines(state, again);
      if (state.error === null) state.finished(this.#stop.signal.aborted ? "stopped" : "done");
      else this.#failed.push(state.found.name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.options.notice(`error: ${error.message}`);
      this.#failed.push(state.found.name);
    } finally {
      if (counts) this.#files--;
      this.#free.shift()?.();
    }
  }

  async #lines(state: InputState, again: boolean): Promise<void> {
    const { options } = this;
    const pipe = ({ found: { path } }: InputState) =>
      path === null ? options.stdin() : openPipe(path);
    const stream = await openLines(state, { options, signal: this.#stop.signal, pipe });
    const reader = stream.getReader();
    const cancel = () => void reader.cancel().catch(() => {});
    if (again) this.#cancels.add(cancel);
    let last: Promise<void> = Promise.resolve();
    try {
      for (;;) {
        const { value: batch } = await reader.read();
        if (!batch) break;
        this.#identities.makeUnique(state);
        const lines = this.#of(batch);
        if (!again) {
          if (!await options.buffer.add(lines)) break;
          continue;
        }
        const { there } = await this.#hand(lines);
        last = last.then(() => there).then((sent) => {
          if (!sent) return;
          state.passed(batch);
          const position = state.position();
          if (position) options.positions.set(position);
        });
      }
      await last;
      const position = again && state.error === null && !this.#stop.signal.aborted
        ? state.position()
        : null;
      if (position) options.positions.set({ ...position, done: true });
    } finally {
      this.#cancels.delete(cancel);
    }
  }

  /** Hands lines of one source to the sender once there is room. @returns of when they are there */
  async #hand(lines: readonly Line[]): Promise<{ readonly there: Promise<boolean> }> {
    const size = lines.reduce((n, { text }) => n + text.length + 40, 0);
    while (this.#underWay > 0 && this.#underWay + size > UNDER_WAY) {
      await new Promise<void>((done) => this.#room.push(done));
    }
    this.#underWay += size;
    const sent = this.options.sender.send(lines).finally(() => {
      this.#underWay -= size;
      this.#sending.delete(sent);
      for (const done of this.#room.splice(0)) done();
    });
    this.#sending.add(sent);
    return { there: sent };
  }

  #of({ lines, input, arrival, offset, peers }: TextBatch): Line[] {
    const sources = lines.map((_, i) => this.#source(input.name, peers?.[i], input.sourcetype));
    return lines.map((text, i) => ({ of: sources[i], text, offset: offset(i), time: arrival }));
  }

  #source(source: string, peer: string | undefined, sourcetype: string | null): Source {
    const host = peer || this.options.host;
    const key = `${host}:${source}`;
    let of = this.#sources.get(key);
    if (!of) {
      // Addresses come from the network: what is remembered of them is bounded.
      if (this.#sources.size >= 10_000) this.#sources.clear();
      of = { key, host, source, sourcetype: sourcetype || null };
      this.#sources.set(key, of);
    }
    return of;
  }

  /** Sends what is in the buffer, to its end. */
  async #drain(): Promise<void> {
    const { buffer, sender } = this.options;
    while (await sender.ready()) {
      const found = await buffer.next();
      if (found === null) return;
      const groups = Map.groupBy(found.lines, (line) => line.of);
      const handed: Promise<boolean>[] = [];
      for (const lines of groups.values()) handed.push((await this.#hand(lines)).there);
      const sent = Promise.all(handed)
        .then((there) => there.every((t) => t) ? found.done() : undefined)
        .finally(() => this.#sending.delete(sent));
      this.#sending.add(sent);
    }
  }

  /** Waits for what is under way, unless nothing gets through. */
  async #end(draining: Promise<void>): Promise<void> {
    const { sender, buffer } = this.options;
    const all = async () => {
      await Promise.all(this.#tasks);
      while (buffer.held > 0 && sender.failed === null) {
        await new Promise((done) => setTimeout(done, 20));
      }
      await Promise.all(this.#sending);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise((done) => timer = setTimeout(done, sender.away ? 1000 : DRAIN));
    await Promise.race([all(), enough]);
    clearTimeout(timer);
    await sender.close();
    await buffer.close();
    await Promise.race([draining, new Promise((done) => setTimeout(done, 1000))]);
  }
}
