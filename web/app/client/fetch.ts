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

/** Least time between two questions that the live stream causes, in ms; less for alerts, which are few. */
const REST = 1500, ALERT_REST = 150;

/**
 * Calls `reload` when something of these topics comes, at most once in `REST` ms, and when the user
 * asks for everything anew.
 */
export function useLiveReload(topics: readonly Topic[], reload: () => void): void {
  const current = useRef(reload);
  current.current = reload;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const off = onLive((topic, _, news = true) => {
      if (timer || !news || topic !== "refresh" && !topics.includes(topic)) return;
      const rest = topic === "alert" ? ALERT_REST : REST;
      const wait = topic === "refresh" ? 0 : Math.max(0, last + rest - performance.now());
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
  /** Puts a row in the place of the one with its id, or, where it is new, before that one. */
  put(row: R, before: (row: R) => boolean): void;
}

/** Rows that a path asks for at once; 100 where it does not say. */
const limitOf = (path: string) =>
  Number(new URLSearchParams(path.split("?")[1]).get("limit") ?? 100);

/**
 * Rows of a list that comes in pages: `path` without a cursor, `rowsOf` reads a page. On `topics`
 * the first page is read anew, and rows that are not yet there are put before the others.
 * @param key what the rows are of, where that outlives `path`: a range that moves on with the newest
 * event changes the path and is the same list
 */
export function usePages<P extends { readonly next: string | null }, R>(
  path: string | null,
  rowsOf: (page: P) => readonly R[],
  idOf: (row: R) => string,
  topics: readonly Topic[] = [],
  key: string | null = path,
): Pages<R> {
  const [, again] = useState(0);
  const [asked, askAgain] = useState(0);
  const state = useRef({
    key: null as string | null,
    path: null as string | null,
    rows: [] as readonly R[],
    next: null as string | null,
    error: null as ApiFailure | null,
    loading: false,
  });
  if (state.current.path === null || path === null || state.current.key !== key) {
    state.current = { key, path, rows: [], next: null, error: null, loading: path !== null };
  }
  const failed = (error: ApiFailure) => {
    if (error.name === "AbortError") return;
    state.current.error = error;
    state.current.loading = false;
    again((n) => n + 1);
  };
  /** Reads the first page of a path, and puts what is new in it before the rows that are there. */
  const renew = (path: string) =>
    request<P>(path).then((page) => {
      if (state.current.key !== key || state.current.loading) return;
      const { rows, next } = joined(
        state.current,
        { rows: rowsOf(page), next: page.next },
        idOf,
        limitOf(path),
      );
      state.current = { ...state.current, path, rows, next, error: null };
      again((n) => n + 1);
    }, failed);
  const asks = `${key} ${asked}`;
  const known = useRef("");
  useEffect(() => {
    if (path === null) return;
    if (known.current === asks) return void renew(path);
    known.current = asks;
    const stop = new AbortController();
    state.current.loading = true;
    request<P>(path, { signal: stop.signal }).then((page) => {
      state.current = {
        key,
        path,
        rows: rowsOf(page),
        next: page.next,
        error: null,
        loading: false,
      };
      again((n) => n + 1);
    }, failed);
    return () => stop.abort();
  }, [path === null, asks, path]);
  useLiveReload(topics, () => {
    if (path !== null) renew(path);
  });
  return {
    ...state.current,
    // Without a path its range is not known yet: that is no list without rows.
    loading: state.current.loading || path === null,
    more: state.current.next,
    reload: () => askAgain((n) => n + 1),
    loadMore() {
      const { next, loading, path } = state.current;
      if (path === null || next === null || loading) return;
      state.current.loading = true;
      again((n) => n + 1);
      request<P>(`${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(next)}`).then(
        (page) => {
          if (state.current.key !== key || state.current.next !== next) return;
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
    put(row, before) {
      const { rows, loading } = state.current;
      // What is not there yet comes with it.
      if (loading) return;
      state.current = { ...state.current, rows: withRow(rows, row, idOf, before) };
      again((n) => n + 1);
    },
    patch(change) {
      state.current = { ...state.current, rows: state.current.rows.map(change) };
      again((n) => n + 1);
    },
  };
}

/** Rows with one more, or with one in the place of that of its id. */
export function withRow<R>(
  rows: readonly R[],
  row: R,
  idOf: (row: R) => string,
  before: (row: R) => boolean,
): readonly R[] {
  const id = idOf(row);
  if (rows.some((r) => idOf(r) === id)) return rows.map((r) => idOf(r) === id ? row : r);
  const at = rows.findIndex(before);
  return at < 0 ? [...rows, row] : rows.toSpliced(at, 0, row);
}

interface Part<R> {
  readonly rows: readonly R[];
  readonly next: string | null;
}

/**
 * Rows that are there, with a first page that was read anew before them. Where the new page meets the
 * rows that are there, those after it stay. Where it is full and does not meet them, rows between
 * the two would be missing, so it stands alone; where it is not full it looked back as far as it
 * may without finding more, and what was found further back stays, and how far back that was.
 * @param limit rows of a full page
 */
export function joined<R>(
  old: Part<R>,
  fresh: Part<R>,
  idOf: (row: R) => string,
  limit: number,
): Part<R> {
  if (fresh.next === null) return fresh;
  const places = new Map(old.rows.map((r, i) => [idOf(r), i]));
  const met = fresh.rows.findLast((r) => places.has(idOf(r)));
  if (met === undefined && fresh.rows.length >= limit) return fresh;
  const rest = met === undefined ? old.rows : old.rows.slice(places.get(idOf(met))! + 1);
  const now = new Set(fresh.rows.map(idOf));
  const rows = [...fresh.rows, ...rest.filter((r) => !now.has(idOf(r)))];
  return { rows, next: old.next };
}
