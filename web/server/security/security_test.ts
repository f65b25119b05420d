import assert from "node:assert/strict";
import { createWeb, type WebOptions } from "../mod.ts";
import type { Store, StoredToken } from "../../../agent/store/mod.ts";
import { Buckets, clientOf } from "./rate.ts";
import { isLoopback } from "./origin.ts";
import { newToken, tokenHash } from "./tokens.ts";

/** A store of tokens alone; whatever else is asked of it fails the test. */
function tokenStore() {
  const tokens: (StoredToken & { hash: string; revoked: number | null })[] = [];
  let asked = 0;
  const store = {
    kind: "pglite",
    tokens: () => Promise.resolve(tokens),
    findToken(hash: string) {
      asked++;
      return Promise.resolve(tokens.find((t) => t.hash === hash && t.revoked === null) ?? null);
    },
    addToken(t: { name: string; role: StoredToken["role"]; hash: string }) {
      tokens.push({ id: "0".repeat(32), created: 0, revoked: null, ...t });
      return Promise.resolve(tokens.at(-1)!);
    },
    revokeToken(name: string) {
      const found = tokens.filter((t) => t.name === name && t.revoked === null);
      for (const t of found) t.revoked = 1;
      return Promise.resolve(found.length > 0);
    },
    jobs: () => Promise.resolve({ items: [], next: null }),
    editAlerts: () => Promise.resolve([]),
  } as unknown as Store;
  return {
    store,
    asked: () => asked,
    async make(name: string, role: StoredToken["role"]) {
      const token = newToken();
      await store.addToken({ name, role, hash: await tokenHash(token) });
      return token;
    },
  };
}

interface Ask {
  readonly token?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly remote?: string;
}

function server(store: Store, options: WebOptions = {}) {
  let now = 1_000_000;
  const app = createWeb(store, { now: () => now, ...options });
  return {
    pass: (ms: number) => void (now += ms),
    async ask(path: string, { token, method, body, headers, remote }: Ask = {}) {
      const response = await app.request(path, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }, { remote });
      const text = await response.text();
      const code = text.startsWith("{") ? JSON.parse(text).error?.code : undefined;
      return { status: response.status, code, text, headers: response.headers };
    },
  };
}

const JOBS = "/api/jobs";

Deno.test("without a token a server on loopback is open, with one every request needs one", async () => {
  const { store, make } = tokenStore();
  const { ask, pass } = server(store);
  assert.equal((await ask(JOBS)).status, 200);
  const token = await make("grafana", "read");
  pass(6000);
  assert.equal((await ask(JOBS)).code, "token_needed");
  assert.equal((await ask("/metrics")).status, 401);
  assert.equal((await ask(JOBS, { token: "picket_x" })).status, 401);
  assert.equal((await ask(JOBS, { token })).status, 200);
  assert.equal((await ask("/health")).status, 200);
  // The last one revoked opens nothing.
  await store.revokeToken("grafana");
  pass(6000);
  assert.equal((await ask(JOBS, { token })).status, 401);
  assert.equal((await ask(JOBS)).status, 401);
});

Deno.test("off loopback a token is needed even when there is none", async () => {
  const { store } = tokenStore();
  const { ask } = server(store, { loopback: false });
  assert.equal((await ask(JOBS)).status, 401);
  assert.equal((await ask("/api/session")).status, 200);
});

Deno.test("roles: read sees, write changes, admin makes tokens", async () => {
  const { store, make } = tokenStore();
  const { ask } = server(store);
  const [read, write, admin] = [
    await make("r", "read"),
    await make("w", "write"),
    await make("a", "admin"),
  ];
  const change = { method: "PATCH", body: { status: "closed" } };
  const alert = `/api/alerts/${"0".repeat(32)}`;
  assert.equal((await ask(alert, { ...change, token: read })).code, "role_too_low");
  assert.equal((await ask(alert, { ...change, token: write })).code, "not_found");
  const create = { method: "POST", body: { name: "new", role: "read" } };
  assert.equal((await ask("/api/tokens", { ...create, token: write })).status, 403);
  assert.equal((await ask("/api/tokens", { token: read })).status, 403);
  const made = JSON.parse((await ask("/api/tokens", { ...create, token: admin })).text);
  assert.match(made.token, /^picket_[\w-]{43}$/);
  assert.equal((await ask(JOBS, { token: made.token })).status, 200);
  const listed = (await ask("/api/tokens", { token: admin })).text;
  assert.ok(!listed.includes(made.token) && !listed.includes(await tokenHash(made.token)));
  assert.equal(
    (await ask("/api/tokens/new", { method: "DELETE", token: admin })).status,
    200,
  );
  assert.equal((await ask(JOBS, { token: made.token })).status, 401);
});

