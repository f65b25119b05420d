/** The worker that tries rules: one request at a time, over the texts that it was begun with. */
import { compile, type Loaded, type TextFile } from "../../../agent/content/load.ts";
import type { RuleCheck } from "../types/mod.ts";
import { tryRules, tryTests } from "./try_rules.ts";

export interface Begin {
  readonly yaml: readonly TextFile[];
  readonly sdl: readonly TextFile[];
}
export type Work =
  | { readonly check: Omit<RuleCheck, "event">; readonly now: number }
  | { readonly tests: string };
/** `fault` is for the log, never for a client. */
export type Done = { readonly answer: unknown } | { readonly fault: string };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Begin | Work>) => void;
  postMessage(message: Done): void;
};

let loaded: Promise<Loaded> | null = null;

scope.onmessage = async ({ data }) => {
  if ("yaml" in data) {
    loaded = compile(data.yaml, data.sdl);
    return;
  }
  try {
    const content = await loaded!;
    scope.postMessage({
      answer: "tests" in data
        ? tryTests(content, data.tests)
        : tryRules(data.check, content, data.now),
    });
  } catch (error) {
    scope.postMessage({ fault: error instanceof Error ? error.stack ?? error.message : "" });
  }
};
