/** The forms, held against what their specifications ask for. */
import assert from "node:assert/strict";
import { Ajv } from "ajv";
import {
  healthNotification,
  HOSTILE,
  notificationOf,
  richAlert,
} from "../destinations/testing/samples.ts";
import { ecs } from "./ecs.ts";
import { formContext, JSON_FORMS, objectsOf, RECORD_FORMS, recordsOf } from "./forms.ts";
import { notificationObject } from "./json.ts";
import { markdownMessage, plainMessage } from "./message.ts";
import { OCSF_FINDING } from "./testing/ocsf_schema.ts";

const HOST = "sensor-1";
const alerts = [richAlert("a".repeat(32)), richAlert("b".repeat(32), { message: "Second" })];

Deno.test("forms: a record for each alert, one line, with an id of its own", () => {
  for (const form of RECORD_FORMS) {
    const records = recordsOf(notificationOf(alerts, { key: "k" }), form, HOST);
    assert.deepEqual(records.map((r) => r.id), ["k", "k.1"]);
    assert.deepEqual(records.map((r) => r.alert), alerts);
    for (const { text } of records) assert.doesNotMatch(text, /[\r\n]/);
    const [health] = recordsOf(healthNotification(), form, HOST);
    assert.match(health.text, /12 rows came late/);
    assert.equal(health.alert, null);
    for (const value of HOSTILE) {
      const hostile = richAlert("1", { message: value, title: value, fields: { user: value } });
      for (const { text } of recordsOf(notificationOf([hostile]), form, HOST)) {
        assert.doesNotMatch(text, /[\r\n]/);
        if (form in JSON_FORMS) JSON.parse(text);
      }
    }
  }
});

Deno.test("OCSF: findings are valid by the schema's required attributes, enums and sums", () => {
  const valid = new Ajv({ allErrors: true, strict: false }).compile(OCSF_FINDING);
  for (const event of ["opened", "changed", "closed", "test"] as const) {
    for (const status of ["open", "acknowledged", "closed"] as const) {
      for (const severity of ["informational", "low", "medium", "high", "critical"] as const) {
        const alert = richAlert("1", { status, severity });
        for (const object of objectsOf(notificationOf([alert], { event }), "ocsf", HOST)) {
          assert.ok(valid(object), JSON.stringify(valid.errors));
          assert.equal(object.type_uid, 200400 + Number(object.activity_id));
        }
      }
    }
  }
  const [bare] = objectsOf(
    notificationOf([richAlert("1", { mitre: [], metadata: {}, fields: {}, entity: {} })]),
    "ocsf",
    HOST,
  );
  assert.ok(valid(bare), JSON.stringify(valid.errors));
});

Deno.test("OCSF: what the alert says stands where OCSF keeps it", () => {
  const [object] = objectsOf(notificationOf([richAlert()]), "ocsf", HOST);
  // deno-lint-ignore no-explicit-any
  const finding = object as any;
  assert.deepEqual(finding.finding_info.attacks[0].tactic, {
    name: "Credential Access",
    uid: "TA0006",
  });
  assert.equal(finding.finding_info.attacks[0].sub_technique.uid, "T1110.001");
  assert.deepEqual(
    // deno-lint-ignore no-explicit-any
    finding.observables.map((o: any) => [o.type, o.value]),
    [["IP Address", "45.83.64.1"], ["User Name", "root"], ["Hostname", "web-1"]],
  );
  assert.deepEqual(finding.vulnerabilities, [{ cve: { uid: "CVE-2024-6387" } }]);
  assert.equal(finding.evidences[0].data.dest_port, 22);
  const [health] = objectsOf(healthNotification(), "ocsf", HOST);
  assert.equal(health.type_uid, 99);
});

