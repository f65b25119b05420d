/** Every source passes the suite; what is each one's own is tested after it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { needs } from "../../tests/needs.ts";
import { Follower } from "./follow.ts";
import { HttpListener } from "./http.ts";
import { Ingest } from "./ingest.ts";
import { listenerOf, ListenError, type Listening } from "./listen.ts";
import { sourceSuite, type Subject } from "./testing/suite.ts";
import { TcpListener, TcpMemory } from "./tcp.ts";
import { dropsIn, UdpListener } from "./udp.ts";
import { InputHandle } from "../input.ts";
import { newLineCounters } from "../stages/lines.ts";

const listening: Listening = {
  memory: new TcpMemory(64 << 20),
  sourcetype: null,
  recognise: () => ({ sourcetype: "syslog", reason: "" }),
  notice: () => {},
  lateness: 5000,
  maxLine: 1 << 20,
  tls: null,
  duration: (text) => /^\d+s$/.test(text) ? parseInt(text) * 1000 : null,
  known: (name) => ["syslog", "json", "access_combined"].includes(name) ? name : null,
  nearest: (name) => name === "linux_secur" ? "linux_secure" : undefined,
};
const loopback = { ...listening, hostname: "127.0.0.1", port: 0 };
const patient = async (work: Promise<unknown>, patience?: number) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    work,
    ...(patience ? [new Promise((done) => timer = setTimeout(done, patience))] : []),
  ]).finally(() => clearTimeout(timer));
};
const encode = (text: string) => new TextEncoder().encode(text);

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  } catch {
    // The test has ended while the receiver made it wait.
  }
}

function overTcp(
  feed: TcpListener,
  frame: (r: string) => string,
  connect: () => Promise<Deno.Conn>,
): Subject {
  let conn: Deno.Conn | null = null;
  let last: Promise<void> = Promise.resolve();
  return {
    feed,
    async send(records, patience) {
      conn ??= await connect();
      const c = conn;
      last = last.then(() => write(c, records.map(frame).join("")));
      await patient(last, patience);
    },
    async close() {
      await feed.stop();
      try {
        conn?.close();
      } catch {
        // It was closed when the writing failed.
      }
      await last;
    },
  };
}

sourceSuite({
  name: "follow",
  holdsBack: false,
  rereads: true,
  async open() {
    const folder = await Deno.makeTempDir();
    const feed = new Follower({
      operands: [folder],
      every: 5,
      identify: async (path) => {
        const text = await Deno.readTextFile(path);
        const first = text.slice(0, text.indexOf("\n") + 1);
        return first ? createHash("sha256").update(first).digest("hex").slice(0, 16) : null;
      },
    });
    return {
      feed,
      send: async (records) =>
        await Deno.writeTextFile(`${folder}/a.log`, records.map((r) => r + "\n").join(""), {
          append: true,
        }),
      async close() {
        await feed.stop();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
});

for (
  const [form, frame] of [
    ["LF", (r: string) => r + "\n"],
    ["octet counting", (r: string) => `${encode(r).length} ${r}`],
  ] as const
) {
  sourceSuite({
    name: `tcp, ${form}`,
    holdsBack: true,
    rereads: false,
    open() {
      const feed = new TcpListener({ ...loopback, name: "tcp://127.0.0.1:0", last: 2000 });
      return Promise.resolve(
        overTcp(feed, frame, () => Deno.connect({ hostname: "127.0.0.1", port: feed.port })),
      );
    },
  });
}

sourceSuite({
  name: "tls",
  needs: [needs.openssl],
  holdsBack: true,
  rereads: false,
  async open() {
    const { cert, key } = await certificate();
    const feed = new TcpListener({ ...loopback, name: "tls://127.0.0.1:0", tls: { cert, key } });
    return overTcp(
      feed,
      (r) => `${encode(r).length} ${r}`,
      () => Deno.connectTls({ hostname: "localhost", port: feed.port, caCerts: [cert] }),
    );
  },
});

sourceSuite({
  name: "udp",
  holdsBack: false,
  rereads: false,
  open() {
    const feed = new UdpListener({ ...loopback, name: "udp://127.0.0.1:0" });
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    return Promise.resolve({
      feed,
      async send(records) {
        for (const [i, r] of records.entries()) {
          await socket.send(encode(r), {
            transport: "udp",
            hostname: "127.0.0.1",
            port: feed.port,
          });
          // The kernel holds some hundred.
          if (i % 50 === 49) await new Promise((done) => setTimeout(done, 5));
        }
      },
      async close() {
        await feed.stop();
        socket.close();
      },
    });
  },
});

sourceSuite({
  name: "http",
  holdsBack: true,
  rereads: false,
  open() {
    const feed = new HttpListener({ ...loopback, name: "http://127.0.0.1:0/", path: "/ingest" });
    return Promise.resolve({
      feed,
      async send(records, patience) {
        for (const end = performance.now() + (patience ?? 10_000);;) {
          const answer = await fetch(`http://127.0.0.1:${feed.port}/ingest`, {
            method: "POST",
            body: records.join("\n"),
          });
          await answer.body?.cancel();
          if (answer.status === 202 || performance.now() > end) return;
          assert.equal(answer.status, 429);
          await new Promise((done) => setTimeout(done, 50));
        }
      },
      close: () => feed.stop(),
    });
  },
});

/** A certificate for localhost, made for a test. */
async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const made = await new Deno.Command("openssl", {
      args: [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        ...["-addext", "basicConstraints=critical,CA:FALSE"],
        ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.equal(made.code, 0, new TextDecoder().decode(made.stderr));
    return {
      cert: await Deno.readTextFile(`${folder}/cert.pem`),
      key: await Deno.readTextFile(`${folder}/key.pem`),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pushed(
  feed: Ingest,
  body: string,
  type = "application/json",
  query = "",
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await feed.handle(
    new Request(`http://127.0.0.1/ingest${query}`, {
      method: "POST",
      body,
      headers: { "Content-Type": type },
    }),
    "192.0.2.1",
  );
  return { status: response.status, answer: await response.json() };
}

/** Lines by sourcetype that a feed was given. */
async function given(work: (feed: Ingest) => Promise<void>): Promise<Record<string, string[]>> {
  const feed = new Ingest({ ...listening, name: "http://127.0.0.1:0/ingest" });
  const out: Record<string, string[]> = {};
  const streams: ReadableStream<{ lines: string[] }>[] = [];
  feed.arrived = ({ live, sourcetype }) => {
    const input = new InputHandle({
      name: "",
      identity: "0".repeat(16),
      sourcetype: sourcetype!,
    });
    const opened = live!.open(input, 0, newLineCounters());
    assert.ok("lines" in opened);
    streams.push(opened.lines.pipeThrough(
      new TransformStream({
        transform(batch, c) {
          (out[sourcetype!] ??= []).push(...batch.lines);
          c.enqueue(batch);
        },
      }),
    ));
  };
  await work(feed);
  await feed.stop();
  for (const stream of streams) for await (const _ of stream);
  return out;
}

Deno.test("ingest: wrapper, array, a line with a hint, an event of its own", async () => {
  const line = "Mar 29 00:02:11 web1 sshd[1]: hello";
  const event = { src_ip: "203.0.113.7", event_type: "login" };
  const lines = await given(async (feed) => {
    const accept = async (body: unknown, n: number) =>
      assert.deepEqual(await pushed(feed, JSON.stringify(body)), {
        status: 202,
        answer: { accepted: n },
      });
    await accept({ logs: [line, { raw: line, format: "access_combined" }, event] }, 3);
    await accept({ events: [event] }, 1);
    await accept([line, event], 2);
    await accept({ log: line, format: "syslog" }, 1);
    await accept({ message: line, sourcetype: "access_combined" }, 1);
    await accept({ message: line }, 1);
    await accept({ message: "a text of its own", level: "info" }, 1);
    await accept({ logs: [line], format: "access_combined" }, 1);
    await accept([], 0);
  });
  assert.deepEqual(lines.access_combined, [line, line, line]);
  assert.deepEqual(lines.json, [
    JSON.stringify(event),
    JSON.stringify(event),
    JSON.stringify(event),
    '{"message":"a text of its own","level":"info"}',
  ]);
  assert.deepEqual(lines.syslog, [line, line, line, line]);
});

Deno.test("ingest: text and JSON lines, and what all of them are", async () => {
  const lines = await given(async (feed) => {
    const text = await pushed(feed, "one\r\ntwo\n\nthree", "text/plain; charset=utf-8");
    assert.deepEqual(text, { status: 202, answer: { accepted: 3 } });
    await pushed(feed, '{"a":1}\n{"a":2}\n', "application/x-ndjson", "?sourcetype=json");
  });
  assert.deepEqual(lines, { syslog: ["one", "two", "three"], json: ['{"a":1}', '{"a":2}'] });
});

Deno.test("ingest: what is wrong is said, and the rest is taken", async () => {
  const lines = await given(async (feed) => {
    const some = await pushed(feed, '["a", 7, null, "b"]');
    assert.deepEqual(some, {
      status: 202,
      answer: {
        accepted: 2,
        rejected: [1, 2].map((index) => ({ index, reason: "A record is a text or an object" })),
        partial: true,
      },
    });
    for (
      const [body, type, query, status, code] of [
        ["[7]", "application/json", "", 400, "no_record"],
        ["{", "application/json", "", 400, "bad_json"],
        ["x", "image/png", "", 415, "unsupported_type"],
        ["x", "text/plain", "?sourcetype=nope", 400, "unknown_sourcetype"],
        ["x", "text/plain", "?sourcetpye=json", 400, "unknown_parameter"],
        ['{"logs": ["x"], "format": "bogus"}', "application/json", "", 400, "unknown_sourcetype"],
        ['{"logs": ["x"], "sourcetype": 7}', "application/json", "", 400, "unknown_sourcetype"],
        ['{"log": "x", "format": "bogus"}', "application/json", "", 400, "unknown_sourcetype"],
        ['{"message": "x", "format": ["a"]}', "application/json", "", 400, "unknown_sourcetype"],
        ['[{"raw": "x", "format": "bogus"}]', "application/json", "", 400, "no_record"],
        ["x".repeat(17 << 20), "text/plain", "", 413, "too_large"],
      ] as const
    ) {
      const { status: got, answer } = await pushed(feed, body, type, query);
      assert.deepEqual([got, (answer.error as { code: string }).code], [status, code]);
    }
  });
  assert.deepEqual(lines, { syslog: ["a", "b"] });
});

Deno.test("ingest: a hint that names nothing is refused by name, a field that is no hint is not", async () => {
  const lines = await given(async (feed) => {
    const one = await pushed(feed, '{"log": "x", "format": "linux_secur"}');
    assert.equal(
      (one.answer.error as { message: string }).message,
      'There is no sourcetype "linux_secur"; did you mean linux_secure?',
    );
    const some = await pushed(feed, '[{"raw": "x", "format": "bogus"}, "kept"]');
    assert.deepEqual(some, {
      status: 202,
      answer: {
        accepted: 1,
        rejected: [{
          index: 0,
          reason: 'There is no sourcetype "bogus"; leave it out to have it recognised',
        }],
        partial: true,
      },
    });
    // Fields of an event of its own, which is JSON whatever they say.
    const own = await pushed(feed, '{"file": "a.pdf", "format": "pdf"}');
    assert.deepEqual(own, { status: 202, answer: { accepted: 1 } });
  });
  assert.deepEqual(lines, { syslog: ["kept"], json: ['{"file":"a.pdf","format":"pdf"}'] });
});

Deno.test("http: other sites, other paths and other methods are refused", async () => {
  const feed = new HttpListener({ ...loopback, name: "http://127.0.0.1:0/", path: "/ingest" });
  await feed.start();
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${feed.port}${path}`, init);
    return [answer.status, (await answer.json()).error.code];
  };
  assert.deepEqual(await ask("/ingest", { method: "GET" }), [405, "method_not_allowed"]);
  assert.deepEqual(await ask("/other", { method: "POST", body: "x" }), [404, "not_found"]);
  const origin = { method: "POST", body: "x", headers: { Origin: "https://example.com" } };
  assert.deepEqual(await ask("/ingest", origin), [403, "other_origin"]);
  await feed.stop();
});

Deno.test("the kernel's drops are the last column of the port's row", () => {
  const table =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n" +
    " 1234: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 59032 2 0000000000000000 47\n";
  assert.equal(dropsIn(table, 0x158a), 47);
  assert.equal(dropsIn(table, 0x158b), null);
});

Deno.test("listen: what a URL names, and what is wrong with one", async () => {
  for (
    const [url, wrong] of [
      ["udp://", /Invalid value "udp:\/\/" for --listen/],
      ["ftp://:21", /Invalid value/],
      ["tcp://:99999", /Invalid value/],
      ["udp://:514/path", /Invalid value/],
      ["tls://:6514", /"tls:\/\/127\.0\.0\.1:6514" needs a certificate/],
      ["http://0.0.0.0:8088/ingest", /Refusing to listen/],
      ["tcp://:5514?sourcetype=nope", /Unknown sourcetype "nope"/],
      ["tcp://:5514?lateness=much", /Invalid lateness "much" in "tcp:/],
      ["tcp://:5514?lateness=5s&x=1", /Unknown option "x" in "tcp:/],
    ] as const
  ) {
    assert.throws(() => listenerOf(url, listening), (e) => {
      assert.ok(e instanceof ListenError);
      assert.match(e.message, wrong);
      return true;
    });
  }
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  for (const scheme of ["tcp", "http"]) {
    await assert.rejects(
      async () => await listenerOf(`${scheme}://127.0.0.1:${port}`, listening).start(),
      /Cannot read "\w+:\/\/127\.0\.0\.1:\d+.*": the port is taken; choose another/,
    );
  }
  taken.close();
  const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const at = (udp.addr as Deno.NetAddr).port;
  await assert.rejects(
    async () => await listenerOf(`udp://127.0.0.1:${at}`, listening).start(),
    /the port is taken/,
  );
  udp.close();
});

Deno.test("tcp: records without an end share one memory in all listeners, the longest are cut", async () => {
  const memory = new TcpMemory(1 << 20);
  let records = 0, cut = 0;
  const reading: Promise<void>[] = [];
  const listeners = ["tcp://127.0.0.1:0", "tcp://localhost:0"].map((name) => {
    const listener = new TcpListener({ ...loopback, name, sourcetype: "syslog", memory });
    listener.arrived = ({ live }) =>
      reading.push((async () => {
        const opened = live!.open(
          new InputHandle({ name: "", identity: "" }),
          0,
          newLineCounters(),
        );
        assert.ok("lines" in opened);
        const { lines } = opened;
        for await (const batch of lines) {
          records += batch.lines.length;
          cut += batch.truncated?.length ?? 0;
        }
      })());
    return listener;
  });
  for (const listener of listeners) await listener.start();
  const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });
  // Each listener alone stays under the limit.
  const open = await Promise.all(
    listeners.flatMap(({ port }) => Array.from({ length: 4 }, () => connect(port))),
  );
  await Promise.all(open.map((c) => write(c, "<34>" + "x".repeat(200_000))));
  // Whoever sends whole records is heard meanwhile.
  const honest = await connect(listeners[0].port);
  await write(honest, "<34>one\n<34>two\n");
  while (cut < 3 || records < cut + 2 || memory.held > 1 << 20) {
    await new Promise((done) => setTimeout(done, 20));
  }
  const losses = (await Promise.all(listeners.map((l) => l.losses()))).flat();
  for (const { message } of losses) {
    assert.match(message, /cut \d+ records without an end: all connections together/);
  }
  assert.equal(losses.reduce((sum, { count }) => sum + count, 0), cut);
  for (const c of [...open, honest]) c.close();
  for (const listener of listeners) await listener.stop();
  await Promise.all(reading);
  assert.deepEqual([memory.held, memory.pending], [0, 0]);
  assert.equal(records, 10);
});
