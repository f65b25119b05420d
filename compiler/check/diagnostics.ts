/**
 * Diagnostics as text for people, as JSON, as commands of a GitHub workflow and as SARIF. Lines and
 * columns count from 1, columns in UTF-16 units as editors count them.
 */
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { visible, visibleJson } from "../../grammar/visible.ts";
import { ERRORS, LINTS } from "./codes.ts";

export interface DiagnosticPlace {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** One past the last column. */
  readonly endColumn: number;
}

/** Where a span lies; one that reaches beyond the text is cut to it. */
export function placeOf(span: Span, text: string): DiagnosticPlace {
  const start = clamp(span.start, 0, text.length);
  const end = clamp(span.end, start, text.length);
  const at = (offset: number) => {
    let line = 1, from = 0;
    for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", from)) {
      line++;
      from = i + 1;
    }
    return { line, column: offset - from + 1 };
  };
  const a = at(start), b = at(end);
  return { ...a, endLine: b.line, endColumn: b.column };
}

const clamp = (n: number, low: number, high: number) =>
  Number.isFinite(n) ? Math.min(Math.max(Math.trunc(n), low), high) : low;

/** Cells that one code point takes on a terminal. */
function cells(c: string): number {
  if (/^\p{M}$/u.test(c)) return 0;
  return /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u
      .test(c)
    ? 2
    : 1;
}

/** The widest stretch of a source line that is shown, in cells. */
const SHOWN = 100;
const TAB = 4;

/** A source line as shown, and the cells of it that the caret line marks. */
function excerpt(line: string, from: number, to: number): { text: string; at: number; n: number } {
  const shown: { text: string; width: number; offset: number }[] = [];
  let column = 0;
  let offset = 0;
  for (const c of line) {
    const text = c === "\t" ? " ".repeat(TAB - column % TAB) : visible(c);
    const width = text === c ? cells(c) : text.length;
    shown.push({ text, width, offset });
    column += width;
    offset += c.length;
  }
  const mark = (low: number, high: number) => {
    let at = 0, n = 0;
    for (let i = low; i < high; i++) {
      if (shown[i].offset < from) at += shown[i].width;
      else if (shown[i].offset < to) n += shown[i].width;
    }
    return { at, n: Math.max(n, 1) };
  };
  let low = 0, high = shown.length, before = "", after = "";
  if (column > SHOWN) {
    // The cut keeps the start of the marked part, with a third of the room before it.
    const first = shown.findIndex((s) => s.offset >= from);
    low = high = first < 0 ? shown.length : first;
    let room = SHOWN;
    while (low > 0 && room - shown[low - 1].width >= SHOWN * 2 / 3) room -= shown[--low].width;
    while (high < shown.length && room >= shown[high].width) room -= shown[high++].width;
    while (low > 0 && room >= shown[low - 1].width) room -= shown[--low].width;
    if (low > 0) before = "…";
    if (high < shown.length) after = "…";
  }
  const { at, n } = mark(low, high);
  return {
    text: (before + shown.slice(low, high).map((s) => s.text).join("") + after).trimEnd(),
    at: at + before.length,
    n,
  };
}

export interface TextOptions {
  readonly color: boolean;
  /** Text of other files that `related` points into; without it they are named without a line. */
  readonly textOf?: (file: string) => string;
}

/**
 * A diagnostic for people, several lines that end with a line feed: code and message, the place, the
 * source line with carets, what to do. `text` is the file's; with "" no place in it is shown.
 */
export function renderText(d: Diagnostic, text: string, options: TextOptions): string {
  const paint = (codes: string, t: string) => options.color ? `\x1b[${codes}m${t}\x1b[0m` : t;
  const main = d.level === "error" ? "1;31" : "1;33";
  const code = d.lint ? `${d.code} ${d.lint}` : d.code;
  const place = placeOf(d.span, text);
  const margin = " ".repeat(text === "" ? 1 : String(place.line).length);
  const bar = paint("1;34", "|");
  const out = [
    paint(main, `${d.level}[${visible(code)}]`) + paint("1", `: ${visible(d.message)}`),
    `${margin}${paint("1;34", "-->")} ${visible(d.file)}${
      text === "" ? "" : `:${place.line}:${place.column}`
    }`,
  ];
  if (text !== "") {
    const start = clamp(d.span.start, 0, text.length);
    const from = text.lastIndexOf("\n", start - 1) + 1;
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end < 0 ? text.length : end).replace(/\r$/, "");
    const first = start - from;
    const last = place.endLine > place.line ? line.trimEnd().length : place.endColumn - 1;
    const shown = excerpt(line, first, last);
    const number = paint("1;34", String(place.line));
    out.push(
      `${margin} ${bar}`,
      `${number} ${bar}${shown.text === "" ? "" : ` ${shown.text}`}`,
      `${margin} ${bar} ${" ".repeat(shown.at)}${paint(main, "^".repeat(shown.n))}`,
    );
  }
  const note = (kind: string, t: string) =>
    out.push(`${margin} ${paint("1;34", "=")} ${paint("1", kind)}: ${visible(t)}`);
  for (const help of helpOf(d)) note("help", help);
  for (const r of d.related ?? []) {
    const there = r.file === d.file ? text : options.textOf?.(r.file) ?? "";
    const p = placeOf(r.span, there);
    note("note", `${r.message}: ${r.file}${there === "" ? "" : `:${p.line}:${p.column}`}`);
  }
  return out.join("\n") + "\n";
}