Deno.test("ECS: fields of ECS have ECS's types and values", () => {
  const context = formContext(notificationOf([richAlert()]), HOST);
  // deno-lint-ignore no-explicit-any
  const document = ecs.alert(richAlert(), context) as any;
  assert.equal(document["@timestamp"], "2026-03-29T00:02:15.000Z");
  assert.deepEqual(document.source, {
    address: "45.83.64.1",
    ip: "45.83.64.1",
    geo: { country_iso_code: "NL", city_name: "Amsterdam" },
    as: { number: 64496, organization: { name: "Example Net" } },
  });
  assert.deepEqual(document.destination, { address: "web-1", domain: "web-1", port: 22 });
  assert.deepEqual(document.event.category, ["intrusion_detection"]);
  assert.equal(document.event.kind, "alert");
  assert.equal(document.event.duration, 60e9);
  assert.deepEqual(document.threat.technique.id, ["T1110"]);
  assert.deepEqual(document.threat.technique.subtechnique.id, ["T1110.001"]);
  assert.deepEqual(document.threat.tactic, { name: ["Credential Access"], id: ["TA0006"] });
  assert.deepEqual(document.related, { ip: ["45.83.64.1"], user: ["root"], hosts: ["web-1"] });
  assert.equal(document.picket.fields.dest_port, "22");
  const named = richAlert("1", { fields: { login: "a", "login.user": "b", "x.y": ["c"] } });
  // deno-lint-ignore no-explicit-any
  const { picket } = ecs.alert(named, context) as any;
  assert.deepEqual(picket.fields, { src: "45.83.64.1", login: "a", login_user: "b", x_y: ["c"] });
  // A number's field takes no text, an address' field no name.
  const odd = ecs.alert(
    richAlert("1", {
      entity: {},
      fields: { src: "not an address", dest_port: "http", status: "x" },
    }),
    context,
    // deno-lint-ignore no-explicit-any
  ) as any;
  assert.deepEqual(odd.source, { address: "not an address", domain: "not an address" });
  assert.equal(odd.destination, undefined);
  assert.equal(odd.event.outcome, undefined);
});

Deno.test("CEF: keys of the dictionary, labels for the rest, lengths kept", () => {
  const alert = richAlert("1", {
    title: "A|b\\c",
    message: "x=1\ny",
    fields: { src: "2001:db8::1", user: "u".repeat(2000), action: "a".repeat(100), odd: "p=q" },
    entity: {},
  });
  const [{ text }] = recordsOf(notificationOf([alert]), "cef", HOST);
  assert.match(text, /^CEF:0\|Picket\|Picket\|[\d.]+\|ssh_brute_force\|A\\\|b\\\\c\|8\|rt=\d{13} /);
  assert.match(text, / msg=x\\=1\\ny /);
  assert.match(text, / c6a2=2001:db8::1 c6a2Label=Source IPv6 Address /);
  assert.match(text, / cs1=T1110\.001 Password Guessing cs1Label=MITRE ATT&CK /);
  assert.match(
    text,
    / cs2=https:\/\/picket\.example\.com\/alerts\/5\?a\\=1&b\\=\(2\) cs2Label=Link /,
  );
  assert.match(text, / cs3=odd: p\\=q cs3Label=Fields$/);
  assert.equal(/ duser=(\S*)/.exec(text)![1].length, 1023);
  assert.equal(/ act=(\S*)/.exec(text)![1].length, 63);
});

Deno.test("forms: fields that are named as objects' own parts are fields like others", () => {
  const names = [
    "constructor",
    "toString",
    "__proto__",
    "hasOwnProperty",
    "valueOf",
    "a.b",
    "",
    "=",
  ];
  const fields = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
  for (const form of RECORD_FORMS) {
    const alert = richAlert("1", { entity: fields, fields });
    const [{ text }] = recordsOf(notificationOf([alert]), form, HOST);
    for (const name of ["constructor", "toString", "__proto__"]) {
      assert.ok(text.includes(`value of ${name}`), `${form}: ${name} in ${text}`);
    }
  }
});

Deno.test("own JSON: a notification with its alerts, as the report gives them", () => {
  const object = notificationObject(notificationOf(alerts, { more: 2, event: "closed" }));
  assert.equal(object.type, "alert.closed");
  assert.equal(object.timestamp, "2026-03-29T00:02:20Z");
  assert.deepEqual(object.data.alerts.map((a) => a.id), alerts.map((a) => a.id));
  assert.equal(object.data.more, 2);
  assert.equal(notificationObject(healthNotification()).data.health?.kind, "late");
});

