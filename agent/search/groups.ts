/** Which `stats` the database can count, and how what it counted becomes groups. */
import type { IrAgg } from "../../compiler/ir/program.ts";
import type { GroupRequest, SearchedGroup, SearchedRows, TimeRange } from "../store/mod.ts";
import { decides, isGrouped, NUMBERS, plainFields } from "../store/mod.ts";
import type { Stage } from "./stage.ts";
import type { SearchCommand } from "./stages.ts";
import { isWhole, JOINABLE, type StatsStage, type Totals } from "./stats.ts";
import { zoneClock, zoneStarts } from "./zone_buckets.ts";

/** Buckets of a zone's clock that one question may name. */
const STARTS = 10_000;

export interface GroupPlan {
  readonly request: Omit<GroupRequest, keyof SearchedRows | "limit" | "bucket">;
  /** The buckets of a range, see GroupRequest; undefined where they are too many, or cannot be known. */
  buckets(range: TimeRange): GroupRequest["bucket"] | undefined;
  /** Events without a key are in no group. */
  readonly plainKeys: boolean;
  /** Fields of whose columns groups are made. */
  readonly plain: readonly string[];
  /** Adds groups. `full`: there are too many; `odd`: rows among them have to be looked at. */
  take(chain: Stage, groups: readonly SearchedGroup[]): { full: boolean; odd: boolean };
}

/** Null when the command is no `stats` that SQL can count, or SQL can judge none of its rows. */
export function planGroups(
  command: SearchCommand | undefined,
  reads: SearchedRows,
): GroupPlan | null {
  if (command?.kind !== "stats" || !decides(reads)) return null;
  const { by, aggs, window } = command;
  if (!by.every((k) => isGrouped(k.field)) || !aggs.every(countable)) return null;
  const argument = (a: IrAgg) => a.arg?.op === "field" ? a.arg.name : null;
  const distinct = new Set(aggs.flatMap((a) => a.fn === "dc" ? [argument(a)!] : []));
  if (distinct.size > 1) return null;
  const numbers = fieldsOf(aggs, (a) => a.fn !== "dc" && a.fn !== "count");
  const present = fieldsOf(aggs, (a) => a.fn === "count" && a.arg !== null);
  const add = (group: SearchedGroup, i: number, into: Totals) => {
    const a = aggs[i], name = argument(a);
    if (a.fn === "dc") {
      if (group.distinct !== undefined) into.values.add(group.distinct);
      into.count += group.count;
    } else if (a.fn === "count") {
      into.count += name === null ? group.count : group.present[present.indexOf(name)];
    } else {
      const of = group.numbers[numbers.indexOf(name!)];
      if (of.count === 0) return;
      into.count += of.count;
      into.sum += of.sum;
      into.min = Math.min(into.min, of.min);
      into.max = Math.max(into.max, of.max);
    }
  };
  const request = {
    by: by.map((k) => k.field),
    distinct: [...distinct][0] ?? null,
    numbers,
    present,
  };
  const clock = zoneClock(window);
  return {
    request,
    buckets({ from, to }) {
      if (isWhole(command)) return null;
      if (clock === null) return window.ms;
      if (from === undefined || to === undefined) return undefined;
      return zoneStarts(clock.at, clock.ms, { from, to, most: STARTS }) ?? undefined;
    },
    plainKeys: by.every((k) => !k.nullable),
    plain: plainFields(request),
    take(chain, groups) {
      const stage = chain as StatsStage;
      const plain = groups.filter((g) => !g.odd);
      const full = !plain.every((g) => stage.add({ ...g, add: (i, into) => add(g, i, into) }));
      return { full, odd: plain.length < groups.length };
    },
  };
}

/** An aggregate that SQL counts as the language does: of a column's own values, joined to those of rows. */
function countable(a: IrAgg): boolean {
  if (!JOINABLE.has(a.fn)) return false;
  if (a.arg === null) return a.fn === "count";
  if (a.arg.op !== "field") return false;
  return a.fn === "count" || a.fn === "dc" ? isGrouped(a.arg.name) : NUMBERS.has(a.arg.name);
}

const fieldsOf = (aggs: readonly IrAgg[], of: (a: IrAgg) => boolean): string[] => [
  ...new Set(aggs.filter(of).flatMap((a) => a.arg?.op === "field" ? [a.arg.name] : [])),
];
