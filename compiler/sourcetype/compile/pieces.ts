/**
 * Lines that a container runtime wrote in pieces: Docker's json-file cuts at 16 KiB and ends only the last
 * piece in a line feed, CRI marks all but the last with P. They are joined by stream, so that a long URL
 * is one line again.
 */
import type { Value } from "../../schema/types.ts";

/** What is held of one stream at most, in UTF-16 units. */
export const MAX_HELD = 1 << 20;
/** Streams of one input; a file has two. */
const MAX_STREAMS = 16;
/** The keys of a record that Docker itself wrote. Others (Fluentd) take the line feed off. */
const DOCKER = /^(?:log|stream|time|attrs(?:\..*)?|message|partial)$/;

export class Pieces {
  /** Null for a line that grew over the limit: its later pieces are no lines of their own. */
  readonly #held = new Map<string, string | null>();

  /**
   * The whole line that `text` ends; null when there is more to come, which is kept, and for the end of a
   * line that was too long. Marks a piece's event as `partial`, and as `pieces_dropped` one that is lost.
   */
  whole(stream: string, text: string, last: boolean, event: Marked): string | null {
    const before = this.#held.get(stream);
    if (last) {
      if (before === undefined) return text;
      this.#held.delete(stream);
      if (before === null) event.more = { ...event.more, pieces_dropped: true };
      return before === null ? null : before + text;
    }
    const more: Record<string, Value> = { ...event.more, partial: "P" };
    const length = (before?.length ?? 0) + text.length;
    if (before === null || length > MAX_HELD) {
      this.#held.set(stream, null);
      more.pieces_dropped = true;
    } else if (before === undefined && this.#held.size >= MAX_STREAMS) more.pieces_dropped = true;
    else this.#held.set(stream, (before ?? "") + text);
    event.more = more;
    return null;
  }

  snapshot(): [string, string | null][] {
    return [...this.#held];
  }

  restore(held: readonly (readonly [string, string | null])[]): void {
    this.#held.clear();
    for (const [stream, text] of held) this.#held.set(stream, text);
  }
}

/** The part of an event that is marked. */
export interface Marked {
  more: Record<string, Value> | null;
}

/** Whether a record is Docker's own, so that a text without a line feed is a piece. */
export function isDocker(more: Readonly<Record<string, Value>> | null): boolean {
  if (more === null || typeof more.log !== "string" || typeof more.stream !== "string") {
    return false;
  }
  for (const key of Object.keys(more)) if (!DOCKER.test(key)) return false;
  return true;
}
