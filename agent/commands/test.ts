/** `test`: the tests that rules and sourcetypes carry. */
import { checkSamples } from "../../compiler/sourcetype/mod.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { type Loaded, SHIPPED, SHIPPED_NAME } from "../content/load.ts";
import { relative } from "../content/paths.ts";
import { type Outcome, outcomesGithub, outcomesJson, outcomesJunit } from "./outcomes.ts";
import { count, elapsedText, rfc3339 } from "../outputs/render/text.ts";
import {
  linesParser,
  type NearEvent,
  runTests,
  TEST_START,
  type TestResult,
} from "../content/rule_tests.ts";
import { visible, visibleLines } from "../../grammar/visible.ts";
import { loadPaths } from "./check.ts";
import { type Args, type CommandSpec, EXIT, type Io } from "./command.ts";
import { LISTS, printDiagnostics, SOURCETYPES } from "./shared.ts";

export const testCommand: CommandSpec = {
  name: "test",
  operands: "[PATH…]",
  summary: "Run the tests in rules, and the samples of sourcetypes.",
  details:
    "PATH is a .sdl or .yaml file or a folder; without PATH the shipped ones are tested, and\n" +
    "`shipped` names them beside others. A rule test runs on a fresh engine on event time, as live. Exit code 1 when one fails.",
  options: [
    SOURCETYPES,
    LISTS,
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "json", "github", "junit"],
      summary: "Form of the results (default text)",
    },
    { name: "verbose", summary: "Name the tests that pass, too" },
  ],
  examples: [
    { command: "deno run test rules sourcetypes", does: "All that is shipped" },
    { command: "deno run test tests/samples/root_login.sdl", does: "One file of rules" },
  ],
  run: runTest,
};

async function runTest(args: Args, io: Io): Promise<number> {
  await io.keep("read");
  const loaded = await loadPaths(args, io);
  const errors = [...loaded.diagnostics.filter((d) => d.level === "error"), ...loaded.left];
  const operands = args.operands.map((p) => p.replace(/\/+$/, ""));
  const shipped = operands.includes(SHIPPED_NAME);
  const named = (file: string) =>
    operands.length === 0 || operands.some((p) => file.startsWith(p)) ||
    shipped && file.startsWith(relative(SHIPPED.sourcetypes));
  const onlyRules = operands.length > 0 && operands.every((p) => p.endsWith(".sdl"));

  const results = runTests(
    loaded.program,
    loaded.sourcetypes.catalogue,
    linesParser(loaded.sourcetypes),
  );
  const samples = onlyRules ? [] : checkSamples(loaded.sourcetypes).filter((s) => named(s.file));
  const textOf = (file: string) => loaded.texts.get(file) ?? "";
  const outcomes: Outcome[] = [
    ...results.map((r) => ({
      suite: r.rule,
      name: r.test,
      file: r.file,
      span: r.span,
      failure: r.passed ? null : failure(r, loaded),
    })),
    ...samples.map((s) => ({
      suite: s.sourcetype,
      name: s.line,
      file: s.file,
      span: s.diagnostics[0]?.span ?? { start: 0, end: 0 },
      failure: s.passed
        ? null
        : s.diagnostics.map((d) => renderText(d, textOf(d.file), { color: io.color })).join("\n") +
          "\n",
    })),
  ];
  const format = args.get("format") ?? "text";
  if (format === "text") {
    if (errors.length) printDiagnostics(errors, loaded.texts, io, (t) => io.out(t));
    for (const o of outcomes) {
      if (o.failure !== null) io.out(visibleLines(o.failure));
      else if (args.flag("verbose")) io.out(`ok      ${o.suite}: ${visible(o.name)}\n`);
    }
  } else if (format === "json") io.out(outcomesJson(outcomes, errors, textOf));
  else if (format === "github") io.out(outcomesGithub(outcomes, errors, textOf));
  else io.out(outcomesJunit(outcomes, errors, textOf));
  const failed = outcomes.filter((o) => o.failure !== null).length;
  const broken = new Set(errors.map((d) => d.file));
  io.err(
    `${count(results.length, "rule test")} and ${count(samples.length, "sample")}: ` +
      `${count(outcomes.length - failed)} passed, ${count(failed)} failed` +
      (broken.size ? `; ${count(broken.size, "file")} with errors` : "") + "\n",
  );
  return failed || errors.length ? EXIT.findings : EXIT.done;
}

function failure(result: TestResult, loaded: Loaded): string {
  const text = loaded.texts.get(result.file) ?? "";
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
