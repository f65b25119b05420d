/** Syslog against servers that read its framing and its grammar. */
import assert from "node:assert/strict";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { SettingError } from "./destination.ts";
import { guardedNetwork } from "./http.ts";
import { syslog } from "./syslog.ts";
import { makeCertificate } from "./testing/certificate.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;

interface Server {
  readonly port: number;
  readonly messages: string[];
  close(): Promise<void>;
}

/** Messages by octet counting; what is not counted right throws. */
function counted(bytes: Uint8Array): string[] {
  const out: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const length = Number(new TextDecoder().decode(bytes.subarray(at, space)));
    assert.ok(Number.isInteger(length) && space + 1 + length <= bytes.length);
    const message = bytes.subarray(space + 1, space + 1 + length);
    out.push(new TextDecoder("utf-8", { fatal: true }).decode(message));
    at = space + 1 + length;
  }
  return out;
}

function streamServer(tls?: { cert: string; key: string }): Server {
  const at = { hostname: "127.0.0.1", port: 0 };
  const listener = tls ? Deno.listenTls({ ...at, ...tls }) : Deno.listen(at);
  const messages: string[] = [];
  const reading: Promise<void>[] = [];
  const done = (async () => {
    for (;;) {
      try {
        const conn = await listener.accept();
        reading.push(
          (async () => {
            const bytes = new Uint8Array(await new Response(conn.readable).arrayBuffer());
            messages.push(...counted(bytes));
          })().catch(() => {}),
        );
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
      }
    }
  })();
  return {
    port: listener.addr.port,
    messages,
    async close() {
      listener.close();
      await done;
      await Promise.all(reading);
    },
  };
}

function udpServer(): Server {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const messages: string[] = [];
  const done = (async () => {
    for await (const [bytes] of socket) messages.push(new TextDecoder().decode(bytes));
  })();
  return {
    port: (socket.addr as Deno.NetAddr).port,
    messages,
    async close() {
      socket.close();
      await done;
    },
  };
}

const HEADER =
  /^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ([!-~]{1,255}) ([!-~]{1,48}) - ([!-~]{1,32}) \[origin software="Picket" swVersion="[\d.]+"\] ([^\r\n]*)$/;

/**
 * What has arrived, since datagrams come soon after they count as delivered: once there are `least`, and no more has come in three looks.
 * One look is too few, since a busy machine can hand over timer and datagram at the same moment.
 */
async function settled(messages: readonly string[], least = 0): Promise<readonly string[]> {
  const end = Date.now() + 20_000;
  let same = 0;
  for (let before = -1; same < 3 || (messages.length < least && Date.now() < end);) {
    same = messages.length === before ? same + 1 : 0;
    before = messages.length;
    await new Promise((done) => setTimeout(done, 15));
  }
  for (const message of messages) assert.match(message, HEADER);
  return messages;
}

for (const transport of ["tcp", "udp"] as const) {
  for (const form of ["cef", "json", "text"]) {
    destinationSuite({
      name: `syslog, ${transport}, ${form}`,
      async open() {
        const server = transport === "tcp" ? streamServer() : udpServer();
        const given = { host: "127.0.0.1", port: server.port, transport, form };
        return {
          destination: await syslog.make(settingsOf(syslog, given), contextOf()),
          received: () => settled(server.messages),
          mode() {},
          end: server.close,
        };
      },
      modes: [],
      records: true,
      inert(delivery) {
        const message = HEADER.exec(delivery)![5];
        if (form === "json") JSON.parse(message);
        else if (form === "cef") assert.match(message, /^CEF:0\|Picket\|Picket\|/);
      },
    });
  }
}

Deno.test("syslog: priority by facility and severity, the rule as message id", async () => {
  const server = streamServer();
  const given = { host: "127.0.0.1", port: server.port, facility: "authpriv", app_name: "a b\n" };
  const context = contextOf({ host: "sensor 1\n" });
  const destination = await syslog.make(settingsOf(syslog, given), context);
  const alert = richAlert("1", { severity: "critical", rule: "r".repeat(60) });
  await destination.deliver(notificationOf([alert]), forever());
  await server.close();
  const [, priority, host, app, id] = HEADER.exec(server.messages[0])!;
  assert.deepEqual([priority, host, app, id], ["81", "sensor_1_", "a_b_", "r".repeat(32)]);
});

