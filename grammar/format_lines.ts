/** The lines of commands, sources and items of tests, and how long ones are broken. */
import type * as ast from "./ast.ts";
import { exprText, flat, nameText, string } from "./format_expr.ts";
import { durationText } from "./literals.ts";

/** Columns that a line may take. */
export const WIDTH = 100;

export const duration = (d: ast.DurationLit): string => durationText(d.ms);

export function keys(by: readonly ast.Key[], word = " by "): string {
  if (by.length === 0) return "";
  return word + by.map((k) => (k.nullable ? "?" : "") + nameText(k.field)).join(", ");
}

export function rowLines(lead: string, row: ast.RowSource): string[] {
  const name = (row.signal ? "signal " : "") +
    [row.name, ...row.more].map(nameText).join(", ");
  if (row.where === null) return [lead + name];
  return wrapText(`${lead}${name} where `, row.where);
}

/**
 * An expression behind `lead`, broken at its `and` or `or` when it does not fit: the operands stand
 * below each other, unless what leads them is so long that little room is left.
 */
export function wrapText(lead: string, expr: ast.Expr): string[] {
  const column = lead.length > 40 ? 10 : lead.length;
  return exprText(expr, { lead, column, width: WIDTH });
}

/** Items behind `lead`, as many as fit on each line, the next lines below the first item. */
export function joinItems(lead: string, items: readonly string[], tail = ""): string[] {
  const line = lead + items.join(", ") + tail;
  if (line.length <= WIDTH) return [line];
  const lines = fill(items, " ".repeat(lead.length));
  lines[0] = lead + (lines[0] ?? "").trimStart();
  lines[lines.length - 1] = (lines.at(-1) ?? "").replace(/,$/, "") + tail;
  return lines;
}

/** Items, each followed by a comma, as many on a line as fit. */
export function fill(items: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const item of items) {
    if (line !== indent && line.length + item.length + 2 > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += (line === indent ? "" : " ") + item + ",";
  }
  lines.push(line);
  return lines;
}

export function commandLines(c: ast.Command): string[] {
  switch (c.kind) {
    case "where":
      return wrapText("  | where ", c.expr);
    case "eval":
      return joinItems(
        "  | eval ",
        c.assigns.map((a) => `${a.name.name} = ${flat(a.expr)}`),
      );
    case "lookup":
      return [
        `  | lookup ${c.table.name}(${flat(c.key)})${c.as === null ? "" : ` as ${c.as.name}`}`,
      ];
    case "stats": {
      const aggs = c.aggs.map((a) => flat(a.call) + (a.as === null ? "" : ` as ${a.as.name}`));
      const w = c.window;
      const over = w === null
        ? ""
        : ` over ${w.kind === "sliding" ? "" : `${w.kind} `}${duration(w.length)}${
          w.max === null ? "" : ` max ${duration(w.max)}`
        }`;
      const lines = joinItems("  | stats ", aggs);
      const tail = keys(c.by) + over;
      if (lines.length === 1 && (lines[0] ?? "").length + tail.length <= WIDTH) {
        return [lines[0] + tail];
      }
      return tail === "" ? lines : [...lines, `         ${tail}`];
    }
    case "dedup":
      return [
        "  | dedup" + keys(c.by, " ") +
        (c.within === null ? "" : ` within ${duration(c.within)}`),
      ];
    case "first_seen":
      return [
        "  | first_seen" + keys(c.by, " ") +
        (c.history === null ? "" : ` history ${duration(c.history)}`) +
        (c.warmup === null ? "" : ` warmup ${duration(c.warmup)}`),
      ];
    case "baseline":
      return [
        `  | baseline ${c.field.name}` +
        (c.history === null ? "" : ` history ${duration(c.history)}`) +
        (c.min === null ? "" : ` min ${flat(c.min)}`),
      ];
    case "throttle":
      return [
        `  | throttle ${duration(c.length)}${keys(c.by)}` +
        (c.group === null ? "" : ` group ${c.group.name.name}`) +
        (c.group?.within ? ` within ${duration(c.group.within)}` : ""),
      ];
    case "absent":
      return [
        `  | absent ${duration(c.length)}${keys(c.by)}` +
        (c.expect === null ? "" : ` expect lookup ${c.expect.name}`) +
        (c.clock ? " clock" : c.live ? " live" : ""),
      ];
    case "alert": {
      if (c.text === null) return ["  | alert none"];
      const parts = [
        ...(c.severity === null ? [] : [`severity ${flat(c.severity)}`]),
        ...(c.entity.length === 0 ? [] : [`entity ${c.entity.map((e) => e.name).join(", ")}`]),
      ];
      const line = [`  | alert ${string(c.text)}`, ...parts].join(" ");
      return line.length <= WIDTH
        ? [line]
        : [`  | alert ${string(c.text)}`, ...parts.map((p) => `          ${p}`)];
    }
    case "rename":
      return joinItems("  | rename ", c.pairs.map((p) => `${p.from.name} as ${p.to.name}`));
    case "sort":
      return joinItems(
        "  | sort ",
        c.keys.map((k) => (k.descending ? "-" : "") + k.field.name),
      );
    case "limit":
      return [`  | limit ${c.count}`];
    case "top":
      return joinItems(
        `  | top ${c.count === null ? "" : `${c.count} `}`,
        c.fields.map((n) => n.name),
      );
    case "timechart": {
      const aggs = c.aggs.map((a) => flat(a.call) + (a.as === null ? "" : ` as ${a.as.name}`));
      const width = c.width === null ? "" : ` span ${duration(c.width)}`;
      return [...joinItems("  | timechart ", aggs), `            ${keys(c.by)}${width}`];
    }
    case "fields":
      return joinItems(`  | fields ${c.remove ? "- " : ""}`, c.names.map((n) => n.name));
  }
}

export const single = (at: ast.AtItem): boolean => at.repeat === null;

export function itemLines(item: ast.TestItem, pad: number): string[] {
  switch (item.kind) {
    case "at": {
      const repeat = item.repeat === null
        ? ""
        : ` repeat ${item.repeat}${item.every === null ? "" : ` every ${duration(item.every)}`}`;
      const time = duration(item.time);
      return recordLines(
        `    at ${pad > 0 ? time.padEnd(pad) : time}${repeat} `,
        item.fields,
        true,
      );
    }
    case "given": {
      const text = item.text;
      if (!text.block) return [`    given ${item.sourcetype.name} ${string(text)}`];
      const lines = text.value.split("\n").map((l) => l === "" ? "" : "      " + l);
      return [`    given ${item.sourcetype.name} """`, ...lines, '    """'];
    }
    case "expect": {
      if (item.count === 0 && item.at === null && item.fields.length === 0) {
        return ["    expect none"];
      }
      const at = item.at === null ? "" : ` at ${duration(item.at)}`;
      const lead = `    expect ${item.count} alert${item.count === 1 ? "" : "s"}${at} `;
      return recordLines(lead, item.fields, false);
    }
  }
}

function recordLines(
  lead: string,
  fields: readonly ast.FieldValue[],
  always: boolean,
): string[] {
  if (fields.length === 0) return [always ? lead + "{}" : lead.trimEnd()];
  const items = fields.map((f) => `${fieldName(f.name.name)}: ${flat(f.value)}`);
  const line = `${lead}{ ${items.join(", ")} }`;
  // A record is broken a little later than the rest: one line an event reads best.
  if (line.length <= WIDTH + 10) return [line];
  return [`${lead}{`, ...fill(items, "      "), "    }"];
}

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name) ? name : JSON.stringify(name);
}
