import assert from "node:assert/strict";
import fc from "fast-check";
import type {
  ColumnTimesRequest,
  SliceRequest,
  Store,
  StoredEvent,
  TimeRange,
} from "../store/mod.ts";
import { slices } from "./slices.ts";

const T0 = Date.UTC(2026, 2, 29), HOUR = 3_600_000;
const SPAN = { start: 0, end: 0 };
const reads = {
  rows: { kind: "events" as const, from: { any: true }, where: null, span: SPAN },
  where: [],
};
/** The same with a condition of which columns can tell. */
const asked = {
  ...reads,
  where: [{ op: "exists" as const, name: "user", type: "bool" as const, span: SPAN }],
};

interface Place {
  readonly time: number;
  readonly id: string;
}

/** Ten events at each second of an hour. */
const SECONDS = { at: 0, width: HOUR, grain: 1000, count: 36_000 } as const;

/** By time, then id. */
const compare = (a: Place, b: Place) => a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const within = ({ from = -Infinity, to = Infinity }: TimeRange, time: number) =>
  from <= time && time < to;

/**
 * A store of these events alone, of which every `wanted`-th fits.
 * @param known what columns know: nothing, which fit, or of some more that they may
 */
function storeOf(
  events: readonly Place[],
  kind: Store["kind"],
  wanted: number,
  known: "nothing" | "which" | "more",
): Store {
  const searchSlice = ({ from, to, order, cursor, scan, limit, times }: SliceRequest) => {
    const sign = order === "newest" ? -1 : 1;
    const only = new Set(times);
    const behind = events.filter((e) => within({ from, to }, e.time))
      .filter((e) => times === undefined || only.has(e.time))
      .filter((e) => cursor === undefined || sign * compare(e, cursor) > 0)
      .sort((a, b) => sign * compare(a, b));
    const looked = behind.slice(0, scan ?? Infinity);
    const found = looked.filter((e) => Number(e.id) % wanted === 0).slice(0, limit);
    const end = found.length === limit
      ? found.at(-1)
      : scan !== null && looked.length === scan
      ? looked.at(-1)
      : undefined;
    return Promise.resolve({ events: found as StoredEvent[], next: end ?? null });
  };
  const eventsByHour = ({ from, to }: TimeRange) => {
    const start = from === undefined ? undefined : Math.floor(from / HOUR) * HOUR;
    const counts = new Map<number, number>();
    for (const { time } of events) {
      const bucket = Math.floor(time / HOUR) * HOUR;
      if (within({ from: start, to }, bucket)) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    return Promise.resolve(
      [...counts].sort(([a], [b]) => a - b)
        .map(([bucket, events]) => ({ bucket, events })),
    );
  };
  const columnTimes = ({ from, to, order, limit }: ColumnTimesRequest) => {
    if (known === "nothing") return Promise.resolve(null);
    const inside = events.filter((e) => within({ from, to }, e.time));
    const fit = inside.filter(({ id }) =>
      Number(id) % wanted === 0 || known === "more" && Number(id) % 5 === 0
    );
    const all = [...new Set(fit.map((e) => e.time))].sort((a, b) =>
      order === "newest" ? b - a : a - b
    );
    const times = all.slice(0, limit);
    return Promise.resolve({ times, events: fit.length, all: times.length === all.length });
  };
  return { kind, searchSlice, eventsByHour, columnTimes } as unknown as Store;
}

Deno.test("slices: every row of a range comes once and in order, wherever events lie", async () => {
  // Bursts, hours without any, many at one time, and some far away.
  const burst = fc.record({
    at: fc.oneof(fc.integer({ min: -40, max: 40 }), fc.constantFrom(-9000, 3000)),
    width: fc.constantFrom(0, 1, 1000, HOUR, 5 * HOUR),
    grain: fc.constantFrom(1, 1000),
    count: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(9000)),
  });
  const bound = fc.option(fc.integer({ min: -50 * HOUR, max: 50 * HOUR }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(
      fc.array(burst, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("newest" as const, "oldest" as const),
      fc.constantFrom("pglite" as const, "postgresql" as const),
      fc.constantFrom(1, 7, 1e9),
      fc.constantFrom(undefined, 51),
      fc.tuple(bound, bound),
      fc.constantFrom("nothing" as const, "which" as const, "more" as const),
      async (bursts, order, kind, wanted, enough, [a, b], known) => {
        let n = 0;
        const events = bursts.flatMap(({ at, width, grain, count }) =>
          Array.from({ length: count }, (_, i) => ({
            time: T0 + at * HOUR + Math.floor(width * i / count / grain) * grain,
            id: String(++n).padStart(32, "0"),
          }))
        );
        const [from, to] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
        const range = {
          from: from === undefined ? undefined : T0 + from,
          to: to === undefined ? undefined : T0 + to,
        };
        const sign = order === "newest" ? -1 : 1;
        const expected = events
          .filter((e) => within(range, e.time) && Number(e.id) % wanted === 0)
          .sort((a, b) => sign * compare(a, b));
        const found: Place[] = [];
        let reached = -Infinity, looks = 0;
        const request = { reads: known === "nothing" ? reads : asked, range, order, enough };
        for await (const slice of slices(storeOf(events, kind, wanted, known), request)) {
          found.push(...slice.events);
          assert.ok(sign * (slice.reached ?? Infinity * sign) >= reached);
          reached = sign * (slice.reached ?? Infinity * sign);
          assert.ok(++looks < 500 + events.length);
        }
        assert.deepEqual(found.map((e) => e.id), expected.map((e) => e.id));
      },
    ),
    {
      numRuns: 100,
      // Ten at each whole second, where stretches of thousands end: one of them fits.
      examples: [
        [[SECONDS], "newest", "pglite", 7, undefined, [undefined, undefined], "nothing"],
        [[SECONDS], "oldest", "pglite", 7, undefined, [undefined, undefined], "nothing"],
      ],
    },
  );
});
