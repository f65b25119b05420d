import assert from "node:assert/strict";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { AddressRefused, isPublicAddress } from "./guard.ts";
import { guardedNetwork, outcomeOf, retryAfter, send } from "./http.ts";
import { makeCertificate } from "./testing/certificate.ts";
import { contextOf } from "./testing/samples.ts";
import { httpReceiver } from "./testing/receiver.ts";

const forever = () => new AbortController().signal;

/** A server that speaks TCP as the test says; gives its port. */
function rawServer(answer: (conn: Deno.TcpConn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const done = (async () => {
    for await (const conn of listener) {
      await answer(conn).catch(() => {});
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/secret-path`,
    async close() {
      listener.close();
      await done;
    },
  };
}

const text = (content: string) => new TextEncoder().encode(content);

Deno.test("addresses of this machine and of networks that are not public are refused", async (t) => {
  const refused = [
    ...["127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"],
    ...["192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "224.0.0.1"],
    ...["239.255.255.250", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.192"],
    ...["192.0.0.9", "192.88.99.1", "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0"],
    ...["fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:a00:1"],
    ...["::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::"],
    ...["2001::1", "2001:db8::1", "3fff::1", "nothing", "", "1.2.3", "0177.0.0.1"],
  ];
  for (const address of refused) {
    await t.step(address, () => assert.equal(isPublicAddress(address), false));
  }
  for (const address of ["8.8.8.8", "45.83.64.1", "2606:4700::1111", "64:ff9b::808:808"]) {
    await t.step(address, () => assert.equal(isPublicAddress(address), true));
  }
});

Deno.test("every way to write this machine is refused before anything is sent", async () => {
  const receiver = httpReceiver();
  const port = new URL(receiver.url).port;
  const { fetch } = guardedNetwork({ allowPrivate: false });
  const hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "127.1"];
  const six = ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0", "127.0.0.1."];
  for (const host of [...hosts, ...six]) {
    await assert.rejects(
      fetch(`http://${host}:${port}/`, { signal: forever() }),
      AddressRefused,
      host,
    );
  }
  await assert.rejects(fetch("file:///etc/passwd", { signal: forever() }), AddressRefused);
  await assert.rejects(fetch("data:text/plain,x", { signal: forever() }), AddressRefused);
  assert.equal(receiver.asked.length, 0);
  await receiver.close();
});

Deno.test("a name is looked up once, and the socket goes to the address that was checked", async () => {
  const receiver = httpReceiver();
  const port = new URL(receiver.url).port;
  const asked: string[] = [];
  // The second answer is another address, as a DNS server that rebinds gives.
  const lookup = (host: string) => {
    asked.push(host);
    return Promise.resolve([asked.length === 1 ? "127.0.0.1" : "127.0.0.2"]);
  };
  const open = guardedNetwork({ allowPrivate: true, lookup });
  const answer = await open.fetch(`http://hooks.example.test:${port}/x`, { signal: forever() });
  assert.equal(answer.status, 200);
  assert.deepEqual(asked, ["hooks.example.test"]);
  assert.equal(receiver.received[0].headers.host, `hooks.example.test:${port}`);

  const guarded = guardedNetwork({
    allowPrivate: false,
    lookup: () => Promise.resolve(["10.0.0.1"]),
  });
  await assert.rejects(
    guarded.fetch("http://hooks.example.test/", { signal: forever() }),
    /"hooks\.example\.test" is an address of a private network.*allow_private/,
  );
  await assert.rejects(guarded.resolve("hooks.example.test"), AddressRefused);
  const mixed = guardedNetwork({
    allowPrivate: false,
    lookup: () => Promise.resolve(["10.0.0.1", "8.8.8.8"]),
  });
  assert.equal(await mixed.resolve("hooks.example.test"), "8.8.8.8");
  await receiver.close();
});

Deno.test("a lookup that hangs ends with the signal", async () => {
  const { fetch } = guardedNetwork({ allowPrivate: true, lookup: () => new Promise(() => {}) });
  const stop = new AbortController();
  const attempt = fetch("http://hooks.example.test/", { signal: stop.signal });
  stop.abort(new Error("timeout"));
  await assert.rejects(attempt, /timeout/);
});

Deno.test("statuses are delivered, worth another attempt, or rejected", () => {
  const outcome = (status: number, headers?: Record<string, string>) =>
    outcomeOf(new Response(null, { status, headers }), 0);
  for (const status of [200, 201, 202, 204]) assert.equal(outcome(status).state, "delivered");
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    assert.equal(outcome(status).state, "retry", `${status}`);
  }
  for (const status of [301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422]) {
    assert.equal(outcome(status).state, "rejected", `${status}`);
  }
  assert.deepEqual(outcome(429, { "retry-after": "120" }), {
    state: "retry",
    reason: "The receiver answers HTTP 429",
    after: 120_000,
  });
  assert.match((outcome(302) as { reason: string }).reason, /redirect, which is not followed/);
});