/** What to do, with the replacement when the help does not name it already. */
function helpOf(d: Diagnostic): string[] {
  const out = d.help === undefined ? [] : [d.help];
  if (d.suggestion !== undefined && !d.help?.includes(d.suggestion)) {
    out.push(`Did you mean "${d.suggestion}"?`);
  }
  return out;
}

/** One JSON array; each diagnostic with its line and column beside all that it says. */
/** One line: `FILE:LINE:COLUMN: error[E0001]: What is wrong. What to do`. */
export function renderLine(d: Diagnostic, text: string, level: string = d.level): string {
  const { line, column } = placeOf(d.span, text);
  const help = d.help === undefined ? "" : `. ${d.help}`;
  return visible(`${d.file}:${line}:${column}: ${level}[${d.code}]: ${d.message}${help}`);
}

export function renderJson(
  ds: readonly Diagnostic[],
  textOf: (file: string) => string,
): string {
  const rows = ds.map((d) => ({
    code: d.code,
    level: d.level,
    lint: d.lint,
    file: d.file,
    ...placeOf(d.span, textOf(d.file)),
    message: d.message,
    help: d.help,
    suggestion: d.suggestion,
    related: d.related?.map((r) => ({
      file: r.file,
      ...placeOf(r.span, textOf(r.file)),
      message: r.message,
    })),
  }));
  return rows.length === 0 ? "[]\n" : `[\n${rows.map((r) => visibleJson(r)).join(",\n")}\n]\n`;
}

/**
 * Workflow commands, one a line, that a GitHub runner shows at the place in a pull request. Values
 * are escaped as its toolkit does it (`%`, line ends; in properties `:` and `,` as well). It takes
 * columns only of spans on one line.
 */
export function renderGithub(
  ds: readonly Diagnostic[],
  textOf: (file: string) => string,
): string {
  const data = (s: string) =>
    visible(s.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A"));
  const property = (s: string) => data(s).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return ds.map((d) => {
    const p = placeOf(d.span, textOf(d.file));
    const where: [string, string | number][] = [
      ["file", d.file],
      ["line", p.line],
      ["endLine", p.endLine],
    ];
    if (p.line === p.endLine) where.push(["col", p.column], ["endColumn", p.endColumn]);
    where.push(["title", d.lint ? `${d.code} ${d.lint}` : d.code]);
    const text = [d.message, ...helpOf(d)].join("\n");
    return `::${d.level} ${where.map(([k, v]) => `${k}=${property(String(v))}`).join(",")}::${
      data(text)
    }\n`;
  }).join("");
}

const NAMES: ReadonlyMap<string, string> = new Map(
  [...Object.entries(ERRORS), ...Object.entries(LINTS)].map((
    [name, code],
  ) => [code as string, name]),
);

/** A SARIF 2.1.0 log with one run: the codes that occur as its rules, each diagnostic a result. */
export function renderSarif(
  ds: readonly Diagnostic[],
  textOf: (file: string) => string,
): string {
  const codes = [...new Set(ds.map((d) => d.code))].sort();
  const levels = new Map(ds.map((d) => [d.code, d.level]));
  const location = (file: string, span: Span) => {
    const p = placeOf(span, textOf(file));
    return {
      artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/") },
      region: region(p),
    };
  };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "Picket",
          rules: codes.map((id) => {
            const name = NAMES.get(id) ?? "syntax";
            const words = name.replaceAll("_", " ");
            return {
              id,
              name,
              shortDescription: { text: words[0].toUpperCase() + words.slice(1) },
              defaultConfiguration: { level: levels.get(id) },
            };
          }),
        },
      },
      columnKind: "utf16CodeUnits",
      results: ds.map((d) => ({
        ruleId: d.code,
        ruleIndex: codes.indexOf(d.code),
        level: d.level,
        message: { text: [d.message, ...helpOf(d)].join("\n") },
        locations: [{ physicalLocation: location(d.file, d.span) }],
        ...(d.related?.length
          ? {
            relatedLocations: d.related.map((r, id) => ({
              id,
              physicalLocation: location(r.file, r.span),
              message: { text: r.message },
            })),
          }
          : {}),
        ...(d.suggestion === undefined ? {} : {
          fixes: [{
            artifactChanges: [{
              artifactLocation: location(d.file, d.span).artifactLocation,
              replacements: [{
                deletedRegion: location(d.file, d.span).region,
                insertedContent: { text: d.suggestion },
              }],
            }],
          }],
        }),
      })),
    }],
  };
  return visibleJson(log, 2) + "\n";
}

const region = (p: DiagnosticPlace) => ({
  startLine: p.line,
  startColumn: p.column,
  endLine: p.endLine,
  endColumn: p.endColumn,
});
