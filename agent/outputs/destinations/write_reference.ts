/** Writes the tables of README.md from the specs, between their markers; `--check` only compares. */
import { table } from "../../../compiler/explain/reference.ts";
import { durationText } from "../../../grammar/literals.ts";
import { JSON_FORMS } from "../forms/forms.ts";
import { SCOPE } from "../forms/template.ts";
import { sizeText } from "../render/text.ts";
import type { SettingSpec } from "./destination.ts";
import { DESTINATIONS } from "./destinations.ts";

const README = new URL("README.md", import.meta.url);

const code = (text: string) => `\`${text}\``;

/** Text by the names of the markers around it. */
function references(): Map<string, string> {
  const out = new Map<string, string>();
  out.set(
    "types",
    table(["type", ""], DESTINATIONS.map((d) => [`[${d.type}](#${d.type})`, d.summary])),
  );
  for (const { type, settings } of DESTINATIONS) {
    out.set(`settings of ${type}`, table(["setting", "value", "default", ""], settings.map(row)));
  }
  out.set("paths", table(["path", ""], Object.entries(SCOPE).map(([n, s]) => [code(n), s])));
  const forms = [
    ...Object.entries(JSON_FORMS).map(([name, { summary }]) => [name, summary]),
    ["cef", "ArcSight's Common Event Format, version 0"],
    ["text", "One line for people"],
  ];
  out.set("forms", table(["form", ""], forms.map(([name, summary]) => [code(name), summary])));
  return out;
}

function row(setting: SettingSpec): string[] {
  const { name, kind, choices, summary, required } = setting;
  const names = kind === "secret"
    ? `${code(`${name}_file`)} or ${code(`${name}_env`)}`
    : kind === "url"
    ? `${code(name)}, ${code(`${name}_file`)} or ${code(`${name}_env`)}`
    : code(name);
  const value = choices ? choices.map(code).join(", ") : kind;
  return [names, value, required ? "required" : defaultText(setting), summary];
}

function defaultText({ kind, default: value }: SettingSpec): string {
  if (value === undefined) return "";
  if (kind === "duration") return code(durationText(Number(value)));
  if (kind === "size") return code(sizeText(Number(value)).replace(" ", ""));
  return code(String(value));
}

/** The text with each table between its markers. Throws where markers are missing. */
export function withTables(text: string): string {
  return [...references()].reduce((out, [name, markdown]) => {
    const begin = `<!-- begin ${name}: written by \`deno task docs\` -->`;
    const end = `<!-- end ${name} -->`;
    const from = out.indexOf(begin), to = out.indexOf(end);
    if (from < 0 || to < from) {
      throw new Error(`The markers "${begin}" and "${end}" are missing; write them in`);
    }
    return `${out.slice(0, from)}${begin}\n\n${markdown}\n${out.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  const text = await Deno.readTextFile(README);
  const wanted = withTables(text);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(README, wanted);
  else if (text !== wanted) {
    console.error(
      "The tables of agent/outputs/destinations/README.md are not of these specs; run `deno task docs`",
    );
    Deno.exit(1);
  }
}
