import assert from "node:assert/strict";
import type { StoredAlert, StoredEvent } from "../../agent/store/mod.ts";
import { timesIn } from "../../agent/outputs/render/text.ts";
import { type Report, reportHtml, reportJson, reportMarkdown } from "./mod.ts";

const HOSTILE =
  '<script>alert(1)</script>"><img src=x onerror=alert(2)> `x` | [a](javascript:b) \x1b[2J\u202e';

// deno-lint-ignore no-control-regex
const CONTROL = /[\x1b\u202e]/;

const event: StoredEvent = {
  id: "1".repeat(32),
  time: Date.parse("2026-03-09T13:02:10Z"),
  ingested: Date.parse("2026-03-09T13:02:11Z"),
  source: "access.log",
  sourcetype: "access_combined",
  datasets: ["Web"],
  parseError: null,
  host: null,
  raw: HOSTILE,
  fields: { src: "203.0.113.9" },
};

const alert: StoredAlert = {
  id: "a".repeat(32),
  rule: "sql_injection",
  planHash: "0",
  title: "SQL injection",
  severity: "high",
  status: "acknowledged",
  time: event.time,
  first: event.time,
  last: event.time,
  count: 2,
  suppressed: 1,
  entity: { src: HOSTILE },
  fields: {},
  mitre: [{ id: "T1190", name: "Exploit Public-Facing Application", tactics: ["Initial Access"] }],
  metadata: {
    author: HOSTILE,
    license: HOSTILE,
    falsepositives: [HOSTILE],
    references: [HOSTILE],
    cve: ["CVE-2021-44228"],
  },
  message: HOSTILE,
  eventIds: [event.id],
  updated: event.time,
  statusBy: HOSTILE,
  statusAt: event.time,
  comment: HOSTILE,
  verdict: null,
  verdictBy: null,
  verdictAt: null,
  assignee: HOSTILE,
};

const report: Report = {
  generated: event.time,
  zone: "UTC",
  place: "picket-data",
  scope: "everything",
  from: event.time,
  to: event.time,
  stats: {
    events: 1000,
    parseErrors: 12,
    alerts: 1,
    first: event.time,
    last: event.time,
    newest: event.time,
    sourcetypes: [{ sourcetype: "access_combined", events: 1000, parseErrors: 12 }],
    alertsBySeverity: { informational: 0, low: 0, medium: 0, high: 1, critical: 0 },
    openBySeverity: { informational: 0, low: 0, medium: 0, high: 0, critical: 0 },
    alertsByStatus: { open: 0, acknowledged: 1, closed: 0 },
    alertsByRule: [{ rule: "sql_injection", alerts: 1 }],
  },
  severities: { informational: 0, low: 0, medium: 0, high: 1, critical: 0 },
  incidents: [{
    incident: {
      id: "b".repeat(32),
      entity: { field: "src", value: HOSTILE },
      severity: "high",
      status: "open",
      first: event.time,
      last: event.time + 60_000,
      rules: ["sql_injection"],
      tactics: ["Initial Access"],
      techniques: ["T1190"],
      alerts: 1,
      updated: event.time,
      headline: { alert: alert.id, message: alert.message },
    },
    timeline: [{ alert, evidence: [event] }],
  }],
  alerts: [{ alert, evidence: [event] }],
  techniques: [],
  sourcetypes: [{ sourcetype: "access_combined", alerts: 1 }],
  health: [{
    id: "c".repeat(32),
    time: event.time,
    kind: "gap",
    subject: "stdin",
    message: `stdin cannot be read again ${HOSTILE}`,
    detail: {},
  }],
  jobs: [],
  left_out: ["Alerts beyond the newest 2000"],
};

Deno.test("text from logs stays text in the HTML form", async () => {
  const page = await reportHtml(report);
  assert.doesNotMatch(page, /<script|<img|onerror=alert\(2\)>/);
  assert.doesNotMatch(page, CONTROL);
  assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.match(page, /default-src 'none'/);
  // Nothing is fetched: the only addresses are links.
  assert.deepEqual(
    [...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((m) => m[1]).filter((u) =>
      !u.startsWith("https://attack.mitre.org/techniques/")
    ),
    [],
  );
});

Deno.test("text from logs is no markup in the Markdown form", () => {
  const text = reportMarkdown(report);
  const outside = text.replace(/ {2}(`{3,})text\n[^]*?\n {2}\1\n/g, "");
  assert.doesNotMatch(outside, /<script|<img/);
  assert.doesNotMatch(outside, /(?<!\\)\[a\]/);
  assert.doesNotMatch(text, CONTROL);
});

Deno.test("every form says what was found and what was not seen", async () => {
  const forms = [await reportHtml(report), reportMarkdown(report), reportJson(report)];
  for (const text of forms.map((f) => f.replaceAll("\\", ""))) {
    assert.match(text, /SQL injection/);
    assert.match(text, /T1190/);
    assert.match(text, /1,000 events of 1 sourcetype were analysed/);
    assert.match(text, /12 lines \(1\.20 %\) were parse errors|"parse_errors": 12/);
    assert.match(text, /stdin cannot be read again/);
    assert.match(text, /Alerts beyond the newest 2000/);
  }
  const json = JSON.parse(forms[2]);
  assert.equal(json.incidents[0].timeline[0].evidence[0]._raw, HOSTILE);
  assert.equal(json.generated, "2026-03-09T13:02:10Z");
});

Deno.test("times are those of the report's zone, in JSON always UTC", async () => {
  const berlin = { ...report, zone: "Europe/Berlin" };
  for (const text of [await reportHtml(berlin), reportMarkdown(berlin)]) {
    assert.match(text, /2026-03-09 14:02:10\+01:00/);
    assert.match(text, /Times are those of Europe\/Berlin\./);
    assert.doesNotMatch(text, /13:02:10/);
  }
  assert.equal(reportJson(berlin), reportJson(report));
  // On both sides of the change of the clock, and with parts of a second.
  const at = timesIn("Europe/Berlin");
  assert.equal(at(Date.UTC(2026, 2, 29, 0, 59, 59, 250)), "2026-03-29 01:59:59.250+01:00");
  assert.equal(at(Date.UTC(2026, 2, 29, 1)), "2026-03-29 03:00:00+02:00");
  assert.equal(timesIn("UTC")(event.time), "2026-03-09 13:02:10Z");
});

Deno.test("a fence in a log line does not end the block", () => {
  const tricky = { ...event, raw: "a\n``` \n# no heading" };
  const text = reportMarkdown({
    ...report,
    incidents: [],
    alerts: [{ alert, evidence: [tricky] }],
  });
  assert.doesNotMatch(text, /^# no heading/m);
});
