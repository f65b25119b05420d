/** `check`: compile and lint rules and sourcetypes. */
import { PROGRAM } from "../program.ts";
import {
  renderGithub,
  renderJson,
  renderLine,
  renderSarif,
} from "../../compiler/check/diagnostics.ts";
import { compile } from "../content/compile.ts";
import {
  findText,
  LoadError,
  loadPipelines,
  loadSourcetypes,
  SHIPPED,
  SHIPPED_NAME,
  sortRules,
} from "../content/files.ts";
import type { LoadedSources } from "../content/loaded.ts";
import { relative } from "../content/paths.ts";
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import { tuningOf } from "../settings/tuning.ts";
import { listReader } from "../enrich/list_files.ts";
import { count } from "../outputs/render/text.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { RULES_CONFIG, withConfig } from "./config.ts";
import { contextMistakes } from "./context.ts";
import { sinkDiagnostics } from "./delivering.ts";
import { codesText, RULE_FILTERS, wantedRules } from "./rules.ts";
import { LISTS, PIPELINE, printDiagnostics, SOURCETYPES } from "./shared.ts";

/** @param agent what `--config` may say besides */
export function checkCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "check",
    operands: "[PATH…]",
    summary: "Compile rules and sourcetypes together and print every error and lint, all at once.",
    details:
      "PATH is a file or folder with .sdl rules, Sigma rules or .yaml sourcetypes, or - for a rule on\n" +
      "stdin; without PATH the shipped ones are checked, and `shipped` names them beside others. Exit code 1 when there is an error, or\n" +
      "with --deny-warnings a lint.",
    options: [
      SOURCETYPES,
      LISTS,
      ...RULE_FILTERS,
      PIPELINE,
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "line", "json", "github", "sarif"],
        summary: "Form of the diagnostics (default text)",
      },
      { name: "deny-warnings", summary: "Lints make the exit code 1 too" },
      RULES_CONFIG,
    ],
    examples: [
      { command: `${PROGRAM} check`, does: "The shipped rules and sourcetypes" },
      {
        command: `${PROGRAM} check mine.sdl shipped`,
        does: "Rules of your own beside the shipped ones",
      },
      {
        command: `${PROGRAM} check rules --format github`,
        does: "Annotations in a GitHub workflow",
      },
    ],
    run: (given, io) => runCheck(command, agent, given, io),
  };
  return command;
}

/** The rules that the options want of what the operands name, with the shipped sourcetypes. */
export async function loadPaths(args: Args, io: Io, tuning = NO_TUNING): Promise<LoadedSources> {
  return wantedRules(await loadAll(args, io, tuning), args, io, tuning);
}

async function loadAll(args: Args, io: Io, tuning: Tuning): Promise<LoadedSources> {
  const lists = listReader(args.all("lists"));
  try {
    if (args.operands.length === 0) {
      const sdl = await findText([SHIPPED.rules], [".sdl"]);
      return await compile(await loadSourcetypes(args.all("sourcetypes")), sdl, {
        lists,
        tuning,
      });
    }
    const paths = args.operands.filter((p) => p !== "-").flatMap((p) =>
      p === SHIPPED_NAME ? [SHIPPED.rules, SHIPPED.sourcetypes] : [p]
    );
    const named = new Set(paths.map((p) => relative(p)));
    const found = paths.length ? await findText(paths, [".sdl", ".yaml", ".yml"]) : [];
    const { sdl, sigma, pipelines, yaml: sourcetypes } = sortRules(found);
    if (args.operands.includes("-")) {
      sdl.push({ name: "<stdin>", text: await new Response(io.stdin()).text() });
    }
    // Beside Sigma rules there is YAML of other kinds: what is named itself is meant.
    const yaml = sourcetypes.filter((f) =>
      sigma.length === 0 || named.has(f.name) || /^name[ \t]*:/m.test(f.text)
    ).map((f) => f.name);
    return await compile(await loadSourcetypes([...args.all("sourcetypes"), ...yaml]), sdl, {
      lists,
      sigma,
      tuning,
      // One that is named itself is meant, as by --pipeline.
      pipelines: [
        ...await loadPipelines(args.all("pipeline")),
        ...pipelines.filter((f) => named.has(f.name)),
      ],
    });
  } catch (error) {
    if (error instanceof LoadError) throw new UsageError(error.message, error.help);
    throw error;
  }
}

async function runCheck(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  await io.keep("read");
  const file = { options: agent.options, rulesAsOperands: true };
  const { args, settings } = await withConfig(command, given, io, file);
  const loaded = await loadPaths(args, io, tuningOf(settings));
  const { texts, ruleCount, borrowed, sourcetypes } = loaded;
  const diagnostics = [
    ...loaded.diagnostics,
    ...await contextMistakes(settings),
    ...await sinkDiagnostics(settings),
    ...loaded.left,
    ...loaded.lints(),
  ];
  const errors = diagnostics.filter((d) => d.level === "error").length;
  const warnings = diagnostics.length - errors;
  const textOf = (file: string) => texts.get(file) ?? "";
  switch (args.get("format") ?? "text") {
    case "line":
      for (const d of diagnostics) io.out(renderLine(d, textOf(d.file)) + "\n");
      break;
    case "json":
      io.out(renderJson(diagnostics, textOf));
      break;
    case "github":
      io.out(renderGithub(diagnostics, textOf));
      break;
    case "sarif":
      io.out(renderSarif(diagnostics, textOf));
      break;
    default:
      printDiagnostics(diagnostics, texts, io, (t) => io.out(t));
  }
  const all = args.operands.length === 0 || args.operands.includes(SHIPPED_NAME) ||
    !args.operands.every((p) => p === "-" || p.endsWith(".sdl"));
  const what = count(ruleCount, "rule") +
    (all ? ` and ${count(sourcetypes.catalogue.sourcetypes.length, "sourcetype")}` : "");
  const found = [
    ...errors ? [count(errors, "error")] : [],
    ...warnings ? [count(warnings, "warning")] : [],
  ].join(", ");
  io.err(`Checked ${what}: ${found || "nothing to say"}\n`);
  if (loaded.left.length) {
    io.err(`${count(loaded.left.length, "rule")} cannot be taken: ${codesText(loaded.left)}\n`);
  }
  if (borrowed.length) io.err(`Taken from the shipped rules: ${borrowed.join(", ")}\n`);
  return errors || (warnings && args.flag("deny-warnings")) ? EXIT.findings : EXIT.done;
}
