/**
 * Requests made from the OpenAPI document, right and wrong ones, against the whole application over
 * a store of hostile log lines. Whatever comes, there is no 5xx, no answer shows internals, each
 * conforms to what the document says of it, and text from logs comes back inert. PICKET_RUNS says
 * how many requests, PICKET_STORE=postgresql asks a PostgreSQL server instead of the embedded one.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { draftHere } from "./trials/draft.ts";
import { tryRules, tryTests } from "./trials/try_rules.ts";
import { LIMITS } from "../../agent/engine/memory/context.ts";
import { load } from "../../agent/content/load.ts";
import { Ingest } from "../../agent/sources/ingest.ts";
import { openStore } from "../../agent/store/mod.ts";
import { alertOf, batchOf, failures } from "../../agent/store/testing/samples.ts";
import { startPostgres } from "../../tests/postgres.ts";
import { createWeb } from "./mod.ts";
import { newToken, tokenHash } from "./security/tokens.ts";
import { HOSTILE, type Made, type Operation, requests } from "./testing/fuzz_requests.ts";
import { contractOf } from "./testing/contract.ts";
import type { Json } from "./types/schema.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 400);
const NOW = Date.UTC(2026, 2, 29, 1);

const data = await Deno.makeTempDir({ prefix: "picket-fuzz-" });
const server = Deno.env.get("PICKET_STORE") === "postgresql" ? await startPostgres() : null;
const store = await openStore(server ? { database: await server.database() } : { data });
const loaded = await load({ rules: [], sourcetypes: [] });
await store.write({
  batches: [batchOf([
    ...failures(40),
    ...HOSTILE.map((text, i) => ({
      raw: `${text} ${i}`.replaceAll("\n", " "),
      kind: 2,
      fields: { dest_port: i },
      more: { [text.slice(0, 40)]: text, url: text, user: text, src: text, message: text },
    })),
    { raw: "nothing reads this", kind: 1 },
  ])],
  alerts: [
    ..."0123456789abcdef".split("").map((id, i) =>
      alertOf(id, {
        rule: i % 2 ? "ssh_brute_force" : HOSTILE[i],
        title: HOSTILE[i],
        message: HOSTILE[i],
        entity: { src: HOSTILE[i % 4] },
        fields: { [HOSTILE[i].slice(0, 30)]: HOSTILE[i], list: [HOSTILE[i]] },
      })
    ),
  ],
  health: [{ time: NOW, kind: "gap", subject: HOSTILE[0], message: HOSTILE[7], detail: { a: [] } }],
});
const admin = newToken(), reader = newToken();
await store.addToken({ name: "fuzz-admin", role: "admin", hash: await tokenHash(admin) });
await store.addToken({ name: "fuzz-reader", role: "read", hash: await tokenHash(reader) });

const faults: unknown[] = [];
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
  rate: null,
  content: () => loaded,
  tools: {
    bounds: LIMITS,
    checkRules: (request) => Promise.resolve(tryRules(request, loaded, NOW)),
    draft: (asked) => Promise.resolve(draftHere(asked, loaded)),
    testRule: (rule) => Promise.resolve(tryTests(loaded, rule)),
  },
  ingest: (request, peer) => ingest.handle(request, peer),
  onError: (error) => faults.push(error),
});
Deno.test.afterAll(async () => {
  await store.close();
  await server?.stop();
  await Deno.remove(data, { recursive: true });
});

const document = await (await app.request("/openapi.json")).json();
const contract = contractOf(document);
const defs = document.components.schemas as Record<string, Json>;
const operations: Operation[] = Object.entries(document.paths as Record<string, Json>).flatMap((
  [path, methods],
) =>
  Object.entries(methods as Record<string, Omit<Operation, "method" | "path">>).map((
    [method, operation],
  ) => ({ method, path, ...operation }))
);

/** Ids and cursors that answers gave: what a client would send back. */
const seen = new Set<string>(["linux_secure", "ssh_brute_force", "fuzz-reader"]);

const RULES = [
  ...HOSTILE,
  'rule x { title "x" severity low from any | alert "{_raw}" }',
  'list l = file "/etc/passwd"\nrule x { from any where user in @l | alert "x" }',
  'rule x { from any where _raw matches /(a+)+$/ | alert "x" }',
  `rule x { from any where ${"(".repeat(500)}1 == 1${")".repeat(500)} | alert "x" }`,
  'rule x { from any | stats count() as n by src over 1h | where n > 3 | alert "{n}" }',
  ...[...loaded.texts].filter(([name]) => name.endsWith(".sdl")).slice(0, 6).map(([, t]) => t),
];

const made = requests({ operations, defs, rules: RULES, tokens: [admin, reader] });

const encode = (text: string) => encodeURIComponent(text.toWellFormed()) || "%20";

async function send(made: Made): Promise<{ response: Response; target: string }> {
  const pool = [...seen];
  const target = made.path.replace(/\{(\w+)\}/g, (_, name) => encode(made.ids[name](pool))) +
    (made.query.length
      ? "?" +
        made.query.map(([n, v]) => `${encode(n)}=${encodeURIComponent(v(pool).toWellFormed())}`)
          .join("&")
      : "");
  const method = made.method.toUpperCase();
  const withBody = made.body && !["GET", "HEAD", "OPTIONS"].includes(method);
  const response = await app.request(target, {
    method,
    headers: {
      ...made.headers,
      ...(made.token ? { authorization: `Bearer ${made.token}` } : {}),
      ...(withBody ? { "content-type": made.body!.type } : {}),
    },
    ...(withBody ? { body: made.body!.text.toWellFormed() } : {}),
  });
  return { response, target: `${method} ${target}` };
}

