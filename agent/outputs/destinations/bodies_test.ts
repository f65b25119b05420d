/** Random hostile alerts: the bodies for chats and pagers stay within what the services document. */
import assert from "node:assert/strict";
import type { ValidateFunction } from "ajv";
import fc from "fast-check";
import { shortened } from "../forms/shorten.ts";
import { jsonTemplate, scopeOf } from "../forms/template.ts";
import { mailHtml, mailSubject } from "../forms/mail.ts";
import { ntfyMessage } from "./ntfy.ts";
import { pagerdutyEvents } from "./pagerduty.ts";
import { slackMessage } from "./slack.ts";
import { teamsMessage } from "./teams.ts";
import { HOSTILE, notificationOf, richAlert } from "./testing/samples.ts";
import { NTFY, PAGERDUTY, SLACK, TEAMS } from "./testing/schemas.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 100);

const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 300 }),
  // Characters that become several when they are escaped.
  fc.tuple(fc.constantFrom("&", "<", "\u202e", "日", "😀", "`", "\ud800", "@here "), fc.nat(5000))
    .map(([c, n]) => c.repeat(n)),
);

const alert = fc.record({
  title: text,
  message: text,
  rule: fc.string({ unit: "binary", minLength: 1, maxLength: 100 }),
  severity: fc.constantFrom("informational", "low", "medium", "high", "critical"),
  status: fc.constantFrom("open", "acknowledged", "closed"),
  entity: fc.dictionary(text, text, { maxKeys: 3 }),
  fields: fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.double()), {
    maxKeys: 20,
  }),
  metadata: fc.record({ description: text, cve: fc.array(text, { maxLength: 3 }) }),
});

const notification = fc.tuple(fc.array(alert, { minLength: 1, maxLength: 20 }), fc.nat(30)).map(
  ([alerts, more]) =>
    notificationOf(
      alerts.map((a, i) =>
        richAlert(`${i}`.padStart(32, "0"), a as Parameters<typeof richAlert>[1])
      ),
      { more },
    ),
);

function always(name: string, holds: (n: ReturnType<typeof notificationOf>) => void) {
  Deno.test(name, () => {
    fc.assert(fc.property(notification, holds), { numRuns: RUNS });
  });
}

function valid(schema: ValidateFunction, body: unknown): void {
  assert.ok(schema(body), JSON.stringify(schema.errors)?.slice(0, 2000));
}

always("slack: any alerts give a body that Slack takes", (n) => valid(SLACK, slackMessage(n)));

always("teams: any alerts give a card of at most 28 KB", (n) => {
  const body = teamsMessage(n);
  assert.ok(new TextEncoder().encode(body).length <= 28_000);
  valid(TEAMS, JSON.parse(body));
});

always("pagerduty: any alerts give events that it takes", (n) => {
  for (const event of pagerdutyEvents(n, { host: "sensor-1" })) {
    const body = JSON.stringify({ routing_key: "R".repeat(32), ...event });
    valid(PAGERDUTY, JSON.parse(body));
    assert.ok(body.length < 512_000);
  }
});

always("ntfy: any alerts give a message of at most 4,096 bytes", (n) => {
  const body = ntfyMessage("topic", n);
  valid(NTFY, body);
  assert.ok(new TextEncoder().encode(String(body.message)).length <= 4096);
});

always("mail: a subject of one line, HTML with tags of ours alone", (n) => {
  assert.doesNotMatch(mailSubject(n), /\p{Cc}/u);
  const tags = [...mailHtml(n).matchAll(/<\/?([^\s>]*)/g)].map((m) => m[1]);
  const ours = /^(!doctype|html|body|h2|h3|p|table|tr|th|td|code|a)$/;
  assert.deepEqual(tags.filter((t) => !ours.test(t)), []);
});

always("a template of JSON gives every value as it is", (n) => {
  const fill = jsonTemplate('{"m":"{{ alert.message }}","in":"<{{ alert.title }}>"}');
  const { m, in: inside } = JSON.parse(fill(scopeOf(n)));
  assert.equal(m, n.alerts[0].message);
  assert.equal(inside, `<${n.alerts[0].title}>`);
});

always("shortened: texts are cut, nothing else changes", (n) => {
  const short = shortened(n, 50);
  assert.equal(short.alerts.length, n.alerts.length);
  assert.equal(short.key, n.key);
  for (const [i, a] of short.alerts.entries()) {
    assert.ok(a.message.length <= 50);
    assert.deepEqual(Object.keys(a.fields), Object.keys(n.alerts[i].fields));
  }
});
