/**
 * The rules on events of one kind: in one function where they are few, else behind an index, each in a
 * function of its own that is made when the rule first may match an event.
 */
import { assembler, literal, property, Shared } from "../codegen/mod.ts";
import { inputsOf } from "../ir/walk.ts";
import type { Value } from "../schema/types.ts";
import { type Entry, entryCode, type EventKind } from "./entry.ts";
import type { Room } from "./index/answers.ts";
import type { Necessary, Refiner, ValueTest } from "./index/condition.ts";
import { ruleNecessary } from "./necessary.ts";
import { conditionsOf, type Projection, projection } from "./projection.ts";
import { RuleIndex } from "./index/rule_index.ts";
import { extractionField, isOwnKey, makeEnv, reads } from "./rows.ts";
import type { RulePlan } from "./rule_plan.ts";
import type { Library } from "./scope.ts";

/** With fewer rules one function is faster than asking an index. */
export const INDEXED = 48;

/** Runs rules on one event in a mode, see {@link Detector}. */
type Run = (event: unknown, mode: number) => number;

/** What runs all rules of a kind, and the first so many entries that matched without 2. */
interface Whole {
  readonly run: Run;
  readonly found: Int32Array;
  readonly matching: () => number;
}

/** Runs every rule that can match on one event: 1 acts on stateless rules, 2 on the ordered ones; with 1 alone bit 1 of the result says whether an ordered one matches, bit 2 always whether any does. */
export interface Detector extends Run {
  /** The entries whose ordered rules match the event of the last call, which was without 2. */
  readonly matching?: () => Entries;
  /** Runs the ordered rules of those entries alone on that event, as mode 2 does. */
  readonly only?: (event: unknown, entries: Entries) => void;
}

/** Numbers of entries, ascending. */
export type Entries = readonly number[];

/** What generated code is tied to: helpers (H), constants (C), operators (O), emitters (S), context (X). */
export type Values = Readonly<Record<"H" | "C" | "O" | "S" | "X", unknown>>;
export const NAMES = ["H", "C", "O", "S", "X"] as const;

/** Code as text and what makes a function of it, tied to values. */
export interface Code<T> {
  readonly source: string;
  readonly tie: (values: Values) => T;
}

export function makeCode<T>(source: string): Code<T> {
  let tie: ((values: Readonly<Record<string, unknown>>) => T) | null = null;
  return { source, tie: (values) => (tie ??= assembler<T>(NAMES, source))(values) };
}

/** Declares what the code of a rule refers to besides constants. */
export const declareRule = (p: RulePlan): string =>
  `const S${p.index}=S[${p.index}];` +
  p.stages.map((s) => `const O${p.index}_${s.index}=O[${p.index}][${s.index}];`).join("");

export interface KindOptions {
  /** Rules from which on there is an index. */
  readonly indexed: number;
  /** Events after which an index chooses its tests again; its own number when left out. */
  readonly chooseAt?: number;
  /** For values whose answers indexes remember, of all kinds together. */
  readonly room?: Room;
}

/** The inputs of rules that events of a kind may pass, each with its necessary condition. */
export function readersOf(
  kind: EventKind,
  rules: readonly RulePlan[],
  library: Library,
): { entries: Entry[]; conditions: Necessary[] } {
  const env = makeEnv({
    ...library,
    shared: new Shared(),
    base: "e",
    baseField: extractionField(kind.extraction, { use: (js) => js, eager: false }, kind.known),
  });
  const entries: Entry[] = [], conditions: Necessary[] = [];
  for (const rule of rules) {
    for (const [input, rows] of inputsOf(rule.rule).entries()) {
      if (!reads(rows, kind.extraction)) continue;
      const condition = ruleNecessary(rule.rule, input, env);
      if (condition.op === "never") continue;
      entries.push({ rule, input });
      conditions.push(condition);
    }
  }
  return { entries, conditions };
}

export class KindPlan {
  readonly entries: readonly Entry[];
  readonly index: RuleIndex | null;
  /** Of an index: reads the values that it asks for. */
  readonly reader: Code<(event: unknown, out: Value[], wanted: Uint8Array) => void> | null;
  readonly #whole: Code<Whole> | null = null;
  /** By entry; null for those that never match. */
  readonly #single: (Code<Run> | null | undefined)[] = [];
  /** What the code is tied to, from the first detector on. */
  #values: Values | null = null;

  constructor(
    readonly kind: EventKind,
    rules: readonly RulePlan[],
    readonly library: Library,
    { indexed, chooseAt, room }: KindOptions = { indexed: INDEXED },
  ) {
    const { entries, conditions } = readersOf(kind, rules, library);
    this.entries = entries;
    this.index = entries.length < indexed ? null : new RuleIndex(
      conditions,
      chooseAt,
      room,
      this.#refiner(),
    );
    this.reader = this.index === null ? null : readerOf(kind, this.index.names, library);
    // Constants of what was only looked at are no part of the code.
    library.constants.declareUsed("C");
    if (this.index === null) this.#whole = this.#wholeCode();
  }

