/** `test`: the tests that rules and sourcetypes carry. */
import { checkSamples } from "../../compiler/sourcetype/mod.ts";
import type { Loaded } from "../content/load.ts";
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
import { printDiagnostics, SOURCETYPES } from "./shared.ts";

export const testCommand: CommandSpec = {
  name: "test",
  operands: "[PATH…]",
  summary: "Run the tests in rules, and the samples of sourcetypes.",
  details:
    "PATH is a .sdl or .yaml file or a folder; without PATH the shipped ones are tested. A rule\n" +
    "test runs on a fresh engine on event time, as live. Exit code 1 when one fails.",
  options: [
    SOURCETYPES,
    { name: "verbose", summary: "Name the tests that pass, too" },
  ],
  examples: [
    { command: "deno run test rules sourcetypes", does: "All that is shipped" },
    { command: "deno run test tests/samples/root_login.sdl", does: "One file of rules" },
  ],
  run: runTest,
};

async function runTest(args: Args, io: Io): Promise<number> {
  const loaded = await loadPaths(args, io);
  const errors = loaded.diagnostics.filter((d) => d.level === "error");
  if (errors.length) printDiagnostics(errors, loaded.texts, io, (t) => io.out(t));
  const broken = new Set(errors.map((d) => d.file));
  const named = (file: string) =>
    args.operands.length === 0 || args.operands.some((p) => file.startsWith(p.replace(/\/+$/, "")));
  const onlyRules = args.operands.length > 0 && args.operands.every((p) => p.endsWith(".sdl"));

  const results = runTests(
    loaded.program,
    loaded.sourcetypes.catalogue,
    linesParser(loaded.sourcetypes),
  );
  const samples = onlyRules ? [] : checkSamples(loaded.sourcetypes).filter((s) => named(s.file));
  let failed = 0;
  for (const result of results) {
    if (result.passed) {
      if (args.flag("verbose")) io.out(`ok      ${result.rule}: ${visible(result.test)}\n`);
      continue;
    }
    failed++;
    io.out(visibleLines(failure(result, loaded)));
  }
  for (const sample of samples) {
    if (sample.passed) {
      if (args.flag("verbose")) io.out(`ok      ${sample.sourcetype}: ${visible(sample.line)}\n`);
      continue;
    }
    failed++;
    printDiagnostics(sample.diagnostics, loaded.texts, io, (t) => io.out(t));
  }
  const total = results.length + samples.length;
  io.err(
    `${count(results.length, "rule test")} and ${count(samples.length, "sample")}: ` +
      `${count(total - failed)} passed, ${count(failed)} failed` +
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
