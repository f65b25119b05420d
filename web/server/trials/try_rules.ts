/**
 * Tries rules that somebody writes: compiles them, and runs them over lines on an engine of their
 * own. The text is anybody's: it names no files, and what it costs is bounded by its length.
 */
import { lint } from "../../../compiler/check/lint/mod.ts";
import { check } from "../../../compiler/check/mod.ts";
import { describeTechnique } from "../../../compiler/schema/attack/mod.ts";
import { isSigma } from "../../../compiler/sigma/is_sigma.ts";
import { compileSigma } from "../../../compiler/sigma/mod.ts";
import type { IrProgram } from "../../../compiler/ir/program.ts";
import { recognise } from "../../../compiler/sourcetype/mod.ts";
import { type Diagnostic, type File, format, parse } from "../../../grammar/mod.ts";
import { type Content, diagnosticJson, planOf, reasoning } from "../route/content.ts";
import { alertJson, eventJson } from "../types/json.ts";
import type { RuleCheck, RuleCheckAnswer, TestOutcome } from "../types/mod.ts";
import { placeOf } from "../../../compiler/check/diagnostics.ts";
import { createEngine } from "../../../agent/engine/engine.ts";
import { type Alert, type EventBatch, eventId, textCheck } from "../../../agent/event.ts";
import { lineBatch } from "../../../agent/stages/line_batch.ts";
import type { LoadedSources } from "../../../agent/content/loaded.ts";
import {
  closure,
  linesParser,
  runTests,
  type TestResult,
} from "../../../agent/content/rule_tests.ts";
import { type StoredEvent, UNTOUCHED } from "../../../agent/store/mod.ts";
import { LIMITS } from "../../../agent/engine/memory/context.ts";
import type { Value } from "../../../compiler/schema/types.ts";

/** How diagnostics call the text. */
export const NAME = "text";
/** Lines that are run, and events that reasons are given for. */
const LINES = 1000, REASONED = 100;
/** Alerts in the answer. */
const ALERTS = 200;

/** Compiles, and where lines or tests are asked for runs. @param now ms, when the lines arrive */
export function tryRules(
  request: Omit<RuleCheck, "event">,
  loaded: LoadedSources,
  now: number,
): RuleCheckAnswer {
  const { text } = request;
  const { program, checked, parsed, sigma, diagnostics } = compileText(request, loaded);
  const content: Content = {
    program,
    sourcetypes: loaded.sourcetypes,
    lints: () => lint(checked),
    texts: new Map([...loaded.texts, [NAME, text]]),
  };
  const rules = program.rules.filter((r) => r.file === NAME);
  const ok = !diagnostics.some((d) => d.level === "error");
  return {
    ok,
    diagnostics: diagnostics.map((d) => diagnosticJson(d, text)),
    formatted: ok && sigma === null ? format(parsed.file) : null,
    rules: rules.map((r) => ({
      name: r.name,
      title: r.title,
      plan: planOf(content, r, LIMITS),
    })),
    ...(ok && request.lines !== undefined ? { run: run(request, loaded, content, now) } : {}),
    ...(ok && request.tests ? { tests: outcomes(loaded, content, new Set([NAME])) } : {}),
  };
}

/** What a text means, with what is loaded beside it. */
export function compileText(
  { text, shipped }: Pick<RuleCheck, "text" | "shipped">,
  loaded: LoadedSources,
) {
  const { catalogue } = loaded.sourcetypes;
  const sigma = isSigma(text) ? compileSigma([{ name: NAME, text }], { catalogue }) : null;
  const parsed = parse(sigma ? "" : text, NAME);
  const own = new Set(parsed.file.decls.map((d) => d.name.name));
  const others = shipped ? loaded.files.map((f) => without(f, own)) : [];
  const checked = check([...others, parsed.file], {
    catalogue,
    resolved: new Map(sigma?.rules.map((r) => [r.name, r])),
    tables: loaded.program.tables.filter((t) => !own.has(t.name)),
    listFiles: new Map(),
    syntaxErrors: parsed.diagnostics,
  });
  const diagnostics = [
    ...parsed.diagnostics,
    ...fileLists(parsed.file),
    ...checked.diagnostics,
    ...lint(checked),
    ...sigma === null ? [] : [...sigma.diagnostics, ...sigma.unfed, ...sigma.lints],
  ]
    .filter((d) => d.file === NAME)
    .sort((a, b) => a.span.start - b.span.start);
  const program = sigma === null
    ? checked.program
    : { ...checked.program, rules: [...sigma.rules, ...checked.program.rules] };
  return { program, checked, parsed, sigma, diagnostics };
}