Deno.test("Retry-After is seconds or a date, within bounds", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(retryAfter("3", now), 3000);
  assert.equal(retryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now), 60_000);
  assert.equal(retryAfter("Wed, 31 Dec 2025 23:00:00 GMT", now), 0);
  assert.equal(retryAfter("99999999999", now), 86_400_000);
  for (const wrong of [null, "", "soon", "-5x"]) assert.equal(retryAfter(wrong, now), undefined);
});

Deno.test("redirects are not followed", async () => {
  const target = httpReceiver();
  const from = httpReceiver(() =>
    new Response(null, { status: 307, headers: { location: `${target.url}/` } })
  );
  const outcome = await send(contextOf(), from.url, { body: "x", signal: forever() });
  assert.equal(outcome.state, "rejected");
  assert.equal(target.asked.length, 0);
  await from.close();
  await target.close();
});

const BAD_SERVERS: Record<string, (conn: Deno.TcpConn) => Promise<void>> = {
  "closes at once": (conn) => Promise.resolve(conn.close()),
  "speaks no HTTP": async (conn) => {
    await conn.write(text("220 mail.example ESMTP\r\n"));
    conn.close();
  },
  "promises more than it sends": async (conn) => {
    await conn.write(text("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab"));
    conn.close();
  },
  "answers with a status that is none": async (conn) => {
    await conn.write(text("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"));
    conn.close();
  },
  "sends headers without end": async (conn) => {
    await conn.write(text("HTTP/1.1 200 OK\r\n" + "x-a: b\r\n".repeat(100_000)));
    conn.close();
  },
};

for (const [name, answer] of Object.entries(BAD_SERVERS)) {
  Deno.test(`a receiver that ${name} is tried again, and the address stays out of the reason`, async () => {
    const server = rawServer(answer);
    const outcome = await send(contextOf(), server.url, { body: "x", signal: forever() });
    assert.equal(outcome.state, "retry");
    assert.doesNotMatch((outcome as { reason: string }).reason, /secret-path/);
    await server.close();
  });
}

Deno.test("where nobody listens, another attempt is worth it", async () => {
  const outcome = await send(contextOf(), "http://127.0.0.1:1/secret", { signal: forever() });
  assert.deepEqual(outcome, { state: "retry", reason: "The receiver refuses the connection" });
  const lookup = () =>
    Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
  const context = contextOf(guardedNetwork({ allowPrivate: true, lookup }));
  assert.deepEqual(await send(context, "http://nowhere.example/x", { signal: forever() }), {
    state: "retry",
    reason: "The receiver's name is not known to DNS",
  });
});

Deno.test("an answer that never ends is read to a bound", async () => {
  let sent = 0;
  const endless = httpReceiver(() =>
    new Response(
      new ReadableStream({
        pull(to) {
          sent += 65_536;
          to.enqueue(new Uint8Array(65_536).fill(97));
        },
      }),
    )
  );
  const answer = await contextOf().fetch(endless.url, { signal: forever() });
  assert.equal((await answer.bytes()).length, 256 * 1024);
  assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  await endless.close();
});

Deno.test("an answer that trickles ends with the signal", async () => {
  const server = rawServer(async (conn) => {
    await conn.write(text("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"));
    for (let i = 0; i < 200; i++) {
      await conn.write(text("a"));
      await new Promise((done) => setTimeout(done, 20));
    }
    conn.close();
  });
  const signal = AbortSignal.timeout(200);
  const outcome = await send(contextOf(), server.url, { body: "x", signal });
  assert.deepEqual(outcome, {
    state: "retry",
    reason: "The attempt was given up: there was no answer in time",
  });
  await server.close();
});

Deno.test("an address that refuses gives way to the next one of the same name", async () => {
  const receiver = httpReceiver();
  const { port } = new URL(receiver.url);
  // The server listens on the second alone.
  const lookup = () => Promise.resolve(["127.0.0.2", "127.0.0.1"]);
  const context = contextOf(guardedNetwork({ allowPrivate: true, lookup }));
  const outcome = await send(context, `http://hooks.example.test:${port}/`, {
    body: "x",
    signal: forever(),
  });
  assert.deepEqual(outcome, { state: "delivered" });
  assert.equal(receiver.received.length, 1);
  await receiver.close();
});

testNeeding(
  needs.openssl,
  "HTTPS is verified for the name, by the authority that is given",
  async () => {
    const certificate = await makeCertificate(["DNS:hooks.example.test"]);
    const { cert, key } = certificate;
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", cert, key, onListen() {} },
      async (request) => new Response(await request.text()),
    );
    const { port } = server.addr;
    const lookup = () => Promise.resolve(["127.0.0.1"]);
    const context = contextOf(guardedNetwork({ allowPrivate: true, lookup }));
    const attempt = (host: string, ca?: string) =>
      send(context, `https://${host}:${port}/`, { body: "x", signal: forever(), ca });
    assert.deepEqual(await attempt("hooks.example.test", cert), { state: "delivered" });
    for (
      const outcome of [
        await attempt("other.example.test", cert),
        await attempt("127.0.0.1", cert),
        await attempt("hooks.example.test"),
      ]
    ) {
      assert.equal(outcome.state, "retry");
      assert.match((outcome as { reason: string }).reason, /^The receiver's certificate is not/);
    }
    await server.shutdown();
    await certificate.remove();
  },
);