Deno.test("messages: what people need, in the order in which they need it", () => {
  const plain = richAlert("1", { message: "12 failed logins from `45.83.64.1`" });
  const alert = {
    ...plain,
    fields: { ...plain.fields, mean: 2.3456789, nobody: "", nothing: [] },
    metadata: { ...plain.metadata, window: { kind: "sliding", ms: 300_000 } as const },
  };
  assert.equal(
    plainMessage(notificationOf([alert])),
    `HIGH SSH brute force

12 failed logins from \`45.83.64.1\`
  Rule: ssh_brute_force
  Time: 2026-03-29 00:01:15Z, over 60 s
  Window: 5 min, 2026-03-28 23:57:15Z to 2026-03-29 00:02:15Z
  Events: 12, 3 held back
  src: 45.83.64.1
  Severity: raised from medium to high: asset shop, priority critical
  Asset: shop (web-1), priority critical, owner web@example.org
  Intelligence: 45.83.64.1: abuseipdb score 87 of 100 (high), 412 reports, last 2026-03-28 10:00:00Z, NL, Example Hosting, as of 2026-03-29 00:00:00Z
  Location: 45.83.64.1: Amsterdam, NL, AS64496, Example Net
  ATT&CK: T1110.001 Password Guessing https://attack.mitre.org/techniques/T1110/001
  CVE: CVE-2024-6387
  About: Many failed logins
  user: root
  dest: web-1
  dest_port: 22
  users: root, admin
  mean: 2.35

https://picket.example.com/alerts/5?a=1&b=(2)`,
  );
  const markdown = markdownMessage(notificationOf([alert]));
  assert.match(
    markdown,
    /^\*\*HIGH SSH brute force\*\*\n\n`` 12 failed logins from `45\.83\.64\.1` ``\n/,
  );
  assert.match(
    markdown,
    /\[Open in the dashboard\]\(https:\/\/picket\.example\.com\/alerts\/5\?a=1&b=%282%29\)$/,
  );
});

Deno.test("messages: what a person said of an alert comes first, and who it was", () => {
  const edit = {
    alert: "1",
    who: "ada <b>",
    at: 0,
    from: "open",
    to: "closed",
    verdict: "false_positive",
    assignee: null,
    comment: "our scanner",
  };
  const notification = notificationOf([richAlert("1")], { event: "closed", edits: [edit] });
  const lines = plainMessage(notification).split("\n");
  assert.equal(lines[0], "Closed by ada <b>: HIGH SSH brute force");
  assert.deepEqual(lines.slice(3, 7), [
    "  By: ada <b>",
    "  Status: closed",
    "  Verdict: False positive",
    "  Comment: our scanner",
  ]);
  const title = (change: Partial<typeof edit>) =>
    plainMessage({ ...notification, edits: [{ ...edit, ...change }] }).split("\n")[0];
  assert.match(title({ to: "acknowledged" }), /^Acknowledged by ada/);
  assert.match(title({ to: "open" }), /^False positive by ada/);
  assert.match(title({ to: "open", from: "closed" }), /^Reopened by ada/);
  const { data } = notificationObject(notification);
  assert.deepEqual(data.edits, [{ ...edit, at: "1970-01-01T00:00:00Z" }]);
});

Deno.test("messages: titles of groups, changes, closings, samples and health", () => {
  const title = (n: ReturnType<typeof notificationOf>) => plainMessage(n).split("\n")[0];
  const other = richAlert("2", { rule: "other", title: "Other", severity: "low" });
  assert.equal(
    title(notificationOf([other, richAlert()], { more: 3 })),
    "5 alerts: HIGH SSH brute force and 1 other rule",
  );
  assert.equal(title(notificationOf([other], { event: "closed" })), "Closed: LOW Other");
  assert.equal(title(notificationOf([other], { event: "changed" })), "Changed: LOW Other");
  assert.equal(title(notificationOf([other], { event: "test" })), "Test: LOW Other");
  assert.equal(title(healthNotification()), "Health of the agent: late");
  const many = notificationOf(Array.from({ length: 20 }, () => other), { more: 5 });
  assert.match(plainMessage(many), /\nand 17 more alerts\n/);
});
