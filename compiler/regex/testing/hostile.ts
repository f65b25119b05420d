/** Tries random patterns that the check lets pass, in workers that can be ended. */
import { checkRegex } from "../mod.ts";
import { randomFrom, randomRegex } from "./random_regex.ts";
import type { Report } from "./regex_worker.ts";

/** What was found of one pattern. */
export interface Finding {
  readonly source: string;
  readonly text: string;
}

/** How long a worker may be silent before it is ended, in ms. */
const SILENCE = 8_000;
/** Patterns that a worker is given at once. */
const CHUNK = 200;

/** Runs `patterns`; those that stall the engine, with the text. @param silence ms without a word after which a worker is ended */
export async function stalls(patterns: readonly string[], silence = SILENCE): Promise<Finding[]> {
  const found: Finding[] = [];
  let from = 0;
  while (from < patterns.length) {
    const chunk = patterns.slice(from, from + CHUNK);
    from += await tryChunk(chunk, found, silence);
  }
  return found;
}

/** How many of the patterns are done with. */
function tryChunk(chunk: readonly string[], found: Finding[], silence: number): Promise<number> {
  const worker = new Worker(new URL("./regex_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    let at = { index: 0, text: "" };
    const done = (count: number) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(count);
    };
    const late = () => {
      found.push({ source: chunk[at.index], text: `${at.text}, without an end` });
      done(at.index + 1);
    };
    let timer = setTimeout(late, silence * 2);
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      clearTimeout(timer);
      timer = setTimeout(late, silence);
      if ("at" in data) {
        at = { index: data.index, text: `${JSON.stringify(data.at.unit)} × ${data.at.length}` };
        return;
      }
      const { slow } = data;
      if (slow) {
        found.push({
          source: chunk[data.index],
          text: `${JSON.stringify(slow.unit)} × ${slow.length} + ${JSON.stringify(slow.end)}, ${
            Math.round(slow.ms)
          } ms`,
        });
      }
      if (data.index === chunk.length - 1) done(chunk.length);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      worker.terminate();
      reject(new Error(event.message));
    };
    worker.postMessage(chunk);
  });
}

/** `count` random patterns that the check lets pass, and how many were refused meanwhile. */
export function passing(count: number, seed: number): { patterns: string[]; refused: number } {
  const random = randomFrom(seed);
  const patterns: string[] = [];
  let refused = 0;
  while (patterns.length < count) {
    const source = randomRegex(random);
    if (checkRegex(source, "") === null) patterns.push(source);
    else refused++;
  }
  return { patterns, refused };
}
