/** A search whose rows come as they are found. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SearchAnswer } from "../../server/types/mod.ts";
import { ApiFailure } from "./fetch.ts";

/** One line of `/api/search/stream`. */
interface Line {
  readonly head?: Pick<SearchAnswer, "from" | "to" | "counted_from">;
  readonly rows?: SearchAnswer["rows"];
  readonly progress?: Progress;
  readonly done?: Omit<SearchAnswer, "rows" | "from" | "to" | "counted_from">;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Progress {
  /** Event time up to which all was read; null before the first slice. */
  readonly read: string | null;
  readonly found: number;
}

export interface Searching {
  /** What was found so far; null before the range is known. */
  readonly answer: SearchAnswer | null;
  readonly progress: Progress | null;
  readonly error: ApiFailure | null;
  readonly state: "running" | "done" | "stopped";
  stop(): void;
  again(): void;
}

/** Lines of text as they come. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read() as { value?: string; done: boolean };
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Calls back with each line of a search; throws ApiFailure. */
async function follow(path: string, signal: AbortSignal, take: (line: Line) => void) {
  let answer: Response;
  try {
    answer = await fetch(path, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiFailure(0, "unreachable", "Picket does not answer; see whether it still runs");
  }
  if (!answer.ok || answer.body === null) {
    const json = await answer.json().catch(() => null) as Line | null;
    const { code, message } = json?.error ?? { code: "unreadable", message: "The search failed" };
    throw new ApiFailure(answer.status, code, message);
  }
  let ended = false;
  for await (const text of linesOf(answer.body)) {
    const line = JSON.parse(text) as Line;
    if (line.error) throw new ApiFailure(answer.status, line.error.code, line.error.message);
    ended ||= line.done !== undefined;
    take(line);
  }
  if (!ended) throw new ApiFailure(0, "cut_off", "The connection broke before the search was done");
}

const NOTHING: Omit<SearchAnswer, "from" | "to" | "counted_from"> = {
  columns: [],
  rows: [],
  events: false,
  more: false,
  notes: [],
  found: 0,
};

/** Of rows that came, until the search says which columns there are. */
function columnsOf(rows: SearchAnswer["rows"]): SearchAnswer["columns"] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  names.delete("_id");
  return [...names].map((name) => ({ name, type: null }));
}

/** Runs the search of a path, or none for null. It runs once: not again by itself. */
export function useSearch(path: string | null): Searching {
  const [, show] = useState(0);
  const [asked, ask] = useState(0);
  const [stop, setStop] = useState<AbortController | null>(null);
  const state = useRef<Omit<Searching, "stop" | "again">>({
    answer: null,
    progress: null,
    error: null,
    state: "done",
  });
  const set = (more: Partial<typeof state.current>) => {
    state.current = { ...state.current, ...more };
    show((n) => n + 1);
  };
  useEffect(() => {
    if (path === null) return;
    const controller = new AbortController();
    setStop(controller);
    set({ answer: null, progress: null, error: null, state: "running" });
    const take = ({ head, rows, progress, done }: Line) => {
      const { answer } = state.current;
      if (head) set({ answer: { ...NOTHING, ...head } });
      if (rows && answer) {
        const all = [...answer.rows, ...rows];
        set({
          answer: { ...answer, rows: all, columns: columnsOf(all), events: "_id" in rows[0] },
        });
      }
      if (progress) set({ progress });
      if (done && answer) set({ answer: { ...answer, ...done } });
    };
    follow(path, controller.signal, take).then(
      () => set({ state: "done" }),
      (error) => {
        if (controller.signal.reason === LEFT) return;
        if (controller.signal.aborted) set({ state: "stopped" });
        else set({ error: error as ApiFailure, state: "done" });
      },
    );
    return () => controller.abort(LEFT);
  }, [path, asked]);
  return { ...state.current, stop: () => stop?.abort(), again: () => ask((n) => n + 1) };
}

/** Why a search ends whose page was left, or that another takes the place of. */
const LEFT = "left";
