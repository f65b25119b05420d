/**
 * Input that ends, and whose lines are in no order of time: windows start anew, the rows that they
 * take are sorted by time, from the first line on, and are handed to them when all inputs have ended.
 * What was read before the disorder showed is read again, from its file or from the spool of the pipe.
 */
import type { Disorder, Engine } from "../engine/engine.ts";
import type { AlertChange } from "../event.ts";
import { RowSorter } from "../engine/ordering/row_sorter.ts";
import { durationText } from "../../grammar/literals.ts";
import { InputError } from "../sources/files.ts";
import { firstState } from "../stages/parse.ts";
import type { InputState } from "./input_state.ts";
import type { InputOptions } from "./inputs.ts";
import { type ActiveParsers, readAgain } from "./reader.ts";
import { PipeSpool, SpoolBudget, SpoolFile } from "./spool.ts";

/** Rows that windows take between two looks at signals. */
const SLICE = 20_000;
/** Ids of provisional alerts that are remembered: with more of them, what is written stays. */
const MOST_PROVISIONAL = 200_000;
/** Bytes that spools take at most unless another limit is asked for. */
export const SPOOL_LIMIT = 16 * 1024 ** 3;

export interface SecondReadingOptions {
  readonly inputs: InputOptions;
  readonly parsers: ActiveParsers;
  readonly signal: AbortSignal;
  /** Bytes. */
  readonly limit: number;
  /** Called when no more rows can be sorted: windows are to take those that were. */
  readonly full: () => Promise<void>;
}

export class SecondReading {
  /** Rows are being sorted. */
  active = false;
  /** Rows were sorted in this run. */
  began = false;
  readonly #of: SecondReadingOptions;
  readonly #budget: SpoolBudget;
  readonly #pipes = new Map<InputState, PipeSpool>();
  #spool: SpoolFile | null = null;
  /** Alerts of windows that were handed to the store and may turn out not to be. */
  #provisional = new Set<string>();

  constructor(of: SecondReadingOptions) {
    this.#of = of;
    this.#budget = new SpoolBudget(of.limit);
  }

  /** Keeps what comes by a pipe while it is read. */
  keep(state: InputState, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const pipe = new PipeSpool(this.#budget);
    this.#pipes.set(state, pipe);
    return pipe.keep(stream);
  }

  /** A further spool, under the same limit. */
  readonly makeSpool = (): SpoolFile => new SpoolFile(this.#budget);

  /** Bytes on disk at most so far. */
  get peak(): number {
    return this.#budget.peak;
  }

  /** Whether all that was read can be read again. */
  get possible(): boolean {
    return this.#pipes.values().every((pipe) => pipe.lost === null);
  }

  /** What is said when it cannot. */
  get impossible(): string {
    const [state, pipe] = this.#pipes.entries().find(([, { lost }]) => lost !== null)!;
    return `${state.input.name} cannot be read a second time: ${pipe.lost}; rows that are out of ` +
      `order are late for windows from here on (see --spool-limit)`;
  }

  /** What a checkpoint holds of it. */
  saved(): { provisional?: readonly string[] } {
    return this.#provisional.size > 0 ? { provisional: [...this.#provisional] } : {};
  }

  /**
   * Alerts of windows go to the store before it is certain that they stay. False when there are too
   * many to take back: then nothing may be sorted any more.
   */
  remember(changes: readonly AlertChange[], most = MOST_PROVISIONAL): boolean {
    for (const { alert } of changes) this.#provisional.add(alert.id);
    return this.#provisional.size <= most;
  }

  /** Takes up the provisional alerts of a run that was killed. */
  resumed(provisional: readonly string[]): void {
    for (const id of provisional) this.#provisional.add(id);
  }

  /** Begins to sort: what the inputs gave so far is read again. */
  async begin(
    engine: Engine,
    states: readonly InputState[],
    disorder: Disorder | null,
  ): Promise<void> {
    const { inputs } = this.#of;
    if (disorder) inputs.notice(disorderText(disorder));
    this.active = this.began = true;
    this.#spool = this.makeSpool();
    engine.startSorting(new RowSorter(this.#spool));
    for (const state of states) {
      state.disordered(firstState(inputs.parse, state.input));
      await this.#again(engine, state);
    }
    for (const pipe of this.#pipes.values()) pipe.close("it was read a second time");
  }

  async #again(engine: Engine, state: InputState): Promise<void> {
    const { inputs, parsers, signal, full } = this.#of;
    const pipe = this.#pipes.get(state);
    if (state.offset === 0) return;
    try {
      const batches = readAgain(state, {
        options: inputs,
        compiled: parsers.compiled,
        pipe: pipe ? () => pipe.again() : null,
        signal,
      });
      for await (const batch of batches) {
        engine.collect(batch, state.offset);
        if (engine.sorterFull !== null) await full();
        if (batch.lines.offset(batch.lines.lines.length) >= state.offset) break;
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      inputs.notice(`error: ${error.message}; windows do not see what was read of it before`);
    }
  }

  /**
   * Hands all rows to the windows, in order. Gives what of the provisional alerts has to go.
   * @param signal ends it early; nothing is certain then
   */
  async end(
    engine: Engine,
    taken: (changes: readonly AlertChange[]) => void,
    signal: AbortSignal,
  ): Promise<string[]> {
    this.active = false;
    const rest = new Set(this.#provisional);
    for (let more = true; more && !signal.aborted;) {
      more = engine.takeSorted(SLICE);
      const changes = engine.takeChanges(more ? "ended" : "all");
      for (const { alert } of changes) rest.delete(alert.id);
      taken(changes);
      await new Promise((done) => setTimeout(done, 0));
    }
    this.#spool?.close();
    this.#spool = null;
    return signal.aborted ? [] : [...rest];
  }

  /** Closes spools. */
  close(): void {
    this.#spool?.close();
    this.#spool = null;
    for (const pipe of this.#pipes.values()) pipe.close("the run has ended");
  }
}

/** What is said when lines turn out to be in no order. */
function disorderText({ input, behind, ahead }: Disorder): string {
  const by = durationText(Math.max(1000, Math.round(behind / 1000) * 1000));
  return `${input.name}: its lines are not in order of time (one is ${by} behind the line before it` +
    `${ahead ? `, which is of ${ahead}` : ""}); they are sorted by time, and alerts of windows ` +
    `follow at the end`;
}
