/**
 * Alerts that wait for the end of the input before they are handed on. Beyond a bound they wait in a
 * spool, as JSON lines.
 */
import type { AlertChange } from "../event.ts";
import { SpoolFull } from "../engine/ordering/row_sorter.ts";
import type { SpoolFile } from "./spool.ts";

/** Changes that wait in memory. */
const IN_MEMORY = 50_000;
/** Changes of one line of the spool, and of one call when they are handed on. */
const SLICE = 500;
/** Bytes read from the spool at once. */
const BLOCK = 256 * 1024;
const LINE_FEED = 10;

export class DeferredAlerts {
  #waiting: AlertChange[] = [];
  #spool: SpoolFile | null = null;

  /**
   * @param makeSpool called when memory is full for the first time
   * @param inMemory changes that wait in memory
   */
  constructor(private readonly makeSpool: () => SpoolFile, private readonly inMemory = IN_MEMORY) {}

  /** Throws SpoolFull when there is no room; everything waits in memory then. */
  add(changes: readonly AlertChange[]): void {
    for (const change of changes) this.#waiting.push(change);
    if (this.#waiting.length <= this.inMemory) return;
    const spool = this.#spool ??= this.makeSpool();
    const encoder = new TextEncoder();
    for (let at = 0; at < this.#waiting.length; at += SLICE) {
      try {
        spool.append(encoder.encode(JSON.stringify(this.#waiting.slice(at, at + SLICE)) + "\n"));
      } catch (error) {
        if (error instanceof SpoolFull) this.#waiting.splice(0, at);
        throw error;
      }
    }
    this.#waiting.length = 0;
  }

  /** Hands on what waits, by time; what was spilled in the order in which it was added. */
  take(out: (changes: readonly AlertChange[]) => void): void {
    if (this.#spool !== null) { for (const slice of spooled(this.#spool)) out(slice); }
    const waiting = this.#waiting;
    this.clear();
    if (waiting.length > 0) out(byTime(waiting));
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#spool?.close();
    this.#spool = null;
  }
}

/** Changes in order of when their rules fired, those of one alert as they came about. */
export function byTime(changes: readonly AlertChange[]): AlertChange[] {
  return changes.toSorted((a, b) => a.alert.time - b.alert.time);
}

function* spooled(spool: SpoolFile): Generator<AlertChange[]> {
  const decoder = new TextDecoder();
  let rest: Uint8Array[] = [];
  for (let at = 0; at < spool.size;) {
    const block = new Uint8Array(Math.min(BLOCK, spool.size - at));
    at += spool.read(at, block);
    let from = 0;
    for (let end; (end = block.indexOf(LINE_FEED, from)) >= 0; from = end + 1) {
      let text = "";
      for (const part of [...rest, block.subarray(from, end)]) {
        text += decoder.decode(part, { stream: true });
      }
      rest = [];
      yield JSON.parse(text + decoder.decode());
    }
    rest.push(block.subarray(from));
  }
}