  /** The code made so far: of all rules together, or of each that was a candidate. */
  codes(): string[] {
    return [this.reader, this.#whole, ...this.#single].flatMap((c) => c ? [c.source] : []);
  }

  /** The code of an entry by itself; null when it never matches. */
  codeOf(entry: number): Code<Run> | null {
    let code = this.#single[entry];
    if (code === undefined) {
      const e = this.entries[entry];
      const shared = new Shared(true);
      const body = entryCode(e, this.kind, shared, { ...this.library, apart: true });
      code = body === "" ? null : makeCode(
        `const N={};${this.library.constants.declareUsed("C")}${declareRule(e.rule)}` +
          // A name of its own, by which a profile tells it from others.
          `const R${e.rule.index}=(e,m)=>{let h=0;${
            shared.finish(body)
          }return h;};return R${e.rule.index};`,
      );
      this.#single[entry] = code;
    }
    return code;
  }

  #refiner(): Refiner {
    // By field and entry; kept while fields are indexed anew.
    const made = new Map<string, Map<number, ValueTest | null>>();
    return {
      tests: (field) => {
        const known = made.getOrInsertComputed(field, () => new Map());
        return (entry) => {
          let test = known.get(entry);
          if (test === undefined) known.set(entry, test = this.#valueTest(entry, field));
          return test;
        };
      },
      best: (entry, fields) => {
        let best: string | null = null, most = 0;
        for (const field of fields) {
          const weight = this.#projection(entry, field, new Shared())?.weight ?? 0;
          if (weight > most) [best, most] = [field, weight];
        }
        return best;
      },
    };
  }

  #valueTest(entry: number, field: string): ValueTest | null {
    const shared = new Shared();
    const test = this.#projection(entry, field, shared);
    if (test === null || this.#values === null) return null;
    const body = shared.finish(`return ${test.js};`);
    const constants = this.library.constants.declareUsed("C");
    return makeCode<ValueTest>(`const N={};${constants}return (v)=>{${body}}`).tie(this.#values);
  }

  /** What the value `v` of a field says of an entry by itself. */
  #projection(entry: number, field: string, shared: Shared): Projection | null {
    const { rule, input } = this.entries[entry];
    const { extraction, known } = this.kind;
    const baseField = extractionField(extraction, shared, known);
    const library = { ...this.library, apart: true };
    const env = makeEnv({ ...library, shared, base: "e", baseField });
    return projection(conditionsOf(rule.rule, input), field, "v", env);
  }

  #wholeCode(): Code<Whole> | null {
    const shared = new Shared();
    const heads = new Set<string>();
    let body = "";
    for (const [i, e] of this.entries.entries()) {
      const found = `if(K===0||F[K-1]!==${i})F[K++]=${i};`;
      const one = entryCode(e, this.kind, shared, this.library, found);
      if (one === "") continue;
      body += one;
      heads.add(declareRule(e.rule));
    }
    const constants = this.library.constants.declareUsed("C");
    return body === "" ? null : makeCode(
      `const N={};${constants}${[...heads].join("")}` +
        `const F=new Int32Array(${this.entries.length});let K=0;` +
        `const run=(e,m)=>{let h=0;K=0;${shared.finish(body)}return h;};` +
        `return {run,found:F,matching:()=>K};`,
    );
  }

  /** The rules tied to what they act on; null when none can match. */
  detector(values: Values): Detector | null {
    this.#values ??= values;
    const functions: (Run | undefined)[] = this.entries.map(() => undefined);
    const make = (entry: number): Run => {
      const made = this.codeOf(entry)?.tie(values);
      if (made === undefined) this.index?.remove(entry);
      return functions[entry] = made ?? NEVER;
    };
    const whole = this.index === null
      ? this.#whole?.tie(values) ?? null
      : this.#indexed(this.index, values, (entry) => functions[entry] ?? make(entry));
    if (whole === null) return null;
    const { run, found, matching } = whole;
    const shared = new SharedEntries();
    return Object.assign(run, {
      matching: () => shared.of(found, matching()),
      only(event: unknown, entries: Entries): void {
        for (let i = 0; i < entries.length; i++) {
          const entry = entries[i];
          (functions[entry] ?? make(entry))(event, 2);
        }
      },
    });
  }

  /** Runs the candidates of the index. */
  #indexed(index: RuleIndex, values: Values, of: (entry: number) => Run): Whole {
    const read = this.reader!.tie(values);
    const row: Value[] = index.names.map(() => undefined);
    const { list } = index;
    const found = new Int32Array(list.length);
    let matching = 0;
    const run = (event: unknown, mode: number): number => {
      read(event, row, index.wanted);
      const n = index.find(row);
      let h = 0;
      matching = 0;
      for (let i = 0; i < n; i++) {
        const entry = list[i];
        const hit = of(entry)(event, mode);
        if ((hit & 1) === 1) found[matching++] = entry;
        h |= hit;
      }
      return h;
    };
    return { run, found, matching: () => matching };
  }
}

const NEVER: Run = () => 0;

/** Lists of entries: most events of a kind match one of a few. */
class SharedEntries {
  readonly #lists: Entries[] = new Array(64).fill([]);

  /** The first `n` of `found`. */
  of(found: Int32Array, n: number): Entries {
    let hash = n;
    for (let i = 0; i < n; i++) hash = Math.imul(hash ^ found[i], 0x9e3779b1);
    const at = hash >>> 26;
    const known = this.#lists[at];
    let same = known.length === n;
    for (let i = 0; same && i < n; i++) same = known[i] === found[i];
    return same ? known : this.#lists[at] = Array.from(found.subarray(0, n));
  }
}

/** Code that puts the values of fields into `o`, those that are wanted (`w`). */
function readerOf(
  { extraction }: EventKind,
  names: readonly string[],
  library: Library,
): KindPlan["reader"] {
  const captures = new Set(extraction.captures.map((c) => c.name));
  const lines = names.map((name, i) => {
    const value = captures.has(name) || name === "host" || name === "_raw"
      ? property("e", name)
      : isOwnKey(name)
      ? property("k", name)
      : `H.field(e,${literal(name)})`;
    return `o[${i}]=w[${i}]===0?undefined:${value};`;
  });
  const constants = library.constants.declareUsed("C");
  return makeCode(
    `const N={};${constants}return (e,o,w)=>{const k=e.more===null?N:e.more;${lines.join("")}}`,
  );
}
