import assert from "node:assert/strict";
import { eventId, textCheck } from "../../agent/event.ts";
import { openStore, StoreError } from "../../agent/store/mod.ts";
import { alertOf, batchOf, failures } from "../../agent/store/testing/suite.ts";
import { createWeb } from "./mod.ts";
import { readTime } from "./http/time.ts";

const NOW = Date.UTC(2026, 2, 29, 1);
const data = Deno.makeTempDirSync({ prefix: "picket-api-" });
const store = await openStore({ data });
const lines = [
  ...failures(40),
  { raw: '<script>alert("1")</script>', kind: 1 },
  {
    raw: "{}",
    kind: 2,
    fields: { dest_port: 443 },
    more: { id: "7", _id: "forged", _raw: "forged", severity: "high", src: "10.1.2.3" },
  },
];
const firstId = eventId("00112233445566aa", 0, textCheck(lines[0].raw));
await store.write({
  batches: [batchOf(lines)],
  alerts: [
    alertOf("a", { eventIds: [firstId] }),
    alertOf("b", { severity: "low", status: "closed", time: NOW - 1000 }),
  ],
});
const other = {
  entity: { src: "198.51.100.7" },
  time: NOW - 9e10,
  first: NOW - 9e10,
  last: NOW - 9e10,
};
await store.write({
  alerts: [
    alertOf("c", { ...other, rule: "scan" }),
    alertOf("d", { ...other, time: other.time + 1, severity: "critical" }),
    alertOf("e", { ...other, entity: {}, rule: "own" }),
  ],
  health: [{ time: NOW, kind: "gap", subject: "stdin", message: "Gap", detail: { lines: 1 } }],
});
const app = createWeb(store, { now: () => NOW, version: "1.2.3" });
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await app.request(path);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  return { status: response.status, body: await response.json() };
}

async function refused(path: string, status: number, code: string, field?: string) {
  const { status: got, body } = await get(path);
  const error = body.error as { code: string; message: string; field?: string };
  assert.deepEqual([got, error?.code, error?.field], [status, code, field], JSON.stringify(body));
  return error.message;
}

