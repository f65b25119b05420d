/** The store suite: what is rare is found behind what is frequent, and retention. */
import assert from "node:assert/strict";
import { eventId, textCheck } from "../../event.ts";
import type { IrExpr } from "../../../compiler/ir/program.ts";
import {
  type EventFilter,
  type EventSpan,
  type GroupRequest,
  openStore,
  type SearchedGroup,
  type SearchedRows,
  type Store,
  type TimeRange,
} from "../mod.ts";
import { alertOf, batchOf, failures, type Line, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const DAY = 86_400_000;

/** Thousands of events, ten a second, with some of another kind long before the newest. */
function crowd(): Line[] {
  const rare = new Set([7, 900, 901, 4000]);
  return Array.from({ length: 22_000 }, (_, i) => {
    const time = T0 + i * 100;
    if (!rare.has(i)) {
      const fields = { src: `203.0.113.${i % 200}`, user: "root", src_port: i };
      return { raw: `Failed password ${i}`, kind: 0, time, fields };
    }
    return {
      raw: `rare ${i}`,
      kind: 2,
      time,
      fields: { dest_port: 443 },
      more: { src: "198.51.100.7", user: "eve", severity: "high", dest: "db.example.net" },
    };
  });
}

/** All pages of a filter: how many events, and how many pages were asked for. */
async function through(store: Store, filter: Partial<EventFilter>): Promise<[number, number]> {
  const ids = new Set<string>();
  let cursor: EventFilter["cursor"], pages = 0, before = Infinity;
  do {
    const page = await store.events({ limit: 3, ...filter, cursor });
    for (const { id, time } of page.items) {
      assert.ok(time <= before && !ids.has(id));
      before = time;
      ids.add(id);
    }
    cursor = page.next ?? undefined;
    pages++;
  } while (cursor);
  return [ids.size, pages];
}

export const SEARCH: StoreTests = {
  async "what is rare is found behind what is frequent"(store) {
    await store.write({ batches: [batchOf(crowd())] });
    const indexed: Partial<EventFilter>[] = [
      { fields: { src: "198.51.100.7" } },
      { fields: { user: "eve" } },
      { fields: { dest: "db.example.net", user: "eve" } },
      { sourcetype: "app_json" },
      { fields: { severity: "high" } },
      { fields: { dest_port: "443" } },
    ];
    for (const filter of indexed) {
      assert.deepEqual(await through(store, filter), [4, 2], JSON.stringify(filter));
    }
    assert.deepEqual(await through(store, { fields: { user: "eve" }, from: T0 + 50_000 }), [3, 1]);
    assert.deepEqual(await through(store, { fields: { user: "nobody" } }), [0, 1]);
    assert.deepEqual(await through(store, { parseError: true }), [0, 1]);
    // Nothing says where these are: several pages look for them.
    const others: Partial<EventFilter>[] = [{ text: "RARE" }, { dataset: "Web" }];
    for (const filter of others) {
      const [found, pages] = await through(store, filter);
      assert.equal(found, 4);
      assert.ok(pages > 2 && pages < 9, `${pages}`);
    }
    assert.deepEqual(await through(store, { fields: { src: "198.51.100.0/24" } }), [4, 3]);
    const patient = await store.events({ text: "rare", limit: 9, patience: 60_000 });
    assert.deepEqual([patient.items.length, patient.next], [4, null]);
    const few = { limit: 1000, fields: { src: "203.0.113.5" } };
    assert.deepEqual(await through(store, few), [110, 1]);
  },

  async "a name is found in its order, however far back"(store) {
    const HOUR = 3_600_000;
    const line = (time: number, i: number, src: string): Line => ({
      raw: `${src} ${i} ${time}`,
      kind: 0,
      time,
      fields: { src, user: i % 5 ? "root" : "eve", src_port: i },
    });
    // One every seven hours for six weeks, and on one day many; something else every half hour.
    const sought = [
      ...Array.from({ length: 150 }, (_, i) => line(T0 - i * 7 * HOUR, i, "192.0.2.9")),
      ...Array.from({ length: 3000 }, (_, i) => line(T0 - 20 * DAY + i * 20_000, i, "192.0.2.9")),
    ];
    const others = Array.from({ length: 2000 }, (_, i) => line(T0 - i * HOUR / 2, i, "192.0.2.8"));
    await store.write({ batches: [batchOf([...sought, ...others])] });
    const src = "192.0.2.9";
    const one = { limit: 400, fields: { src } };
    assert.deepEqual(await through(store, one), [3150, 8]);
    assert.deepEqual(await through(store, { ...one, from: T0 - 2 * DAY }), [7, 1]);
    assert.deepEqual(await through(store, { ...one, to: T0 - 30 * DAY, limit: 9 }), [47, 6]);
    assert.deepEqual(await through(store, { ...one, fields: { src, user: "eve" } }), [630, 2]);
    assert.deepEqual(await through(store, { ...one, text: "192.0.2.9 149 " }), [2, 1]);
    const series = async (filter: Partial<EventFilter>, bucketMs: number) => {
      const { series, since, exact } = await store.timeseries({ bucketMs, filter });
      return [series[0]?.total ?? 0, since, exact];
    };
    assert.deepEqual(await series({ fields: { src } }, DAY), [3150, null, true]);
    assert.deepEqual(await series({ fields: { src, user: "eve" } }, DAY), [630, null, true]);
    assert.deepEqual(await series({ fields: { src: "192.0.2.7" } }, HOUR), [0, null, true]);
  },

  async "what is frequent is counted by the hour, or among the newest"(store) {
    await store.write({ batches: [batchOf(crowd())] });
    const series = async (filter: Partial<EventFilter>, bucketMs: number) => {
      const { series, since, exact } = await store.timeseries({ bucketMs, filter });
      return [series[0]?.total ?? 0, since !== null, exact];
    };
    const root = { fields: { user: "root" } };
    assert.deepEqual(await series(root, 3_600_000), [21_996, false, true]);
    assert.deepEqual(await series(root, 86_400_000), [21_996, false, true]);
    // As the API gives it: what is not asked for is there, without a value.
    const bare = { ...root, host: undefined, text: undefined };
    assert.deepEqual(await series(bare, 3_600_000), [21_996, false, true]);
    assert.deepEqual(await series(root, 300_000), [10_000, true, true]);
    assert.deepEqual(await series({ ...root, text: "password 1" }, 3_600_000), [
      3000,
      true,
      true,
    ]);
    const src = "203.0.113.5";
    assert.deepEqual(await series({ fields: { src } }, 300_000), [110, false, true]);
    assert.deepEqual(await series({ fields: { src, user: "root" } }, 3_600_000), [
      110,
      false,
      true,
    ]);
    // Of so many values in an hour not all are counted apart.
    const users = Array.from({ length: 3100 }, (_, i) => ({
      raw: `user ${i}`,
      kind: 0,
      time: T0,
      fields: { src, user: `user${i}` },
    }));
    await store.write({ batches: [batchOf(users, { at: 9e6 })] });
    assert.deepEqual(await series(root, 3_600_000), [21_996, false, false]);
    const { values, others, exact } = await store.top({ field: "user", limit: 5000 });
    assert.equal(exact, false);
    assert.ok(values.length < 600, `${values.length}`);
    assert.equal(others + values.reduce((n, v) => n + v.events, 0), 22_000 + users.length);
    const text = { ...root, text: "password 42" };
    assert.deepEqual(await through(store, { ...text, limit: 200 }), [111, 1]);
  },

  async "a text is looked for only where it may be"(store, options) {
    const where = (needle: string): SearchedRows => {
      const span = { start: 0, end: 0 };
      const value: IrExpr = { op: "field", name: "_raw", type: "string", span };
      const needles: IrExpr[] = [{ op: "const", value: needle, type: "string", span }];
      const expr: IrExpr = { op: "contains", value, needles, quant: "all", type: "bool", span };
      return { rows: { kind: "events", from: { any: true }, where: expr, span }, where: [] };
    };
    await store.write({ batches: [batchOf(crowd())] });
    // A few rows of a later write go on with the block before them.
    const late = T0 + 22_000 * 100;
    const line = { raw: "one \u212aelvin more", kind: 0, time: late, fields: { user: "root" } };
    await store.write({ batches: [batchOf([line], { at: 9e6 })] });
    const within = async (needle: string, times: readonly number[]) => {
      const ranges = await store.rawRanges(where(needle));
      const length = ranges.reduce((n, { from, to }) => n + to! - from!, 0);
      for (const time of times) {
        const [{ id }] = (await store.events({ from: time, to: time + 1, limit: 1 })).items;
        const holds = ({ from, to, ids }: EventSpan) =>
          from! <= time && time < to! &&
          (ids?.some(([low, high]) => low <= id && id <= high) ?? true);
        assert.ok(ranges.some(holds), needle);
      }
      return length / (22_000 * 100);
    };
    const rare = [7, 900, 901, 4000].map((i) => T0 + i * 100);
    assert.ok(await within("rare ", rare) < 0.3);
    assert.ok(await within("RARE 4000", rare.slice(3)) < 0.2);
    assert.ok(await within("failed password", [T0, late - 100]) > 0.95);
    assert.ok(await within("kelvin", [late]) < 0.2);
    assert.ok(await within("mimikatz", []) < 0.2);
    // Too short to tell.
    assert.deepEqual(await store.rawRanges(where("abc")), [{ from: undefined, to: undefined }]);
    const clipped = await store.rawRanges({ ...where("failed"), from: T0 + 5000, to: T0 + 6000 });
    assert.deepEqual(clipped.map(({ from, to }) => [from, to]), [[T0 + 5000, T0 + 6000]]);
    assert.equal(clipped[0].ids?.length, 1);
    // Another process begins a block of its own.
    const other = await openStore("data" in options ? { data: `${options.data}-2` } : options);
    await other.write({ batches: [batchOf([{ ...line, raw: "xmrig" }], { at: 99e6 })] });
    assert.equal((await other.rawRanges(where("xmrig"))).length, 1);
    await other.close();
  },

  async "columns tell what the rows say, however they were written"(store, options) {
    const request = (range: TimeRange = {}): GroupRequest => ({
      rows: { kind: "events", from: { any: true }, where: null, span: { start: 0, end: 0 } },
      where: [],
      by: ["user"],
      bucket: null,
      distinct: "src",
      numbers: ["dest_port"],
      present: ["bytes_out"],
      limit: 10_000,
      ...range,
    });
    const sorted = (groups: readonly SearchedGroup[]) =>
      groups.map((g) => JSON.stringify({ ...g, numbers: g.numbers.map((n) => [n.count, n.sum]) }))
        .sort();
    /** Whether columns tell of a range; what they say is what the rows say. */
    const tell = async (of: Store, range?: TimeRange) => {
      const known = await of.columnGroups(request(range));
      if (known === null) return false;
      assert.deepEqual(known.undecided, []);
      assert.deepEqual(sorted(known.groups), sorted(await of.searchGroups(request(range))));
      return true;
    };
    const lines = (from: number, count: number): Line[] =>
      Array.from({ length: count }, (_, i) => ({
        raw: `line ${from + i}`,
        kind: i % 3 === 0 ? 2 : 0,
        time: T0 + (from + i) * 1000,
        fields: i % 3 === 0 ? { dest_port: i % 5, bytes_out: i % 2 ? 2 ** 40 + i : undefined } : {
          src: i % 2 ? "2001:db8::1" : `203.0.113.${i % 200}`,
          user: i % 7 ? "röot" : undefined,
        },
      }));
    // In many writes, of which blocks go on, and in one of several blocks.
    const identity = "00112233445566aa";
    for (let i = 0; i < 5; i++) {
      await store.write({ batches: [batchOf(lines(i * 50, 50), { identity, at: i * 5000 })] });
    }
    await store.write({ batches: [batchOf(lines(250, 5000), { identity, at: 1e6 })] });
    assert.ok(await tell(store));
    assert.ok(await tell(store, { from: T0 + 33_000, to: T0 + 2_000_000 }));
    // All of it is there already.
    await store.write({ batches: [batchOf(lines(250, 5000), { identity, at: 1e6 })] });
    await store.write({ batches: [batchOf(lines(5250, 10), { identity, at: 9e6 })] });
    assert.ok(await tell(store));
    // Some of it is: columns leave the time of it to the rows.
    await store.write({ batches: [batchOf(lines(5250, 20), { identity, at: 9e6 })] });
    assert.ok(!await tell(store));
    assert.ok(await tell(store, { to: T0 + 5_250_000 }));
    await store.write({ batches: [batchOf(lines(5300, 10), { identity, at: 12e6 })] });
    assert.ok(await tell(store, { from: T0 + 5_290_000 }));
    // A write that fails: what it had is in no block of the next one.
    await assert.rejects(store.write({
      batches: [batchOf(lines(5310, 10), { identity, at: 13e6 })],
      alerts: [alertOf("a", { first: NaN })],
    }));
    await store.write({ batches: [batchOf(lines(5320, 10), { identity, at: 14e6 })] });
    assert.ok(await tell(store, { from: T0 + 5_290_000 }));
    const other = await openStore("data" in options ? { data: `${options.data}-3` } : options);
    await other.write({ batches: [batchOf(lines(5400, 10), { identity, at: 15e6 })] });
    assert.ok(await tell(other, { from: T0 + 5_390_000 }));
    // Events that columns do not hold whole are named.
    const odd = { raw: "odd", kind: 2, time: T0 + 5_500_000, fields: { dest_port: 7e10 } };
    await other.write({ batches: [batchOf([odd], { identity, at: 16e6 })] });
    const named = await other.columnGroups(request({ from: odd.time }));
    assert.deepEqual(named, { groups: [], undecided: [odd.time] });
    await other.close();
    // What retention has taken is in no group.
    const day = Math.floor(T0 / DAY + 1) * DAY;
    const late = lines(5600, 20).map((l, i) => ({ ...l, time: day + (i - 10) * 1000 }));
    await store.write({ batches: [batchOf(late, { identity, at: 17e6 })] });
    await store.retain(day);
    await store.write({
      batches: [batchOf([{ ...late[19], raw: "on", time: day + 20_000 }], { identity, at: 18e6 })],
    });
    const left = await store.columnGroups(request());
    assert.ok(left === null || left.groups.reduce((n, g) => n + g.count, 0) === 11);
  },

  async "an IPv6 address is found however it is written"(store) {
    const rare = ["2001:db8::7", "2001:DB8:0:0:0:0:0:7", "2001:db8::8"].map((src, i): Line => ({
      raw: `from ${src}`,
      kind: 0,
      time: T0 - (i + 1) * DAY,
      fields: { src, user: "eve" },
    }));
    await store.write({ batches: [batchOf([...crowd(), ...rare])] });
    for (const src of ["2001:db8::7", "2001:0db8::0007"]) {
      assert.deepEqual(await through(store, { fields: { src } }), [2, 1]);
      const { series } = await store.timeseries({ bucketMs: DAY, filter: { fields: { src } } });
      assert.equal(series[0].total, 2);
    }
  },

  async "a user that a pattern fixes is found"(store) {
    const batch = batchOf(failures(3).map((l) => ({ ...l, fields: {} })), { at: 9e6 });
    const [fixed, ...rest] = batch.extractions;
    const extractions = [
      { ...fixed, pattern: "job", constants: { user: "cron" }, captures: [] },
      ...rest,
    ];
    await store.write({ batches: [{ ...batch, extractions }] });
    await store.write({
      batches: [batchOf(crowd().map((l) => ({ ...l, time: l.time! + 60_000 })))],
    });
    const found = await through(store, { fields: { user: "cron" }, patience: 9000 });
    assert.equal(found[0], 3);
    const { series } = await store.timeseries({
      bucketMs: 3_600_000,
      filter: { fields: { user: "cron" } },
    });
    assert.ok(series.length <= 1);
  },

  async "events before a day go, with their counts; evidence stays"(store) {
    const lines = failures(6).map((l, i) => ({ ...l, time: T0 + (i - 3) * DAY }));
    const batch = batchOf(lines);
    const ids = [0, 1].map((i) =>
      eventId("00112233445566aa", batch.lines.offset(i), textCheck(lines[i].raw))
    );
    await store.write({
      batches: [batch, batchOf(failures(1).map((l) => ({ ...l, time: 0 })), { at: 99_999 })],
      alerts: [alertOf("a", { first: T0 - 3 * DAY, eventIds: [ids[0]] })],
    });
    assert.equal(await store.retain(T0 + 1), 4);
    assert.equal((await store.events({ limit: 9 })).items.length, 3);
    assert.equal((await store.stats()).events, 3);
    assert.deepEqual((await store.top({ field: "host", limit: 1 })).values[0].events, 3);
    assert.deepEqual((await store.eventsById(ids)).map((e) => e.id), [ids[0]]);
    assert.equal((await store.alerts({ limit: 9 })).items.length, 1);
    assert.equal(await store.retain(T0 + 1), 0);
    // What is read again comes back until the next time.
    const again = await store.write({ batches: [batch] });
    assert.deepEqual(again, { events: 3, duplicates: 3, alerts: 0 });
    assert.equal((await store.eventsById(ids)).length, 2);
    assert.equal((await store.stats()).events, 6);
  },
};
