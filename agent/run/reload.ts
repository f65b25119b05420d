/** Rules and sourcetypes that change while a run goes on. */
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import type { Engine } from "../engine/engine.ts";
import type { InputState } from "./input_state.ts";

/** What was loaded anew, without a mistake. */
export interface Loaded {
  /** Without state yet; null for a run without rules. */
  readonly engine: Engine | null;
  readonly compiled: Compiled;
}

/** Where a run asks, between two batches, whether there is something new. */
export interface Reload {
  /** What was loaded since the last call; null when nothing was. */
  take(): Loaded | null;
  /** What was taken is what the run goes by now. */
  took(): void;
  /** `ready` is called when there is something to take. */
  listen(ready: () => void): void;
}

/** The sourcetype that an input is read as and that is not there any more; null when all are. */
export function missing(loaded: Loaded, inputs: Iterable<InputState>): InputState | null {
  for (const state of inputs) {
    const { sourcetype } = state.input;
    if (sourcetype !== null && !loaded.compiled.layouts.has(sourcetype)) return state;
  }
  return null;
}

/** The new engine takes up the state of every rule whose plan is the same; inputs stay as they are. */
export function takeOver(from: Engine, to: Engine, inputs: Iterable<InputState>): void {
  to.restore(from.snapshot());
  to.sortable = from.sortable;
  to.past.share(from.past);
  for (const { input, idle } of inputs) {
    to.openInput(input, from.openedAs(input));
    if (idle) to.setIdle(input, true);
  }
}
