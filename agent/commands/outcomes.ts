/** Results of tests for other programs: JSON, commands of a GitHub workflow, JUnit's XML. */
import { placeOf, renderGithub } from "../../compiler/check/diagnostics.ts";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";

/** One test of a rule, or one sample of a sourcetype. */
export interface Outcome {
  /** The rule or the sourcetype. */
  readonly suite: string;
  readonly name: string;
  readonly file: string;
  readonly span: Span;
  /** What went wrong, as text of several lines; null when it passed. */
  readonly failure: string | null;
  /** What came of a test that passed, where that is worth a word. */
  readonly note?: string;
}

type TextOf = (file: string) => string;

/** One JSON array: an object for each error of the files, then one for each test. */
export function outcomesJson(
  outcomes: readonly Outcome[],
  errors: readonly Diagnostic[],
  textOf: TextOf,
): string {
  const rows = [
    ...errors.map((d) => ({
      status: "error",
      code: d.code,
      file: d.file,
      line: placeOf(d.span, textOf(d.file)).line,
      message: d.message,
      help: d.help,
    })),
    ...outcomes.map((o) => ({
      status: o.failure === null ? "passed" : "failed",
      suite: o.suite,
      test: o.name,
      file: o.file,
      line: placeOf(o.span, textOf(o.file)).line,
      ...(o.failure === null ? {} : { message: o.failure.trim() }),
      ...(o.note === undefined ? {} : { note: o.note }),
    })),
  ];
  return rows.length === 0 ? "[]\n" : `[\n${rows.map((r) => JSON.stringify(r)).join(",\n")}\n]\n`;
}

/** An annotation for each error and each failed test, at its place. */
export function outcomesGithub(
  outcomes: readonly Outcome[],
  errors: readonly Diagnostic[],
  textOf: TextOf,
): string {
  const failed = outcomes.flatMap((o): Diagnostic[] =>
    o.failure === null ? [] : [{
      code: "Test failed",
      level: "error",
      file: o.file,
      span: o.span,
      message: `${o.suite}: ${o.name}\n${o.failure.trim()}`,
    }]
  );
  return renderGithub([...errors, ...failed], textOf);
}

/** JUnit's XML: a suite for each rule and sourcetype, and one for the errors of files. */
export function outcomesJunit(
  outcomes: readonly Outcome[],
  errors: readonly Diagnostic[],
  textOf: TextOf,
): string {
  const suites = new Map<string, string[]>();
  const failures = new Map<string, number>();
  const add = (suite: string, place: string, name: string, inner: string) => {
    const cases = suites.get(suite) ?? [];
    suites.set(suite, cases);
    if (inner !== "") failures.set(suite, (failures.get(suite) ?? 0) + 1);
    const head = `    <testcase classname="${xml(suite)}" name="${xml(name)}" ${place}`;
    cases.push(inner === "" ? `${head}/>` : `${head}>${inner}</testcase>`);
  };
  const place = (file: string, span: Span) =>
    `file="${xml(file)}" line="${placeOf(span, textOf(file)).line}"`;
  for (const d of errors) {
    add(
      "errors",
      place(d.file, d.span),
      `${d.code} ${d.file}`,
      `<failure message="${xml(d.message)}">${xml(d.help ?? d.message)}</failure>`,
    );
  }
  for (const o of outcomes) {
    const text = o.failure === null
      ? ""
      : `<failure message="${xml(`${o.suite}: ${o.name}`)}">${xml(o.failure.trim())}</failure>`;
    add(o.suite, place(o.file, o.span), o.name, text);
  }
  const total = [...suites.values()].reduce((n, c) => n + c.length, 0);
  const failed = [...failures.values()].reduce((n, c) => n + c, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="picket" tests="${total}" failures="${failed}">`,
    ...[...suites].flatMap(([name, cases]) => [
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${
        failures.get(name) ?? 0
      }">`,
      ...cases,
      "  </testsuite>",
    ]),
    "</testsuites>",
  ].join("\n") + "\n";
}

/** Text for an attribute or an element: what XML 1.0 has no character for becomes U+FFFD. */
function xml(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\r", "&#13;")
    .replaceAll("\t", "&#9;");
}
