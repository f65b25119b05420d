/**
 * OWASP's API Security Top 10 (2023) against a server that runs, by its numbers. What each holds is
 * said in web/server/security/README.md.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ROUTES } from "../web/server/table.ts";
import { picket, withFolder } from "./run.ts";
import { serving } from "./serving.ts";

const ROLES = ["read", "write", "admin"] as const;
type Role = typeof ROLES[number];

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

interface Ask {
  readonly method?: string;
  readonly token?: string | null;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

/** What an attacker wrote into a log: codes of a terminal, HTML, a formula, text that runs backwards. */
const EVIL = "=HYPERLINK(1)\u001b[2J<img src=x onerror=alert(1)>\u202e";

/** Bytes as a client without a library's manners sends them; the first line of the answer. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  try {
    await conn.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(4096);
    const n = await conn.read(buffer);
    return n === null ? "" : new TextDecoder().decode(buffer.subarray(0, n)).split("\r\n")[0];
  } finally {
    conn.close();
  }
}

Deno.test("OWASP API Security Top 10 (2023), each tried on a server", async (t) => {
  await withFolder(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const tokens = {} as Record<Role, string>;
    for (const role of ROLES) {
      const made = await picket(["token", "create", role, "--role", role, ...data]);
      assert.equal(made.code, 0, made.stderr);
      tokens[role] = made.stdout.trim();
    }
    const login = (i: number) =>
      `Mar 29 00:02:1${i} web1 sshd[911]: Failed password for root from 203.0.113.47 port 4000${i} ssh2`;
    await Deno.writeTextFile(
      `${folder}/auth.log`,
      Array.from({ length: 9 }, (_, i) => login(i)).join("\n") +
        `\nMar 29 00:03:00 web1 sshd[911]: Failed password for invalid user ${EVIL} from 203.0.113.48 port 1 ssh2\n`,
    );
    const read = await picket([
      "agent",
      "--quiet",
      "--year",
      "2026",
      ...data,
      `${folder}/auth.log`,
    ]);
    assert.equal(read.code, 0, read.stderr);
    const served = await serving(["agent", ...data, "--rate", "0", "--serve", "127.0.0.1:0"]);
    const { url } = served;
    async function ask(path: string, { method, token, json, body, headers }: Ask = {}) {
      const response = await fetch(url + path, {
        method: method ?? (json === undefined && body === undefined ? "GET" : "POST"),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token ?? tokens.read}` }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: json === undefined ? body : JSON.stringify(json),
        redirect: "manual",
      });
      return {
        status: response.status,
        text: await response.text(),
        headers: response.headers,
      } satisfies Answer;
    }
    const alerts = JSON.parse((await ask("/api/alerts")).text).alerts;
    assert.ok(alerts.length > 0);
    const alert = `/api/alerts/${alerts[0].id}`;
    try {
      await t.step(
        "API1 object level: an id names one object, and nothing beside the store",
        async () => {
          assert.equal((await ask(`/api/alerts/${"0".repeat(32)}`)).status, 404);
          for (const id of ["1", "..%2f..%2fetc%2fpasswd", "%00", "1%20or%201=1", "*", "'"]) {
            const { status, text } = await ask(`/api/alerts/${id}`);
            assert.ok(status === 400 || status === 404, `${id}: ${status}`);
            assert.doesNotMatch(text, /root:|SELECT|at file:/);
          }
          for (const name of ["..%2f..%2fdeno.json", "__proto__", "constructor"]) {
            for (const path of [`/api/rules/${name}`, `/api/sourcetypes/${name}`]) {
              const { status, text } = await ask(path);
              assert.ok(status === 400 || status === 404, `${path}: ${status}`);
              assert.doesNotMatch(text, /pglite|native code/);
            }
          }
        },
      );

      await t.step(
        "API2 authentication: nothing but a token in force, or its session",
        async () => {
          const forms: Record<string, string>[] = [
            {},
            { authorization: "Bearer" },
            { authorization: `Basic ${btoa(`admin:${tokens.admin}`)}` },
            { authorization: `Bearer ${tokens.admin}x` },
            { authorization: `Bearer ${btoa('{"alg":"none"}')}.${btoa('{"role":"admin"}')}.` },
            { cookie: "picket_session=0" },
            { "x-forwarded-for": "127.0.0.1", "x-original-url": "/health" },
          ];
          for (const headers of forms) {
            const { status } = await ask("/api/tokens", { token: null, headers });
            assert.equal(status, 401, JSON.stringify(headers));
          }
          const inUrl = await ask(`/api/stats?token=${tokens.admin}`, { token: null });
          assert.equal(inUrl.status, 401);
          const begun = await ask("/api/session", { token: null, json: { token: tokens.read } });
          const cookie = begun.headers.get("set-cookie")!;
          assert.match(cookie, /HttpOnly/i);
          assert.match(cookie, /SameSite=Strict/i);
          const session = { cookie: cookie.split(";")[0] };
          assert.equal((await ask("/api/stats", { token: null, headers: session })).status, 200);
          assert.equal((await ask("/api/tokens", { token: null, headers: session })).status, 403);
          await ask("/api/session", { token: null, method: "DELETE", headers: session });
          assert.equal((await ask("/api/stats", { token: null, headers: session })).status, 401);
          const made = await ask("/api/tokens", {
            token: tokens.admin,
            json: { name: "short", role: "read" },
          });
          const { token } = JSON.parse(made.text);
          assert.equal((await ask("/api/stats", { token })).status, 200);
          await ask("/api/tokens/short", { token: tokens.admin, method: "DELETE" });
          assert.equal((await ask("/api/stats", { token })).status, 401);
        },
      );

      await t.step(
        "API3 properties: none is taken or given that the document does not name",
        async () => {
          for (const extra of [{ rule: "x" }, { severity: "low" }, { id: "0" }, { count: 0 }]) {
            const { status } = await ask(alert, {
              token: tokens.write,
              method: "PATCH",
              json: { status: "closed", ...extra },
            });
            assert.equal(status, 400, JSON.stringify(extra));
          }
          const elevated = { name: "x", role: "read", hash: "0".repeat(64), created: 0 };
          assert.equal(
            (await ask("/api/tokens", { token: tokens.admin, json: elevated })).status,
            400,
          );
          const set = await ask(alert, {
            token: tokens.write,
            method: "PATCH",
            json: { status: "acknowledged", who: "somebody else" },
          });
          assert.equal(set.status, 200, set.text);
          assert.match((await ask(`${alert}/history`)).text, /"who":"write"/);
          const listed = (await ask("/api/tokens", { token: tokens.admin })).text;
          assert.doesNotMatch(listed, /hash|picket_|[0-9a-f]{64}/);
        },
      );

      await t.step(
        "API4 resources: sizes, depths and what a rule may cost are bounded",
        async () => {
          assert.equal((await ask("/api/events?limit=100000")).status, 400);
          assert.equal((await ask(`/api/events?q=${"x".repeat(5000)}`)).status, 400);
          const deep = '{"text":' + "[".repeat(5000) + "]".repeat(5000) + "}";
          const json = { "content-type": "application/json" };
          assert.equal((await ask("/api/rules/check", { body: deep, headers: json })).status, 400);
          const large = JSON.stringify({ text: "x".repeat(600_000) });
          assert.equal((await ask("/api/rules/check", { body: large, headers: json })).status, 413);
          const bomb = new Uint8Array(gzipSync(new Uint8Array(64 << 20)));
          const packed = await ask("/ingest", {
            token: tokens.write,
            body: bomb,
            headers: { "content-encoding": "gzip" },
          });
          assert.equal(packed.status, 413, packed.text);
          const grow = Array.from(
            { length: 10 },
            (_, i) => `| eval s${i + 1} = replace(s${i}, "a", "aaaaaaaa")`,
          ).join("\n");
          const rule = `rule x { from any | eval s0 = "a"\n${grow}\n| alert "x" }`;
          const tried = await ask("/api/rules/check", { json: { text: rule } });
          assert.ok(tried.status < 500, tried.text);
          assert.match(
            await raw(url, `GET /${"x".repeat(1 << 20)} HTTP/1.1\r\n\r\n`),
            /^HTTP\/1\.1 4\d\d/,
          );
          assert.equal((await ask("/api/stats")).status, 200);
        },
      );

      await t.step(
        "API5 functions: every operation asks for its role, and for a token",
        async () => {
          for (const { method = "get", path, role } of ROUTES) {
            if (role === null) continue;
            const at = path.replace(":id", alerts[0].id).replace(":name", "ssh_brute_force");
            const verb = method.toUpperCase();
            assert.equal((await ask(at, { method: verb, token: null })).status, 401, path);
            for (const lower of ROLES.slice(0, ROLES.indexOf(role))) {
              const { status } = await ask(at, { method: verb, token: tokens[lower] });
              assert.equal(status, 403, `${verb} ${path} as ${lower}`);
            }
          }
          const tunnelled = await ask(alert, {
            method: "POST",
            token: tokens.write,
            headers: { "x-http-method-override": "PATCH" },
          });
          assert.equal(tunnelled.status, 405);
        },
      );

      await t.step(
        "API6 business flows: many changes at once are bounded, and say who",
        async () => {
          const ids = Array.from({ length: 1001 }, (_, i) => i.toString(16).padStart(32, "0"));
          const json = { ids, status: "closed" };
          assert.equal(
            (await ask("/api/alerts/status", { token: tokens.write, json })).status,
            400,
          );
          const one = { ids: [alerts[0].id], status: "closed" };
          const set = await ask("/api/alerts/status", { token: tokens.write, json: one });
          assert.equal(set.status, 200, set.text);
          assert.match((await ask(`${alert}/history`)).text, /"to":"closed"/);
        },
      );

      await t.step(
        "API7 requests of the server's own: it fetches nothing, and opens no file",
        async () => {
          for (const file of ["http://127.0.0.1:1/x", "../../../../etc/passwd", "/etc/passwd"]) {
            const text =
              `list l: ip = file "${file}"\nrule x { from any where src in l | alert "x" }`;
            const answer = await ask("/api/rules/check", { json: { text } });
            assert.ok(answer.status < 500, answer.text);
            assert.doesNotMatch(answer.text, /"ok":true|root:/);
          }
        },
      );

      await t.step(
        "API8 configuration: no CORS, no foreign page, no words about the inside",
        async () => {
          const origin = { origin: "https://evil.example" };
          const preflight = await ask("/api/alerts", { method: "OPTIONS", headers: origin });
          for (const [name] of [...preflight.headers, ...(await ask("/api/alerts")).headers]) {
            assert.doesNotMatch(name, /^access-control-|^server$|^x-powered-by$/i);
          }
          const foreign = await ask(alert, {
            method: "PATCH",
            token: tokens.write,
            json: { status: "open" },
            headers: origin,
          });
          assert.equal(foreign.status, 403);
          assert.match(
            await raw(url, "GET /api/stats HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            / 421 /,
          );
          assert.match(
            await raw(url, "TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
            / 40[345] /,
          );
          const { headers } = await ask("/api/alerts");
          assert.equal(headers.get("x-content-type-options"), "nosniff");
          assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
          for (
            const path of ["/api/events?cursor=%00", "/api/alerts/x", "/api/timeseries?step=0s"]
          ) {
            const { status, text } = await ask(path);
            assert.equal(status, 400, path);
            assert.doesNotMatch(text, /\bat |file:|node:|postgres|pglite|\.ts\b/i);
          }
        },
      );

      await t.step(
        "API9 inventory: the document names every operation, and there are no others",
        async () => {
          const document = JSON.parse((await ask("/openapi.json", { token: null })).text);
          for (const { method = "get", path } of ROUTES) {
            const documented = document.paths[path.replace(/:(\w+)/g, "{$1}")];
            assert.ok(documented?.[method], `${method} ${path}`);
          }
          for (const path of ["/api/v1/alerts", "/api/debug", "/api/admin", "/api/.env"]) {
            assert.equal((await ask(path, { token: tokens.admin })).status, 404, path);
          }
        },
      );

      await t.step("API10 what it consumes: a log's text comes back inert", async () => {
        const found = await ask("/api/events?src=203.0.113.48");
        assert.equal(JSON.parse(found.text).events.length, 1, found.text);
        const csv = await ask("/api/events/export?format=csv&src=203.0.113.48");
        for (const { text, headers } of [found, csv]) {
          // deno-lint-ignore no-control-regex -- what must not be there
          assert.doesNotMatch(text, /[\u001b\u202e]/);
          assert.match(text, /HYPERLINK/);
          assert.doesNotMatch(headers.get("content-type")!, /html/);
        }
        assert.doesNotMatch(csv.text, /(^|,)"?=HYPERLINK/m);
      });
    } finally {
      assert.equal(await served.stop(), 0);
    }
  });
});
