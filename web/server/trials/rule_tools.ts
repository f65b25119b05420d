/**
 * Tries rules for the API in a process of its own: text that takes too long or too much memory is cut
 * off by ending that process, and neither detection nor other requests wait for it.
 */
import { ApiError } from "../http/error.ts";
import type { RuleTools } from "../route/route.ts";
import type { RuleCheckAnswer, TestOutcome } from "../types/mod.ts";
import type { LoadedSources } from "../../../agent/content/loaded.ts";
import { LIMITS } from "../../../agent/engine/memory/context.ts";
import { isPipeline, isSigma } from "../../../compiler/sigma/is_sigma.ts";
import type { DraftAlert, DraftAnswer } from "../route/draft.ts";
import type { Begin, Done, Work } from "./trial.ts";
import type { TrialProcesses } from "./trial_processes.ts";

/** Longest that one request may take, in ms; the first one compiles all that is loaded, too. */
const PATIENCE = 10_000, PATIENCE_AT_FIRST = 25_000;
/** Requests that may wait. */
const QUEUE = 8;
/** ms without a request after which the process ends and gives its memory back. */
const IDLE = 60_000;
/** Exit codes from here on are a signal's: V8 ends a process that is out of memory by one. */
const BY_SIGNAL = 128;

/** @param processes null where this process may not run others: rules cannot be tried then */
export function ruleTools(
  loaded: () => LoadedSources,
  onFault: (text: string) => void,
  processes: TrialProcesses | null,
): RuleTools & { close(): Promise<void> } {
  let of: LoadedSources | null = null;
  let waiting = 0, drafts = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(idle);
    processes?.end();
    of = null;
  };

  const ask = (to: TrialProcesses, work: Work) =>
    new Promise<unknown>((resolve, reject) => {
      const now = loaded();
      const first = of !== now;
      clearTimeout(idle);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        to.onLine = to.onEnd = () => {};
        if (of !== null) {
          idle = setTimeout(end, IDLE);
          Deno.unrefTimer(idle as unknown as number);
        }
        then();
      };
      const patience = first ? PATIENCE_AT_FIRST : PATIENCE;
      const timer = setTimeout(() => {
        end();
        settle(() => reject(tooSlow(patience)));
      }, patience);
      const fault = (text: string) => {
        onFault(text);
        reject(new ApiError(503, "try_failed", "The rules could not be tried; give them apart"));
      };
      to.onLine = (line) => {
        const done: Done = JSON.parse(line);
        settle(() => "fault" in done ? fault(done.fault) : resolve(done.answer));
      };
      to.onEnd = (code, stderr) => {
        of = null;
        settle(() =>
          code >= BY_SIGNAL ? reject(tooLarge(to.memory)) : fault(stderr || `Exit code ${code}`)
        );
      };
      if (first) {
        of = now;
        to.start();
        to.send(JSON.stringify(textsOf(now)));
      }
      to.send(JSON.stringify(work));
    });

  const queued = (work: Work): Promise<unknown> => {
    if (processes === null) {
      throw new ApiError(
        503,
        "no_process",
        "Rules are tried in a process of their own, which this server may not start: run it with " +
          "--allow-run=deno, as its task does",
      );
    }
    if (waiting >= QUEUE) {
      throw new ApiError(503, "busy", "Others are trying rules; retry in some seconds");
    }
    waiting++;
    const done = turn.then(() => ask(processes, work)).finally(() => waiting--);
    turn = done.catch(() => {});
    return done;
  };

  return {
    bounds: LIMITS,
    checkRules: (check) => queued({ check, now: Date.now() }) as Promise<RuleCheckAnswer>,
    testRule: (rule) => queued({ tests: rule }) as Promise<TestOutcome[]>,
    async draft(asked) {
      const no = ++drafts;
      return {
        answer: await queued({ draft: { no, ...asked } }) as DraftAnswer,
        take: async (events) => there(await queued({ of: no, events }) as boolean | null),
        end: async () => there(await queued({ end: no }) as DraftAlert[] | null),
      };
    },
    async close() {
      end();
      await processes?.close();
    },
  };
}

/** The process has one backtest at a time, and may have been ended since. */
function there<T>(found: T | null): T {
  if (found !== null) return found;
  throw new ApiError(409, "gone", "Another backtest took its place; ask again");
}

function tooSlow(ms: number): ApiError {
  return new ApiError(
    504,
    "timeout",
    `Trying the rules took longer than ${
      ms / 1000
    } s and was ended; give fewer lines, or fewer rules`,
  );
}

function tooLarge(memory: number): ApiError {
  return new ApiError(
    422,
    "too_much_memory",
    `Trying the rules needs more than ${memory} MiB and was ended; give fewer lines, shorter ` +
      "texts or shorter windows",
  );
}

function textsOf(loaded: LoadedSources): Begin {
  const all = [...loaded.texts].map(([name, text]) => ({ name, text }));
  const own = new Set(loaded.files.map((f) => f.name));
  const sdl = all.filter((f) => f.name.endsWith(".sdl") || own.has(f.name));
  return {
    yaml: all.filter((f) => /\.ya?ml$/.test(f.name) && !isSigma(f.text) && !isPipeline(f.text)),
    sdl: sdl.filter((f) => own.has(f.name)),
    lent: sdl.filter((f) => !own.has(f.name)),
    lists: [...loaded.listTexts],
  };
}