const INTERNALS =
  /\n\s+at |file:\/\/|node_modules|\.ts:\d|SELECT |FROM events|relation "|syntax error at|PGlite|postgres:|picket-fuzz-|TypeError|RangeError|ReferenceError/;
// deno-lint-ignore no-control-regex
const ACTS = new RegExp(
  "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]",
  "u",
);

/** The whole text, or of a stream without end its beginning. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    return await response.text();
  }
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

function remember(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    // The name of the token that all requests need is nobody's to revoke.
    if (inner === "fuzz-admin") continue;
    if (/^(_id|id|next|run|name)$/.test(name) && typeof inner === "string" && seen.size < 500) {
      seen.add(inner);
    } else remember(inner);
  }
}

const statuses = new Map<string, number>();

async function holds(made: Made): Promise<void> {
  const { response, target } = await send(made);
  const text = await textOf(response);
  const { status } = response;
  const shown = () => `${target}\n${made.body?.text ?? ""}\n${status} ${text.slice(0, 500)}`;
  const known = document.paths[made.path]?.[made.method === "head" ? "get" : made.method] as
    | Operation
    | undefined;
  statuses.set(`${status}`, (statuses.get(`${status}`) ?? 0) + 1);
  assert.deepEqual(faults, [], shown());
  assert.ok(status < 500, shown());
  assert.equal(response.headers.get("x-content-type-options"), "nosniff", shown());
  assert.match(
    response.headers.get("content-security-policy") ?? "",
    /default-src 'none'/,
    shown(),
  );
  assert.equal(response.headers.get("access-control-allow-origin"), null, shown());
  assert.ok(!ACTS.test(text), `acts: ${shown()}`);
  if (status >= 400) assert.ok(!INTERNALS.test(text), `leaks: ${shown()}`);
  if (!known || status === 405) {
    // Another path of the same form, or a method that the path does not take.
    assert.ok([400, 401, 403, 404, 405, 421, 429].includes(status) || known, shown());
    return;
  }
  if (made.method === "head" || text === "") {
    assert.ok(known.responses[status], `not documented: ${shown()}`);
    return;
  }
  const type = (response.headers.get("content-type") ?? "").split(";")[0];
  assert.equal(contract.misfit(made.method, made.path, status, type, text), null, shown());
  if (type === "application/json" && status === 200) remember(JSON.parse(text));
  if (type === "text/csv") {
    for (const record of csvOf(text).slice(1)) {
      for (const cell of record) {
        assert.ok(!/^\s*[=+\-@＝＋－＠]|^[\t\r]/.test(cell), `${cell}\n${shown()}`);
      }
    }
  }
  if (type === "application/x-ndjson") {
    for (const line of text.split("\n").filter(Boolean)) JSON.parse(line);
  }
}

/** Reads RFC 4180 strictly: every quote is where it has to be. */
function csvOf(text: string): string[][] {
  const out: string[][] = [];
  let record: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const m = cell.exec(text);
    assert.ok(m, `no CSV at ${JSON.stringify(text.slice(at, at + 80))}`);
    record.push(m[1]?.replaceAll('""', '"') ?? m[2]);
    if (m[3] === ",") continue;
    out.push(record);
    record = [];
  }
  return out;
}

Deno.test(`${RUNS} requests from the document`, async () => {
  await fc.assert(fc.asyncProperty(made, holds), { numRuns: RUNS });
  if (RUNS > 1000) console.log(Object.fromEntries([...statuses].sort()));
  assert.ok(statuses.get("200")! > RUNS / 20, "hardly any request was answered");
});

Deno.test("every operation answers once as the document says", async () => {
  for (const operation of operations) {
    if (operation.method !== "get") continue;
    await holds({
      operation,
      method: "get",
      path: operation.path,
      query: operation.path === "/api/top" ? [["field", () => "src"]] : [],
      ids: {
        id: () => "0".repeat(32),
        name: () => operation.path.includes("sourcetypes") ? "linux_secure" : "ssh_brute_force",
        value: () => "203.0.113.7",
      },
      body: null,
      token: admin,
      headers: {},
    });
  }
});

Deno.test("an export as CSV is inert and whole", async () => {
  // Requests before may have revoked the other.
  const reader = newToken();
  await store.addToken({ name: "csv-reader", role: "read", hash: await tokenHash(reader) });
  const response = await app.request(
    "/api/events/export?format=csv&fields=_raw,url,user,dest_port",
    {
      headers: { authorization: `Bearer ${reader}` },
    },
  );
  const records = csvOf(await response.text());
  assert.deepEqual(records[0], ["_raw", "url", "user", "dest_port"]);
  assert.equal(records.length, 40 + HOSTILE.length + 2);
  assert.ok(records.every((r) => r.length === 4));
  const formula = records.find((r) => r[1].includes("calc"))!;
  assert.equal(formula[1], `'=cmd|' /C calc'!A0`);
});
