/**
 * Rules in several threads: each reads every line, and runs a part of the rules on it. Parts go in step,
 * a batch at a time, so that alerts, checkpoints and whatever ends them stand at the same line. What
 * has to see all rules at once joins them again.
 */
import type { Plan } from "../../compiler/plan/plan.ts";
import { storeSourcetypes } from "../../compiler/sourcetype/compile/stored.ts";
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import type { ChangesTaken, Counters, Engine, Health, Snapshot } from "../engine/engine.ts";
import type { AlertChange, EventBatch } from "../event.ts";
import type { TextBatch } from "../stages/lines.ts";
import type { InputState } from "./input_state.ts";
import type { InputOptions } from "./inputs.ts";
import { firstState } from "../stages/parse.ts";
import { Checkpointer } from "./checkpoint.ts";
import {
  type Beginning,
  type InputNow,
  packLines,
  type Results,
  type Taken,
} from "./thread_messages.ts";
import { RuleThread } from "./rule_thread.ts";
import { type Measured, type Split, splitRules } from "./split_rules.ts";

/** What decides which rules run where. */
export interface Splitting {
  /** All rules, with what they hold so far. */
  readonly engine: Engine;
  readonly options: InputOptions;
  readonly compiled: Compiled;
  /** Inputs that are open. */
  readonly inputs: readonly InputState[];
  /** Events by extraction id so far. */
  readonly seen: ReadonlyMap<number, number>;
  /** What these took; estimated when left out. */
  readonly measured?: Measured;
  readonly threads: number;
  /** Estimated gain from which on it is done; 0: always. */
  readonly gain: number;
  /** ns that this thread has more than the others with an event. */
  readonly extra: number;
  /** Whether it is asked which events were matched. */
  readonly matched: boolean;
}

export class RuleThreads {
  /** This thread's part of the rules. */
  readonly own: Engine;
  /** Its rules that come after all others, by whose signals they go. */
  readonly #after: Engine | null;
  /** All rules, without state. */
  readonly #whole: Engine;
  readonly #order: ReadonlyMap<string, number>;
  readonly #threads: readonly RuleThread[];
  readonly #options: InputOptions;
  /** Inputs whose parser's state the other threads have. */
  readonly #known = new Set<InputState>();
  #taking: Promise<Taken[]> | null = null;
  readonly #checkpointer: Checkpointer | null;

  /** Which rules would run where; null where parting them does not pay or cannot be done. */
  static split(
    { engine, inputs, seen, measured, threads, gain, extra }: Splitting,
  ): Split | null {
    const signals = inputs.length === 1 && inputs[0].input.lateness === 0;
    const split = splitRules(engine.plan, { seen, measured, threads, extra, signals });
    return split === null || split.gain < gain ? null : split;
  }

  /** Parts the rules; null where that does not pay or cannot be done. */
  static async start(of: Splitting): Promise<RuleThreads | null> {
    const { engine, options, compiled, inputs } = of;
    const split = RuleThreads.split(of);
    if (split === null) return null;
    const [own, ...others] = split.parts;
    const snapshot = engine.snapshot();
    const { tz, year, future, proxies } = options.parse;
    const beginning: Omit<Beginning, "here"> = {
      program: engine.rules.program,
      sourcetypes: storeSourcetypes(compiled),
      parse: { tz, year, future, proxies, mixed: options.sourcetype === null },
      limits: engine.limitsOf(split.parts.length),
      snapshot,
      sortable: engine.sortable,
      matched: of.matched,
    };
    const made = others.map(() => new RuleThread());
    const begun = made.map((thread, i) =>
      thread.ask({ op: "begin", with: { ...beginning, here: others[i] } })
    );
    try {
      const parts = [own, ...split.readers.size > 0 ? [split.readers] : []].map((here) => {
        const part = engine.part(here, split.parts.length);
        part.restore(snapshot);
        part.sortable = engine.sortable;
        for (const { input } of inputs) part.openInput(input);
        return part;
      });
      await Promise.all(begun);
      const all = new RuleThreads(engine, parts[0], parts[1] ?? null, made, options);
      for (const state of inputs) all.#open(state);
      return all;
    } catch (error) {
      for (const thread of made) thread.close();
      throw error;
    }
  }

