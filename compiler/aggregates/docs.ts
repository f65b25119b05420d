/** How an aggregate is written, for messages and the documentation. */
import type { AggregateSpec } from "./spec.ts";

/** A call over an argument, with examples of its constants: `perc(field, 95)`. */
export const usageOf = (spec: AggregateSpec, argument: string): string =>
  `${spec.name}(${[argument, ...(spec.constants ?? []).map((c) => c.example)].join(", ")})`;
