/** How an aggregate is written, for messages and the documentation. */
import { durationText } from "../../grammar/literals.ts";
import type { AggregateSpec, ConstantParam } from "./spec.ts";

/** A constant as it is written: `95`, `7d`. */
export const constantText = ({ type }: ConstantParam, value: number): string =>
  type === "duration" ? durationText(value) : String(value);

/** A call over an argument, with examples of its constants: `perc(field, 95)`. */
export const usageOf = (spec: AggregateSpec, argument: string): string =>
  `${spec.name}(${
    [argument, ...(spec.constants ?? []).map((c) => constantText(c, c.example))].join(", ")
  })`;
