/** E-mail against an SMTP server: the library `smtp-server`, which parses what it is sent. */
import assert from "node:assert/strict";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { SettingError } from "./destination.ts";
import { email } from "./email.ts";
import { guardedNetwork } from "./http.ts";
import { makeCertificate } from "./testing/certificate.ts";
import type { Mode } from "./testing/receiver.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;
const ADDRESSES = { from: "Picket <picket@example.com>", to: ["soc@example.com"] };

interface Smtp {
  readonly port: number;
  /** Whole mails, as they were sent. */
  readonly mails: string[];
  readonly secured: boolean[];
  readonly users: string[];
  mode(mode: Mode): void;
  close(): Promise<void>;
}

const failed = (code: number, text: string) =>
  Object.assign(new Error(text), { responseCode: code });

async function smtpServer(options: SMTPServerOptions = {}): Promise<Smtp> {
  let mode: Mode = "ok";
  const mails: string[] = [], secured: boolean[] = [], users: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ["STARTTLS"],
    closeTimeout: 10,
    logger: false,
    onAuth({ username, password }, _session, done) {
      users.push(`${username}`);
      if (password === "s3cr3t-password") done(null, { user: username });
      else done(failed(535, `5.7.8 ${password} is wrong`));
    },
    onRcptTo({ address }, _session, done) {
      if (address.startsWith("nobody@")) done(failed(550, "5.1.1 No such user"));
      else if (mode === "gone") done(failed(550, "5.1.1 No such user"));
      else if (mode === "busy") done(failed(451, "4.7.1 Try again later"));
      else done();
    },
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
      stream.on("end", () => {
        if (mode === "hang") return;
        mails.push(text);
        secured.push(session.secure);
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.server.address() as { port: number };
  return {
    port: address.port,
    mails,
    secured,
    users,
    mode: (to) => void (mode = to),
    close: () => new Promise((done) => server.close(() => done())),
  };
}

/** The parts of a mail: headers unfolded, bodies decoded. */
function parse(mail: string) {
  const [head, ...rest] = mail.split("\r\n\r\n");
  const headers = new Map(
    head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n").map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
    }),
  );
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get("content-type") ?? "")?.[1];
  const parts = rest.join("\r\n\r\n").split(`--${boundary}`).slice(1, -1).map((part) => {
    const [partHead, ...body] = part.trim().split("\r\n\r\n");
    return { type: /content-type: ([\w/]+)/i.exec(partHead)![1], body: decoded(partHead, body) };
  });
  return { headers, parts };
}

function decoded(head: string, body: readonly string[]): string {
  const text = body.join("\r\n\r\n");
  const encoding = /content-transfer-encoding: ([\w-]+)/i.exec(head)?.[1].toLowerCase();
  if (encoding === "base64") {
    return new TextDecoder().decode(Uint8Array.fromBase64(text.replaceAll(/\s/g, "")));
  }
  if (encoding !== "quoted-printable") return text;
  const bytes = text.replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}

const make = (server: Smtp, given: Parameters<typeof settingsOf>[1] = {}) =>
  email.make(
    settingsOf(email, {
      host: "127.0.0.1",
      port: server.port,
      security: "none",
      ...ADDRESSES,
      ...given,
    }),
    contextOf(),
  );

