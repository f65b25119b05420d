import assert from "node:assert/strict";
import { CATALOGUE, randomBatch, T0 } from "../../agent/search/testing/random_search.ts";
import { openStore } from "../../agent/store/mod.ts";
import { createWeb } from "./mod.ts";
import { until } from "../../tests/waiting.ts";

const data = Deno.makeTempDirSync({ prefix: "picket-api-search-" });
const store = await openStore({ data });
await store.write({ batches: [randomBatch(300, 3)] });
const content = {
  program: { rules: [], tables: [] },
  sourcetypes: { catalogue: CATALOGUE },
  lints: () => [],
  texts: new Map([["own.sdl", 'let failed = action == "failure"\n']]),
};
const app = createWeb(store, {
  now: () => T0 + 400 * 86_400_000,
  version: "1",
  content: () => content as never,
});
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

async function search(q: string, more = ""): Promise<{ status: number; body: Answer }> {
  const response = await app.request(`/api/search?q=${encodeURIComponent(q)}${more}`);
  return { status: response.status, body: await response.json() };
}
interface Answer {
  readonly rows: Record<string, unknown>[];
  readonly columns: { name: string }[];
  readonly events: boolean;
  readonly more: boolean;
  readonly notes: string[];
  readonly counted_from: string | null;
  readonly error?: { code: string; message: string; field: string };
}

Deno.test("search: events newest first, counted back from the newest event", async () => {
  const { status, body } = await search("sourcetype:app", "&limit=5");
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(body.events && body.more && body.counted_from !== null);
  assert.equal(body.rows.length, 5);
  const times = body.rows.map((r) => r._time as string);
  assert.deepEqual(times, times.toSorted().reverse());
  assert.ok(body.rows.every((r) => r.sourcetype === "app" && /^[0-9a-f]{32}$/.test(String(r._id))));
});

Deno.test("search: groups have their columns in order, and a rule's let is known", async () => {
  const { body } = await search("failed | stats count() as n, dc(user) as users by src | sort -n");
  assert.deepEqual(body.columns.map((c) => c.name), ["src", "n", "users"]);
  const counts = body.rows.map((r) => r.n as number);
  assert.ok(counts.length > 3);
  assert.deepEqual(counts, counts.toSorted((a, b) => b - a));
  const { body: narrow } = await search("* | stats count() as n", "&from=-30m");
  const { body: whole } = await search("* | stats count() as n", "&from=-9h");
  assert.equal(whole.rows[0].n, 300);
  assert.ok((narrow.rows[0].n as number) < 300);
});

Deno.test("search: what is not understood is refused with its place and the nearest name", async () => {
  const { status, body } = await search("usr:root");
  assert.equal(status, 400);
  assert.deepEqual([body.error?.code, body.error?.field], ["bad_search", "q"]);
  assert.match(body.error!.message, /^1:1: Unknown field "usr"\. Did you mean user\?/);
  assert.equal((await search("user:root | stats count( by src")).status, 400);
  // Where any field may be, a name that is near to a known one is told.
  const { body: odd } = await search('from any where usr == "root"');
  assert.match(odd.notes[0], /^No sourcetype declares the field "usr"\. .*did you mean user\?$/);
  assert.deepEqual((await search('user == "root"')).body.notes, []);
  assert.equal((await search("user:root", "&from=yesterday")).body.error?.field, "from");
});

/** The lines of a search whose rows come as they are found. */
async function stream(q: string, more = ""): Promise<Record<string, unknown>[]> {
  const response = await app.request(`/api/search/stream?q=${encodeURIComponent(q)}${more}`);
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  return (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("search: a stream has the rows of the answer, and the rest behind them", async () => {
  for (const q of ["sourcetype:app", "* | stats count() as n by src | sort -n", "mimikatz"]) {
    const { body } = await search(q);
    const lines = await stream(q);
    assert.ok("head" in lines[0] && "done" in lines.at(-1)!, JSON.stringify(lines.at(-1)));
    const rows = lines.flatMap((l) => (l.rows as unknown[] | undefined) ?? []);
    const head = lines[0].head as object, done = lines.at(-1)!.done as object;
    assert.deepEqual({ ...head, rows, ...done }, body);
  }
});

Deno.test("search: a stream that nobody reads any more stops reading the store", async () => {
  let slices = 0;
  const slow = new Proxy(store, {
    get(target, name) {
      if (name !== "searchSlice") return Reflect.get(target, name, target);
      return async () => {
        slices++;
        await new Promise((done) => setTimeout(done, 5));
        return { events: [], next: { time: T0, id: "0".repeat(32) } };
      };
    },
  });
  const web = createWeb(slow, { version: "1", content: () => content as never });
  const response = await web.request("/api/search/stream?q=*&from=1970-01-01");
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  assert.match(new TextDecoder().decode(value), /^\{"head":/);
  await until(() => slices >= 3, "three slices");
  await reader.cancel();
  const at = slices;
  await new Promise((done) => setTimeout(done, 60));
  assert.ok(slices <= at + 1, `${slices} after ${at}`);
});

Deno.test("search: a mistake is the answer of a stream too", async () => {
  const response = await app.request("/api/search/stream?q=" + encodeURIComponent("a | stats"));
  assert.equal(response.status, 400);
  assert.equal((await response.json()).error.code, "bad_search");
});

Deno.test("search: the days of a chart are those of the zone that is asked for", async () => {
  const chart = (more = "") => search("* | timechart count() as n span 1d", "&from=-9h" + more);
  const days = async (more?: string) => (await chart(more)).body.rows.map((r) => [r._time, r.n]);
  assert.deepEqual(await days(), [["2026-03-29T00:00:00.000Z", 300]]);
  assert.deepEqual(await days("&tz=Europe%2FZurich"), [["2026-03-28T23:00:00.000Z", 300]]);
  assert.deepEqual((await days("&tz=%2B22:00")).map(([t]) => t), [
    "2026-03-28T02:00:00.000Z",
    "2026-03-29T02:00:00.000Z",
  ]);
  const { status, body } = await chart("&tz=Mars");
  assert.deepEqual([status, body.error?.field], [400, "tz"]);
});
