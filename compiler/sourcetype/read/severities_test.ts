/** Whatever a program calls it, the severity of an event is one of the CIM's five levels. */
import assert from "node:assert/strict";
import { LineReader } from "../../../agent/stages/lines.ts";
import { InputHandle } from "../../../agent/input.ts";
import { createParser } from "../mod.ts";
import { shipped } from "../testing/shipped.ts";
import { SEVERITY_TABLE, SYSLOG_SEVERITIES } from "./severities.ts";

const compiled = shipped();

function severityOf(sourcetype: string, line: string): unknown {
  const input = new InputHandle({ name: "test", sourcetype, modified: Date.UTC(2026, 6, 1) });
  const reader = new LineReader(input);
  const bytes = new TextEncoder().encode(line + "\n");
  const batch = reader.push(bytes, 0) ?? reader.end();
  return createParser(compiled, sourcetype, { mixed: true })(batch!).events[0].severity;
}

const LINES: readonly (readonly [sourcetype: string, line: string, severity: string])[] = [
  ["nginx_error", "2026/03/29 00:02:11 [crit] 7#7: *5 broken, client: 203.0.113.9", "critical"],
  ["nginx_error", "2026/03/29 00:02:11 [error] 7#7: *5 broken, client: 203.0.113.9", "high"],
  ["apache_error", "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", "low"],
  ["apache_error", "[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state 6", "high"],
  ["cef", "CEF:0|Acme|Gateway|1.0|100|Denied|High|src=203.0.113.9", "high"],
  ["syslog", "<11>Mar 29 00:02:11 web1 app[7]: broken", "high"],
  ["syslog", "<12>1 2026-03-29T00:02:11Z web1 app 7 - - slow", "medium"],
  [
    "cisco_asa",
    "Mar 29 00:02:11 fw1 : %ASA-3-106014: Deny inbound icmp src a:203.0.113.9 dst b:192.0.2.2 (type 8, code 0)",
    "high",
  ],
  ["json", '{"time":"2026-03-29T00:02:11Z","level":"error","msg":"broken"}', "high"],
  ["json", '{"time":"2026-03-29T00:02:11Z","severity":"WARNING","msg":"slow"}', "medium"],
  ["logfmt", 'time=2026-03-29T00:02:11Z level=error msg="broken" caller=a.go:7', "high"],
  ["app_log", "2026-03-29 00:02:11,357 ERROR [auth] broken", "high"],
  ["app_log", "2026-03-29 00:02:11,357 INFO [auth] started", "informational"],
];

Deno.test("words and numbers for severity become the CIM's five levels", () => {
  for (const [sourcetype, line, severity] of LINES) {
    assert.equal(severityOf(sourcetype, line), severity, line);
  }
});

Deno.test("the table of words says the same as syslog's numbers", () => {
  const words = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
  assert.deepEqual(words.map((word) => SEVERITY_TABLE.get(word)), [...SYSLOG_SEVERITIES]);
});
