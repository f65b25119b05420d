/** `convert`: Sigma rules as SDL. */
import { dirname } from "node:path";
import { PROGRAM } from "../program.ts";
import { check } from "../../compiler/check/mod.ts";
import type { IrRule } from "../../compiler/ir/program.ts";
import { ruleText, Unwritable } from "../../compiler/print/rule.ts";
import { SIGMA_ERRORS } from "../../compiler/sigma/codes.ts";
import { parse } from "../../grammar/mod.ts";
import { visible, visibleLines } from "../../grammar/visible.ts";
import type { TextFile } from "../content/files.ts";
import type { Loaded } from "../content/loaded.ts";
import { relative } from "../content/paths.ts";
import { sigmaFiles } from "../content/sigma_files.ts";
import { count } from "../outputs/render/text.ts";
import { reason } from "../sources/files.ts";
import { loadPaths } from "./check.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";
import { RULE_FILTERS } from "./rules.ts";
import { PIPELINE, printDiagnostics, SOURCETYPES } from "./shared.ts";

export const convertCommand: CommandSpec = {
  name: "convert",
  operands: "PATH…",
  summary: "Write Sigma rules as SDL that compiles to the same plan.",
  details:
    "PATH is a file or folder with Sigma rules; each gives a .sdl file below DIR, in the folders that\n" +
    "it was in. Every one is compiled and compared with the plan of its Sigma rule before it is\n" +
    "written. Author, licence and references are kept. Exit code 1 when a rule cannot be taken.",
  options: [
    { name: "out", value: "DIR", summary: "The folder to write to; it is made" },
    { name: "force", summary: "Write over files that are there" },
    SOURCETYPES,
    PIPELINE,
    ...RULE_FILTERS,
  ],
  examples: [
    { command: `${PROGRAM} convert sigma/rules --out rules/sigma`, does: "All of a repository" },
    {
      command: `${PROGRAM} convert sigma_whoami.yml --out converted --force`,
      does: "One rule",
    },
  ],
  run: runConvert,
};

/** A Sigma file's rules as SDL. */
interface Converted extends TextFile {
  /** Below the folder of `--out`. */
  readonly path: string;
  readonly rules: readonly IrRule[];
}

/** A rule that has no SDL, or another plan in it. */
interface Refused {
  readonly rule: IrRule;
  readonly why: string;
}

async function runConvert(args: Args, io: Io): Promise<number> {
  const out = args.get("out");
  if (out === undefined) {
    throw new UsageError("No folder to write to", "Name one: convert PATH… --out DIR");
  }
  if (args.operands.length === 0) {
    throw new UsageError("No rule is named", "Name files or folders with Sigma rules");
  }
  await io.keep("read", "write");
  const loaded = await loadPaths(args, io);
  const errors = [...loaded.diagnostics.filter((d) => d.level === "error"), ...loaded.left];
  if (errors.length > 0) printDiagnostics(errors, loaded.texts, io);
  // Without its pipeline a rule would be another one.
  if (errors.some((d) => d.code === SIGMA_ERRORS.bad_pipeline)) return EXIT.findings;
  const { files, refused } = convert(loaded, args.operands);
  for (const { rule, why } of refused) {
    io.err(visible(`${rule.file}: ${rule.name} is not converted: ${why}`) + "\n");
  }
  if (!args.flag("force")) await refuseExisting(out, files);
  for (const { path, text } of files) await write(`${out}/${path}`, text);
  const rules = files.reduce((n, f) => n + f.rules.length, 0);
  const left = loaded.left.length + refused.length;
  io.err(
    `Converted ${count(rules, "rule")} in ${count(files.length, "file")} below ${
      visible(relative(out))
    }; each compiles to the same plan` + (left > 0 ? `. Left out ${count(left, "rule")}` : "") +
      "\n",
  );
  if (rules === 0 && left === 0) {
    throw new UsageError("There is no Sigma rule in what is named", "Name files with Sigma rules");
  }
  return errors.length + refused.length > 0 ? EXIT.findings : EXIT.done;
}

