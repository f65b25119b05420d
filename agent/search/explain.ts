/** Which part of a search is done where, in words. */
import type { IrExpr, IrSearch } from "../../compiler/ir/program.ts";
import { conjuncts } from "../../compiler/ir/walk.ts";
import type { Span } from "../../grammar/ast.ts";
import { conditionSql, SqlValues } from "../store/mod.ts";
import { planGroups } from "./groups.ts";
import { planSearch } from "./search.ts";

/** One line for each condition and command, as they are written. */
export function explainSearch(search: IrSearch, text: string): string {
  const plan = planSearch(search);
  const groups = planGroups(plan.batch[0], plan.reads);
  const written = ({ start, end }: Span) => text.slice(start, end).replace(/\s+/g, " ").trim();
  const lines: (readonly [string, string])[] = [];
  const conditions = [...plan.reads.rows.where ? [plan.reads.rows.where] : [], ...plan.reads.where];
  for (const e of conditions.flatMap(conjuncts)) lines.push([written(e.span), placeOf(e)]);
  for (const c of plan.streamed.filter((c) => !isLeading(c.kind, c.span, plan.reads.where))) {
    lines.push([written(c.span), "the engine of the stream, over rows in order of time"]);
  }
  plan.batch.forEach((c, i) => {
    const place = i > 0 || groups === null
      ? "here, row by row"
      : "the database counts; rows that it cannot judge are counted here";
    const zone = c.kind === "stats" && c.window.kind === "tumbling" ? c.window.zone : undefined;
    const clock = zone === undefined ? "" : `; buckets begin by the clock of ${zone}`;
    lines.push([written(c.span), place + clock]);
  });
  const order =
    `Rows that have to be looked at are read ${plan.order} first, in slices of about 50 ms`;
  const shown = lines.filter(([a], i) => lines.findIndex(([b]) => a === b) === i);
  const width = Math.min(60, Math.max(0, ...shown.map(([a]) => a.length)));
  return shown.map(([a, b]) => `${a.padEnd(width)}  ${b}\n`).join("") + order + "\n";
}

const isLeading = (kind: string, span: Span, where: readonly IrExpr[]) =>
  kind === "where" && where.some((e) => e.span.start >= span.start && e.span.end <= span.end);

function placeOf(e: IrExpr): string {
  const { may, must } = conditionSql(e, new SqlValues());
  if (must !== "false") return "the database decides, but of odd values";
  return may === "true"
    ? "here, row by row"
    : "the database narrows it down; the rows are judged here";
}