Deno.test("a session: a cookie that scripts cannot read, which ends", async () => {
  const { store, make } = tokenStore();
  const { ask, pass } = server(store, { secure: true });
  const token = await make("ada", "write");
  assert.equal(
    (await ask("/api/session", { method: "POST", body: { token: "picket_no" } })).code,
    "unknown_token",
  );
  const begun = await ask("/api/session", { method: "POST", body: { token } });
  const set = begun.headers.get("set-cookie") ?? "";
  assert.match(
    set,
    /^picket_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/,
  );
  assert.ok(!set.includes(token));
  const cookie = set.split(";")[0];
  const session = JSON.parse((await ask("/api/session", { headers: { cookie } })).text);
  assert.deepEqual(session, { required: true, name: "ada", role: "write" });
  assert.equal((await ask(JOBS, { headers: { cookie } })).status, 200);
  pass(13 * 3_600_000);
  assert.equal((await ask(JOBS, { headers: { cookie } })).status, 401);
  const again = (await ask("/api/session", { method: "POST", body: { token } })).headers
    .get("set-cookie")!.split(";")[0];
  await ask("/api/session", { method: "DELETE", headers: { cookie: again } });
  assert.equal((await ask(JOBS, { headers: { cookie: again } })).status, 401);
  // Revoking the token ends its sessions.
  const third = (await ask("/api/session", { method: "POST", body: { token } })).headers
    .get("set-cookie")!.split(";")[0];
  await store.revokeToken("ada");
  pass(6000);
  assert.equal((await ask(JOBS, { headers: { cookie: third } })).status, 401);
});

