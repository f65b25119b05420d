import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluate, holds } from "../../compiler/ir/evaluate.ts";
import type { IrSearch } from "../../compiler/ir/program.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { needs, testNeeding } from "../../tests/needs.ts";
import { startPostgres } from "../../tests/postgres.ts";
import { until } from "../../tests/waiting.ts";
import { openPostgres } from "../store/drivers/postgres.ts";
import { columnsDecide, isFrom, openStore, type Store, type StoredEvent } from "../store/mod.ts";
import { compileSearch } from "./compile.ts";
import { rowOf } from "./row.ts";
import { planSearch, runSearch } from "./search.ts";
import {
  CATALOGUE,
  chart,
  condition,
  randomBatch,
  source,
  stats,
  T0,
} from "./testing/random_search.ts";

const RUNS = Number(Deno.env.get("PICKET_SEARCHES") ?? 250);
const folder = Deno.makeTempDirSync({ prefix: "picket-search-" });
const server = needs.postgres.missing ? null : await startPostgres();
Deno.test.afterAll(async () => {
  await server?.stop();
  await Deno.remove(folder, { recursive: true });
});

function compiled(text: string): IrSearch {
  const { search, diagnostics } = compileSearch(
    text,
    { catalogue: CATALOGUE, tables: [], files: [] },
    3_600_000,
  );
  assert.ok(search, `${text}: ${diagnostics.map((d) => d.message).join("; ")}`);
  return search;
}

/** A random search, unless its source has not all of the fields, or a condition has no sense. */
function readable(text: string, zone?: string): IrSearch {
  const language = { catalogue: CATALOGUE, tables: [], files: [] };
  const { search } = compileSearch(text, language, 3_600_000, zone);
  fc.pre(search !== null);
  return search;
}

const OPTIONS = { range: {}, limit: 100_000, sourcetypes: CATALOGUE.sourcetypes };

/** Rows by the meaning of the language alone, oldest first. */
function matching(search: IrSearch, events: readonly StoredEvent[]) {
  assert.ok(search.source.kind === "from" && search.source.rows.kind === "events");
  const { from, where } = search.source.rows;
  return events.filter((e) => isFrom(e, from)).map(rowOf)
    .filter((row) => where === null || holds(where, row))
    .filter((row) => search.commands.every((c) => c.kind !== "where" || holds(c.expr, row)));
}

/** Minutes at which a zone's clock comes to a multiple of a width, or jumps over one; none goes back here. */
const starts = new Map<string, readonly number[]>();

function startsOf(zone: string, ms: number): readonly number[] {
  const known = starts.get(`${zone} ${ms}`);
  if (known) return known;
  const format = new Intl.DateTimeFormat("sv", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  });
  const bucket = (t: number) =>
    Math.floor(Date.parse(format.format(t).replace(" ", "T") + "Z") / ms);
  const made: number[] = [];
  for (let t = T0 - 2 * 86_400_000; t < T0 + 6 * 3_600_000; t += 60_000) {
    if (bucket(t) !== bucket(t - 60_000)) made.push(t);
  }
  starts.set(`${zone} ${ms}`, made);
  return made;
}

/** Groups by their definition. */
function grouped(search: IrSearch, events: readonly StoredEvent[]): Record<string, Value>[] {
  const command = search.commands.find((c) => c.kind === "stats");
  assert.ok(command?.kind === "stats");
  const { window } = command;
  const width = window.kind === "tumbling" ? window.ms : null;
  const start = (t: number) =>
    window.kind === "tumbling" && window.zone !== undefined
      ? startsOf(window.zone, window.ms).findLast((s) => s <= t)!
      : Math.floor(t / width!) * width!;
  const groups = new Map<string, ReturnType<typeof matching>>();
  for (const row of matching(search, events)) {
    const key = command.by.map((k) => row[k.field]);
    if (key.some((v, i) => v === undefined && !command.by[i].nullable)) continue;
    const bucket = width === null ? 0 : start(row._time as number);
    const name = JSON.stringify([bucket, ...key.map((v) => v === undefined ? null : String(v))]);
    groups.set(name, [...groups.get(name) ?? [], row]);
  }
  if (groups.size === 0 && command.by.length === 0 && width === null) groups.set("[0]", []);
  return [...groups].map(([name, rows]) => {
    const out: Record<string, Value> = width === null ? {} : { _time: JSON.parse(name)[0] };
    for (const k of command.by) out[k.field] = rows[0][k.field];
    for (const a of command.aggs) {
      const values = rows.map((r) => a.arg === null ? true : evaluate(a.arg, r))
        .filter((v) => v !== undefined && v !== false);
      const numbers = values.filter((v): v is number => typeof v === "number");
      out[a.as] = a.fn === "count"
        ? values.length
        : a.fn === "dc"
        ? new Set(values).size
        : numbers.length === 0
        ? undefined
        : a.fn === "sum"
        ? numbers.reduce((x, y) => x + y, 0)
        : a.fn === "min"
        ? Math.min(...numbers)
        : Math.max(...numbers);
    }
    return out;
  });
}