/** Runs the tests of one loaded rule. */
export function tryTests(loaded: LoadedSources, rule: string): TestOutcome[] {
  return runTests(
    loaded.program,
    loaded.sourcetypes.catalogue,
    linesParser(loaded.sourcetypes),
    (r) => r.name === rule,
  ).map((r) => outcome(r, loaded.texts.get(r.file) ?? ""));
}

/** A file without the declarations that the text has itself. */
function without(file: File, names: ReadonlySet<string>): File {
  return { ...file, decls: file.decls.filter((d) => !names.has(d.name.name)) };
}

/** The files of this machine are none of the text's business. */
function fileLists(file: File): Diagnostic[] {
  return file.decls.flatMap((d) =>
    d.kind === "list" && d.file
      ? [{
        code: "E0190",
        level: "error" as const,
        file: file.name,
        span: d.file.span,
        message: `The list "${d.name.name}" is read from a file, which cannot be done here`,
        help: "Write the entries in parentheses, or let `check` read the file",
      }]
      : []
  );
}

function run(
  request: Omit<RuleCheck, "event">,
  loaded: LoadedSources,
  content: Content,
  now: number,
): NonNullable<RuleCheckAnswer["run"]> {
  const lines = (request.lines ?? "").replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n")
    .slice(0, LINES);
  const compiled = loaded.sourcetypes;
  const asked = request.sourcetype ?? recognise(lines, compiled).sourcetype ?? "syslog";
  const sourcetype = compiled.layouts.has(asked) ? asked : "syslog";
  const started = performance.now();
  const batch = lineBatch(compiled, sourcetype, lines.join("\n"), now, { name: NAME })!;
  const own = content.program.rules.filter((r) => r.file === NAME);
  const alerts = own.length === 0 ? [] : detect(own.map((r) => r.name), content, batch);
  const events = batch.events.map((_, i) => storedOf(batch, i, now));
  return {
    sourcetype,
    events: events.map(eventJson),
    parse_errors: events.filter((e) => e.parseError !== null).length,
    alerts: alerts.slice(0, ALERTS).map((a) => alertJson({ ...a, updated: a.last, ...UNTOUCHED })),
    reasoning: events.slice(0, REASONED).map((e) => reasoning(content, e, own)),
    seconds: (performance.now() - started) / 1000,
  };
}

function detect(names: readonly string[], content: Content, batch: EventBatch): Alert[] {
  const wanted = new Set(names);
  const needed = new Set(
    content.program.rules.filter((r) => wanted.has(r.name))
      .flatMap((r) => closure(content.program, r).rules.map((c) => c.name)),
  );
  const program: IrProgram = {
    rules: content.program.rules.filter((r) => needed.has(r.name)),
    tables: content.program.tables,
  };
  const engine = createEngine(program, content.sourcetypes.catalogue, {
    technique: describeTechnique,
  });
  engine.openInput(batch.lines.input);
  engine.detect(batch);
  engine.closeInput(batch.lines.input);
  engine.end();
  const byId = new Map<string, Alert>();
  for (const { alert } of engine.takeChanges()) {
    if (wanted.has(alert.rule)) byId.set(alert.id, alert);
  }
  return [...byId.values()].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
}

/** The event as the store would give it. */
function storedOf(batch: EventBatch, i: number, now: number): StoredEvent {
  const event = batch.events[i];
  const x = batch.extractions[batch.extractionIds[i]];
  const fields: [string, Value][] = [
    ...Object.entries(x.constants),
    ...x.captures.map((c) => [c.name, event[c.name] as Value] as [string, Value]),
    ...Object.entries(event.more ?? {}),
  ];
  const reason = event.parse_error_reason;
  return {
    id: eventId(
      batch.lines.input.identity!,
      batch.lines.offset(batch.lineOf(i)),
      textCheck(event._raw),
    ),
    time: event._time,
    ingested: now,
    source: batch.lines.input.name,
    sourcetype: x.sourcetype,
    datasets: x.datasets,
    parseError: x.parseError ? String(reason ?? "No pattern fits") : null,
    host: event.host ?? null,
    raw: event._raw,
    fields: Object.fromEntries(
      fields.filter(([name, v]) => v !== undefined && name !== "parse_error_reason"),
    ),
  };
}

function outcomes(
  loaded: LoadedSources,
  content: Content,
  files: ReadonlySet<string>,
): TestOutcome[] {
  return runTests(
    content.program,
    loaded.sourcetypes.catalogue,
    linesParser(loaded.sourcetypes),
    (rule) => files.has(rule.file),
  ).map((r) => outcome(r, content.texts.get(r.file) ?? ""));
}

function outcome(r: TestResult, text: string): TestOutcome {
  return {
    rule: r.rule,
    test: r.test,
    line: placeOf(r.span, text).line,
    passed: r.passed,
    error: r.error,
    expectations: r.expectations.map(({ expected, actual, passed }) => ({
      expected,
      actual,
      passed,
    })),
  };
}
