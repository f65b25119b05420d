/** The stage that decides what an input is, unless the user has said so. */
import { type Compiled, recognise as recogniseLines } from "../../compiler/sourcetype/mod.ts";
import type { Recognition } from "../../compiler/sourcetype/mod.ts";
import type { Input } from "../event.ts";
import type { TextBatch } from "./lines.ts";
import { linesBySourcetype } from "./named_lines.ts";

export interface RecogniseOptions {
  /** As they are now: they may be loaded anew. */
  readonly compiled: () => Compiled;
  /** Sourcetype when no rule fits: its parser gives a parse error for every line that it cannot read. */
  readonly otherwise?: string;
  /** Called once for each input that was not named by the user. */
  readonly onRecognised?: (input: Input, recognition: Recognition) => void;
  /** Called once for each sourcetype that lines of an input name and that there is not, for some of them. */
  readonly onUnknown?: (input: Input, sourcetype: string) => void;
}

/** Names of one input that are told: they come from outside. */
const TOLD = 10;

/**
 * Sets `input.sourcetype` from the first batch's first lines before the batch is passed on. It never
 * waits for more lines: a live source's first line is all there may be for long. Lines whose sender
 * names a known sourcetype are not asked.
 */
export function recognise<B extends TextBatch>(options: RecogniseOptions): TransformStream<B, B> {
  const unknown = new Set<string>();
  return new TransformStream<B, B>({
    transform(batch, controller) {
      const { input, sourcetypes } = batch;
      const compiled = options.compiled();
      let { lines } = batch;
      if (sourcetypes !== undefined) {
        const rest = linesBySourcetype(sourcetypes, (name) => compiled.layouts.has(name)).get("");
        for (const i of rest ?? []) {
          const name = sourcetypes[i];
          if (name === "" || unknown.size >= TOLD || unknown.has(name)) continue;
          unknown.add(name);
          options.onUnknown?.(input, name);
        }
        lines = rest?.map((i) => batch.lines[i]) ?? [];
      }
      if (input.sourcetype === null && (sourcetypes === undefined || lines.length > 0)) {
        const found = recogniseLines(lines, compiled);
        input.recognised(found.sourcetype ?? options.otherwise ?? "syslog");
        options.onRecognised?.(input, found);
      }
      controller.enqueue(batch);
    },
  });
}