const sorted = (rows: readonly Record<string, Value>[], timed: boolean) =>
  rows.map((row) =>
    JSON.stringify(
      Object.entries(row).filter(([n, v]) => v !== undefined && (timed || n !== "_time")).sort(),
    )
  ).sort();

async function withEvents(
  place: { data: string } | { database: string },
  work: (store: Store, events: readonly StoredEvent[]) => Promise<void>,
): Promise<void> {
  const store = await openStore(place);
  try {
    await store.write({ batches: [randomBatch(400, 7)] });
    const events: StoredEvent[] = [];
    for await (const page of store.exportEvents({})) events.push(...page);
    await work(store, events.reverse());
  } finally {
    await store.close();
  }
}

/** Columns name the times of all events that fit, and of no others where they hold all that is asked. */
async function inColumns(
  store: Store,
  search: IrSearch,
  events: readonly StoredEvent[],
  times: ReadonlySet<number>,
): Promise<void> {
  const { reads } = planSearch(search);
  const found = await store.columnTimes({ ...reads, order: "newest", limit: 100_000 });
  assert.ok(found !== null && found.all);
  const named = new Set(found.times);
  for (const time of times) assert.ok(named.has(time));
  if (!columnsDecide(reads)) return;
  // A number that its column does not hold.
  const odd = new Set(events.filter((e) => e.fields.dest_port === 7e10).map((e) => e.time));
  for (const time of named) assert.ok(times.has(time) || odd.has(time));
}

/** The same store, whose events are read row by row. */
const withoutColumns = (store: Store): Store =>
  new Proxy(store, {
    get: (target, name) =>
      name === "columnGroups" || name === "columnTimes"
        ? () => Promise.resolve(null)
        : Reflect.get(target, name, target),
  });

function suite(name: string, place: () => Promise<Parameters<typeof withEvents>[0]>, pg: boolean) {
  const needed = pg ? [needs.postgres] : [];
  testNeeding(needed, `${name}: the database and the language choose the same rows`, async () => {
    await withEvents(await place(), async (store, events) => {
      await fc.assert(
        fc.asyncProperty(source, condition, async (from, where) => {
          const search = readable(`from ${from} where ${where}`);
          const { rows } = await runSearch(store, search, OPTIONS);
          const expected = matching(search, events);
          assert.deepEqual(rows.map((r) => r._id).sort(), expected.map((r) => r._id).sort());
          await inColumns(store, search, events, new Set(expected.map((r) => r._time as number)));
        }),
        { numRuns: RUNS },
      );
    });
  });

  testNeeding(needed, `${name}: the database and the language count the same groups`, async () => {
    await withEvents(await place(), async (store, events) => {
      await fc.assert(
        fc.asyncProperty(
          source,
          condition,
          stats,
          fc.boolean(),
          async (from, where, counted, c) => {
            const search = readable(`from ${from} where ${where} | ${counted}`);
            const { rows } = await runSearch(c ? store : withoutColumns(store), search, OPTIONS);
            const timed = counted.includes("tumbling");
            assert.deepEqual(sorted(rows, timed), sorted(grouped(search, events), timed));
          },
        ),
        { numRuns: RUNS },
      );
    });
  });

  testNeeding(needed, `${name}: what the kept counts know is what the events say`, async () => {
    const by = fc.constantFrom("", " by sourcetype", " by ?sourcetype", " by host", " by source");
    const where = fc.constantFrom(
      "",
      '| where sourcetype != "web"',
      '| where sourcetype in ("app", "WEB")',
      '| where sourcetype like "?*" and not (sourcetype == "json")',
      '| where sourcetype == "none"',
    );
    const over = fc.constantFrom("", " over tumbling 5m", " over tumbling 1h", " over tumbling 7m");
    const hours = fc.nat(5 * 3_600_000);
    await withEvents(await place(), async (store, events) => {
      let counted = 0;
      const seen = new Proxy(store, {
        get(target, name) {
          if (name !== "countedGroups") return Reflect.get(target, name, target);
          return async (request: Parameters<Store["countedGroups"]>[0]) => {
            const known = await target.countedGroups(request);
            counted += known?.groups.length ?? 0;
            return known;
          };
        },
      });
      await fc.assert(
        fc.asyncProperty(
          source,
          where,
          by,
          over,
          hours,
          hours,
          async (from, if_, by, over, a, b) => {
            const range = { from: T0 + Math.min(a, b), to: T0 + Math.max(a, b) + 1 };
            const search = readable(`from ${from} ${if_} | stats count() as n${by}${over}`);
            const { rows } = await runSearch(seen, search, { ...OPTIONS, range });
            const inside = events.filter((e) => e.time >= range.from && e.time < range.to);
            const timed = over !== "";
            assert.deepEqual(sorted(rows, timed), sorted(grouped(search, inside), timed));
            if (timed) return;
            // The time of a group over all of the range is that of its last event.
            const keys = ["sourcetype", "host", "source"] as const;
            for (const row of rows) {
              const times = matching(search, inside)
                .filter((e) => keys.every((k) => !(k in row) || e[k] === row[k]))
                .map((e) => e._time as number);
              assert.equal(row._time, times.length === 0 ? undefined : Math.max(...times));
            }
          },
        ),
        { numRuns: RUNS },
      );
      assert.ok(counted > 0);
    });
  });

  testNeeding(
    needed,
    `${name}: charts have the buckets of the zone that is asked for`,
    async () => {
      // The clock of Zurich jumps within these events, that of Kolkata begins hours at :30.
      const zone = fc.constantFrom(undefined, "Europe/Zurich", "Asia/Kolkata", "America/New_York");
      const span = fc.constantFrom("20m", "1h", "3h", "1d");
      const range = { from: T0, to: T0 + 6 * 3_600_000 };
      await withEvents(await place(), async (store, events) => {
        await fc.assert(
          fc.asyncProperty(condition, chart, zone, span, async (where, counted, tz, width) => {
            const search = readable(
              `from any where ${where} | timechart ${counted} span ${width}`,
              tz,
            );
            for (const options of [OPTIONS, { ...OPTIONS, range }]) {
              const { rows } = await runSearch(store, search, options);
              assert.deepEqual(sorted(rows, true), sorted(grouped(search, events), true));
            }
          }),
          { numRuns: Math.ceil(RUNS / 4) },
        );
      });
    },
  );
}

