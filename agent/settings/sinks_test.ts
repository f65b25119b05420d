import assert from "node:assert/strict";
import { holdsFor } from "../outputs/delivery/alert_rows.ts";
import type { DestinationSpec } from "../outputs/destinations/destination.ts";
import type { Alert } from "../event.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { SettingsReader } from "./section.ts";
import { readSettings } from "./settings.ts";
import { sinksSection } from "./sinks.ts";

const CHAT: DestinationSpec = {
  type: "chat",
  summary: "A chat of the tests",
  settings: [
    { name: "url", kind: "url", required: true, summary: "Where it is" },
    { name: "token", kind: "secret", summary: "Who we are" },
    { name: "retries", kind: "number", summary: "A number" },
    { name: "body", kind: "template", summary: "What is sent" },
    { name: "headers", kind: "map", summary: "What goes with it" },
  ],
  make: () => {
    throw new Error("not made here");
  },
};

function read(text: string) {
  const reader = new SettingsReader("agent.yaml", text);
  const [entry] = reader.entries(reader.root, "The file");
  const sinks = sinksSection([CHAT]).read(reader, entry.node);
  const diagnostics = reader.diagnostics.sort((a, b) => a.span.start - b.span.start);
  const found = diagnostics.map((d) =>
    `${d.code} ${text.slice(d.span.start, d.span.end)}: ${d.message}`
  );
  return { sinks, diagnostics, found };
}

Deno.test("sinks: all that can be said of one, and what holds where nothing is said", () => {
  const { sinks: [a, b], found } = read(`sinks:
  all:
    type: chat
    url_env: PICKET_CHAT_URL
    token_file: /run/secrets/chat
    retries: 3
    body: {text: "{{ message }}", n: [1]}
    headers: {X-Team: blue}
    where: severity >= high and rule startswith "ssh"
    min_severity: low
    on: [opened, closed]
    health: [late, state_evicted]
    throttle: 5m
    group: {by: [rule, entity], wait: 10s, interval: 1m, repeat: 4h}
    limit: {count: 10, per: 1h}
    quiet_hours: {from: "22:00", to: 07:00, zone: Europe/Zurich, days: [mon], except_severity: critical}
    timeout: 5s
    concurrency: 2
    allow_private: true
  plain:
    type: chat
    url: https://chat.example.org/x
`);
  assert.deepEqual(found, []);
  assert.deepEqual(
    a.settings.map(({ name, from, value }) => [name, from, value]),
    [
      ["url", "env", "PICKET_CHAT_URL"],
      ["token", "file", "/run/secrets/chat"],
      ["retries", "value", 3],
      ["body", "value", '{"text":"{{ message }}","n":[1]}'],
      ["headers", "value", new Map([["X-Team", "blue"]])],
    ],
  );
  assert.deepEqual([a.minSeverity, [...a.on], a.throttle], ["low", ["opened", "closed"], 300_000]);
  assert.deepEqual(a.group, {
    by: ["rule", "entity"],
    wait: 10_000,
    interval: 60_000,
    repeat: 14_400_000,
  });
  assert.deepEqual(a.limit, { count: 10, per: 3_600_000 });
  assert.deepEqual(a.quiet, {
    from: 1320,
    to: 420,
    zone: "Europe/Zurich",
    days: new Set([1]),
    exceptSeverity: "critical",
  });
  assert.deepEqual([a.timeout, a.concurrency, a.allowPrivate], [5000, 2, true]);
  const { minSeverity, on, throttle, group, limit, quiet, timeout, allowPrivate } = b;
  assert.deepEqual(
    { minSeverity, on: [...on], throttle, group, limit, quiet, timeout, allowPrivate },
    {
      minSeverity: "medium",
      on: ["opened"],
      throttle: 120_000,
      group: null,
      limit: null,
      quiet: null,
      timeout: 10_000,
      allowPrivate: false,
    },
  );
});

const MISTAKES = `sinks:
  1st: {type: chat, url: "https://a"}
  typo: {type: caht, url: "https://a"}
  none: {url: "https://a"}
  bare: {type: chat}
  leak: {type: chat, url: "https://a", token: hunter2}
  place: {type: chat, url: ftp://a}
  key: {type: chat, url: "https://a", wehre: severity == high}
  when:
    type: chat
    url: https://a
    where: severity > hihg
    on: opnd
  late:
    type: chat
    url: https://a
    where: 'severty == "high"'
    quiet_hours: {from: 25:00, to: "07:00", zone: Mars/Olympus}
  often: {type: chat, url: "https://a", limit: {count: 0, per: 1 hour}}
  env: {type: chat, url_env: SLACK_URL}
`;

Deno.test("sinks: every mistake is told, at its place in the YAML", () => {
  const { found, diagnostics } = read(MISTAKES);
  assert.deepEqual(found, [
    'E0605 1st: "1st" is no name of a sink',
    'E0606 caht: Unknown type of a sink "caht"',
    'E0603 none: Sink "none" has no "type"',
    'E0603 bare: Sink "bare" has no "url"',
    'E0605 token: "token" is a secret and has no place in this file',
    'E0605 ftp://a: "url" "ftp://a" is no http address',
    'E0602 wehre: Unknown key "wehre"',
    'E0608 hihg: Unknown field "hihg"',
    'E0605 opnd: "on" "opnd" is not known',
    `E0608 severty: No alert has a field "severty"`,
    'E0605 25:00: "from" "25:00" is no time of day',
    'E0605 Mars/Olympus: The time zone "Mars/Olympus" is not known',
    'E0605 0: "count" "0" is no whole number that fits',
    'E0605 1 hour: "per" "1 hour" is no duration',
    'E0605 SLACK_URL: The variable "SLACK_URL" does not begin with PICKET_',
  ]);
  const text = renderText(diagnostics[8], MISTAKES, { color: false });
  assert.match(
    text,
    /--> agent\.yaml:13:9\n.*\n13 \| {5}on: opnd\n.*\| {9}\^\^\^\^\n.*Give one of opened/,
  );
});

