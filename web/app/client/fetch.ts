/** Requests to the API, and answers kept so that going back shows a page at once. */
import { useEffect, useRef, useState } from "preact/hooks";
import { onLive, type Topic } from "./live.ts";

/** What the API refused, or that it did not answer. */
export class ApiFailure extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** Sends a request and reads its JSON. Throws ApiFailure, or AbortError when `signal` says so. */
export async function request<T>(
  path: string,
  options: { method?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new ApiFailure(0, "unreachable", "Picket does not answer; see whether it still runs");
  }
  const json = await answer.json().catch(() => null) as
    | (T & { error?: { code: string; message: string } })
    | null;
  if (!answer.ok || json === null) {
    const e = json?.error;
    throw new ApiFailure(
      answer.status,
      e?.code ?? "unreadable",
      e?.message ?? `The answer (${answer.status}) cannot be read; reload the page`,
    );
  }
  return json;
}

/** GETs under way: who asks for the same meanwhile gets the same answer. */
const underway = new Map<string, { answer: Promise<unknown>; users: number; stop(): void }>();

/** Asks for a path, together with whoever else does; `leave` ends the request when nobody is left. */
function ask<T>(path: string): { answer: Promise<T>; leave(): void } {
  let entry = underway.get(path);
  if (!entry) {
    const stop = new AbortController();
    const answer = request<T>(path, { signal: stop.signal });
    const made = entry = { answer, users: 0, stop: () => stop.abort() };
    const done = () => void (underway.get(path) === made && underway.delete(path));
    answer.then(done, done);
    underway.set(path, entry);
  }
  const joined = entry;
  joined.users++;
  let left = false;
  return {
    answer: joined.answer as Promise<T>,
    leave() {
      if (left) return;
      left = true;
      if (--joined.users > 0) return;
      if (underway.get(path) === joined) underway.delete(path);
      joined.stop();
    },
  };
}

export interface Fetched<T> {
  readonly data: T | null;
  readonly error: ApiFailure | null;
  /** Whether an answer is awaited; `data` may hold the one before. */
  readonly loading: boolean;
  reload(): void;
}

/** Answers by path, the least recently kept first. */
const kept = new Map<string, unknown>();
const KEEP = 60;

function keep(path: string, data: unknown): void {
  kept.delete(path);
  kept.set(path, data);
  if (kept.size > KEEP) kept.delete(kept.keys().next().value!);
}

/**
 * The answer to a GET; null as path asks nothing. It is asked for again when one of `topics` comes
 * over the live stream, at most once in `REST` ms.
 */
export function useApi<T>(path: string | null, topics: readonly Topic[] = []): Fetched<T> {
  const [, again] = useState(0);
  const state = useRef<{ path: string | null; data: T | null; error: ApiFailure | null }>({
    path: null,
    data: null,
    error: null,
  });
  const loading = useRef(false);
  const [asked, askAgain] = useState(0);
  if (state.current.path !== path) {
    const known = path === null ? null : (kept.get(path) as T | undefined) ?? null;
    // Until the new answer is there the old one stays in sight, if it is of the same kind.
    const same = path !== null && state.current.path !== null &&
      path.split("?")[0] === state.current.path.split("?")[0];
    state.current = { path, data: known ?? (same ? state.current.data : null), error: null };
    loading.current = path !== null;
  }
  useEffect(() => {
    if (path === null) return;
    loading.current = true;
    let over = false;
    const { answer, leave } = ask<T>(path);
    answer.then(
      (data) => {
        keep(path, data);
        if (over) return;
        state.current = { path, data, error: null };
        loading.current = false;
        again((n) => n + 1);
      },
      (error) => {
        if (over || error.name === "AbortError") return;
        state.current = { ...state.current, error: error as ApiFailure };
        loading.current = false;
        again((n) => n + 1);
      },
    );
    return () => {
      over = true;
      leave();
    };
  }, [path, asked]);
  useLiveReload(topics, () => askAgain((n) => n + 1));
  return {
    ...state.current,
    loading: loading.current,
    reload: () => askAgain((n) => n + 1),
  };
}