  private constructor(
    engine: Engine,
    own: Engine,
    after: Engine | null,
    threads: readonly RuleThread[],
    options: InputOptions,
  ) {
    this.own = own;
    this.#after = after;
    this.#checkpointer = after && new Checkpointer("", "", after);
    this.#whole = engine.fresh();
    this.#order = orderOf(engine.plan);
    this.#threads = threads;
    this.#options = options;
  }

  /** Whether alerts of a rule depend on the order of rows. */
  isStateful(rule: string): boolean {
    return this.#whole.isStateful(rule);
  }

  open(state: InputState): void {
    this.#after?.openInput(state.input);
    this.#open(state);
  }

  #open(state: InputState): void {
    const input = this.#inputNow(state);
    for (const thread of this.#threads) quiet(thread.ask({ op: "open", input }));
  }

  closeInput(state: InputState): void {
    const { index } = state.input;
    this.#after?.closeInput(state.input);
    for (const thread of this.#threads) quiet(thread.ask({ op: "close", index }));
  }

  /** Whether the other threads can be given these lines: keys that were read elsewhere stay here. */
  takes(batch: TextBatch): boolean {
    return batch.keys === undefined;
  }

  /** The other threads begin with a batch; see {@link taken}. */
  take(state: InputState, batch: TextBatch): void {
    const lines = packLines(batch);
    const input = this.#inputNow(state);
    const taking = this.#threads.map((thread) => thread.ask({ op: "take", input, lines }));
    this.#taking = Promise.all(taking);
    taking.forEach(quiet);
    quiet(this.#taking);
    if (!this.#known.has(state)) this.#known.add(state);
  }

  /**
   * Waits for the others, and runs the rules that read their signals on the batch, which its own rules
   * have taken. Gives which events rules matched beside those of its own.
   */
  async taken(batch: EventBatch): Promise<(Uint8Array | null)[]> {
    if (this.#taking === null) return [];
    const taken = await this.#taking;
    this.#taking = null;
    const matched = taken.map((t) => t.matched);
    const after = this.#after;
    if (after === null || this.own.disorder !== null) return matched;
    const signals = [...this.own.takeSignals(), ...taken.flatMap((t) => t.signals)];
    return [...matched, after.detectWith(batch, signals)];
  }

  /** Changes of alerts of all threads, by rule. */
  async takeChanges(which: ChangesTaken): Promise<AlertChange[]> {
    const asked = this.#threads.filter((t) => t.standing.has[which])
      .map((thread) => thread.ask({ op: "changes", which }));
    const own = this.#here.flatMap((engine) => engine.takeChanges(which));
    if (own.length === 0 && asked.length === 0) return own;
    const all = [...own, ...(await Promise.all(asked)).flat()];
    const at = (c: AlertChange) => this.#order.get(c.alert.rule)!;
    return all.sort((a, b) => at(a) - at(b));
  }

  /** Alerts with changes that were not taken. */
  get changedAlerts(): number {
    const own = this.#here.reduce((n, engine) => n + engine.changedAlerts, 0);
    return this.#threads.reduce((n, t) => n + t.standing.changed, own);
  }

  /** The engines of this thread. */
  get #here(): readonly Engine[] {
    return this.#after === null ? [this.own] : [this.own, this.#after];
  }

  /** What changed of the others' state since the last checkpoint. */
  async checkpoint(): Promise<Results["checkpoint"]> {
    const asked = Promise.all(this.#threads.map((t) => t.ask({ op: "checkpoint" })));
    quiet(asked);
    const after = this.#checkpointer?.take([]);
    const parts = [...after ? [after] : [], ...await asked];
    return {
      upserts: parts.flatMap((p) => p.upserts),
      deletes: parts.flatMap((p) => p.deletes),
    };
  }

  /** What the others have to say; what is said of inputs is said by this thread. */
  takeHealth(): Health[] {
    const after = this.#after?.takeHealth() ?? [];
    return [...after, ...this.#threads.flatMap((t) => t.takeHealth())]
      .filter(({ kind }) => kind !== "late" && kind !== "clock");
  }

  /** Of all threads; those of the others are a moment old, until the end. */
  counters(): Counters {
    const own = this.own.counters();
    const after = this.#after?.counters();
    const all = [
      own,
      ...after ? [after] : [],
      ...this.#threads.flatMap((t) => t.standing.counters ?? []),
    ];
    const sum = (key: "evicted" | "rowsEvicted" | "nullKeys") =>
      all.reduce((n, c) => n + c[key], 0);
    return {
      ...own,
      evicted: sum("evicted"),
      rowsEvicted: sum("rowsEvicted"),
      nullKeys: sum("nullKeys"),
      hits: this.#byRule(all.map((c) => c.hits)),
      suppressed: this.#byRule(all.map((c) => c.suppressed)),
      excepted: {
        byRule: this.#byRule(all.map((c) => c.excepted.byRule)),
        byException: summed(all.map((c) => c.excepted.byException)),
      },
      degraded: all.flatMap((c) => c.degraded)
        .sort((a, b) => this.#order.get(a)! - this.#order.get(b)!),
    };
  }

  /** Counts of all, in the order of rules: each is counted in the part that runs it. */
  #byRule(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
    const out: Record<string, number> = {};
    for (const [rule] of this.#order) {
      const sum = counts.reduce((n, c) => n + (c[rule] ?? 0), 0);
      if (counts.some((c) => rule in c)) out[rule] = sum;
    }
    return out;
  }

  /** The end of all input. */
  async end(): Promise<void> {
    const ended = Promise.all(this.#threads.map((t) => t.ask({ op: "end" })));
    quiet(ended);
    this.own.end();
    const signals = [...this.own.takeSignals(), ...(await ended).flat()];
    this.#after?.end(signals);
  }

  /** One engine with all rules and what they hold. The other threads end. */
  async join(inputs: Iterable<InputState>): Promise<Engine> {
    const parts = await Promise.all(this.#threads.map((t) => t.ask({ op: "snapshot" })));
    const [own, ...after] = this.#here.map((engine) => engine.snapshot());
    const whole = this.#whole;
    whole.restore({
      ...own,
      rules: [own, ...after, ...parts].flatMap((p) => p.rules),
      rows: rowsOf([own, ...parts]),
    });
    whole.sortable = this.own.sortable;
    for (const { input } of inputs) whole.openInput(input);
    this.close();
    return whole;
  }

  close(): void {
    for (const thread of this.#threads) thread.close();
  }

  #inputNow(state: InputState): InputNow {
    const { index, name, identity, sourcetype, lateness, modified } = state.input;
    const now = { index, name, identity, sourcetype, lateness, modified };
    if (this.#known.has(state)) return now;
    const parser = state.parserState ?? firstState(this.#options.parse, state.input);
    return { ...now, parser };
  }
}

/** Rows that wait for the watermark, each once: parts that both take a row both hold it. */
function rowsOf(parts: readonly Snapshot[]): Snapshot["rows"] {
  const rows = new Map(
    parts.flatMap((p) => p.rows).map((r) => [`${r.slot} ${r.offset} ${r.time}`, r]),
  );
  return [...rows.values()];
}

function summed(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const count of counts) for (const name in count) out[name] = (out[name] ?? 0) + count[name];
  return out;
}

const orderOf = (plan: Plan): ReadonlyMap<string, number> =>
  new Map(plan.rules.map((r) => [r.rule.name, r.index]));

/** What it rejects with is told to whoever awaits it, who may come later. */
function quiet(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
