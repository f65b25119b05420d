/** The accumulator of `count` and `rate`. */
import type { Value } from "../schema/types.ts";
import type { Accumulator, GroupView } from "./spec.ts";

/** Rows, or rows where the argument is present and not false; `rate`: per second of the window. */
export class Count implements Accumulator {
  n = 0;
  constructor(readonly rate: boolean, readonly all: boolean) {}
  add(v: Value): Value {
    if (v !== undefined && v !== false) this.n++;
    return v === undefined || v === false ? undefined : true;
  }
  remove(v: Value): void {
    if (v !== undefined) this.n--;
  }
  value(group: GroupView): Value {
    const n = this.all ? group.n : this.n;
    return this.rate ? n / (group.ms / 1000) : n;
  }
  reset(): void {
    this.n = 0;
  }
  save(): unknown {
    return this.n;
  }
  load(saved: unknown): void {
    this.n = saved as number;
  }
}
