/** Slack, Teams, PagerDuty and ntfy against servers that check bodies as the services document them. */
import assert from "node:assert/strict";
import type { ValidateFunction } from "ajv";
import { type DestinationSpec, SettingError } from "./destination.ts";
import { ntfy } from "./ntfy.ts";
import { pagerduty } from "./pagerduty.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import { httpReceiver, type Received } from "./testing/receiver.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";
import { NTFY, PAGERDUTY, SLACK, TEAMS } from "./testing/schemas.ts";
import { destinationSuite } from "./testing/suite.ts";

const ROUTING_KEY = "R0123456789abcdef0123456789abcde";
const forever = () => new AbortController().signal;

/** Takes what the schema allows and answers 400 to the rest, as the service does. */
function service(schema: ValidateFunction, status: number) {
  return httpReceiver((request: Received) => {
    if (!schema(JSON.parse(request.body))) {
      return new Response(JSON.stringify(schema.errors), { status: 400 });
    }
    return new Response("ok", { status });
  });
}

interface Kind {
  readonly spec: DestinationSpec;
  readonly schema: ValidateFunction;
  readonly status: number;
  readonly path: string;
  readonly given?: Readonly<Record<string, string>>;
}

const KINDS: readonly Kind[] = [
  { spec: slack, schema: SLACK, status: 200, path: "/services/T0/B0/s3cr3t" },
  { spec: teams, schema: TEAMS, status: 202, path: "/workflows/s3cr3t?sig=s3cr3t" },
  {
    spec: pagerduty,
    schema: PAGERDUTY,
    status: 202,
    path: "/v2/enqueue",
    given: { routing_key: ROUTING_KEY },
  },
  { spec: ntfy, schema: NTFY, status: 200, path: "/s3cr3t-topic", given: { token: "tk_s3cr3t" } },
];

async function open({ spec, schema, status, path, given }: Kind) {
  const receiver = service(schema, status);
  const settings = settingsOf(spec, { url: receiver.url + path, ...given });
  return { destination: await spec.make(settings, contextOf()), receiver };
}

/** All texts in a JSON value. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

for (const kind of KINDS) {
  destinationSuite({
    name: kind.spec.type,
    open: async () => {
      const { destination, receiver } = await open(kind);
      const bad = () => receiver.received.filter((r) => !kind.schema(JSON.parse(r.body)));
      return {
        destination,
        received() {
          assert.deepEqual(bad(), [], JSON.stringify(kind.schema.errors));
          return receiver.received.map((r) => r.body);
        },
        mode: receiver.mode,
        end: receiver.close,
      };
    },
    modes: ["busy", "gone", "hang"],
    records: kind.spec === pagerduty,
    secrets: ["s3cr3t", ROUTING_KEY, "secret-of-receiver"],
    inert(delivery) {
      for (const text of texts(JSON.parse(delivery))) {
        assert.doesNotMatch(text, /@(here|channel|everyone|all)\b/i);
        // Code of Slack holds addresses as they are; it makes no links of them.
        const outside = kind.spec === slack ? text.replaceAll(/`[^`\n]*`/g, "") : text;
        assert.doesNotMatch(outside, /(https?:\/\/|\bwww\.)evil/);
      }
    },
  });
}

/** Slack's mrkdwn of a message: what reads marks there. */
function marked(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  if (type === "mrkdwn") return [String(text)];
  return Object.values(value).flatMap(marked);
}

Deno.test("slack: nothing in angle brackets but links of ours, nothing formatted but labels", async () => {
  const { destination, receiver } = await open(KINDS[0]);
  const value = "<!channel> <https://e.example|x> *b* _i_ ~s~ `c` :tada: &lt;!here&gt;";
  const alert = richAlert("1", { message: value, title: value, fields: { user: value } });
  await destination.deliver(notificationOf([alert]), forever());
  const body = JSON.parse(receiver.received[0].body);
  for (const text of [...marked(body), body.text as string]) {
    for (const [, target] of text.matchAll(/<([^>]*)>/g)) {
      assert.match(target, /^https:\/\/(picket\.example\.com|attack\.mitre\.org)\//);
    }
    assert.doesNotMatch(text.replaceAll(/`[^`]*`/g, ""), /[~`]|\*b\*|(^| )_i_|:tada:/);
  }
  await receiver.close();
});

