/**
 * Tries rules for the API in a worker of its own: text that takes too long is cut off by ending the
 * worker, and neither detection nor other requests wait for it.
 */
import { ApiError } from "../http/error.ts";
import type { RuleTools } from "../route/route.ts";
import type { RuleCheckAnswer, TestOutcome } from "../types/mod.ts";
import type { Loaded } from "../../../agent/content/load.ts";
import { LIMITS } from "../../../agent/engine/memory/context.ts";
import type { Begin, Done, Work } from "./try_worker.ts";

/** Longest that one request may take, in ms; the first one compiles all that is loaded, too. */
const PATIENCE = 10_000, PATIENCE_AT_FIRST = 25_000;
/** Requests that may wait. */
const QUEUE = 8;
/** ms without a request after which the worker ends and gives its memory back. */
const IDLE = 60_000;

export function ruleTools(
  loaded: () => Loaded,
  onFault: (text: string) => void,
): RuleTools & { close(): void } {
  let worker: Worker | null = null;
  let of: Loaded | null = null;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(idle);
    worker?.terminate();
    worker = null;
  };

  const ready = (): Worker => {
    const now = loaded();
    if (worker && of === now) return worker;
    end();
    of = now;
    worker = new Worker(new URL("./try_worker.ts", import.meta.url), { type: "module" });
    worker.postMessage(textsOf(now));
    return worker;
  };

  const ask = (work: Work) =>
    new Promise<unknown>((resolve, reject) => {
      const before = worker;
      const to = ready();
      const patience = to === before ? PATIENCE : PATIENCE_AT_FIRST;
      clearTimeout(idle);
      const timer = setTimeout(() => {
        end();
        reject(new ApiError(504, "timeout", "Trying the rules takes too long; give less"));
      }, patience);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        idle = setTimeout(end, IDLE);
        idle.unref();
        then();
      };
      const fault = (text: string) => {
        onFault(text);
        reject(new ApiError(503, "try_failed", "The rules could not be tried; give them apart"));
      };
      to.onmessage = ({ data }: MessageEvent<Done>) =>
        settle(() => "fault" in data ? fault(data.fault) : resolve(data.answer));
      to.onerror = (event) => {
        event.preventDefault();
        end();
        settle(() => fault(event.message));
      };
      to.postMessage(work);
    });

  const queued = (work: Work): Promise<unknown> => {
    if (waiting >= QUEUE) {
      throw new ApiError(503, "busy", "Others are trying rules; retry in some seconds");
    }
    waiting++;
    const done = turn.then(() => ask(work)).finally(() => waiting--);
    turn = done.catch(() => {});
    return done;
  };

  return {
    bounds: LIMITS,
    checkRules: (check) => queued({ check, now: Date.now() }) as Promise<RuleCheckAnswer>,
    testRule: (rule) => queued({ tests: rule }) as Promise<TestOutcome[]>,
    close: end,
  };
}

function textsOf(loaded: Loaded): Begin {
  const all = [...loaded.texts].map(([name, text]) => ({ name, text }));
  return {
    yaml: all.filter((f) => /\.ya?ml$/.test(f.name)),
    sdl: all.filter((f) => f.name.endsWith(".sdl")),
  };
}
