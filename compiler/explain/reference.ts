/** The reference of functions, aggregates and datasets, made of their specs: Markdown and plain text. */
import type { AggregateSpec } from "../aggregates/spec.ts";
import { AGGREGATES } from "../aggregates/table.ts";
import type { FunctionSpec, Param } from "../functions/spec.ts";
import { FUNCTIONS } from "../functions/table.ts";
import { type CimDataset, type CimField, DATASETS } from "../schema/cim.ts";
import type { Value } from "../schema/types.ts";
import { typeName } from "../schema/typing.ts";

/** What there is a reference of. */
export const REFERENCES = ["functions", "aggregates", "datasets"] as const;
export type Reference = typeof REFERENCES[number];

/** One entry. `title` is a signature, `facts` are labelled sentences, `examples` calls with results. */
interface Entry {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly examples: readonly string[];
}

/** Names that a reference has entries for. */
export function namesOf(what: Reference): string[] {
  const table = what === "functions" ? FUNCTIONS : what === "aggregates" ? AGGREGATES : DATASETS;
  return [...table.keys()];
}

/** A reference, or one entry of it, for a terminal. `name` must be one of {@link namesOf}. */
export function referenceText(what: Reference, name?: string): string {
  if (what === "datasets") {
    return datasets().filter((d) => name === undefined || d.name === name).map(datasetText)
      .join("\n");
  }
  const shown = name === undefined ? 1 : Infinity;
  return entries(what).filter((e) => name === undefined || e.name === name).map((e) =>
    [
      e.title,
      `  ${e.summary}`,
      ...e.facts.map(([label, text]) => `  ${label}: ${text}`),
      ...e.examples.slice(0, shown).map((x) => `  ${x}`),
    ].join("\n") + "\n"
  ).join("\n");
}

/** A reference as Markdown that `deno fmt` leaves as it is. */
export function referenceMarkdown(what: Reference): string {
  if (what === "datasets") {
    return "```text\n" + datasets().map(datasetText).join("\n") + "```\n";
  }
  const all = entries(what);
  const labels = all[0].facts.map(([label]) => label);
  return table([what === "functions" ? "function" : "aggregate", "", ...labels, "example"], [
    ...all.map((e) => [
      code(e.title),
      e.summary,
      ...e.facts.map(([, text]) => text),
      code(e.examples[0]),
    ]),
  ]);
}

const entries = (what: "functions" | "aggregates"): Entry[] =>
  what === "functions"
    ? [...FUNCTIONS.values()].map(functionEntry)
    : [...AGGREGATES.values()].map(aggregateEntry);

function functionEntry(f: FunctionSpec): Entry {
  const result = typeof f.returns === "object" && "of" in f.returns
    ? f.returns.text
    : typeName(f.returns);
  return {
    name: f.name,
    title: `${f.name}(${f.params.map(paramText).join(", ")})`,
    summary: f.summary,
    facts: [["result", result], ["argument missing", f.missing ?? "missing"]],
    examples: f.examples.map(({ call, given, gives }) => {
      const where = Object.entries(given ?? {}).map(([k, v]) => `${k} ${show(v)}`).join(", ");
      return `${call} → ${show(gives)}${where && ` for ${where}`}`;
    }),
  };
}

/** `text: text`, `[zone: string]`, `more: any…`; a star is behind what must be a constant. */
function paramText(p: Param): string {
  const text = `${p.name}: ${typeName(p.type as Parameters<typeof typeName>[0])}${
    p.constant ? "*" : ""
  }${p.variadic ? "…" : ""}`;
  return p.optional ? `[${text}]` : text;
}

const RESULTS: Record<AggregateSpec["returns"], string> = {
  int: "int",
  float: "float",
  argument: "the argument's type",
  list: "a list",
  mean: "float; of times and durations their type",
};

function aggregateEntry(a: AggregateSpec): Entry {
  const { param, bound } = a;
  const own = `${param.name}: ${param.type}`;
  const rest = (a.constants ?? []).map((c) => `${c.name}: ${c.from}..${c.to}`);
  return {
    name: a.name,
    title: `${a.name}(${[param.optional ? `[${own}]` : own, ...rest].join(", ")})`,
    summary: a.summary,
    facts: [
      ["result", RESULTS[a.returns]],
      ["no values", a.missing],
      [
        "state",
        bound.kind === "exact"
          ? `the values, up to a limit, then ${bound.beyond}`
          : `${bound.values} ${bound.values === 1 ? "value" : "values"}`,
      ],
    ],
    examples: a.examples.map(({ call, rows, gives }) =>
      call === `${a.name}()`
        ? `${call} → ${show(gives)} for ${rows.length} rows`
        : `${call} → ${show(gives)} for ${rows.map(show).join(", ")}`
    ),
  };
}

function show(v: Value): string {
  if (v === undefined) return "missing";
  return Array.isArray(v) ? `[${v.map(show).join(", ")}]` : JSON.stringify(v);
}

const datasets = (): CimDataset[] => [...DATASETS.values()];

const WIDTH = 98;
const MARKS: Record<CimField["requirement"], string> = {
  required: "!",
  conditional: "~",
  optional: "",
};

/** A dataset with its own fields; `!` is required, `~` conditional, and values stand in braces. */
function datasetText(d: CimDataset): string {
  const inherited = d.parent === null ? null : DATASETS.get(d.parent)!.fields;
  const fields = [...d.fields.values()].filter((f) => inherited?.get(f.name) !== f);
  const lines: string[] = [
    `${d.name} (tags ${d.tags.join(" ")})${d.parent === null ? "" : `, and what ${d.parent} has`}`,
  ];
  let line = "";
  for (const f of fields) {
    const values = f.values.length > 0 ? ` {${f.values.join(" | ")}}` : "";
    const item = `${f.name}${MARKS[f.requirement]} ${typeName(f.type)}${values}`;
    if (line !== "" && line.length + item.length + 4 > WIDTH) {
      lines.push(`  ${line},`);
      line = item;
    } else line = line === "" ? item : `${line}, ${item}`;
  }
  if (line !== "") lines.push(`  ${line}`);
  return lines.join("\n") + "\n";
}

/** In backticks, more of them where the text has one. */
const code = (text: string): string => text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;

/** A Markdown table with its columns padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((r) => r.map((c) => c.replaceAll("|", "\\|")));
  const widths = head.map((h, i) => Math.max(h.length, 3, ...cells.map((r) => r[i].length)));
  const line = (r: readonly string[]) =>
    `| ${r.map((c, i) => c.padEnd(widths[i])).join(" | ")} |\n`;
  return line(head) + `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |\n` +
    cells.map(line).join("");
}
