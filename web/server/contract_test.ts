/** Every operation of the OpenAPI document is asked once, and its answer held against it by Ajv. */
import assert from "node:assert/strict";
import { load } from "../../agent/content/load.ts";
import { LIMITS } from "../../agent/engine/memory/context.ts";
import { eventId, textCheck } from "../../agent/event.ts";
import { Ingest } from "../../agent/sources/ingest.ts";
import { openStore } from "../../agent/store/mod.ts";
import { alertOf, batchOf, failures } from "../../agent/store/testing/samples.ts";
import { createWeb } from "./mod.ts";
import { contractOf } from "./testing/contract.ts";
import { draftHere } from "./trials/draft.ts";
import { tryRules, tryTests } from "./trials/try_rules.ts";

const NOW = Date.UTC(2026, 2, 29, 1);
const data = Deno.makeTempDirSync({ prefix: "picket-contract-" });
const store = await openStore({ data });
const loaded = await load({ rules: [], sourcetypes: [] });
const lines = failures(40);
const event = eventId("00112233445566aa", 0, textCheck(lines[0].raw));
const ALERT = "a".repeat(32);
const critical = { severity: "critical", eventIds: [event] } as const;
await store.write({
  batches: [batchOf([...lines, { raw: "nothing reads this", kind: 1 }])],
  alerts: [alertOf("a", critical), alertOf("b", { ...critical, rule: "scan", time: NOW - 1000 })],
  health: [{ time: NOW, kind: "gap", subject: "stdin", message: "Gap", detail: { lines: 1 } }],
});
await store.saveSearch({
  name: "kept",
  query: "user:root",
  since: null,
  description: "",
  who: "ada",
});
const ingest = new Ingest({
  name: "api:/ingest",
  sourcetype: null,
  known: (name) => loaded.sourcetypes.layouts.has(name) ? name : null,
  maxLine: 1 << 20,
  recognise: () => ({ sourcetype: "syslog", reason: "said so" }),
  notice: () => {},
  lateness: 0,
});
const app = createWeb(store, {
  now: () => NOW,
  version: "1.2.3",
  content: () => loaded,
  tools: {
    bounds: LIMITS,
    checkRules: (request) => Promise.resolve(tryRules(request, loaded, NOW)),
    draft: (asked) => Promise.resolve(draftHere(asked, loaded)),
    testRule: (rule) => Promise.resolve(tryTests(loaded, rule)),
  },
  ingest: (request, peer) => ingest.handle(request, peer),
});
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

const document = await (await app.request("/openapi.json")).json();
const contract = contractOf(document);

interface Asked {
  readonly query?: string;
  readonly id?: string;
  readonly body?: unknown;
  /** Of the answer; that of success unless said. */
  readonly status?: number;
}

/** What an operation needs to be asked right. GET without a name in its path needs nothing. */
const ASKED: Readonly<Record<string, Asked>> = {
  "get /api/top": { query: "?field=src" },
  "get /api/alerts/{id}": { id: ALERT },
  "get /api/alerts/{id}/history": { id: ALERT },
  "get /api/events/{id}": { id: event },
  "get /api/entities/{value}": { id: "203.0.113.9", query: "?kind=address" },
  "get /api/rules/{name}": { id: "ssh_brute_force", query: "?tests=true" },
  "get /api/rules/{name}/backtest": { id: "ssh_brute_force", query: "?from=2026-03-01" },
  "get /api/sourcetypes/{name}": { id: "linux_secure" },
  "post /api/alerts/status": { body: { ids: [ALERT], status: "acknowledged" } },
  "patch /api/alerts/{id}": { id: ALERT, body: { status: "closed", comment: "done" } },
  "get /api/alerts/{id}/exception": { id: ALERT, query: "?days=90" },
  "post /api/alerts/{id}/exception": {
    id: ALERT,
    body: { where: 'src == "203.0.113.9"', reason: "a test", until: "2027-03-01T00:00:00Z" },
  },
  "delete /api/exceptions/{id}": { id: "f".repeat(32), status: 404 },
  "post /api/silences": {
    body: { rule: "scan", reason: "a test", ends: "2036-03-01T00:00:00Z", who: "ada" },
  },
  "delete /api/silences/{id}": { id: "f".repeat(32), status: 404 },
  "post /api/searches": { body: { name: "made", query: "user:root", since: "7d" } },
  "delete /api/searches/{name}": { id: "made" },
  "get /api/searches/{name}/rule": { id: "kept" },
  "post /api/views": { body: { page: "alerts", name: "made", query: "status=open" } },
  // All of what its path names.
  "delete /api/views/{page}/{name}": { id: "alerts/made" },
  "post /api/deliveries/retry": { body: { sink: "chat" } },
  "post /api/rules/check": {
    body: {
      text: 'rule r { title "R" severity low from any where user == "root" | alert "{user}" }',
      lines: lines[0].raw,
      tests: true,
    },
  },
  "post /api/rules/backtest": {
    query: "?from=2026-03-01",
    body: {
      text: 'rule r { title "R" severity low from any where user == "root" | alert "{user}" }',
    },
  },
  "post /api/validate": { body: { lines: lines[0].raw } },
  "post /ingest": { body: "one line\n" },
  "post /api/session": { body: { token: "wrong" }, status: 401 },
  "post /api/tokens": { body: { name: "made", role: "admin" } },
  "delete /api/tokens/{name}": { id: "made", status: 401 },
};

