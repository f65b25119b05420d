/** What a failed test of a rule or a recording says. */
import type { Recording, RecordingResult } from "../content/recordings.ts";
import { type NearEvent, TEST_START, type TestResult } from "../content/rule_tests.ts";
import { count, elapsedText, rfc3339 } from "../outputs/render/text.ts";
import { visible } from "../../grammar/visible.ts";

/** A failed test. @param text of the rule's file */
export function testFailure(result: TestResult, text: string): string {
  const line = (offset: number) => text.slice(0, offset).split("\n").length;
  let out = `FAILED  ${result.rule}: ${result.test}\n  --> ${result.file}:${
    line(result.span.start)
  }\n`;
  if (result.error) return out + `  ${result.error}\n\n`;
  for (const e of result.expectations) {
    if (e.passed) continue;
    out += `  line ${line(e.span.start)}\n    expected ${e.expected}\n    actual   ${e.actual}\n`;
  }
  if (result.alerts.length) {
    out += "  the alerts that came:\n";
    for (const a of result.alerts.slice(0, 10)) {
      out += `    ${clock(a.time)}  ${visible(a.message)}\n`;
    }
  }
  if (result.near.length) {
    out += "  events that came near:\n";
    for (const near of result.near.slice(0, 5)) out += nearLine(near, text);
  }
  return out + "\n";
}

/** A recording with too few matches, or with some where there may be none. @param text of the rule's file */
export function recordingFailure(
  { rule, name, path, count: least }: Recording,
  result: RecordingResult,
  text: string,
): string {
  let out = `FAILED  ${rule.name}: ${visible(name)}\n  --> ${visible(path)}\n`;
  if (result.error !== null) return out + `  ${visible(result.error)}\n\n`;
  out += `    expected ${least === 0 ? "no match" : `at least ${matchCount(least)}`}\n` +
    `    actual   ${matchCount(result.matches)} in ${count(result.events, "event")}\n`;
  if (result.near.length > 0) {
    out += "  events that came near:\n";
    for (const near of result.near.slice(0, 5)) out += nearLine(near, text);
  }
  return out + "\n";
}

/** `1 match`, `3 matches`, `no match`. */
export const matchCount = (n: number): string =>
  n === 0 ? "no match" : `${count(n)} match${n === 1 ? "" : "es"}`;

function nearLine(near: NearEvent, text: string): string {
  const failed = near.conditions.filter((c) => !c.held);
  const source = (s: { start: number; end: number }) =>
    visible(text.slice(s.start, s.end).replace(/\s+/g, " ")).slice(0, 100);
  return `    ${clock(near.time)}  ${visible(near.raw).slice(0, 120)}\n` +
    failed.map((c) => `      did not hold: ${source(c.span)}\n`).join("");
}

/** Time within the test, as `at` says it; lines given raw have their own dates. */
function clock(time: number): string {
  const since = time - TEST_START;
  return since >= 0 && since < 86_400_000 ? `at ${elapsedText(since)}` : rfc3339(time);
}
