/** Pub/Sub against a server that checks the token and the body as Google documents them. */
import assert from "node:assert/strict";
import { SettingError } from "./destination.ts";
import { pubsub } from "./pubsub.ts";
import { httpReceiver, type Received } from "./testing/receiver.ts";
import { contextOf, notificationOf, richAlert, settingsOf, TIME } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;
type Given = Parameters<typeof settingsOf>[1];

const pair = await crypto.subtle.generateKey(
  {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  true,
  ["sign", "verify"],
);
const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
const credentials = JSON.stringify({
  type: "service_account",
  project_id: "p",
  private_key_id: "key-1",
  private_key: `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`,
  client_email: "picket@p.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token",
});

interface Published {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function service() {
  const taken: Published[] = [];
  const receiver = httpReceiver((request: Received) => {
    const { messages } = JSON.parse(request.body) as { messages: Published[] };
    taken.push(...messages);
    return Response.json({ messageIds: messages.map((_, i) => `${i}`) });
  });
  return { ...receiver, taken };
}

const make = (url: string, given: Given = {}) =>
  pubsub.make(
    settingsOf(pubsub, { url, project: "my-project", topic: "alerts", credentials, ...given }),
    contextOf(),
  );
const text = (base64: string) => new TextDecoder().decode(Uint8Array.fromBase64(base64));

destinationSuite({
  name: "pubsub",
  async open() {
    const server = service();
    return {
      destination: await make(server.url),
      received: () => server.taken.map((m) => text(m.data)),
      mode: server.mode,
      end: server.close,
    };
  },
  modes: ["busy", "gone", "hang"],
  records: true,
  secrets: [der.toBase64().slice(50, 90), "eyJ", "secret-of-receiver"],
  inert: (delivery) => void JSON.parse(delivery),
});

Deno.test("pubsub: the token is signed by the account for this API, and made anew in time", async () => {
  const server = service();
  const destination = await make(server.url);
  await destination.deliver(notificationOf([richAlert("1"), richAlert("2")]), forever());
  await destination.deliver(notificationOf([richAlert("3")]), forever());
  assert.equal(server.received[0].path, "/v1/projects/my-project/topics/alerts:publish");
  const [scheme, token] = server.received[0].headers.authorization.split(" ");
  assert.equal(scheme, "Bearer");
  assert.equal(server.received[1].headers.authorization, `Bearer ${token}`);
  const [head, claims, signature] = token.split(".");
  const decode = (part: string) => Uint8Array.fromBase64(part, { alphabet: "base64url" });
  const json = (part: string) => JSON.parse(new TextDecoder().decode(decode(part)));
  assert.deepEqual(json(head), { alg: "RS256", typ: "JWT", kid: "key-1" });
  const at = Math.floor(TIME / 1000);
  assert.deepEqual(json(claims), {
    iss: "picket@p.iam.gserviceaccount.com",
    sub: "picket@p.iam.gserviceaccount.com",
    aud: "https://pubsub.googleapis.com/",
    iat: at,
    exp: at + 3600,
  });
  const signed = new TextEncoder().encode(`${head}.${claims}`);
  const valid = await crypto.subtle.verify(
    "RSASSA-PKCS1-v1_5",
    pair.publicKey,
    decode(signature),
    signed,
  );
  assert.equal(valid, true);
  assert.deepEqual(server.taken[1].attributes, {
    key: "n0123456789abcdef.1",
    event: "opened",
    rule: "ssh_brute_force",
    severity: "high",
  });
  await server.close();
});

Deno.test("pubsub: an hour later there is another token; an emulator gets none", async () => {
  const server = service();
  let now = TIME;
  const settings = settingsOf(pubsub, {
    url: server.url,
    project: "my-project",
    topic: "alerts",
    credentials,
  });
  const destination = await pubsub.make(settings, contextOf({ now: () => now }));
  await destination.deliver(notificationOf([richAlert()]), forever());
  now += 3_400_000;
  await destination.deliver(notificationOf([richAlert()]), forever());
  const [first, second] = server.received.map((r) => r.headers.authorization);
  assert.notEqual(first, second);
  const emulated = settingsOf(pubsub, { url: server.url, project: "my-project", topic: "alerts" });
  await (await pubsub.make(emulated, contextOf())).deliver(
    notificationOf([richAlert()]),
    forever(),
  );
  assert.equal(server.received[2].headers.authorization, undefined);
  await server.close();
});

Deno.test("pubsub: mistakes in settings are told by the setting, without the key", async () => {
  const mistakes: [string, Given][] = [
    ["project", { project: "a/b" }],
    ["topic", { topic: "x" }],
    ["credentials", { credentials: "{}" }],
    ["credentials", { credentials: "s3cr3t" }],
    ["credentials", { credentials: credentials.replace("BEGIN PRIVATE KEY-----", "s3cr3t") }],
    ["credentials", { url: "https://pubsub.googleapis.com", credentials: undefined! }],
  ];
  for (const [setting, given] of mistakes) {
    await assert.rejects(
      async () => await make("http://127.0.0.1:1", given),
      (error) =>
        error instanceof SettingError && error.setting === setting &&
        !error.message.includes("s3cr3t"),
      JSON.stringify(given),
    );
  }
});