/** Least time between two questions that the live stream causes, in ms. */
const REST = 1500;

/** Calls `reload` when something of these topics comes, at most once in `REST` ms. */
export function useLiveReload(topics: readonly Topic[], reload: () => void): void {
  const current = useRef(reload);
  current.current = reload;
  useEffect(() => {
    if (topics.length === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const off = onLive((topic) => {
      if (!topics.includes(topic) || timer) return;
      const wait = Math.max(0, last + REST - performance.now());
      timer = setTimeout(() => {
        timer = undefined;
        last = performance.now();
        current.current();
      }, wait);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [topics.join()]);
}

export interface Pages<R> {
  readonly rows: readonly R[];
  readonly error: ApiFailure | null;
  readonly loading: boolean;
  /** Where the rows go on; null at their end. */
  readonly more: string | null;
  loadMore(): void;
  reload(): void;
  /** Changes rows that are there, such as after a status was set. */
  patch(change: (row: R) => R): void;
}

/**
 * Rows of a list that comes in pages: `path` without a cursor, `rowsOf` reads a page. On `topics`
 * the first page is read anew, and rows that are not yet there are put before the others.
 */
export function usePages<P extends { readonly next: string | null }, R>(
  path: string | null,
  rowsOf: (page: P) => readonly R[],
  idOf: (row: R) => string,
  topics: readonly Topic[] = [],
): Pages<R> {
  const [, again] = useState(0);
  const [asked, askAgain] = useState(0);
  const state = useRef({
    path: null as string | null,
    rows: [] as readonly R[],
    next: null as string | null,
    error: null as ApiFailure | null,
    loading: false,
  });
  const s = state.current;
  if (s.path !== path) {
    state.current = { path, rows: [], next: null, error: null, loading: path !== null };
  }
  const failed = (error: ApiFailure) => {
    if (error.name === "AbortError") return;
    state.current.error = error;
    state.current.loading = false;
    again((n) => n + 1);
  };
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    state.current.loading = true;
    request<P>(path, { signal: stop.signal }).then((page) => {
      state.current = {
        path,
        rows: rowsOf(page),
        next: page.next,
        error: null,
        loading: false,
      };
      again((n) => n + 1);
    }, failed);
    return () => stop.abort();
  }, [path, asked]);
  useLiveReload(topics, () => {
    if (path === null) return;
    request<P>(path).then((page) => {
      if (state.current.path !== path || state.current.loading) return;
      const fresh = rowsOf(page);
      const old = state.current.rows;
      const places = new Map(old.map((r, i) => [idOf(r), i]));
      const met = fresh.findLast((r) => places.has(idOf(r)));
      // Where the new page meets the rows that are there, those after it stay; where it does not,
      // rows between the two would be missing.
      const rest = met === undefined ? [] : old.slice(places.get(idOf(met))! + 1);
      const now = new Set(fresh.map(idOf));
      state.current = {
        ...state.current,
        rows: [...fresh, ...rest.filter((r) => !now.has(idOf(r)))],
        next: rest.length === 0 ? page.next : state.current.next,
        error: null,
      };
      again((n) => n + 1);
    }, failed);
  });
  return {
    ...state.current,
    more: state.current.next,
    reload: () => askAgain((n) => n + 1),
    loadMore() {
      const { next, loading } = state.current;
      if (path === null || next === null || loading) return;
      state.current.loading = true;
      again((n) => n + 1);
      request<P>(`${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(next)}`).then(
        (page) => {
          if (state.current.path !== path) return;
          state.current = {
            ...state.current,
            rows: [...state.current.rows, ...rowsOf(page)],
            next: page.next,
            error: null,
            loading: false,
          };
          again((n) => n + 1);
        },
        failed,
      );
    },
    patch(change) {
      state.current = { ...state.current, rows: state.current.rows.map(change) };
      again((n) => n + 1);
    },
  };
}