Deno.test("syslog: a message longer than a datagram has its texts cut, and is whole JSON where that is enough", async () => {
  const server = udpServer();
  const given = { host: "127.0.0.1", port: server.port, transport: "udp", form: "json" };
  const destination = await syslog.make(settingsOf(syslog, given), contextOf());
  const long = "日".repeat(50_000);
  const alert = richAlert("1", {
    message: long,
    fields: { src: "45.83.64.1", user: [long, long] },
  });
  const outcome = await destination.deliver(notificationOf([alert]), forever());
  assert.deepEqual(outcome, { state: "delivered" });
  const [message] = await settled(server.messages, 1);
  assert.ok(new TextEncoder().encode(message).length <= 60_000);
  const { fields } = JSON.parse(HEADER.exec(message)![5]);
  assert.equal(fields.src, "45.83.64.1");
  assert.match(fields.user[0], /^日{1999}…$/);
  const fieldsOf = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`field${i}`, "日".repeat(30)]));
  await destination.deliver(
    notificationOf([richAlert("2", { fields: fieldsOf(3000) })]),
    forever(),
  );
  assert.match((await settled(server.messages, 2))[1], /…$/);
  await server.close();
});

Deno.test("syslog: a server that is not there, closes at once or never reads is tried again", async () => {
  const attempt = async (port: number, signal: AbortSignal, message = "x") => {
    const settings = settingsOf(syslog, { host: "127.0.0.1", port, form: "json" });
    const destination = await syslog.make(settings, contextOf());
    return await destination.deliver(notificationOf([richAlert("1", { message })]), signal);
  };
  assert.deepEqual(await attempt(1, forever()), {
    state: "retry",
    reason: "The receiver refuses the connection",
  });
  // Takes the connection and nothing of what is written, as a process that hangs.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.Conn[] = [];
  const done = (async () => {
    for await (const conn of listener) conns.push(conn);
  })();
  const alerts = Array.from(
    { length: 20 },
    (_, i) => richAlert(`${i}`, { message: "x".repeat(250_000) }),
  );
  const settings = settingsOf(syslog, {
    host: "127.0.0.1",
    port: listener.addr.port,
    form: "json",
  });
  const destination = await syslog.make(settings, contextOf());
  const outcome = await destination.deliver(notificationOf(alerts), AbortSignal.timeout(500));
  assert.deepEqual(outcome, {
    state: "retry",
    reason: "The attempt was given up: there was no answer in time",
  });
  listener.close();
  await done;
  for (const conn of conns) conn.close();
});

testNeeding(needs.openssl, "syslog: TLS, with a certificate for the name", async () => {
  const certificate = await makeCertificate(["DNS:logs.example.test"]);
  const server = streamServer(certificate);
  const lookup = () => Promise.resolve(["127.0.0.1"]);
  const context = contextOf(guardedNetwork({ allowPrivate: true, lookup }));
  const attempt = async (host: string) => {
    const given = { host, port: server.port, transport: "tls", ca: certificate.path };
    const destination = await syslog.make(settingsOf(syslog, given), context);
    return await destination.deliver(notificationOf([richAlert()]), forever());
  };
  assert.deepEqual(await attempt("logs.example.test"), { state: "delivered" });
  const wrong = await attempt("other.example.test");
  assert.match((wrong as { reason: string }).reason, /^The receiver's certificate is not trusted/);
  await server.close();
  assert.equal(server.messages.length, 1);
  await certificate.remove();
});

Deno.test("syslog: mistakes in settings and refused addresses are told", async () => {
  for (const [setting, given] of [["host", { host: "a:514" }], ["port", { port: 0 }]] as const) {
    await assert.rejects(
      async () => await syslog.make(settingsOf(syslog, { host: "a", ...given }), contextOf()),
      (error) => error instanceof SettingError && error.setting === setting,
    );
  }
  for (const transport of ["udp", "tcp"]) {
    const context = contextOf(guardedNetwork({ allowPrivate: false }));
    const settings = settingsOf(syslog, { host: "127.0.0.1", transport });
    const destination = await syslog.make(settings, context);
    const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
    assert.equal(outcome.state, "rejected");
  }
});
