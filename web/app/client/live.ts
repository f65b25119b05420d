/** The live stream: one connection for the whole dashboard, told on by topic. */
import { useEffect, useState } from "preact/hooks";
import type { Counters } from "../../server/types/mod.ts";
import { type Counted, KnownCounts } from "./known_counts.ts";

/** What an event of the stream is about. */
export type Topic = "alert" | "counters";
const TOPICS: readonly Topic[] = ["alert", "counters"];
export type LiveState = "connecting" | "on" | "off" | "paused";

/**
 * @param topic `refresh` when the user asks for everything anew
 * @param news false for counters that say what is known; left out: they say something new
 */
type Tell = (topic: Topic | "refresh", data: unknown, news?: boolean) => void;
const told = new Set<Tell>();
const watchers = new Set<() => void>();
let state: LiveState = "connecting";
let paused = false;
const known = new KnownCounts();

/**
 * Tells what an answer said of all that is stored. Counters that say the same are no news: a page
 * that was just opened is not asked for twice.
 */
export function noteCounts(counted: Counted): void {
  if (known.answered(counted)) { for (const tell of [...told]) tell("counters", null); }
}

/** Calls `tell` for everything that comes; gives back what ends that. */
export function onLive(tell: Tell): () => void {
  told.add(tell);
  return () => void told.delete(tell);
}

/** Whether the stream stands. */
export function useLiveState(): LiveState {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return paused ? "paused" : state;
}

/** Holds the pages as they are, or lets them go on, with all that came meanwhile. */
export function togglePause(): void {
  paused = !paused;
  for (const tell of [...watchers]) tell();
  if (!paused) refresh();
}

/** Has every page ask for its data anew. */
export function refresh(): void {
  for (const tell of [...told]) tell("refresh", null);
}

function become(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const tell of watchers) tell();
}

/** ms after which a stream that the browser gave up is opened again. */
const AGAIN = 5000;

/** Opens the stream. The browser opens it again by itself, with the id of the last event. */
export function startLive(): void {
  let source = open();
  function open(): EventSource {
    const made = new EventSource("/api/stream");
    made.onopen = () => {
      const was = state;
      become("on");
      // What could not be asked meanwhile is asked now.
      if (was === "off" && !paused) refresh();
    };
    made.onerror = () => {
      become("off");
      // A refusal, as of a proxy before a server that restarts, is the last word to a browser.
      if (made.readyState === EventSource.CLOSED) setTimeout(() => source = open(), AGAIN);
    };
    for (const topic of TOPICS) {
      made.addEventListener(topic, (event) => heard(topic, (event as MessageEvent<string>).data));
    }
    return made;
  }
  // Without this a page in the browser's back-forward cache would keep its connection.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

function heard(topic: Topic, text: string): void {
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    // Told on without data: whoever listens asks the API.
  }
  if (paused) return;
  const news = topic !== "counters" || data === null || known.counted(data as Counters);
  for (const tell of [...told]) tell(topic, data, news);
}
