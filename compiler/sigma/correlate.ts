/** Correlations and aggregations → sources and commands of the resolved program. */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Correlation, Named } from "./correlation.ts";
import { aggregateOf, limitsExpr, type Measure, windowOf } from "./measure.ts";
import {
  evalOf,
  type FeedName,
  inOneSource,
  keysOf,
  type Member,
  merged,
  mergedRows,
  typesOf,
  type Work,
} from "./members.ts";
import { temporal } from "./temporal.ts";

/** @throws {SigmaError} for what the program has no words for */
export function correlate(
  c: Correlation,
  members: readonly Member[],
  feedName: FeedName,
): Work {
  if (c.type === "temporal" || c.type === "temporal_ordered") {
    return temporal(c, members, feedName);
  }
  const asked = [...c.groupBy, ...c.measure!.fields];
  const { own, feeds } = inOneSource(members, asked, c.place, feedName);
  return { ...measured(own, c.measure!, c.groupBy, c.timespan, c.place), feeds };
}

/** A measure of the events of all members. An event that several of them match is one event. */
export function measured(
  members: readonly Member[],
  measure: Measure,
  groupBy: readonly Named[],
  ms: number,
  span: Span,
): Work {
  const { by, assigns } = keysOf(members, groupBy);
  const keys = by.map((k) => k.field);
  const agg = aggregateOf(measure, keys, (name, at) => merged(members, name, at));
  const value: IrExpr = { op: "field", name: agg.as, type: agg.type, span: measure.span };
  return {
    source: { kind: "from", rows: mergedRows(members, span) },
    commands: [
      ...evalOf(assigns, span),
      { kind: "stats", aggs: [agg], by, window: windowOf(measure, ms), span: measure.span },
      {
        kind: "where",
        expr: limitsExpr(measure.limits, value, measure.span),
        span: measure.span,
      },
    ],
    types: typesOf([...by.map((k) => [k.field, k.type] as const), [agg.as, agg.type]]),
  };
}