async function ask(method: string, path: string, { query = "", id, body }: Asked) {
  const text = typeof body === "string";
  const response = await app.request(path.replace(/\{.*\}/, id ?? "") + query, {
    method: method.toUpperCase(),
    ...(body === undefined ? {} : {
      headers: { "content-type": text ? "text/plain" : "application/json" },
      body: text ? body : JSON.stringify(body),
    }),
  });
  const type = (response.headers.get("content-type") ?? "").split(";")[0];
  if (type === "text/event-stream") {
    await response.body?.cancel();
    return { status: response.status, type, text: "" };
  }
  return { status: response.status, type, text: await response.text() };
}

Deno.test("every operation answers as the document says, by a validator of its own", async () => {
  const incidents = await (await app.request("/api/incidents")).json();
  const known: Record<string, Asked> = {
    ...ASKED,
    "get /api/incidents/{id}": { id: incidents.incidents[0].id },
  };
  const wrong: string[] = [];
  // Making a token locks the rest out, so it comes last.
  const operations = Object.entries(document.paths as Record<string, Record<string, unknown>>)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method, path })))
    .sort((a, b) =>
      Number(a.path.includes("tokens")) - Number(b.path.includes("tokens")) ||
      Number(a.method !== "get") - Number(b.method !== "get")
    );
  for (const { method, path } of operations) {
    const asked = known[`${method} ${path}`];
    assert.ok(
      asked || (method === "get" && !path.includes("{")) || path === "/api/session",
      `${method} ${path}: say in ASKED how it is asked`,
    );
    const { status, type, text } = await ask(method, path, asked ?? {});
    const due = asked?.status ?? Object.keys(
      (document.paths[path][method] as { responses: object }).responses,
    ).map(Number).find((s) => s < 300);
    if (status !== due) wrong.push(`${method} ${path}: ${status} ${text.slice(0, 200)}`);
    const misfit = contract.misfit(method, path, status, type, text);
    if (misfit) wrong.push(`${method} ${path} ${status}: ${misfit}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(operations.length > 30);
});

Deno.test("an answer that differs from the document is found", () => {
  const stats = (text: string, status = 200, type = "application/json") =>
    contract.misfit("get", "/api/session", status, type, text);
  assert.match(stats("{}")!, /must have required property/);
  assert.match(
    stats('{"required":"no","name":null,"role":null,"more":1}')!,
    /must be boolean.*|must NOT have additional properties/,
  );
  assert.match(stats("{}", 418)!, /418 is not documented/);
  assert.match(stats("{}", 200, "text/html")!, /text\/html is not documented/);
  const time = { events: [{ time: "yesterday" }], next: null };
  assert.match(
    contract.misfit("get", "/api/health-events", 200, "application/json", JSON.stringify(time))!,
    /must match format "date-time"/,
  );
});