Deno.test("pagerduty: an alert is triggered, acknowledged and resolved under its id", async () => {
  const { destination, receiver } = await open(KINDS[2]);
  const id = "5".repeat(32);
  const steps = [
    notificationOf([richAlert(id)]),
    notificationOf([richAlert(id, { status: "acknowledged" })], { event: "changed" }),
    notificationOf([richAlert(id)], { event: "closed" }),
  ];
  for (const step of steps) await destination.deliver(step, forever());
  const bodies = receiver.received.map((r) => JSON.parse(r.body));
  assert.deepEqual(bodies.map((b) => [b.event_action, b.dedup_key]), [
    ["trigger", id],
    ["acknowledge", id],
    ["resolve", id],
  ]);
  assert.equal(bodies[0].payload.severity, "error");
  assert.deepEqual(bodies[0].payload.custom_details.fields.dest_port, 22);
  await receiver.close();
});

Deno.test("pagerduty: what it says of a refused event is told, without the key", async () => {
  const receiver = httpReceiver(() =>
    Response.json({
      status: "invalid event",
      message: "Event object is invalid",
      errors: [`routing_key ${ROUTING_KEY} is unknown`],
    }, { status: 400 })
  );
  const settings = settingsOf(pagerduty, { url: receiver.url, routing_key: ROUTING_KEY });
  const destination = await pagerduty.make(settings, contextOf());
  assert.deepEqual(await destination.deliver(notificationOf([richAlert()]), forever()), {
    state: "rejected",
    reason: "The receiver answers HTTP 400: Event object is invalid: routing_key … is unknown",
  });
  await receiver.close();
});

Deno.test("slack: its error is told when it is one of its words", async () => {
  for (const [text, reason] of [["no_service", ": no_service"], ["<html>s3cr3t", ""]]) {
    const receiver = httpReceiver(() => new Response(text, { status: 404 }));
    const destination = await slack.make(settingsOf(slack, { url: receiver.url }), contextOf());
    assert.deepEqual(await destination.deliver(notificationOf([richAlert()]), forever()), {
      state: "rejected",
      reason: `The receiver answers HTTP 404${reason}`,
    });
    await receiver.close();
  }
});

Deno.test("teams: a large group is cut to what Teams takes, and says so", async () => {
  const { destination, receiver } = await open(KINDS[1]);
  const long = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, "ü".repeat(999)]));
  const alerts = Array.from({ length: 20 }, (_, i) => richAlert(`${i}`, { fields: long }));
  await destination.deliver(notificationOf(alerts, { more: 3 }), forever());
  const { body } = receiver.received[0];
  assert.ok(new TextEncoder().encode(body).length <= 28_000);
  assert.match(body, /and \d+ more alerts/);
  await receiver.close();
});

Deno.test("ntfy: the topic goes into the body, the token into a header", async () => {
  const receiver = service(NTFY, 200);
  const url = `${receiver.url}/under/a/path/alerts-1/`;
  const destination = await ntfy.make(settingsOf(ntfy, { url, token: "tk_1" }), contextOf());
  const long = richAlert("1", { message: "日".repeat(5000), severity: "critical" });
  await destination.deliver(notificationOf([long]), forever());
  const [{ path, headers, body }] = receiver.received;
  assert.equal(path, "/under/a/path/");
  assert.equal(headers.authorization, "Bearer tk_1");
  const { topic, priority, message } = JSON.parse(body);
  assert.deepEqual([topic, priority], ["alerts-1", 5]);
  assert.ok(new TextEncoder().encode(message).length <= 4096);
  await receiver.close();
});

Deno.test("chats: mistakes in settings are told by the setting, secrets are not repeated", async () => {
  const mistakes: [DestinationSpec, string, Record<string, string>][] = [
    [slack, "url", { url: "s3cr3t" }],
    [teams, "url", { url: "file:///s3cr3t" }],
    [ntfy, "url", { url: "https://ntfy.sh/" }],
    [ntfy, "url", { url: "https://ntfy.sh/a b" }],
    [pagerduty, "routing_key", { routing_key: " " }],
  ];
  for (const [spec, setting, given] of mistakes) {
    await assert.rejects(
      async () => await spec.make(settingsOf(spec, given), contextOf()),
      (error) =>
        error instanceof SettingError && error.setting === setting &&
        !error.message.includes("s3cr3t"),
    );
  }
});
