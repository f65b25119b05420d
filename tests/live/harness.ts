/** A run over inputs that come while it goes on, for tests: what it took, and how it ended. */
import { createEngine, type Engine } from "../../agent/engine/engine.ts";
import { firstIdentity } from "../../agent/run/inputs.ts";
import { run, type RunOptions } from "../../agent/run/run.ts";
import { emptySummary, type Summary } from "../../agent/run/progress.ts";
import type { Listener } from "../../agent/sources/listener.ts";
import { Follower, type FollowOptions } from "../../agent/sources/follow.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import { root } from "../run.ts";
import { until, within } from "../waiting.ts";

const folder = new URL("sourcetypes/", root);
export const texts = ["linux_secure.yaml", "syslog.yaml", "json.yaml"].map((name) => ({
  name,
  text: Deno.readTextFileSync(new URL(name, folder)),
}));
export const compiled = compileSourcetypes(texts);

export interface LiveRun {
  /** Lines taken, in the order taken. */
  readonly lines: string[];
  readonly notices: string[];
  readonly summary: Summary;
  readonly engine: Engine | null;
  /** Waits until it holds; fails when the run does before. */
  until(holds: () => boolean, what?: string): Promise<void>;
  /** Ends the run as Ctrl-C does, and waits for its end. */
  stop(): Promise<Summary>;
}

export function live(
  listeners: readonly Listener[],
  options: Partial<RunOptions> & { readonly rules?: IrProgram } = {},
): LiveRun {
  const { rules, ...rest } = options;
  const stop = new AbortController();
  const lines: string[] = [];
  const notices: string[] = [];
  const summary = emptySummary();
  const engine = rules ? createEngine(rules, compiled.catalogue) : null;
  let failure: unknown;
  const ended = run({
    found: [],
    stdin: () => new ReadableStream(),
    sourcetype: null,
    parse: { compiled, year: 2026 },
    lateness: 0,
    updates: true,
    maxLine: 1 << 20,
    engine,
    store: null,
    signal: stop.signal,
    summary,
    listeners,
    notice: (text) => notices.push(text),
    ...rest,
    batch(batch) {
      lines.push(...batch.lines.lines);
      return rest.batch?.(batch) ?? true;
    },
  }).catch((error) => failure = error);
  return {
    lines,
    notices,
    summary,
    engine,
    async until(holds, what = "") {
      const state = () => `${what || holds}: ${lines.length} lines, ${notices}`;
      await until(() => {
        if (failure) throw failure;
        return holds();
      }, state);
    },
    async stop() {
      stop.abort();
      await within(ended, "the end of the run");
      if (failure) throw failure;
      return summary;
    },
  };
}

/** Follows files, looking every few milliseconds. */
export function follower(
  operands: readonly string[],
  options: Partial<FollowOptions> = {},
): Follower {
  return new Follower({
    operands,
    identify: (path) => firstIdentity(path, 1 << 20, false),
    every: 10,
    drain: 200,
    settle: 50,
    ...options,
  });
}
