/** The stage that decides what an input is, unless the user has said so. */
import { type Compiled, recognise as recogniseLines } from "../../compiler/sourcetype/mod.ts";
import type { Recognition } from "../../compiler/sourcetype/mod.ts";
import type { Input } from "../event.ts";
import type { TextBatch } from "./lines.ts";

export interface RecogniseOptions {
  /** As they are now: they may be loaded anew. */
  readonly compiled: () => Compiled;
  /** Sourcetype when no rule fits: its parser gives a parse error for every line that it cannot read. */
  readonly otherwise?: string;
  /** Called once for each input that was not named by the user. */
  readonly onRecognised?: (input: Input, recognition: Recognition) => void;
}

/**
 * Sets `input.sourcetype` from the first batch's first lines before the batch is passed on. It never
 * waits for more lines: a live source's first line is all there may be for long.
 */
export function recognise<B extends TextBatch>(options: RecogniseOptions): TransformStream<B, B> {
  return new TransformStream<B, B>({
    transform(batch, controller) {
      const { input } = batch;
      if (input.sourcetype === null) {
        const found = recogniseLines(batch.lines, options.compiled());
        input.recognised(found.sourcetype ?? options.otherwise ?? "syslog");
        options.onRecognised?.(input, found);
      }
      controller.enqueue(batch);
    },
  });
}
