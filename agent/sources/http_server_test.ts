/** Connections of the HTTP server: slow headers, too many, streams and uploads that take long. */
import assert from "node:assert/strict";
import { type BodyError, bodyText } from "./http_body.ts";
import { type ConnectionLimits, type Handler, type HttpServer, serveHttp } from "./http_server.ts";
import { until } from "../../tests/waiting.ts";

const encoder = new TextEncoder();
const HALF = "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ";
const WHOLE = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Runs `work` with a server; the clients of its connections are `clients`, in order, then "a". */
async function withServer(
  limits: Partial<ConnectionLimits>,
  handler: Handler,
  work: (server: HttpServer, connect: () => Promise<Deno.TcpConn>) => Promise<void>,
  clients: string[] = [],
): Promise<void> {
  const failures: unknown[] = [];
  const server = serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    limits,
    clientOf: () => clients.shift() ?? "a",
    onError: (error) => failures.push(error),
  }, handler);
  const made: Deno.TcpConn[] = [];
  try {
    assert.equal(server.bounded, true);
    await work(server, async () => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      made.push(conn);
      return conn;
    });
    assert.deepEqual(failures, []);
  } finally {
    server.abort();
    await server.shutdown();
    for (const conn of made) closed(conn);
  }
}

function closed(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // By the test.
  }
}

async function send(conn: Deno.TcpConn, text: string): Promise<Deno.TcpConn> {
  await conn.write(encoder.encode(text));
  return conn;
}

/** Reads until the text came; false when the connection ended before. */
async function answers(conn: Deno.TcpConn, expected = "HTTP/1.1 200"): Promise<boolean> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  for (let text = ""; !text.includes(expected);) {
    const n = await conn.read(buffer).catch(() => null);
    if (n === null) return false;
    text += decoder.decode(buffer.subarray(0, n));
  }
  return true;
}

/** Resolves when the other end has closed the connection. */
async function end(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await conn.read(buffer).catch(() => null) !== null);
}

const ok: Handler = () => new Response("ok");

Deno.test("requests whose headers never end are closed, and others are served meanwhile", async () => {
  await withServer({ headers: 3000, perClient: 400 }, ok, async (server, connect) => {
    const slow = await Promise.all(Array.from({ length: 300 }, connect));
    for (const conn of slow) await send(conn, HALF);
    const good = await send(await connect(), WHOLE);
    assert.ok(await answers(good));
    await Promise.all(slow.map(end));
    assert.ok(await answers(await send(good, WHOLE)), "the one that asked is still there");
    await until(() => server.open <= 1, "the slow connections' end");
  });
});

Deno.test("a connection that asks nothing more is closed, in the middle of a request too", async () => {
  await withServer({ headers: 1000, idle: 600 }, ok, async (_, connect) => {
    const conn = await send(await connect(), WHOLE);
    assert.ok(await answers(conn));
    await send(conn, HALF);
    await end(conn);
    await end(await connect());
  });
});

Deno.test("streams of events and slow uploads are no idle connections", async () => {
  const upload = Promise.withResolvers<string>();
  const handler: Handler = async (request) => {
    if (request.method === "POST") {
      upload.resolve(await bodyText(request, 100));
      return new Response("taken");
    }
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await upload.promise;
          controller.enqueue(encoder.encode("data: late\n\n"));
          controller.close();
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  };
  await withServer({ headers: 100, idle: 100, long: 100 }, handler, async (_, connect) => {
    const stream = await send(await connect(), WHOLE);
    const upload = await send(
      await connect(),
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
    );
    for (let i = 0; i < 10; i++) {
      await send(upload, "x");
      await new Promise((done) => setTimeout(done, 150));
    }
    assert.ok(await answers(upload, "taken"));
    assert.ok(await answers(stream, "data: late"));
  });
});

Deno.test("a client beyond its connections loses the one unused for longest, or gets no more", async () => {
  const answer = Promise.withResolvers<Response>();
  let asked = 0;
  const handler: Handler = () => (asked++, answer.promise.then((r) => r.clone()));
  const clients = ["a", "a", "a", "a", "b", "a"];
  await withServer({ perClient: 3 }, handler, async (server, connect) => {
    const first = await send(await connect(), HALF);
    const others = [await connect(), await connect(), await connect()];
    await end(first);
    assert.equal(server.open, 3);
    for (const conn of others) await send(conn, WHOLE);
    const other = await send(await connect(), WHOLE);
    await until(() => asked >= 4, "four requests");
    await end(await connect());
    answer.resolve(new Response("ok"));
    for (const conn of [...others, other]) assert.ok(await answers(conn));
  }, clients);
});

Deno.test("when there are too many in all, the client that holds most makes room", async () => {
  const clients = ["few", "many", "many", "many", "new"];
  await withServer({ connections: 4 }, ok, async (_, connect) => {
    const few = await connect();
    const many = [await connect(), await connect(), await connect()];
    const late = await send(await connect(), WHOLE);
    assert.ok(await answers(late));
    await end(many[0]);
    assert.ok(await answers(await send(few, WHOLE)));
  }, clients);
});

Deno.test("requests that take long make room where all are busy, streams of events do not", async () => {
  const handler: Handler = (request) =>
    request.url.endsWith("/now") ? new Response("ok") : new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(encoder.encode("begun")) }),
      request.url.endsWith("/stream") ? { headers: { "content-type": "text/event-stream" } } : {},
    );
  const clients = ["a", "b", "c", "d"];
  await withServer({ connections: 2, long: 100 }, handler, async (server, connect) => {
    const stream = await send(await connect(), WHOLE.replace("/ ", "/stream "));
    assert.ok(await answers(stream));
    const long = await send(await connect(), WHOLE);
    assert.ok(await answers(long));
    await new Promise((done) => setTimeout(done, 300));
    assert.ok(await answers(await send(await connect(), WHOLE.replace("/ ", "/now "))));
    await end(long);
    assert.equal(server.open, 2);
  }, clients);
});

Deno.test("a body of which nothing comes is refused, one that comes slowly is read", async () => {
  const body = (wait: number, end: boolean) =>
    new Request("http://a/", {
      method: "POST",
      body: new ReadableStream({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, wait));
          if (end) controller.close();
          else controller.enqueue(encoder.encode("abc"));
          end = true;
          if (wait === 0) wait = 500;
        },
      }),
    });
  assert.equal(await bodyText(body(20, false), 100, 2000), "abc");
  await assert.rejects(
    bodyText(body(0, false), 100, 100),
    (error: BodyError) => error.status === 408 && error.code === "too_slow",
  );
});