destinationSuite({
  name: "email",
  async open() {
    const server = await smtpServer();
    return {
      destination: await make(server, { user: "picket", password: "s3cr3t-password" }),
      received: () =>
        server.mails.map((m) => {
          const { headers, parts } = parse(m);
          return [headers.get("subject"), ...parts.map((p) => p.body)].join("\n");
        }),
      mode: server.mode,
      end: server.close,
    };
  },
  modes: ["busy", "gone", "hang"],
  secrets: ["s3cr3t"],
  inert(delivery) {
    const html = delivery.slice(delivery.indexOf("<!doctype html>"));
    const tags = [...html.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map((m) => m[1].toLowerCase());
    const known = ["!doctype", "html", "body", "h2", "p", "table", "tr", "th", "td", "code", "a"];
    assert.deepEqual(tags.filter((t) => !known.includes(t)), []);
    for (const [, href] of html.matchAll(/href="([^"]*)"/g)) {
      assert.match(href, /^https:\/\/(picket\.example\.com|attack\.mitre\.org)\//);
    }
    assert.doesNotMatch(delivery, /https?:\/\/evil|@(here|everyone)/);
  },
});

Deno.test("email: no header comes from an alert; the mail says what it is", async () => {
  const server = await smtpServer();
  const destination = await make(server);
  const title = "Login\r\nBcc: evil@example.com\r\n\r\nü";
  const alert = richAlert("a1", { title });
  await destination.deliver(notificationOf([alert], { key: "k1" }), forever());
  const { headers, parts } = parse(server.mails[0]);
  assert.equal(headers.has("bcc"), false);
  assert.equal(headers.get("message-id"), "<k1@picket.sensor-1>");
  assert.equal(headers.get("references"), "<a1@picket.sensor-1>");
  assert.equal(headers.get("auto-submitted"), "auto-generated");
  assert.equal(headers.get("to"), "soc@example.com");
  assert.deepEqual(parts.map((p) => p.type), ["text/plain", "text/html"]);
  assert.match(parts[0].body, /12 failed logins from 45\.83\.64\.1/);
  await server.close();
});

Deno.test("email: a wrong password and recipients that do not exist are told, without the password", async () => {
  const server = await smtpServer();
  const login = await make(server, { user: "picket", password: "wr0ng-password" });
  assert.deepEqual(await login.deliver(notificationOf([richAlert()]), forever()), {
    state: "rejected",
    reason: "The server refuses the user or the password (535)",
  });
  const some = await make(server, { to: ["soc@example.com", "nobody@example.com"] });
  assert.deepEqual(await some.deliver(notificationOf([richAlert()]), forever()), {
    state: "rejected",
    reason: "The server refuses 1 of 2 recipients: nobody@example.com",
  });
  assert.equal(server.mails.length, 1);
  await server.close();
});

Deno.test("email: without STARTTLS nothing is said to a server that was to encrypt", async () => {
  const server = await smtpServer();
  const given = { security: "starttls", user: "picket", password: "s3cr3t-password" };
  const destination = await make(server, given);
  const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
  assert.equal(outcome.state, "rejected");
  assert.deepEqual(server.users, []);
  assert.deepEqual(server.mails, []);
  await server.close();
});

testNeeding(needs.openssl, "email: STARTTLS and TLS, with a certificate for the name", async () => {
  const certificate = await makeCertificate(["DNS:mail.example.test"]);
  const { cert, key, path } = certificate;
  const lookup = () => Promise.resolve(["127.0.0.1"]);
  const context = contextOf(guardedNetwork({ allowPrivate: true, lookup }));
  const given = { ...ADDRESSES, user: "picket", password: "s3cr3t-password" };
  for (const security of ["starttls", "tls"] as const) {
    const server = await smtpServer({ cert, key, secure: security === "tls" });
    const outcomes = [];
    for (
      const [host, ca] of [
        ["mail.example.test", path],
        ["other.example.test", path],
        ["mail.example.test", undefined],
      ]
    ) {
      const settings = settingsOf(email, {
        ...given,
        ...ca === undefined ? {} : { ca },
        host: host!,
        port: server.port,
        security,
      });
      const destination = await email.make(settings, context);
      outcomes.push((await destination.deliver(notificationOf([richAlert()]), forever())).state);
    }
    assert.equal(outcomes[0], "delivered");
    for (const outcome of outcomes.slice(1)) assert.notEqual(outcome, "delivered");
    assert.deepEqual(server.secured, [true]);
    assert.deepEqual(server.users, ["picket"]);
    await server.close();
  }
  await certificate.remove();
});

Deno.test("email: a server of the machine's own network is refused unless allowed", async () => {
  const server = await smtpServer();
  const settings = settingsOf(email, { host: "127.0.0.1", port: server.port, ...ADDRESSES });
  const context = contextOf(guardedNetwork({ allowPrivate: false }));
  const destination = await email.make(settings, context);
  const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
  assert.equal(outcome.state, "rejected");
  assert.match((outcome as { reason: string }).reason, /allow_private/);
  await server.close();
});

Deno.test("email: mistakes in settings are told by the setting", async () => {
  const mistakes: [string, Parameters<typeof settingsOf>[1]][] = [
    ["from", { from: "nobody" }],
    ["to", { to: ["a@example.com, b@example.com"] }],
    ["to", { to: ["a@example.com\r\nBcc: b@example.com"] }],
    ["to", { to: [] }],
    ["user", { user: "x" }],
    ["port", { port: 70_000 }],
    ["ca", { ca: "/nothing/here.pem" }],
  ];
  for (const [setting, given] of mistakes) {
    const settings = settingsOf(email, { host: "mail.example.com", ...ADDRESSES, ...given });
    await assert.rejects(
      async () => await email.make(settings, contextOf()),
      (error) => error instanceof SettingError && error.setting === setting,
    );
  }
});