/** The rules as SDL, those left out whose SDL does not compile to their plan. */
export function convert(
  loaded: Loaded,
  operands: readonly string[],
): { files: Converted[]; refused: Refused[] } {
  const { catalogue } = loaded.sourcetypes;
  const refused: Refused[] = [];
  const texts = new Map<IrRule, string>();
  const sigma = new Set(sigmaFiles(loaded).map((f) => f.name));
  const rules = loaded.program.rules.filter((r) => sigma.has(r.file));
  for (const rule of rules) {
    try {
      texts.set(rule, ruleText(rule, catalogue, comments(rule)));
    } catch (error) {
      if (!(error instanceof Unwritable)) throw error;
      refused.push({ rule, why: error.message });
    }
  }
  const parsed = [...texts].map(([rule, text]) => parse(text, rule.name).file);
  const others = loaded.program.rules.filter((r) => !sigma.has(r.file));
  const checked = check(parsed, {
    catalogue,
    resolved: new Map(others.map((r) => [r.name, r])),
  });
  const again = new Map(checked.program.rules.map((r) => [r.name, r]));
  const files = new Map<string, Converted>();
  const taken = new Set<string>();
  for (const [rule, text] of texts) {
    const error = checked.diagnostics.find((d) => d.file === rule.name && d.level === "error");
    if (again.get(rule.name)?.planHash !== rule.planHash) {
      refused.push({ rule, why: error?.message ?? "its SDL has another plan" });
      continue;
    }
    const before = files.get(rule.file);
    const path = before?.path ?? freePath(pathOf(rule.file, operands), taken);
    taken.add(path);
    files.set(rule.file, {
      name: rule.file,
      path,
      text: before === undefined ? text : `${before.text}\n${text}`,
      rules: [...before?.rules ?? [], rule],
    });
  }
  return { files: [...files.values()], refused };
}

/** Where it comes from and under which terms: what a reader has to know who has the file alone. */
function comments(rule: IrRule): string[] {
  const file = rule.file.slice(rule.file.lastIndexOf("/") + 1);
  return [
    `Converted from the Sigma rule ${file}${rule.author === "" ? "" : `, by ${rule.author}`}`,
    rule.license === ""
      ? "Rules of SigmaHQ are under the Detection Rule License (DRL) 1.1, which asks to keep the author's"
      : `License: ${rule.license}`,
    ...rule.license === "" ? ["name: https://github.com/SigmaHQ/Detection-Rule-License"] : [],
  ];
}

/** The file's path below the operand that names it. */
function pathOf(file: string, operands: readonly string[]): string {
  const folder = operands.map((o) => relative(o).replace(/\/+$/, ""))
    .find((o) => file.startsWith(`${o}/`));
  const below = folder === undefined
    ? file.slice(file.lastIndexOf("/") + 1)
    : file.slice(folder.length + 1);
  return below.replace(/\.ya?ml$/i, "");
}

function freePath(stem: string, taken: ReadonlySet<string>): string {
  let path = `${stem}.sdl`;
  for (let n = 2; taken.has(path); n++) path = `${stem}_${n}.sdl`;
  return path;
}

/** @throws {UsageError} when one of the files is there already */
async function refuseExisting(out: string, files: readonly Converted[]): Promise<void> {
  const there: string[] = [];
  for (const { path } of files) {
    const stat = await Deno.lstat(`${out}/${path}`).catch(() => null);
    if (stat !== null) there.push(`${out}/${path}`);
  }
  if (there.length === 0) return;
  const more = there.length > 1 ? ` and ${there.length - 1} more` : "";
  throw new UsageError(
    `"${there[0]}"${more} would be written over; nothing was written`,
    "Name another folder with --out, or add --force",
  );
}

async function write(path: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  } catch (error) {
    throw new UsageError(
      visibleLines(`Cannot write "${path}": ${reason(error)}`),
      "Name a folder that can be written to with --out",
    );
  }
}