Deno.test("sinks: carets of a condition in quotes, with escapes, and in a block", () => {
  for (
    const written of [
      `rule == "a" and cuont.x > 1`,
      `'rule == "a" and cuont.x > 1'`,
      `"rule == \\"a\\" and cuont.x > 1"`,
      `|\n      rule == "a"\n      and cuont.x > 1`,
      `>-\n      rule == "a"\n      and cuont.x > 1`,
    ]
  ) {
    const { found } = read(
      `sinks:\n  a:\n    type: chat\n    url: https://a\n    where: ${written}\n    min_severity: low\n`,
    );
    assert.equal(found.length, 1, found.join());
    assert.match(found[0], /^E0608 cuont\.x( > 1)?: /, written);
  }
});

const ALERT: Alert = {
  id: "a".repeat(32),
  rule: "ssh_brute_force",
  planHash: "",
  title: "SSH brute force",
  severity: "high",
  status: "open",
  time: 0,
  first: 0,
  last: 0,
  count: 7,
  suppressed: 0,
  entity: { src: "10.1.2.3", user: "root" },
  fields: { status: 403, dest_port: 22, "odd name": "x" },
  mitre: [
    { id: "T1110.001", name: "", tactics: ["Credential Access"] },
    { id: "T1078", name: "", tactics: ["persistence", "initial-access"] },
  ],
  metadata: {},
  message: "7 failures",
  eventIds: [],
} as Alert;

Deno.test("sinks: what a condition says of an alert", () => {
  const holds = (text: string) => {
    const { sinks: [sink], found } = read(
      `sinks:\n  a:\n    type: chat\n    url: https://a\n    where: |\n      ${text}\n`,
    );
    assert.deepEqual(found, [], text);
    return holdsFor(sink.where!, ALERT);
  };
  for (
    const text of [
      "severity >= medium",
      'severity == "high"',
      "severity < critical and not severity <= medium",
      'rule in ("ssh_brute_force", "x")',
      'title contains "SSH"',
      'tactic == "persistence"',
      'tactic == "Credential Access"',
      'tactic == "credential-access" and technique == "T1110.001"',
      "entity in 10.0.0.0/8",
      'entity == "root"',
      "count > 5 and dest_port == 22",
      'status == "open" and fields.status == 403',
      "message matches /^\\d+ fail/",
      'user == "ROOT"',
      'src == "10.1.2.3" and `odd name` == "x"',
      "exists dest_port and not exists url",
    ]
  ) assert.equal(holds(text), true, text);
  for (
    const text of [
      "severity >= critical",
      'tactic == "impact"',
      'tactic == "persistence" and technique == "T1110.001"',
      "entity in 192.168.0.0/16",
      'status == "failed"',
      'url == "x"',
    ]
  ) assert.equal(holds(text), false, text);
});

Deno.test("sinks: a mistyped name before an order is told by the nearest name", () => {
  const { diagnostics } = read(
    "sinks:\n  a: {type: chat, url: 'https://a', where: severtiy >= high or cuont > 3}\n",
  );
  assert.deepEqual(diagnostics.map((d) => [d.message, d.help]), [
    ['Unknown field "severtiy"', "Did you mean severity?"],
    ['Unknown field "cuont"', "Did you mean count?"],
  ]);
});

Deno.test("sinks: every mistyped name of a condition is told, where it stands", () => {
  const told = (where: string) => {
    const text = `sinks: {one: {type: file, path: a, where: ${where}}}\n`;
    return readSettings("agent.yaml", text, []).diagnostics.map((d) =>
      `${text.slice(d.span.start, d.span.end)}: ${d.message}; ${d.help}`
    );
  };
  assert.deepEqual(told(`'rul == "x" and sevrity >= high and cuont > 5'`), [
    'rul: No alert has a field "rul"; Did you mean rule? Of an event\'s field, write fields.rul',
    'sevrity: Unknown field "sevrity"; Did you mean severity?',
    'cuont: Unknown field "cuont"; Did you mean count?',
  ]);
  assert.deepEqual(
    told(`'severity >= high and (rule == "a" or fields.rul == "b") and custom == "c"'`),
    [],
  );
});

Deno.test("settings: a key that stands twice is one mistake among the others", () => {
  const text =
    "sinks:\n  a: {type: file, path: x}\n  a: {type: file, path: y, patj: z}\n'risk': {}\nrisk: {}\n";
  const found = readSettings("agent.yaml", text, []).diagnostics.map((d) =>
    `${text.slice(d.span.start, d.span.end)}: ${d.message}`
  );
  assert.deepEqual(found, [
    'a: The key "a" stands twice',
    'patj: Unknown key "patj"',
    'risk: The key "risk" stands twice',
  ]);
});
