import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { SettingError } from "./destination.ts";
import { httpReceiver, type Receiver } from "./testing/receiver.ts";
import {
  contextOf,
  HOSTILE,
  notificationOf,
  richAlert,
  settingsOf,
  TIME,
} from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";
import { webhook } from "./webhook.ts";

const KEY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const forever = () => new AbortController().signal;

type Given = Parameters<typeof settingsOf>[1];
type Maps = Parameters<typeof settingsOf>[2];

async function open(given: Given = {}, maps: Maps = {}, path = "/hook?token=s3cr3t-in-url") {
  const receiver = httpReceiver();
  const settings = settingsOf(webhook, { url: receiver.url + path, ...given }, maps);
  const destination = await webhook.make(settings, contextOf());
  return { destination, receiver };
}

const subject = ({ destination, receiver }: Awaited<ReturnType<typeof open>>) => ({
  destination,
  received: () => receiver.received.map((r) => r.body),
  mode: receiver.mode,
  end: receiver.close,
});

for (const form of ["json", "ocsf", "ecs", "text", "markdown"]) {
  destinationSuite({
    name: `webhook, ${form}`,
    open: async () =>
      subject(
        await open({ form, secret: `whsec_${KEY}`, authorization: "Bearer s3cr3t-token" }),
      ),
    modes: ["busy", "gone", "hang"],
    secrets: ["s3cr3t", KEY, "secret-of-receiver"],
    inert(delivery) {
      if (form !== "text" && form !== "markdown") return void JSON.parse(delivery);
      if (form === "text") assert.doesNotMatch(delivery, /https?:\/\/evil|@(here|everyone)/);
    },
  });
}

/** Delivers one notification; gives the request. */
async function sent(
  { destination, receiver }: {
    destination: Awaited<ReturnType<typeof open>>["destination"];
    receiver: Receiver;
  },
  notification = notificationOf([richAlert()]),
) {
  const outcome = await destination.deliver(notification, forever());
  assert.deepEqual(outcome, { state: "delivered" });
  await receiver.close();
  return receiver.received[0];
}

Deno.test("webhook: the signature is Standard Webhooks' over id, time and body", async () => {
  const { headers, body } = await sent(await open({ secret: `whsec_${KEY}` }));
  assert.equal(headers["webhook-id"], "n0123456789abcdef");
  assert.equal(headers["webhook-timestamp"], String(Math.floor(TIME / 1000)));
  // By another implementation of HMAC, over the bytes that arrived.
  const signed = createHmac("sha256", Buffer.from(KEY, "base64"))
    .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${signed}`);
  assert.deepEqual(Object.keys(JSON.parse(body)), ["type", "timestamp", "data"]);
  assert.equal(JSON.parse(body).type, "alert.opened");
});

Deno.test("webhook: without a key nothing is signed", async () => {
  const { headers } = await sent(await open());
  assert.equal(headers["webhook-signature"], undefined);
  assert.equal(headers["webhook-id"], "n0123456789abcdef");
});

Deno.test("webhook: a body of JSON keeps types, and values are never read as templates", async () => {
  const body = JSON.stringify({
    text: "{{severity}}: {{ alert.message }}",
    count: "{{ alert.count }}",
    users: "{{ alert.fields.users }}",
    none: "{{ alert.fields.nothing.deeper }}",
    proto: "{{ alert.fields.__proto__ }}{{ alert.constructor }}",
    "a {{ key }}": [true, null, 1],
  });
  const alert = richAlert("1", { message: '{{ key }} ","x":"{{ alert.id }}"' });
  const request = await sent(await open({ body }), notificationOf([alert]));
  assert.deepEqual(JSON.parse(request.body), {
    text: 'high: {{ key }} ","x":"{{ alert.id }}"',
    count: 12,
    users: ["root", "admin"],
    none: null,
    proto: "",
    "a {{ key }}": [true, null, 1],
  });
  assert.equal(request.headers["content-type"], "application/json");
});

Deno.test("webhook: hostile values stay one header, one part of the address, one field of a form", async () => {
  for (const value of HOSTILE) {
    const alert = richAlert("1", { fields: { user: value } });
    const given = {
      body: "user={{ alert.fields.user }}&safe=1",
      content_type: "application/x-www-form-urlencoded",
    };
    const maps = { headers: { "X-User": "user {{ alert.fields.user }}!" } };
    const path = "/a/{{ alert.fields.user }}/end?q={{ alert.fields.user }}&safe=1";
    // Of what is too long for a receiver's headers nothing is learned here.
    if (value.length > 10_000) continue;
    const request = await sent(await open(given, maps, path), notificationOf([alert]));
    const url = new URL(request.path, "http://x");
    assert.match(url.pathname, /^\/a\/[^/]*\/end$/);
    assert.deepEqual([...url.searchParams.keys()], ["q", "safe"]);
    const fields = new URLSearchParams(request.body);
    assert.deepEqual([...fields.keys()], ["user", "safe"]);
    if (value !== "..") assert.equal(fields.get("user"), value.toWellFormed());
    assert.equal(request.headers["x-injected"], undefined);
    assert.match(request.headers["x-user"], /^user [\x20-\x7e]*!$/);
  }
});

Deno.test("webhook: HTML and chats' texts are escaped for what the body is", async () => {
  const alert = richAlert("1", { message: "<b>@here</b> *x* [a](https://e.example)" });
  const html = await sent(
    await open({ body: "<p>{{ alert.message }}</p>", content_type: "text/html" }),
    notificationOf([alert]),
  );
  assert.equal(html.body, "<p>&lt;b&gt;＠here&lt;/b&gt; *x* [a](https[://]e.example)</p>");
  const chat = await sent(
    await open({ body: '{"content":"{{ alert.message }}"}', escape: "markdown" }),
    notificationOf([alert]),
  );
  assert.equal(
    JSON.parse(chat.body).content,
    "\\<b\\>＠here\\<\\/b\\> \\*x\\* \\[a\\]\\(https\\[\\:\\/\\/\\]e\\.example\\)",
  );
});

const MISTAKES: [string, Given, Maps?][] = [
  ["url", { url: "ftp://x.example/" }],
  ["url", { url: "https://user:pw@x.example/" }],
  ["url", { url: "https://{{ alert.fields.src }}/x" }],
  ["url", { url: "https://x.example/{{ nothing }}" }],
  ["url", { url: "" }],
  ["body", { body: '{"a": {{ count }}}' }],
  ["body", { body: "{{ alert.rule" }],
  ["body", { body: "{{ alert. }}" }],
  ["content_type", { content_type: "text/plain\r\nx: y" }],
  ["secret", { secret: "short" }],
  ["secret", { secret: "whsec_AAAA" }],
  ["authorization", { authorization: "Bearer a\nb" }],
  ["headers", {}, { headers: { "Content-Length": "5" } }],
  ["headers", {}, { headers: { "a b": "5" } }],
  ["headers", {}, { headers: { "x": "a\r\nb: c" } }],
];

Deno.test("webhook: mistakes in settings are told by the setting", async (t) => {
  for (const [setting, given, maps] of MISTAKES) {
    await t.step(`${setting} ${JSON.stringify({ ...given, ...maps })}`, async () => {
      const settings = settingsOf(webhook, { url: "https://x.example/", ...given }, maps);
      await assert.rejects(
        async () => await webhook.make(settings, contextOf()),
        (error) => error instanceof SettingError && error.setting === setting,
      );
    });
  }
});