let made = 0;
suite("PGlite", () => Promise.resolve({ data: `${folder}/${made++}` }), false);
suite("PostgreSQL", async () => ({ database: await server!.database() }), true);

Deno.test("search: rows come newest first, and no more than the limit", async () => {
  await withEvents({ data: `${folder}/${made++}` }, async (store) => {
    const { rows, more, events } = await runSearch(store, compiled("from any"), {
      ...OPTIONS,
      limit: 50,
    });
    assert.ok(more && events && rows.length === 50);
    const times = rows.map((r) => r._time as number);
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    const within = await runSearch(store, compiled("sourcetype:web | limit 3"), {
      ...OPTIONS,
      range: { from: T0 + 3_600_000, to: T0 + 7_200_000 },
    });
    assert.equal(within.rows.length, 3);
    assert.ok(within.rows.every((r) => r.sourcetype === "web"));
  });
});

Deno.test("search: a search that is stopped ends", async () => {
  await withEvents({ data: `${folder}/${made++}` }, async (store) => {
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(
      runSearch(store, compiled("root"), { ...OPTIONS, signal: stop.signal }),
      { name: "AbortError" },
    );
  });
});

testNeeding([needs.postgres], "PostgreSQL: the server ends a search that is stopped", async () => {
  const database = await server!.database();
  await withEvents({ database }, async (store) => {
    const other = await openPostgres(database);
    const waiting = async () => {
      const [{ n }] = await other.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return n;
    };
    try {
      for (const text of ["user:nobody", "user:nobody | stats count() as n by src"]) {
        const stop = new AbortController();
        await other.transaction(async (tx) => {
          await tx.script("LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
          const running = runSearch(store, compiled(text), { ...OPTIONS, signal: stop.signal });
          running.catch(() => {});
          await until(async () => await waiting() > 0, "a statement that waits");
          stop.abort();
          await assert.rejects(running, { name: "AbortError" });
          await until(async () => await waiting() === 0, "its end");
        });
      }
      const { rows } = await runSearch(store, compiled("* | stats count() as n"), OPTIONS);
      assert.equal(rows[0].n, 400);
    } finally {
      await other.close();
    }
  });
});

Deno.test("search: rows that were sorted or limited do not go on into the stream's commands", () => {
  const told = (text: string) =>
    compileSearch(text, { catalogue: CATALOGUE, tables: [], files: [] }, 1).diagnostics
      .map((d) => [text.slice(d.span.start, d.span.end), d.code]);
  for (const cut of ["limit 5", "sort -user", "top 3 user"]) {
    for (const stream of ["throttle 1h by user", "stats count() as n by user over 5m"]) {
      const found = told(`* | ${cut} | ${stream}`);
      assert.ok(found.length > 0 && found.every(([at, code]) => at === cut && code === "E0133"));
      assert.deepEqual(told(`* | ${stream} | ${cut}`), []);
    }
  }
});
