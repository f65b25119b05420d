/**
 * The process that tries rules: one request at a time, over the texts that it was begun with. It has
 * no permission that matters. A line of stdin is a request as JSON, a line of stdout its answer.
 */
import { compile } from "../../../agent/content/compile.ts";
import type { TextFile } from "../../../agent/content/files.ts";
import type { LoadedSources } from "../../../agent/content/loaded.ts";
import type { RuleCheck } from "../types/mod.ts";
import type { DraftAsked } from "../route/draft.ts";
import { type Draft, draftOf } from "./draft.ts";
import { tryRules, tryTests } from "./try_rules.ts";
import type { StoredEvent } from "../../../agent/store/mod.ts";

/** What the first line has: everything that the server has loaded. */
export interface Begin {
  readonly yaml: readonly TextFile[];
  readonly sdl: readonly TextFile[];
  /** Files that rules borrow lists and lets from. */
  readonly lent: readonly TextFile[];
  /** Text of lists' files by `listFileKey`. */
  readonly lists: readonly (readonly [string, string])[];
}
export type Work =
  | { readonly check: Omit<RuleCheck, "event">; readonly now: number }
  | { readonly tests: string }
  /** A backtest of a text begins: see draft.ts. */
  | { readonly draft: DraftAsked }
  /** Goes on in the one that was begun last, whose number this is, by time. */
  | { readonly of: number; readonly events: readonly StoredEvent[] }
  /** It has all. */
  | { readonly end: number };
/** `fault` is for the log, never for a client. */
export type Done = { readonly answer: unknown } | { readonly fault: string };

let loaded: LoadedSources | null = null;
let draft: Draft | null = null;

/** The backtest of a number; null where another one has begun since. */
const draftAt = (no: number): Draft | null => draft?.no === no ? draft : null;

async function answer(request: Begin | Work): Promise<Done | null> {
  try {
    if ("yaml" in request) {
      const { yaml, sdl, lent, lists } = request;
      loaded = await compile(yaml, sdl, {
        shipped: () => Promise.resolve(lent),
        lists: new Map(lists),
      });
      return null;
    }
    return { answer: work(request, loaded!) };
  } catch (error) {
    return { fault: error instanceof Error ? error.stack ?? error.message : "" };
  }
}

function work(request: Work, loaded: LoadedSources): unknown {
  if ("tests" in request) return tryTests(loaded, request.tests);
  if ("check" in request) return tryRules(request.check, loaded, request.now);
  if ("events" in request) return draftAt(request.of)?.take(request.events) ?? null;
  if ("end" in request) {
    const found = draftAt(request.end)?.end() ?? null;
    if (found !== null) draft = null;
    return found;
  }
  const begun = draftOf(request.draft, loaded);
  draft = begun.draft;
  return begun.answer;
}

if (import.meta.main) {
  const encoder = new TextEncoder();
  let pieces: string[] = [];
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = text.split("\n");
    pieces.push(lines[0]);
    for (const next of lines.slice(1)) {
      const done = await answer(JSON.parse(pieces.join("")));
      pieces = [next];
      if (done === null) continue;
      const bytes = encoder.encode(JSON.stringify(done) + "\n");
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    }
  }
}
