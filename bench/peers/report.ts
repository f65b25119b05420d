/** Results of races as a table, Markdown and JSON. */
import type { Result } from "./race.ts";

export interface Table {
  readonly title: string;
  /** Lines or events that each of them read. */
  readonly count: number;
  readonly unit: string;
  /** Whose speed is 1. */
  readonly base: string;
  readonly results: readonly Result[];
}

const HEAD = ["", "CPU s", "s", "a CPU s", "of base", "start s"];

/** Speed beside the base's: 2 is twice as fast. By processor time, which a busy machine changes least. */
function cells({ count, base, results }: Table): string[][] {
  const of = results.find((r) => r.name === base)?.cpu ?? NaN;
  const fixed = (n: number, digits: number) => Number.isFinite(n) ? n.toFixed(digits) : "-";
  return results.map((r) =>
    r.failed !== undefined ? [r.name, r.failed, "-", "-", "-", "-"] : [
      r.name,
      fixed(r.cpu, 2),
      fixed(r.wall, 2),
      Number.isFinite(count / r.cpu) ? Math.round(count / r.cpu).toLocaleString("en") : "-",
      fixed(of / r.cpu, 2),
      r.start > 0 ? fixed(r.start, 2) : "-",
    ]
  );
}

export function plainTable(t: Table): string {
  const rows = [HEAD, ...cells(t)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((r) => r[i].length)));
  const line = (r: readonly string[]) =>
    r.map((c, i) => i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i])).join("  ");
  return `${t.title}: ${t.count.toLocaleString("en")} ${t.unit}, base ${t.base}\n` +
    rows.map((r) => line(r).trimEnd()).join("\n") + "\n";
}

export function markdownTable(t: Table): string {
  const row = (r: readonly string[]) => `| ${r.join(" | ")} |`;
  return `### ${t.title}\n\n${t.count.toLocaleString("en")} ${t.unit}, base ${t.base}\n\n` +
    [row(HEAD), row(HEAD.map((_, i) => i === 0 ? "---" : "--:")), ...cells(t).map(row)].join("\n") +
    "\n";
}

export const jsonTable = (t: Table): string => JSON.stringify(t) + "\n";
