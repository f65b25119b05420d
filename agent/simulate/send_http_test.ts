import assert from "node:assert/strict";
import { Ingest } from "../sources/ingest.ts";
import { HttpOutlet, type HttpSending, parseIngest, SendError, SOURCETYPES } from "./send_http.ts";
import type { Line } from "./world.ts";

const lines = (n: number, stream: Line["stream"] = "auth"): Line[] =>
  Array.from({ length: n }, (_, i) => ({ stream, time: i, text: `line ${i}`, attack: false }));

/** A receiver that answers as told; what it was sent. */
async function receiver<T>(
  answer: (body: string, request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => answer(await request.text(), request),
  );
  try {
    return await work(`http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/ingest`);
  } finally {
    await server.shutdown();
  }
}

const outlet = (url: string, more: Partial<HttpSending> = {}) =>
  new HttpOutlet({
    url,
    token: null,
    live: false,
    signal: new AbortController().signal,
    backoff: { first: 1, most: 4 },
    ...more,
  });

const records = (body: string): { raw: string; sourcetype: string }[] => JSON.parse(body).records;

const taken = (body: string) => Response.json({ accepted: records(body).length }, { status: 202 });

Deno.test("an address is told from a syslog receiver", () => {
  assert.equal(parseIngest("http://127.0.0.1:8088/ingest"), "http://127.0.0.1:8088/ingest");
  assert.equal(parseIngest("udp://127.0.0.1:514"), null);
  assert.equal(parseIngest("http://"), null);
});

Deno.test("each line is sent once and in its order, with what it is and the token", async () => {
  const bodies: string[] = [];
  await receiver((body, request) => {
    assert.equal(request.headers.get("authorization"), "Bearer secret");
    bodies.push(body);
    return taken(body);
  }, async (url) => {
    const to = outlet(url, { token: "secret" });
    await to.write(lines(990));
    await to.write(lines(1, "web"));
    assert.equal(bodies.length, 0, "full requests are waited for");
    await to.write(lines(1500));
    await to.flush();
    assert.deepEqual(bodies.map((b) => records(b).length), [1000, 1000, 491]);
    const sent = bodies.flatMap(records);
    const auth = (n: number) => lines(n).map(({ text }) => `linux_secure ${text}`);
    assert.deepEqual(
      sent.map((r) => `${r.sourcetype} ${r.raw}`),
      [...auth(990), "access_combined line 0", ...auth(1500)],
    );
    assert.equal(to.report(), `${url}: 2,491 lines taken in 3 requests, 0 refused`);
  });
});

Deno.test("what lines are sent as is a sourcetype", async () => {
  for (const name of Object.values(SOURCETYPES)) {
    await Deno.stat(new URL(`../../sourcetypes/${name}.yaml`, import.meta.url));
  }
});

Deno.test("a receiver that is full is waited for, and one that stays so is told", async () => {
  let refusals = 3;
  await receiver(
    (body) => refusals-- > 0 ? new Response("", { status: refusals % 2 ? 429 : 503 }) : taken(body),
    async (url) => {
      const to = outlet(url, { live: true });
      await to.write(lines(5));
      assert.equal(
        to.report(),
        `${url}: 5 lines taken in 1 requests, 0 refused; waited 3 times`,
      );
    },
  );
  await receiver(() => new Response("", { status: 429 }), async (url) => {
    const to = outlet(url, { live: true, patience: 20 });
    await assert.rejects(to.write(lines(5)), (e: Error) => {
      assert.ok(e instanceof SendError);
      assert.match(e.message, /answers HTTP 429 for 0 s$/);
      return true;
    });
    assert.match(to.report(), /0 lines taken in 0 requests, 0 refused, 5 not sent; waited/);
  });
});

Deno.test("what is refused is counted and told in the receiver's words", async () => {
  const answer = { accepted: 3, rejected: [{ index: 3, reason: "A record is a text" }] };
  await receiver(() => Response.json(answer, { status: 202 }), async (url) => {
    const to = outlet(url, { live: true });
    await to.write(lines(5));
    assert.equal(
      to.report(),
      `${url}: 3 lines taken in 1 requests, 2 refused (A record is a text)`,
    );
  });
  const error = { error: { code: "no_token", message: "A token is needed" } };
  await receiver(() => Response.json(error, { status: 401 }), async (url) => {
    const to = outlet(url, { live: true });
    await assert.rejects(to.write(lines(5)), /answers HTTP 401: A token is needed$/);
    assert.match(to.report(), /0 lines taken in 0 requests, 5 refused/);
  });
});

Deno.test("a request that is too large is halved", async () => {
  await receiver(
    (body) => records(body).length > 7 ? new Response("", { status: 413 }) : taken(body),
    async (url) => {
      const to = outlet(url, { live: true });
      await to.write(lines(40));
      assert.match(to.report(), /: 40 lines taken in \d+ requests, 0 refused$/);
    },
  );
});

Deno.test("nobody listens: it is tried again, and nothing is said to be taken", async () => {
  const free = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = free.addr;
  free.close();
  const to = outlet(`http://127.0.0.1:${port}/ingest`, { live: true, patience: 20 });
  await assert.rejects(to.write(lines(5)), /Cannot reach "http.*": \(Connect\): .* for 0 s$/);
  assert.match(to.report(), /: 0 lines taken in 0 requests, 0 refused, 5 not sent; waited/);
});

Deno.test("the product's own listener takes all of it", async () => {
  const ingest = new Ingest({
    name: "test",
    sourcetype: "linux_secure",
    maxLine: 1024,
    lateness: 0,
    recognise: () => ({ sourcetype: "linux_secure", reason: "" }),
    known: (name) => name,
    notice() {},
  });
  await receiver((body, { url }) => {
    const headers = { "Content-Type": "application/json" };
    const request = new Request(url, { method: "POST", body, headers });
    return ingest.handle(request);
  }, async (url) => {
    const to = outlet(url);
    await to.write(lines(4999));
    await to.flush();
    assert.match(to.report(), /: 4,999 lines taken in 5 requests, 0 refused$/);
  });
});
