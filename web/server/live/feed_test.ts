import assert from "node:assert/strict";
import type { Store, StoredAlert } from "../../../agent/store/mod.ts";
import { alertOf } from "../../../agent/store/testing/samples.ts";
import { Feed } from "./feed.ts";
import { within } from "../../../tests/waiting.ts";

/** A store whose alerts change when a test says so. */
function changing() {
  const changes: { n: number; alert: StoredAlert }[] = [];
  let failing = false;
  const answer = <T>(value: T) =>
    failing ? Promise.reject(new Error("away")) : Promise.resolve(value);
  const told = new Set<() => void>();
  const store = {
    onAlerts(tell: () => void) {
      told.add(tell);
      return () => told.delete(tell);
    },
    lastChange: () => answer(changes.at(-1)?.n ?? 0),
    changesSince(last: number, limit: number) {
      const found = changes.filter((c) => c.n > last).slice(0, limit);
      return answer({ alerts: found.map((c) => c.alert), last: found.at(-1)?.n ?? last });
    },
    stats: () => answer({ events: 7, parseErrors: 0, alerts: 1, alertsByStatus: { open: 1 } }),
  } as unknown as Store;
  return {
    store,
    change(id: string) {
      const alert = { ...alertOf(id), updated: 0, statusBy: null, statusAt: null, comment: null };
      changes.push({ n: (changes.at(-1)?.n ?? 0) + 3, alert: alert as StoredAlert });
    },
    /** As one that this process wrote. */
    written: () => told.forEach((tell) => tell()),
    told,
    fail: (now: boolean) => void (failing = now),
  };
}

/** Reads events until there are `n` of the kind; their data and ids. */
async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, kind: string, n: number) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const out: { data: Record<string, unknown>; id: string | undefined }[] = [];
  while (out.length < n) {
    const { value, done } = await within(reader.read(), `${n} events "${kind}"`);
    assert.ok(!done, "the stream ended");
    for (const block of value.split("\n\n").filter((b) => b.includes(`event: ${kind}\n`))) {
      const line = (name: string) =>
        block.split("\n").find((l) => l.startsWith(`${name}: `))?.slice(name.length + 2);
      out.push({ data: JSON.parse(line("data")!), id: line("id") });
    }
  }
  await reader.cancel();
  return out;
}

const ids = (events: { data: Record<string, unknown> }[]) =>
  events.map((e) => (e.data.alert as { id: string }).id[0]).join("");
const fast = { now: Date.now, every: 5, countEvery: 1 };

Deno.test("what comes after the connection stands, and counters", async () => {
  const { store, change } = changing();
  change("a");
  const feed = new Feed(store, fast);
  const stream = feed.open(null);
  setTimeout(() => change("b"), 30);
  const [event] = await read(stream, "alert", 1);
  assert.equal(ids([event]), "b");
  assert.equal(event.id, "6");
  const [counted] = await read(feed.open(null), "counters", 1);
  assert.equal(counted.data.events, 7);
  assert.equal(feed.listeners, 0);
});

Deno.test("alerts that this process writes are told without a look for them", async () => {
  const { store, change, written, told } = changing();
  const feed = new Feed(store, { ...fast, every: 1e9 });
  setTimeout(() => {
    change("a");
    written();
  }, 30);
  assert.equal(ids(await read(feed.open(null), "alert", 1)), "a");
  assert.equal(told.size, 0);
});

Deno.test("a stream goes on after the id that it was told, however much was missed", async () => {
  const { store, change } = changing();
  const all = "0123456789abcdef".repeat(20);
  for (const id of all) change(id);
  const feed = new Feed(store, fast);
  const missed = await read(feed.open(3), "alert", all.length - 1);
  assert.equal(ids(missed), all.slice(1));
  // The ids name where a batch ended: going on from one, the rest comes and nothing twice.
  const at = missed.findIndex((e) => e.id !== undefined);
  assert.equal(missed[at].id, String((at + 2) * 3));
  const rest = await read(feed.open(Number(missed[at].id)), "alert", all.length - at - 2);
  assert.equal(ids(rest), all.slice(at + 2));
});

Deno.test("counters are not sent again while nothing changes", async () => {
  const { store } = changing();
  const stop = new AbortController();
  const feed = new Feed(store, { ...fast, signal: stop.signal });
  const all = new Response(feed.open(null)).text();
  setTimeout(() => stop.abort(), 200);
  assert.equal((await all).split("event: counters\n").length - 1, 1);
});

Deno.test("a store that is away ends no stream", async () => {
  const { store, change, fail } = changing();
  const errors: unknown[] = [];
  const feed = new Feed(store, { ...fast, onError: (e) => errors.push(e) });
  const stream = feed.open(0);
  fail(true);
  setTimeout(() => {
    fail(false);
    change("c");
  }, 40);
  assert.equal(ids(await read(stream, "alert", 1)), "c");
  assert.ok(errors.length > 0);
});

Deno.test("streams end when the server stops, and a client that goes is forgotten", async () => {
  const { store } = changing();
  const stop = new AbortController();
  const feed = new Feed(store, { ...fast, countEvery: 1e9, signal: stop.signal });
  const gone = feed.open(null);
  assert.equal(feed.listeners, 1);
  await gone.cancel();
  assert.equal(feed.listeners, 0);
  const ended = new Response(feed.open(null)).text();
  setTimeout(() => stop.abort(), 20);
  assert.match(await ended, /^retry: /);
  assert.equal(feed.listeners, 0);
});
