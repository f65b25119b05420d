/** `test`: the tests that rules and sourcetypes carry. */
import { PROGRAM } from "../program.ts";
import { checkSamples } from "../../compiler/sourcetype/mod.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { SHIPPED, SHIPPED_NAME } from "../content/files.ts";
import { relative } from "../content/paths.ts";
import { type Outcome, outcomesGithub, outcomesJson, outcomesJunit } from "./outcomes.ts";
import { count } from "../outputs/render/text.ts";
import { linesParser, runTests } from "../content/rule_tests.ts";
import { visible, visibleLines } from "../../grammar/visible.ts";
import { loadPaths } from "./check.ts";
import { type Args, type CommandSpec, EXIT, type Io } from "./command.ts";
import { tuningOf } from "../settings/tuning.ts";
import { RULES_CONFIG, withConfig } from "./config.ts";
import { RULE_FILTERS } from "./rules.ts";
import { LISTS, PIPELINE, printDiagnostics, SOURCETYPES } from "./shared.ts";
import { testFailure } from "./test_failures.ts";

/** @param agent what `--config` may say besides */
export function testCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "test",
    operands: "[PATH…]",
    summary: "Run the tests in rules, and the samples of sourcetypes.",
    details:
      "PATH is a file or folder with .sdl rules, Sigma rules or .yaml sourcetypes; without PATH the\n" +
      "shipped ones are tested, and `shipped` names them beside others. A rule test runs on a fresh\n" +
      "engine on event time, as live. Sigma rules carry tests under tests:, rsigma.exemplars or\n" +
      "testcases:, and name recordings (EVTX, JSON) by regression_tests_path, each with the matches\n" +
      "that it has at least. Exit code 1 when one fails.",
    options: [
      SOURCETYPES,
      LISTS,
      ...RULE_FILTERS,
      PIPELINE,
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "json", "github", "junit"],
        summary: "Form of the results (default text)",
      },
      { name: "verbose", summary: "Name the tests that pass, too" },
      RULES_CONFIG,
    ],
    examples: [
      { command: `${PROGRAM} test shipped`, does: "The shipped rules" },
      { command: `${PROGRAM} test root_login.sdl`, does: "One file of rules" },
      {
        command: `${PROGRAM} test sigma/rules`,
        does: "Sigma rules on the recordings that they name",
      },
    ],
    run: (given, io) => runTest(command, agent, given, io),
  };
  return command;
}

async function runTest(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  await io.keep("read");
  const file = { options: agent.options, rulesAsOperands: true };
  const { args, settings } = await withConfig(command, given, io, file);
  const loaded = await loadPaths(args, io, tuningOf(settings));
  const { testSigma } = await import("./test_sigma.ts");
  const sigma = await testSigma(loaded);
  const errors = [
    ...loaded.diagnostics.filter((d) => d.level === "error"),
    ...loaded.left,
    ...sigma.diagnostics,
  ];
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
  const broken = new Set(errors.map((d) => d.file));
  const samples = onlyRules
    ? []
    : checkSamples(loaded.sourcetypes, (file) => named(file) && !broken.has(file));
  const textOf = (file: string) => loaded.texts.get(file) ?? sigma.texts.get(file) ?? "";
  const outcomes: Outcome[] = [
    ...results.map((r) => ({
      suite: r.rule,
      name: r.test,
      file: r.file,
      span: r.span,
      failure: r.passed ? null : testFailure(r, textOf(r.file)),
    })),
    ...sigma.outcomes,
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
    const texts = new Map([...sigma.texts, ...loaded.texts]);
    if (errors.length) printDiagnostics(errors, texts, io, (t) => io.out(t));
    for (const o of outcomes) {
      if (o.failure !== null) io.out(visibleLines(o.failure));
      else if (args.flag("verbose")) {
        io.out(
          `ok      ${o.suite}: ${visible(o.name)}${o.note === undefined ? "" : `: ${o.note}`}\n`,
        );
      }
    }
  } else if (format === "json") io.out(outcomesJson(outcomes, errors, textOf));
  else if (format === "github") io.out(outcomesGithub(outcomes, errors, textOf));
  else io.out(outcomesJunit(outcomes, errors, textOf));
  const failed = outcomes.filter((o) => o.failure !== null).length;
  io.err(
    `${count(results.length + sigma.tests, "rule test")}` +
      (sigma.recordings > 0 ? `, ${count(sigma.recordings, "recording")}` : "") +
      ` and ${count(samples.length, "sample")}: ` +
      `${count(outcomes.length - failed)} passed, ${count(failed)} failed` +
      (broken.size ? `; ${count(broken.size, "file")} with errors` : "") + "\n",
  );
  return failed || errors.length ? EXIT.findings : EXIT.done;
}
