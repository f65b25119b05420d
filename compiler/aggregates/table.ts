/** The aggregates of `stats`. Adding one is one file and one line here. */
import type { AggregateSpec } from "./spec.ts";
import { count } from "./count.ts";
import { dc } from "./dc.ts";
import { sum } from "./sum.ts";
import { avg } from "./avg.ts";
import { min } from "./min.ts";
import { max } from "./max.ts";
import { stdev } from "./stdev.ts";
import { median } from "./median.ts";
import { perc } from "./perc.ts";
import { values } from "./values.ts";
import { first } from "./first.ts";
import { last } from "./last.ts";
import { rate } from "./rate.ts";
import { decayed_sum } from "./decayed_sum.ts";
import { list } from "./list.ts";

const ALL: readonly AggregateSpec[] = [
  count,
  dc,
  sum,
  avg,
  min,
  max,
  stdev,
  median,
  perc,
  values,
  first,
  last,
  rate,
  decayed_sum,
  list,
];

/** Every aggregate by its name, for the checker, the engine, `explain` and the documentation. */
export const AGGREGATES: ReadonlyMap<string, AggregateSpec> = new Map(ALL.map((a) => [a.name, a]));

/** The aggregate of a resolved program, which the checker has found before. */
export function aggregateOf(name: string): AggregateSpec {
  const spec = AGGREGATES.get(name);
  if (spec === undefined) throw new Error(`Aggregate "${name}" is not in the table of aggregates`);
  return spec;
}

/** The aggregate that a name means, in lower case, with the constant that the name holds (`perc95`: 95). */
export function aggregateNamed(
  name: string,
): { readonly spec: AggregateSpec; readonly constants: readonly number[] } | null {
  const plain = AGGREGATES.get(name);
  if (plain !== undefined) return { spec: plain, constants: [] };
  const [, stem, digits] = /^([a-z_]+)(\d{1,9})$/.exec(name) ?? [];
  const spec = stem === undefined ? undefined : AGGREGATES.get(stem);
  return spec?.constants?.length === 1 && spec.constants[0].type === undefined
    ? { spec, constants: [Number(digits)] }
    : null;
}