async function count(query: string): Promise<number> {
  const { status, body } = await get(`/api/events?limit=1000&${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return (body.events as unknown[]).length;
}

Deno.test("events by every filter", async () => {
  assert.equal(await count(""), 42);
  assert.equal(await count("src=203.0.113.1"), 5);
  assert.equal(await count("src=10.0.0.0/8"), 1);
  assert.equal(await count("user=root"), 20);
  assert.equal(await count("action=failure&app=sshd&host=web1&source=auth.log"), 40);
  assert.equal(await count("sourcetype=app_json&dataset=Web&dest_port=443"), 1);
  assert.equal(await count("severity=high"), 1);
  assert.equal(await count("parse_error=true"), 1);
  assert.equal(await count("q=%3Cscript"), 1);
  assert.equal(await count("from=2026-03-29T00:02:15Z&to=2026-03-29T00:02:17Z"), 2);
  assert.equal(await count("from=2026-03-29T02:02:15%2B02:00&to=now"), 42);
  // Nothing comes in live: counted back from the newest event.
  assert.equal(await count("from=-1m&to=now"), 42);
  assert.equal(await count(`from=${NOW - 60_000}&to=now`), 0);
  assert.equal(await count("from=1774742535&to=1774742537000"), 2);
});

Deno.test("pages follow each other and end", async () => {
  const seen = new Set<unknown>();
  let cursor = "";
  let pages = 0;
  do {
    const { body } = await get(`/api/events?limit=10${cursor && `&cursor=${cursor}`}`);
    for (const e of body.events as { _id: string }[]) seen.add(e._id);
    cursor = body.next as string;
    pages++;
  } while (cursor);
  assert.equal(seen.size, 42);
  assert.equal(pages, 5);
});

Deno.test("an event is flat, and its fields forge nothing", async () => {
  const { body } = await get(`/api/events/${firstId}`);
  const { event, alerts } = body as {
    event: Record<string, unknown>;
    alerts: { id: string }[];
  };
  assert.equal(event._time, "2026-03-29T00:02:15Z");
  assert.equal(event.app, "sshd");
  assert.equal(event.src_port, 0);
  assert.deepEqual(alerts.map((a) => a.id), ["a".repeat(32)]);
  const { body: page } = await get("/api/events?sourcetype=app_json");
  const [forged] = page.events as Record<string, unknown>[];
  assert.match(forged._id as string, /^[0-9a-f]{32}$/);
  assert.equal(forged.id, "7");
  assert.equal(forged._raw, "{}");
  await refused(`/api/events/${"0".repeat(32)}`, 404, "not_found", "id");
  await refused("/api/events/xyz", 400, "invalid_parameter", "id");
});

Deno.test("alerts by severity, status, entity and rule", async () => {
  const ids = async (query: string) =>
    ((await get(`/api/alerts?from=2026-03-28&${query}`)).body.alerts as { id: string }[]).map((a) =>
      a.id[0]
    ).join("");
  assert.equal(await ids(""), "ba");
  assert.equal(await ids("severity=low,critical"), "b");
  assert.equal(await ids("severity=%3E%3Dmedium"), "a");
  assert.equal(await ids("severity=low%2B"), "ba");
  assert.equal(await ids("status=closed&rule=ssh_brute_force"), "b");
  assert.equal(await ids("entity=203.0.113.9&src=203.0.113.9&user=nobody"), "");
  const { body } = await get(`/api/alerts/${"a".repeat(32)}`);
  assert.equal((body.events as unknown[]).length, 1);
  assert.equal((body.alert as { first: string }).first, "2026-03-29T00:02:15Z");
});

Deno.test("incidents with their timeline, health events", async () => {
  const { body } = await get("/api/incidents?severity=%3E%3Dhigh&entity=198.51.100.7&status=open");
  const [incident] = body.incidents as Record<string, unknown>[];
  assert.deepEqual(incident.entity, { src: "198.51.100.7" });
  assert.deepEqual(incident.rules, ["scan", "ssh_brute_force"]);
  const one = await get(`/api/incidents/${incident.id}`);
  assert.deepEqual(one.body.incident, incident);
  assert.deepEqual(
    (one.body.timeline as { id: string }[]).map((a) => a.id[0]),
    ["c", "d"],
  );
  assert.deepEqual((await get("/api/incidents?status=closed")).body.incidents, []);
  assert.deepEqual((await get("/api/incidents?severity=low")).body.incidents, []);
  assert.deepEqual((await get("/api/incidents?to=2001-01-01")).body, { incidents: [], next: null });
  await refused(`/api/incidents/${"0".repeat(32)}`, 404, "not_found", "id");
  const health = await get("/api/health-events?kind=gap&subject=stdin");
  const [event] = health.body.events as Record<string, unknown>[];
  assert.equal(event.message, "Gap");
  assert.deepEqual((await get("/api/health-events?kind=late")).body, { events: [], next: null });
});

Deno.test("an alert's status, with a comment and by whom", async () => {
  const patch = async (id: string, body: unknown, type = "application/json") => {
    const response = await app.request(`/api/alerts/${id}`, {
      method: "PATCH",
      headers: { "content-type": type },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const answer = await response.json();
    return {
      status: response.status,
      answer,
      code: answer.error?.code,
      field: answer.error?.field,
    };
  };
  const id = "e".repeat(32);
  const done = await patch(id, { status: "acknowledged", comment: "mine", who: "ada" });
  assert.equal(done.status, 200);
  const { alert } = (await get(`/api/alerts/${id}`)).body as { alert: Record<string, unknown> };
  assert.deepEqual(done.answer.alert, alert);
  assert.deepEqual([alert.status, alert.comment, alert.status_by], ["acknowledged", "mine", "ada"]);
  // A change of status without one leaves the comment that is there.
  assert.equal((await patch(id, { status: "closed" })).answer.alert.comment, "mine");
  const wrong: [unknown, string, string | undefined][] = [
    [{}, "nothing_to_change", undefined],
    [{ status: "gone" }, "invalid_body", "status"],
    [{ status: "open", comment: "" }, "invalid_body", "comment"],
    [{ status: "open", comment: "a\0" }, "invalid_body", "comment"],
    [{ status: "open", comment: "\ud800" }, "invalid_body", "comment"],
    [{ status: "open", comment: "x".repeat(5000) }, "invalid_body", "comment"],
    [{ status: "open", who: 7 }, "invalid_body", "who"],
    [{ status: "open", severity: "low" }, "invalid_body", "severity"],
    [[], "invalid_body", undefined],
    ["null", "invalid_body", undefined],
    ["{", "invalid_body", undefined],
  ];
  for (const [body, code, field] of wrong) {
    const { status, ...refusal } = await patch(id, body);
    assert.deepEqual([status, refusal.code, refusal.field], [400, code, field]);
  }
  assert.equal((await patch("0".repeat(32), { status: "open" })).status, 404);
  assert.equal((await patch(id, "x".repeat(70_000))).status, 413);
  assert.equal((await patch(id, { status: "open" }, "text/plain")).status, 415);
  const other = await app.request("/api/alerts", { method: "PATCH", body: "{}" });
  assert.equal(other.headers.get("allow"), "GET, HEAD");
});

Deno.test("statistics, health, index", async () => {
  const { body } = await get("/api/stats");
  assert.equal(body.events, 42);
  assert.equal(body.parse_errors, 1);
  assert.equal(body.first, "2026-03-29T00:00:00Z");
  assert.equal((await get("/health")).body.store, "pglite");
  assert.equal((await get("/api")).body.version, "1.2.3");
});

Deno.test("wrong requests are told what is wrong", async () => {
  assert.match(
    await refused("/api/events?sorcetype=x", 400, "unknown_parameter", "sorcetype"),
    /did you mean "sourcetype"/,
  );
  await refused("/api/stats?limit=1", 400, "unknown_parameter", "limit");
  for (const limit of ["0", "1001", "-1", "1e2", "", "ten", "9".repeat(40)]) {
    await refused(`/api/events?limit=${limit}`, 400, "invalid_parameter", "limit");
  }
  for (const time of ["yesterday", "2026-02-30", "2026-03-29T25:00:00Z", "-5y", "%00"]) {
    await refused(`/api/events?from=${time}`, 400, "invalid_parameter", "from");
  }
  await refused("/api/events?from=now&to=-1h", 400, "invalid_range", "from");
  await refused("/api/events?cursor=abc", 400, "invalid_parameter", "cursor");
  await refused("/api/events?limit=1&limit=2", 400, "repeated_parameter", "limit");
  await refused("/api/events?q=%00", 400, "invalid_parameter", "q");
  await refused("/api/alerts?severity=severe", 400, "invalid_parameter", "severity");
  assert.match(await refused("/api/event", 404, "unknown_path"), /did you mean "\/api\/events"/);
  await refused("/constructor", 404, "unknown_path");
  const posted = await app.request("/api/events", { method: "POST", body: "{}" });
  assert.equal(posted.status, 405);
  assert.equal(posted.headers.get("allow"), "GET, HEAD");
});

Deno.test("the OpenAPI document names every path and every schema that it refers to", async () => {
  const { body } = await get("/openapi.json");
  assert.equal(body.openapi, "3.1.0");
  const text = JSON.stringify(body);
  const { schemas } = body.components as { schemas: Record<string, unknown> };
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(schemas[name], name);
  }
  const { paths } = (await get("/api")).body as { paths: { path: string }[] };
  for (const { path } of paths) {
    if (path !== "/openapi.json" && !path.startsWith("/api/openapi")) {
      assert.ok((body.paths as Record<string, unknown>)[path.replace(/:(\w+)/g, "{$1}")], path);
    }
  }
  for (
    const [path, schema, at] of [["/api/events", "Event", "events"], [
      "/api/alerts",
      "Alert",
      "alerts",
    ]]
  ) {
    const { required } = schemas[schema] as { required: string[] };
    const answer = (await get(path)).body[at] as Record<string, unknown>[];
    for (const item of answer) {
      for (const name of required) assert.ok(name in item, `${path}: ${name}`);
    }
  }
});

Deno.test("a store that fails is a 503 without its words", async () => {
  const broken = createWeb({
    ...store,
    stats: () => Promise.reject(new StoreError("unreachable", "secret-host does not answer")),
    jobs: store.jobs,
  });
  const response = await broken.request("/api/stats");
  assert.equal(response.status, 503);
  assert.ok(!(await response.text()).includes("secret-host"));
});

Deno.test("a question that the store ended is a 504", async () => {
  const slow = createWeb({
    ...store,
    stats: () => Promise.reject(new StoreError("too_long", "The question takes too long")),
  });
  const response = await slow.request("/api/stats");
  assert.equal(response.status, 504);
  assert.equal((await response.json()).error.code, "timeout");
});

Deno.test("times", () => {
  assert.equal(readTime("-90s", NOW), NOW - 90_000);
  assert.equal(readTime(" 1d", NOW), NOW + 86_400_000);
  assert.equal(readTime("2026-03-29", NOW), Date.UTC(2026, 2, 29));
  assert.equal(readTime("2026-03-29 00:02:15.5", NOW), Date.UTC(2026, 2, 29, 0, 2, 15, 500));
  assert.equal(readTime("2026-03-29T00:00:00 02:00", NOW), Date.UTC(2026, 2, 28, 22));
  assert.equal(readTime("2024-02-29", NOW), Date.UTC(2024, 1, 29));
  assert.equal(readTime("2026-02-29", NOW), undefined);
});
