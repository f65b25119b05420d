/** Rules and sourcetypes that change while a run goes on. */
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import type { Engine } from "../engine/engine.ts";
import type { InputState } from "./inputs.ts";

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
export function missing(loaded: Loaded, opens: Iterable<InputState>): InputState | null {
  for (const open of opens) {
    const { sourcetype } = open.input;
    if (sourcetype !== null && !loaded.compiled.layouts.has(sourcetype)) return open;
  }
  return null;
}

/** The new engine takes up the state of every rule whose plan is the same; inputs stay as they are. */
export function takeOver(from: Engine, to: Engine, opens: Iterable<InputState>): void {
  to.restore(from.snapshot());
  for (const open of opens) {
    to.openInput(open.input);
    if (open.idle) to.setIdle(open.input, true);
  }
}
