/**
 * The process that tries rules: one request at a time, over the texts that it was begun with. It has
 * no permission that matters. A line of stdin is a request as JSON, a line of stdout its answer.
 */
import { compile } from "../../../agent/content/compile.ts";
import type { TextFile } from "../../../agent/content/files.ts";
import type { LoadedSources } from "../../../agent/content/loaded.ts";
import type { RuleCheck } from "../types/mod.ts";
import { tryRules, tryTests } from "./try_rules.ts";

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
  | { readonly tests: string };
/** `fault` is for the log, never for a client. */
export type Done = { readonly answer: unknown } | { readonly fault: string };

let loaded: LoadedSources | null = null;

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
    return {
      answer: "tests" in request
        ? tryTests(loaded!, request.tests)
        : tryRules(request.check, loaded!, request.now),
    };
  } catch (error) {
    return { fault: error instanceof Error ? error.stack ?? error.message : "" };
  }
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