Deno.test("pages of other sites: names that point here, writes and reads across sites", async () => {
  const { store } = tokenStore();
  const { ask } = server(store, { allowedHosts: ["picket.example"] });
  const host = async (name: string) => (await ask(JOBS, { headers: { host: name } })).status;
  assert.equal(await host("localhost:7400"), 200);
  assert.equal(await host("127.0.0.1:7400"), 200);
  assert.equal(await host("[::1]:7400"), 200);
  assert.equal(await host("PICKET.example"), 200);
  assert.equal(await host("evil.example:7400"), 421);
  assert.equal(await host("localhost.evil.example"), 421);
  assert.equal(await host("127.0.0.1.evil.example"), 421);
  for (const bad of ["localhost:99999", "][", "localhost:1:2", "localhost/x", "a b", "[::1"]) {
    assert.equal(await host(bad), 421, bad);
    const elsewhere = server(store, { loopback: false });
    assert.equal(
      (await elsewhere.ask("/api/session", { headers: { host: bad } })).status,
      421,
      bad,
    );
  }
  const write = async (headers: Record<string, string>) =>
    (await ask(`/api/alerts/${"0".repeat(32)}`, {
      method: "PATCH",
      body: { status: "open" },
      headers: { host: "localhost:7400", ...headers },
    })).status;
  assert.equal(await write({}), 404);
  assert.equal(await write({ origin: "http://localhost:7400" }), 404);
  assert.equal(await write({ origin: "http://localhost:8080" }), 403);
  assert.equal(await write({ origin: "http://evil.example" }), 403);
  assert.equal(await write({ origin: "null" }), 403);
  assert.equal(await write({ "sec-fetch-site": "cross-site" }), 403);
  const read = async (headers: Record<string, string>) => (await ask(JOBS, { headers })).status;
  assert.equal(await read({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403);
  assert.equal(await read({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), 200);
  const preflight = await ask(JOBS, {
    method: "OPTIONS",
    headers: { origin: "http://evil.example", "access-control-request-method": "GET" },
  });
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);
});

Deno.test("rates: a client's own, and strangers' before the store is asked", async () => {
  const { store, make, asked } = tokenStore();
  const { ask, pass } = server(store, { rate: { perSecond: 1, burst: 3 } });
  const token = await make("t", "read");
  for (let i = 0; i < 3; i++) assert.equal((await ask(JOBS, { token })).status, 200);
  const refused = await ask(JOBS, { token });
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  pass(1000);
  assert.equal((await ask(JOBS, { token })).status, 200);
  const guess = async (i: number, remote: string) =>
    (await ask(JOBS, { token: `picket_${i}`, remote })).status;
  const statuses: number[] = [];
  for (let i = 0; i < 30; i++) statuses.push(await guess(i, "203.0.113.9"));
  assert.deepEqual(new Set(statuses.slice(0, 20)), new Set([401]));
  assert.deepEqual(new Set(statuses.slice(20)), new Set([429]));
  assert.ok(asked() < 25);
  assert.equal(await guess(99, "203.0.113.10"), 401);
  // Who has a token is not shut out by guesses from the same address.
  assert.equal((await ask(JOBS, { token, remote: "203.0.113.9" })).status, 429);
  pass(1000);
  for (let i = 0; i < 9; i++) await guess(i, "203.0.113.9");
  assert.equal((await ask(JOBS, { token, remote: "203.0.113.9" })).status, 200);
  assert.equal((await ask("/health", { remote: "203.0.113.9" })).status, 200);
});

Deno.test("buckets fill, forget and stay bounded", () => {
  const b = new Buckets({ perSecond: 2, burst: 2 });
  assert.deepEqual([b.take("a", 0), b.take("a", 0), b.take("a", 0)], [0, 0, 1]);
  assert.equal(b.take("a", 500), 0);
  for (let i = 0; i < 10_001; i++) b.take(`c${i}`, 600);
  assert.ok(b.has("a", 600));
  assert.equal(clientOf("2001:db8:1:2:3:4:5:6"), clientOf("2001:db8:1:2::9"));
  assert.notEqual(clientOf("2001:db8:1:2::9"), clientOf("2001:db8:1:3::9"));
  assert.equal(clientOf("::1"), "0:0:0:0::/64");
  assert.ok(isLoopback("::1") && isLoopback("127.8.9.1") && isLoopback("localhost"));
  assert.ok(!isLoopback("0.0.0.0") && !isLoopback("127.0.0.1.example") && !isLoopback("::"));
});

Deno.test("every answer has the headers that keep a browser in bounds", async () => {
  const { store } = tokenStore();
  for (const secure of [true, false]) {
    const { ask } = server(store, { secure });
    for (const path of ["/api/jobs", "/docs", "/nothing", "/api/nothing", "/openapi.json"]) {
      const { headers } = await ask(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
      assert.equal(headers.has("strict-transport-security"), secure, path);
    }
  }
});

Deno.test("the page of the API needs no other host and no script", async () => {
  const { store } = tokenStore();
  const { text, headers } = await server(store).ask("/docs");
  assert.match(headers.get("content-security-policy") ?? "", /style-src 'sha256-[\w+/]{43}='/);
  assert.ok(!/<script|https?:\/\/|<[^>]*\ssrc=/i.test(text.replace(/<pre>[^]*?<\/pre>/g, "")));
  assert.ok(text.includes("/api/alerts/{id}"));
});

Deno.test("a stream ends within five seconds of its token's being revoked, or of logging out", async () => {
  const { store, make } = tokenStore();
  const live = {
    ...store,
    lastChange: () => Promise.resolve(0),
    onAlerts: () => () => {},
    changesSince: () => Promise.resolve({ alerts: [], last: 0 }),
    stats: () => Promise.resolve({ events: 0, parseErrors: 0, alerts: 0, alertsByStatus: {} }),
  } as unknown as Store;
  const stopping = new AbortController();
  const app = createWeb(live, { signal: stopping.signal });
  const token = await make("viewer", "read");
  const kept = await make("other", "read");
  const stream = async (headers: Record<string, string>) => {
    const { status, body } = await app.request("/api/stream", { headers });
    assert.equal(status, 200);
    let ended = false;
    const reading = (async () => {
      for await (const _ of body!);
      ended = true;
    })();
    return { reading, ended: () => ended };
  };
  const login = await app.request("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: kept }),
  });
  const cookie = login.headers.get("set-cookie")!.split(";")[0];
  const revoked = await stream({ authorization: `Bearer ${token}` });
  const session = await stream({ cookie });
  const other = await stream({ authorization: `Bearer ${kept}` });
  await store.revokeToken("viewer");
  await app.request("/api/session", { method: "DELETE", headers: { cookie } });
  const began = performance.now();
  const late = setTimeout(() => stopping.abort(), 6000);
  await Promise.all([revoked.reading, session.reading]);
  clearTimeout(late);
  assert.ok(performance.now() - began < 5000);
  assert.equal(other.ended(), false);
  stopping.abort();
  await other.reading;
});
