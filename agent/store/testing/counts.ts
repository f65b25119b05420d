/** The store suite: statistics, series and top values. */
import assert from "node:assert/strict";
import { seeded } from "../../simulate/random.ts";
import { createWriter, Serialiser, type TopRequest } from "../mod.ts";
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { OTHER } from "../types/counts.ts";
import { STRETCH } from "../write/stretches.ts";
import { alertOf, batchOf, failures, type Line, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

export const COUNTS: StoreTests = {
  async "statistics count by hour, sourcetype and rule"(store) {
    assert.deepEqual((await store.stats()).first, null);
    const lines = [...failures(4), { raw: "what", kind: 1, time: T0 + 3_600_000 }];
    const writer = createWriter(store);
    await writer.write({ batches: [batchOf(lines)], alerts: [alertOf("a")] });
    assert.deepEqual(await writer.flush(), { events: 5, duplicates: 0, alerts: 1 });
    const all = await store.stats();
    assert.deepEqual(all.sourcetypes, [{ sourcetype: "linux_secure", events: 5, parseErrors: 1 }]);
    assert.equal(all.parseErrors, 1);
    assert.equal(all.alertsBySeverity.high, 1);
    assert.deepEqual(all.alertsByRule, [{ rule: "ssh_brute_force", alerts: 1 }]);
    assert.equal(all.first, Date.UTC(2026, 2, 29, 0));
    assert.equal(all.last, Date.UTC(2026, 2, 29, 2));
    assert.equal((await store.stats({ from: T0 + 3_600_000 })).events, 1);
    assert.equal(all.newest, T0 + 3_600_000);
    assert.equal(all.openBySeverity.high, 1);
    await store.setAlertStatus("a".repeat(32), { status: "closed", comment: null, who: "ada" });
    const after = await store.stats();
    assert.deepEqual([after.openBySeverity.high, after.alertsBySeverity.high], [0, 1]);
  },

  async "series count by time and by field"(store) {
    assert.deepEqual(await store.timeseries({ bucketMs: FIVE }), {
      bucketMs: FIVE,
      times: [],
      since: null,
      exact: true,
      series: [],
    });
    await store.write({ batches: [batchOf(spread())], alerts: [alertOf("a")] });
    const begin = Date.UTC(2026, 2, 29);
    const all = await store.timeseries({ bucketMs: FIVE });
    assert.equal(all.times[0], begin);
    assert.equal(all.times.length, 25);
    assert.deepEqual(
      all.series[0].counts.flatMap((n, i) => n ? [[i, n]] : []),
      [[0, 4], [1, 2], [12, 1], [24, 1]],
    );
    const of = async (request: object) =>
      (await store.timeseries({ bucketMs: 3_600_000, ...request })).series
        .map((s) => [s.value, s.total, ...s.counts]);
    assert.deepEqual(await of({}), [["", 8, 6, 1, 1]]);
    assert.deepEqual(await of({ by: "parse_error" }), [["false", 6, 6, 0, 0], [
      "true",
      2,
      0,
      1,
      1,
    ]]);
    assert.deepEqual(await of({ by: "action" }), [["failure", 5, 5, 0, 0], ["", 3, 1, 1, 1]]);
    const datasets = await of({ by: "dataset" });
    assert.deepEqual(datasets.map((s) => s[0]).toSorted(), [
      "",
      "Authentication",
      "Network_Traffic",
    ]);
    assert.deepEqual(await of({ by: "dataset", filter: { fields: { user: "root" } } }), [
      ["Authentication", 2, 2, 0, 0],
    ]);
    assert.deepEqual(await of({ by: "severity" }), [["", 7, 5, 1, 1], ["high", 1, 1, 0, 0]]);
    assert.deepEqual(await of({ by: "sourcetype", limit: 1 }), [
      ["linux_secure", 7, 5, 1, 1],
      [null, 1, 1, 0, 0],
    ]);
    const range = { from: begin + 3_600_000, to: begin + 2 * 3_600_000 };
    assert.deepEqual(await of(range), [["", 1, 1]]);
    assert.deepEqual(await of({ filter: { fields: { action: "failure" } } }), [["", 5, 5, 0, 0]]);
    assert.deepEqual(await of({ filter: { fields: { user: "root" } }, by: "action" }), [
      ["failure", 2, 2, 0, 0],
    ]);
    assert.deepEqual(await of({ ...range, filter: { parseError: false } }), []);
    assert.deepEqual(await of({ by: "rule" }), [["ssh_brute_force", 1, 1]]);
    assert.deepEqual(await of({ of: "alerts", by: "alert_severity" }), [["high", 1, 1]]);
    // Narrower than what is counted: from the events themselves.
    const fine = { from: T0, to: T0 + 4000, bucketMs: 1000 };
    assert.deepEqual((await store.timeseries({ ...fine, by: "action" })).series, [
      { value: "failure", total: 4, counts: [1, 1, 1, 1] },
    ]);
    await assert.rejects(store.timeseries({ from: 0, to: T0, bucketMs: FIVE }), {
      code: "invalid",
    });
    await assert.rejects(store.timeseries({ bucketMs: 0 }), { code: "invalid" });
  },

  async "series by dataset, action and conditions count all that is stored"(store) {
    // More than are looked at where counts do not know.
    const lines = failures(10_400).map((l, i) => ({ ...l, time: T0 + i * 100 }));
    for (let at = 0; at < lines.length; at += 2000) {
      const part = lines.slice(at, at + 2000);
      await store.write({ batches: [batchOf(part, { at: at * 100 })] });
    }
    await store.write({ batches: [batchOf(spread(), { identity: "f".repeat(16) })] });
    const bucketMs = HOUR;
    const of = async (request: object) => {
      const { series, since } = await store.timeseries({ bucketMs, ...request });
      return [since, ...series.map((s) => [s.value, s.total])];
    };
    const logins = { dataset: "Authentication" };
    assert.deepEqual(await of({ by: "action", filter: logins }), [null, ["failure", 10_405]]);
    assert.deepEqual(await of({ filter: { dataset: "Web" } }), [null, ["", 1]]);
    assert.deepEqual(await of({ filter: { parseError: true, dataset: "Web" } }), [null]);
    const fields = { action: "failure" };
    assert.deepEqual(await of({ filter: { sourcetype: "linux_secure", fields } }), [null, [
      "",
      10_405,
    ]]);
    const not = (value: string): IrExpr => ({
      op: "!=",
      left: { op: "field", name: "action", type: "string", span: { start: 0, end: 0 } },
      right: { op: "const", value, type: "string", span: { start: 0, end: 0 } },
      cs: false,
      type: "bool",
      span: { start: 0, end: 0 },
    });
    const counted = async (value: string, request: object = {}) =>
      (await store.countedSeries({ bucketMs, where: [not(value)], ...request }))?.series
        .map((s) => [s.value, s.total]);
    assert.deepEqual(await counted("success"), [["", 10_405]]);
    assert.deepEqual(await counted("Failure"), []);
    assert.deepEqual(await counted("success", { by: "action", filter: logins }), [
      ["failure", 10_405],
    ]);
    // What the counts do not know they do not guess.
    assert.equal(await counted("success", { filter: { host: "web1" } }), undefined);
    assert.equal(await counted("success", { bucketMs: 60_000 }), undefined);
    assert.equal(await counted("success", { filter: { fields: { user: "root" } } }), undefined);
  },

  async "top values from counts and from events"(store) {
    await store.write({ batches: [batchOf(spread())] });
    const top = async (request: Partial<TopRequest> & { field: string }) => {
      const { values, others, exact } = await store.top({ limit: 2, ...request });
      return [...values.flatMap((v) => [v.value, v.events]), others, exact];
    };
    const user = ["admin", 3, "root", 2, 0, true];
    assert.deepEqual(await top({ field: "user" }), user);
    assert.deepEqual(await top({ field: "user", from: T0, to: T0 + 1 }), ["admin", 1, 0, true]);
    assert.deepEqual(await top({ field: "user", filter: { sourcetype: "linux_secure" } }), user);
    assert.deepEqual(await top({ field: "user", filter: { text: "port 3 " } }), [
      "root",
      1,
      0,
      true,
    ]);
    assert.deepEqual(await top({ field: "src", limit: 1 }), ["203.0.113.0", 1, 4, true]);
    assert.deepEqual(await top({ field: "src_port", limit: 1 }), ["0", 1, 4, true]);
    assert.deepEqual(await top({ field: "app" }), ["sshd", 5, 0, true]);
    assert.deepEqual(await top({ field: "dest_port" }), ["443", 1, 0, true]);
    assert.deepEqual(await top({ field: "action" }), ["failure", 5, 0, true]);
    assert.deepEqual(await top({ field: "sourcetype" }), [
      "linux_secure",
      7,
      "app_json",
      1,
      0,
      true,
    ]);
    assert.deepEqual(await top({ field: "host", from: T0 + 7_200_000 }), ["web1", 1, 0, true]);
    assert.deepEqual(await top({ field: "x') --" }), [0, true]);
    // Of the hour in which the range begins all is new, of what came before it nothing.
    const unseen = async (field: string, from: number) =>
      (await store.top({ field, limit: 20, from, unseen: true })).values.map((v) => v.value);
    const all = async (field: string) =>
      (await store.top({ field, limit: 20 })).values.map((v) => v.value);
    assert.deepEqual(await unseen("user", T0), await all("user"));
    assert.deepEqual(await unseen("user", T0 + 7_200_000), []);
    const begin = Date.UTC(2026, 2, 29, 1);
    const early = await store.top({ field: "src", limit: 20, to: begin });
    assert.deepEqual(
      await unseen("src", begin),
      (await all("src")).filter((s) => !early.values.some((v) => v.value === s)),
    );
  },

  async "what is read again is counted once, what is hostile is bounded"(store) {
    const half = spread().slice(0, 4);
    await store.write({ batches: [batchOf(half)] });
    const before = await store.timeseries({ bucketMs: FIVE, by: "action" });
    await store.write({ batches: [batchOf(spread())] });
    const mixed = await store.timeseries({ bucketMs: FIVE, by: "action" });
    assert.equal(before.series[0].total, 4);
    assert.deepEqual(mixed.series.map((s) => [s.value, s.total]), [["failure", 5], ["", 3]]);
    assert.deepEqual((await store.top({ field: "user", limit: 1 })).values, [
      { value: "admin", events: 3 },
    ]);
    const many = Array.from({ length: 900 }, (_, i) => ({
      raw: `{${i}}`,
      kind: 2,
      time: T0,
      more: { src: `${i < 100 ? "\0" : "x".repeat(3000)}${i}`, action: `act ${i}` },
    }));
    await store.write({ batches: [batchOf(many, { identity: "b".repeat(16) })] });
    const { values, exact } = await store.top({ field: "src", limit: 1000 });
    assert.equal(values.reduce((n, v) => Math.max(n, v.value.length), 0), 200);
    assert.equal(values[0].events, 800);
    assert.equal(exact, true);
    const { series } = await store.timeseries({ bucketMs: FIVE, by: "action", limit: 500 });
    assert.ok(series.length < 80, `${series.length}`);
    assert.equal(series.reduce((n, s) => n + s.total, 0), 908);
  },

  async "top lists do not depend on where transactions and runs are cut"(store) {
    const r = seeded(5);
    const lines = Array.from({ length: 10_000 }, (_, i): Line => ({
      raw: `{"n": ${i}, "rest": "${"x".repeat(40)}"}`,
      kind: 2,
      time: T0 + i * 400,
      more: {
        user: r.chance(0.7) ? `rare ${r.int(0, 40_000)}` : `busy ${r.int(0, 30)}`,
        url: `/${r.int(0, 20_000)}`,
        action: r.chance(0.5) ? "failure" : `act ${r.int(0, 150)}`,
      },
    }));
    /** A week for each way of cutting, and an input, which lies over the end of a stretch. */
    const inWeek = (week: number) => {
      const shifted = lines.map((l) => ({ ...l, time: l.time! + week * 168 * HOUR }));
      const begin = STRETCH - 200_000, identity = `${week}`.padStart(16, "c");
      const all = batchOf(shifted, { identity, at: begin });
      const offset = (i: number) => all.lines.offset(i);
      const part = (from: number, to: number) =>
        batchOf(shifted.slice(from, to), { identity, at: offset(from) });
      return { identity, offset, part };
    };
    const first = inWeek(0);
    await store.write({ batches: [first.part(0, lines.length)] });
    const cut = inWeek(1), serialiser = new Serialiser();
    for (let at = 0; at < lines.length;) {
      const to = Math.min(lines.length, at + r.int(1, 1500));
      serialiser.add(cut.part(at, to));
      await store.write({ rows: serialiser.take() });
      at = to;
    }
    // Runs that are killed: each goes on somewhere before what the one before it has written.
    const killed = inWeek(2);
    for (let from = 0, written = 0; written < lines.length; from = r.int(from, written)) {
      const run = new Serialiser();
      const offset = killed.offset(from);
      run.seed(killed.identity, offset, await store.counted(killed.identity, offset));
      for (let n = r.int(1, 3), at = from; n > 0 && at < lines.length; n--) {
        const to = Math.min(lines.length, at + r.int(500, 3000));
        run.add(killed.part(at, to));
        await store.write({ rows: run.take() });
        at = to;
        written = Math.max(written, to);
      }
    }
    const found = async (week: number) => {
      const from = T0 + week * 168 * HOUR - HOUR, to = from + 5 * HOUR;
      const out: unknown[] = [];
      for (const field of ["user", "url", "host", "source"]) {
        for (const hours of [1, 2, 5]) {
          const { values, others, exact } = await store.top({
            field,
            from,
            to: from + hours * HOUR,
            limit: 4000,
          });
          out.push([field, hours, values, others, exact]);
        }
      }
      const { series } = await store.timeseries({
        from,
        to,
        bucketMs: FIVE,
        by: "action",
        limit: 500,
      });
      return { tops: out, series: series.map((s) => [s.value, s.total, ...s.counts]) };
    };
    const whole = await found(0);
    const [, , values, others, exact] = whole.tops[2] as [
      string,
      number,
      unknown[],
      number,
      boolean,
    ];
    assert.ok(!exact && others > 1000, `${values.length}, ${others}`);
    assert.ok(whole.series.some(([label]) => label === OTHER));
    assert.deepEqual(await found(1), whole);
    assert.deepEqual(await found(2), whole);
  },

  async "a long value is counted by its beginning, whatever it is written in"(store) {
    const user = "\u{1f980}".repeat(250), action = "\u{1f41a}".repeat(100);
    const lines = Array.from({ length: 310 }, (_, i) => ({
      raw: `{${i}}`,
      kind: 2,
      time: T0 + i * 1000,
      more: { user, action },
    }));
    await store.write({ batches: [batchOf(lines)] });
    const { series } = await store.timeseries({
      bucketMs: 12 * FIVE,
      filter: { fields: { user } },
    });
    assert.equal(series[0]?.total, 310);
    const found = await store.events({ limit: 400, fields: { action } });
    assert.equal(found.items.length, 310);
  },

  async "the most frequent of any range are those of its hours, also when days are gone"(store) {
    const r = seeded(11);
    const begin = Math.floor(T0 / HOUR);
    const names = ["ada", 'b"o"b', "c\\d", "e\nf", "{g,h}", "NULL", "", " i ", "\u{1f980}"];
    /** Hour and name of each event. */
    let all = Array.from(
      { length: 600 },
      () => [begin + r.int(0, 40 * 24 - 1), names[r.int(0, names.length - 1)]] as const,
    );
    const lines = all.map(([hour, user], i): Line => ({
      raw: `{${i}}`,
      kind: 2,
      time: hour * HOUR + r.int(0, HOUR - 1),
      more: { user },
    }));
    for (let i = 0; i < lines.length; i += 200) {
      await store.write({
        batches: [batchOf(lines.slice(i, i + 200), { identity: `${i}`.padStart(16, "0") })],
      });
    }
    const check = async (from: number | undefined, to: number | undefined) => {
      const counts = new Map<string, number>();
      const taken = all.filter(([hour, user]) =>
        user !== "" && hour * HOUR >= (from ?? 0) && hour * HOUR < (to ?? Infinity)
      );
      for (const [, user] of taken) counts.set(user, (counts.get(user) ?? 0) + 1);
      const top = await store.top({ field: "user", from, to, limit: 20 });
      const n = Object.fromEntries(top.values.map((v) => [v.value, v.events]));
      assert.deepEqual(n, Object.fromEntries(counts), `${from} to ${to}`);
      assert.deepEqual([top.others, top.exact], [0, true]);
      const hours = taken.map(([hour]) => hour);
      assert.deepEqual(
        [top.from, top.to],
        hours.length === 0 ? [null, null] : [
          Math.min(...hours) * HOUR,
          (Math.max(...hours) + 1) * HOUR,
        ],
      );
    };
    const ranges = async () => {
      await check(undefined, undefined);
      for (let i = 0; i < 30; i++) {
        const from = (begin + r.int(-5, 40 * 24)) * HOUR;
        await check(from, from + r.int(2, [9, 48, 24 * 20][i % 3]) * HOUR);
        await check(i % 2 ? from : undefined, i % 2 ? undefined : from);
      }
    };
    await ranges();
    // At the beginning of a week, within the next, and there once more.
    const week = Math.ceil(begin / 168) * 7 + 7;
    for (const day of [week, week + 3, week + 3]) {
      await store.retain(day * 24 * HOUR);
      all = all.filter(([hour]) => hour >= day * 24);
      await ranges();
    }
    await store.write({
      batches: [batchOf(failures(3).map((l) => ({ ...l, time: all[0][0] * HOUR })))],
    });
    all.push(...[0, 1, 2].map((i) => [all[0][0], i % 2 ? "root" : "admin"] as const));
    await ranges();
  },
};

const FIVE = 300_000, HOUR = 3_600_000;

/** Five failures over six minutes, a JSON event beside the last, and a bad line in each hour after. */
function spread(): Line[] {
  return [
    ...failures(5).map((l, i) => i === 4 ? { ...l, time: T0 + 6 * 60_000 } : l),
    {
      raw: "{}",
      kind: 2,
      time: T0 + 6 * 60_000,
      fields: { dest_port: 443 },
      more: { severity: "high" },
    },
    ...[1, 2].map((hours) => ({ raw: `what ${hours}`, kind: 1, time: T0 + hours * 3_600_000 })),
  ];
}
