/** A receiver that fails in twelve ways, over real sockets: each notification ends as it should. */
import assert from "node:assert/strict";
import type { AlertChange } from "../../event.ts";
import { webhook } from "../destinations/webhook.ts";
import { sampleAlert } from "../testing/suite.ts";
import { DELIVERY_DEFAULTS, type GivenSetting, type SinkConfig } from "./config.ts";
import { Delivery } from "./delivery.ts";
import { openSinks } from "./open_sinks.ts";
import { until } from "../../../tests/waiting.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const status = (line: string, ...headers: string[]) =>
  ["HTTP/1.1 " + line, ...headers, "Content-Length: 0", "Connection: close", "", ""].join("\r\n");

/** Answers on one connection; what it returns is sent before the connection is closed. */
type Answer = (conn: Deno.TcpConn, attempt: number) => Promise<string | void> | string | void;

interface Arrival {
  readonly key: string;
  readonly path: string;
  readonly at: number;
}

/** A server whose first answer is `fails`, and whose later ones are good. */
function receiver(fails: Answer, often = 1) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const arrivals: Arrival[] = [];
  const open = new Set<Deno.TcpConn>();
  (async () => {
    for await (const conn of listener) {
      open.add(conn);
      serve(conn).catch(() => {}).finally(() => {
        open.delete(conn);
        try {
          conn.close();
        } catch {
          // It was closed by its answer.
        }
      });
    }
  })().catch(() => {});
  async function serve(conn: Deno.TcpConn) {
    const buffer = new Uint8Array(65_536);
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const n = await conn.read(buffer);
      if (n === null) break;
      head += new TextDecoder().decode(buffer.subarray(0, n));
      // A handshake of TLS is no request.
      if (head.charCodeAt(0) === 0x16) break;
    }
    arrivals.push({
      key: /webhook-id: (\S+)/i.exec(head)?.[1] ?? "",
      path: /^POST (\S+)/.exec(head)?.[1] ?? "",
      at: performance.now(),
    });
    const answer = arrivals.length <= often ? await fails(conn, arrivals.length) : OK;
    if (answer) await conn.write(new TextEncoder().encode(answer));
  }
  return {
    port: listener.addr.port,
    arrivals,
    close() {
      listener.close();
      for (const conn of open) conn.close();
    },
  };
}

const TIMEOUT = 400;

async function deliver(url: string, test: (delivery: Delivery, said: string[]) => Promise<void>) {
  const span = { start: 0, end: 0 };
  const settings: GivenSetting[] = [{ name: "url", from: "value", value: url, span }];
  const config: SinkConfig = {
    name: "hook",
    span,
    spec: webhook,
    settings,
    where: null,
    minSeverity: "low",
    on: new Set(["opened"]),
    health: new Set(),
    throttle: 0,
    group: null,
    limit: null,
    quiet: null,
    timeout: TIMEOUT,
    concurrency: 4,
    allowPrivate: true,
  };
  const source = { env: () => undefined, readFile: () => Promise.reject(new Error("none")) };
  const { sinks, problems } = await openSinks([config], source, "host");
  assert.deepEqual(problems, []);
  const said: string[] = [];
  const delivery = new Delivery({
    sinks,
    delivery: { ...DELIVERY_DEFAULTS, deliverPast: true },
    outbox: null,
    notice: (text) => said.push(text),
  });
  await delivery.start();
  const change: AlertChange = { change: "open", alert: sampleAlert("a".repeat(32), "ada") };
  delivery.alerts([change]);
  try {
    await test(delivery, said);
  } finally {
    await delivery.close();
  }
}

/** What fails and is worth another attempt: the second one has the same key, and is taken. */
const RETRIED: Readonly<Record<string, { answer: Answer; said: RegExp; after?: number }>> = {
  "hangs": { answer: (conn) => forever(conn), said: /no answer in time/ },
  "resets": { answer: (conn) => conn.close(), said: /./ },
  "429 with seconds": {
    answer: () => status("429 Too Many Requests", "Retry-After: 2"),
    said: /429/,
    after: 2000,
  },
  "429 with a date": {
    answer: () =>
      status("429 Too Many Requests", `Retry-After: ${new Date(Date.now() + 3000).toUTCString()}`),
    said: /429/,
    after: 1500,
  },
  "500": { answer: () => status("500 Internal Server Error"), said: /500/ },
  "503": { answer: () => status("503 Service Unavailable"), said: /503/ },
  "a slow body": {
    async answer(conn) {
      const text = new TextEncoder();
      await conn.write(text.encode("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
      for (let i = 0; i < 100; i++) {
        await conn.write(text.encode("x"));
        await new Promise((done) => setTimeout(done, 100));
      }
    },
    said: /no answer in time/,
  },
  "garbage": { answer: () => "\x00\x01\x02 this is no HTTP\r\n\r\n", said: /./ },
  "closes in the middle": {
    answer: () => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    said: /./,
  },
};

async function forever(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(100);
  while (await conn.read(buffer) !== null);
}

for (const [name, { answer, said: wanted, after = 400 }] of Object.entries(RETRIED)) {
  Deno.test(`a receiver that fails: ${name}: tried again with the same key`, async () => {
    const server = receiver(answer);
    try {
      await deliver(`http://127.0.0.1:${server.port}/hook`, async (delivery, said) => {
        await until(() => delivery.counts().delivered === 1, "the outcome");
        const [first, second, ...more] = server.arrivals;
        assert.deepEqual(more, []);
        assert.equal(second.key, first.key);
        assert.match(first.key, /^[0-9a-f]{32}$/);
        assert.ok(second.at - first.at >= after * 0.95, `after ${second.at - first.at} ms`);
        assert.match(said[0], /^warning: Sink "hook" does not take what is sent: /);
        assert.match(said[0], wanted);
        assert.equal(said[1], 'Sink "hook" takes what is sent again');
      });
    } finally {
      server.close();
    }
  });
}

for (const name of ["refuses", "TLS error"]) {
  Deno.test(`a receiver that fails: ${name}: it waits, and more is tried`, async () => {
    const server = receiver(() => "no TLS here", 100);
    const url = name === "refuses"
      ? `http://127.0.0.1:${server.port}/hook`
      : `https://127.0.0.1:${server.port}/hook`;
    if (name === "refuses") server.close();
    try {
      await deliver(url, async (delivery, said) => {
        await until(() => delivery.counts().retried >= 2, "the outcome");
        await delivery.close();
        const { delivered, dead, lost } = delivery.counts();
        assert.deepEqual({ delivered, dead, lost }, { delivered: 0, dead: 0, lost: 1 });
        assert.match(said[0], /does not take what is sent: ./);
      });
    } finally {
      if (name !== "refuses") server.close();
    }
  });
}

for (
  const [name, line, ...headers] of [["400", "400 Bad Request"], [
    "301",
    "301 Moved Permanently",
    "Location: /elsewhere",
  ]]
) {
  Deno.test(`a receiver that fails: ${name}: a dead letter at once`, async () => {
    const server = receiver(() => status(line, ...headers));
    try {
      await deliver(`http://127.0.0.1:${server.port}/hook`, async (delivery, said) => {
        await until(() => delivery.counts().dead === 1, "the outcome");
        await new Promise((done) => setTimeout(done, 100));
        assert.deepEqual(server.arrivals.map((a) => a.path), ["/hook"]);
        assert.match(
          said[0],
          new RegExp(`^error: Sink "hook" did not get 1 notification: .*${name}`),
        );
      });
    } finally {
      server.close();
    }
  });
}
