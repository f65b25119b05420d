/**
 * One share of the work of agents that read the same input: the keys whose windows it holds, and the
 * inputs whose events it stores and whose stateless alerts it raises. All shards together do all of it
 * once.
 */
import { field } from "../../../compiler/plan/helpers.ts";
import type { IrProgram } from "../../../compiler/ir/program.ts";
import { type RuleSharing, sharing } from "../../../compiler/ir/sharing.ts";
import type { Row, RowContext } from "../memory/context.ts";
import type { EntryOperator } from "./entry.ts";

export interface Shard {
  /** From 0 on. */
  readonly no: number;
  /** How many there are. */
  readonly of: number;
}

/** FNV-1a over UTF-16 code units; it decides who holds what, so it never changes. */
function hash(text: string, from = 0x811c9dc5): number {
  let h = from;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** FNV's low bits depend on the low bits of the text alone. */
function spread(h: number): number {
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
}

/** Whether a shard holds what a text names. */
export const holds = ({ no, of }: Shard, text: string): boolean => spread(hash(text)) % of === no;

type Owns = (row: Row) => boolean;

/** Whether rows of a key, or of a rule without one, are a shard's. */
function owner(shard: Shard, key: readonly string[] | string): Owns {
  if (typeof key === "string") {
    const whole = holds(shard, key);
    return () => whole;
  }
  const { no, of } = shard;
  return (row) => {
    let h = 0x811c9dc5;
    for (const name of key) h = hash(`${field(row, name) ?? ""}\u001f`, h);
    return spread(h) % of === no;
  };
}

/** What a shard takes of a program's rules. */
export class ShardRules {
  readonly #rules: readonly (RuleSharing | null)[];
  readonly #names: readonly string[];

  constructor(readonly shard: Shard, program: IrProgram) {
    this.#rules = sharing(program);
    this.#names = program.rules.map((rule) => rule.name);
  }

  #ownKey(rule: number): readonly string[] | string | null {
    const of = this.#rules[rule];
    return of === null ? null : of.key ?? this.#names[rule];
  }

  /**
   * Whether a hit is an alert of this shard; null where every row that comes so far is one's own. Alerts
   * of a rule without state go by the input that the row at hand is of.
   */
  raises(
    rule: number,
    stages: number,
    cx: RowContext,
    identity: (slot: number) => string,
  ): Owns | null {
    const key = this.#ownKey(rule);
    if (key === null) {
      const known: boolean[] = [];
      return () => {
        const slot = Math.floor(cx.meta / 65536);
        return known[slot] ??= holds(this.shard, identity(slot));
      };
    }
    const only = stages > 0 && this.#rules[rule]!.also.length === 0;
    return only ? null : owner(this.shard, key);
  }

  /** Who owns the rows that a rule is evaluated for: itself, and the rules behind it with other keys. */
  #owners(rule: number): Owns[] {
    return [this.#ownKey(rule)!, ...this.#rules[rule]!.also].map((key) => owner(this.shard, key));
  }

  /** Stands in front of a rule's first operator: rows of other shards do not reach it. */
  entry<Operator>(rule: number, operator: Operator): Operator {
    const entry = new ShardEntry(operator as EntryOperator, this.#owners(rule));
    return entry as unknown as Operator;
  }

  /** Whether a key that a table names is watched by this shard. */
  watches(rule: number, row: Row): boolean {
    return this.#owners(rule).some((owns) => owns(row));
  }
}

class ShardEntry {
  constructor(readonly inner: EntryOperator, readonly owners: readonly Owns[]) {}

  #takes(row: Row, key: unknown): boolean {
    for (const owns of this.owners) if (owns(row)) return true;
    this.inner.foreign?.(key);
    return false;
  }

  get args() {
    return this.inner.args;
  }
  row(row: Row, arg: unknown): void {
    if (this.#takes(row, arg)) this.inner.row!(row, arg);
  }
  step(step: number, row: Row, key: unknown): void {
    if (this.#takes(row, key)) this.inner.step!(step, row, key);
  }
  /** `row` holds it back where it is this shard's. */
  held(): boolean {
    return false;
  }
}
