/** Filters of events and alerts beyond `field=value`. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { alertOf, batchOf } from "../../agent/store/testing/suite.ts";
import { createWeb } from "./mod.ts";

const NOW = Date.UTC(2026, 2, 29, 1), HOUR = 3_600_000;
const data = Deno.makeTempDirSync({ prefix: "picket-filters-" });
const store = await openStore({ data });
const users = ["root", "admin", "svc_backup", "svc_web", "Root"];
await store.write({
  batches: [batchOf(Array.from({ length: 60 }, (_, i) => ({
    raw: `line ${i}`,
    kind: 2,
    time: NOW - 60_000 * i,
    fields: { dest_port: [22, 80, 443, 8080][i % 4], bytes_out: i * 100 },
    more: {
      user: users[i % 5],
      action: i % 3 === 0 ? "success" : "failure",
      src: i % 2 === 0 ? `10.1.0.${i}` : `203.0.113.${i}`,
      status: String(200 + 100 * (i % 4)),
      src_ip: `192.0.2.${i}`,
      url: `/a?b=${i}*`,
    },
  })))],
  alerts: [
    alertOf("a", { time: NOW - 1000 }),
    alertOf("b", { severity: "low", status: "closed", time: NOW - 1000, rule: "scan" }),
    alertOf("c", { entity: { src: "10.9.9.9" }, time: NOW - 2000, rule: "ssh_spray" }),
  ],
});
const app = createWeb(store, { now: () => NOW, version: "1" });
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

async function ids(path: string, list: string): Promise<Record<string, unknown>[]> {
  const response = await app.request(path);
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body[list];
}
const events = async (query: string) => (await ids(`/api/events?limit=1000&${query}`, "events"));

async function refused(path: string): Promise<string> {
  const response = await app.request(path);
  const { error } = await response.json();
  assert.equal(response.status, 400, path);
  return error.message;
}

Deno.test("events by negation, order, lists, ranges, beginnings and networks", async () => {
  const all = await events("");
  assert.equal(all.length, 60);
  const same = async (query: string, fits: (e: Record<string, unknown>) => boolean) =>
    assert.deepEqual(await events(query), all.filter(fits), query);
  const status = (e: Record<string, unknown>) => Number(e.status);
  await same("action!=success", (e) => e.action === "failure");
  await same("src!=10.0.0.0/8,192.168.0.0/16", (e) => !String(e.src).startsWith("10."));
  await same("src=10.0.0.0/8,192.168.0.0/16", (e) => String(e.src).startsWith("10."));
  await same("status>=500", (e) => status(e) >= 500);
  await same("status=>=500", (e) => status(e) >= 500);
  await same("status%3E%3D400&status!=500", (e) => status(e) === 400);
  await same("status=200,300", (e) => status(e) < 400);
  await same("bytes_out>1000", (e) => (e.bytes_out as number) > 1000);
  await same("bytes_out<1000", (e) => (e.bytes_out as number) < 1000);
  await same("dest_port=1..443", (e) => (e.dest_port as number) <= 443);
  await same(
    "dest_port=80,443&user=root",
    (e) => [80, 443].includes(e.dest_port as number) && e.user === "root",
  );
  await same("user=root&user=admin", (e) => e.user === "root" || e.user === "admin");
  await same("user!=root&user!=Root", (e) => !/^root$/i.test(e.user as string));
  await same("user=svc*", (e) => (e.user as string).startsWith("svc"));
  await same("user!=svc*", (e) => !(e.user as string).startsWith("svc"));
  await same("src!=10.0.0.0/8", (e) => !(e.src as string).startsWith("10."));
  await same("src_ip=192.0.2.0/29", (e) => Number((e.src_ip as string).split(".")[3]) < 8);
  await same("url=" + encodeURIComponent("/a?b=1\\*"), (e) => e.url === "/a?b=1*");
  await same("url!=/x&q=line 1", (e) => (e._raw as string).startsWith("line 1"));
  await same("user!=x&dataset=Web&parse_error=false", () => true);
});

Deno.test("pages and exports of such filters have each event once", async () => {
  const whole = await events("action!=success");
  const seen: unknown[] = [];
  for (let next: string | null = ""; next !== null;) {
    const response: Response = await app.request(
      `/api/events?action!=success&limit=7${next && `&cursor=${next}`}`,
    );
    const page = await response.json();
    seen.push(...page.events);
    next = page.next;
  }
  assert.deepEqual(seen, whole);
  const text = await (await app.request("/api/events/export?action!=success&limit=20")).text();
  const exported = text.trimEnd().split("\n").map((l) => JSON.parse(l));
  assert.deepEqual(exported, whole.slice(0, 20));
});

Deno.test("series and top values count what conditions take", async () => {
  const all = await events("");
  const totals = async (query: string) => {
    const series = await ids(`/api/timeseries?interval=1h&${query}`, "series");
    return Object.fromEntries(series.map((s) => [s.value, s.total]));
  };
  const n = (fits: (e: Record<string, unknown>) => boolean) => all.filter(fits).length;
  for (
    const [query, fits] of [
      ["action!=success", (e) => e.action === "failure"],
      ["user!=root&user!=Root", (e) => !/^root$/i.test(e.user as string)],
      [
        "user!=svc*&action=failure",
        (e) => !(e.user as string).startsWith("svc") && e.action === "failure",
      ],
      ["src!=10.0.0.0/8", (e) => !(e.src as string).startsWith("10.")],
      ["dest_port=80..443", (e) => [80, 443].includes(e.dest_port as number)],
    ] as [string, (e: Record<string, unknown>) => boolean][]
  ) {
    assert.deepEqual(await totals(query), { "": n(fits) }, query);
    const values = await ids(`/api/top?field=user&${query}`, "values");
    const counts = Object.fromEntries(values.map((v) => [v.value, v.count]));
    const users = Object.groupBy(all.filter(fits), (e) => e.user as string);
    assert.deepEqual(
      counts,
      Object.fromEntries(Object.entries(users).map(([u, es]) => [u, es!.length])),
      query,
    );
  }
  assert.deepEqual(await ids("/api/top?field=vendor&user!=x", "values"), []);
  assert.deepEqual(await totals("user!=root&by=action"), {
    failure: n((e) => e.user !== "root" && e.action === "failure"),
    success: n((e) => e.user !== "root" && e.action === "success"),
  });
  // The series has a value for each bucket, whichever part of the range it was counted in.
  const [{ counts }] = await ids("/api/timeseries?interval=10m&user!=root", "series") as [
    { counts: number[] },
  ];
  assert.ok(counts.length >= 6 && counts.filter((c) => c > 0).length >= 6, String(counts));
});

Deno.test("what is not understood is refused with what is meant", async () => {
  assert.match(await refused("/api/events?usr!=root"), /no field "usr".*did you mean "user"/);
  assert.match(await refused("/api/events?user>=7"), /"user" is ">=7"; give text: user=VALUE/);
  assert.match(await refused("/api/events?status>=high"), /a number, as status>=500/);
  assert.match(await refused("/api/events?q=user:root"), /write the filter user=root, or/);
  assert.match(await refused("/api/events?q=action!%3Dsuccess"), /filter action!=success/);
  const names = await refused("/api/events?zzzzzz=1");
  assert.ok(/or one of \d+ more, see \/docs$/.test(names) && names.length < 400, names);
  assert.match(
    await refused("/api/top?field=vendor&user!=x&parse_error=false"),
    /\/api\/search\?q=/,
  );
  assert.match(await refused("/api/alerts?status!=shut"), /one of open, acknowledged, closed/);
  assert.match(await refused("/api/alerts?colour!=red"), /no field "colour"/);
  assert.equal((await events("q=" + encodeURIComponent('"user:root"'))).length, 0);
});

Deno.test("alerts by negation, lists, beginnings and networks; as CSV", async () => {
  const of = async (query: string) =>
    (await ids(`/api/alerts?${query}`, "alerts")).map((a) => String(a.id)[0]).sort().join("");
  assert.equal(await of("status!=closed"), "ac");
  assert.equal(await of("rule=scan&rule=ssh_spray"), "bc");
  assert.equal(await of("rule=ssh_*"), (await of("rule!=scan")).replace("b", ""));
  assert.equal(await of("src=10.0.0.0/8"), "c");
  assert.equal(await of("severity!=low&status=open"), "ac");
  const response = await app.request("/api/alerts/export?format=csv&status!=closed");
  assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
  const [head, ...rows] = (await response.text()).trimEnd().split("\r\n");
  assert.match(head, /^id,time,first,last,severity,status/);
  assert.equal(rows.length, 2);
  assert.ok(rows.some((r) => r.includes("src=10.9.9.9")), rows.join());
  const incidents = await (await app.request("/api/incidents/export?format=csv")).text();
  assert.match(
    incidents,
    /^id,entity,severity,status,first,last,alerts,rules,tactics,techniques\r\n/,
  );
});

Deno.test("a length of time counts back from the newest event where nothing comes in live", async () => {
  const late = createWeb(store, { now: () => NOW + 100 * HOUR, version: "1" });
  const response = await late.request("/api/events?from=-10m&limit=1000");
  assert.equal((await response.json()).events.length, 11);
  assert.equal(response.headers.get("picket-counted-from"), "2026-03-29T01:00:00Z");
  const live = await app.request("/api/events?from=-10m&limit=1000");
  assert.equal(live.headers.get("picket-counted-from"), null);
});
