/** Expressions as text, with the fewest parentheses that keep the tree. */
import type * as ast from "./ast.ts";
import { bytesText, durationText, escapeString } from "./literals.ts";

/** Where an expression stands, for breaking it. */
export interface Wrap {
  /** What is on the line before it. */
  readonly lead: string;
  /** Where its operands stand on the lines below. */
  readonly column: number;
  readonly width: number;
}

/** Binding strength, as in the grammar: higher binds tighter. */
function strength(e: ast.Expr): number {
  switch (e.kind) {
    case "cond":
      return 0;
    case "logic":
      return e.op === "or" ? 1 : 2;
    case "unary":
      return e.op === "not" ? 3 : 7;
    case "binary":
      return e.op === "+" || e.op === "-" ? 5 : "*/%".includes(e.op) ? 6 : 4;
    case "in":
    case "texttest":
    case "like":
    case "matches":
    case "exists":
      return 4;
    default:
      return 8;
  }
}

/** The expression, in parentheses when it binds less than `least`. */
function at(e: ast.Expr, least: number): string {
  return strength(e) < least || (e.kind === "logic" && e.parens) ? `(${bare(e)})` : bare(e);
}

/** One line, whatever its length. */
export function flat(e: ast.Expr): string {
  return at(e, 0);
}

/** A name, between backticks where it was written so. */
export const nameText = (n: { readonly name: string; readonly quoted?: boolean }): string =>
  n.quoted ? `\`${n.name}\`` : n.name;

export function string(s: ast.StringLit): string {
  return `"${escapeString(s.value)}"${s.cs ? "cs" : ""}`;
}

function bare(e: ast.Expr): string {
  switch (e.kind) {
    case "string":
      return string(e);
    case "number":
      return numberText(e);
    case "bool":
      return String(e.value);
    case "ip":
    case "cidr":
      return e.value;
    case "duration":
      return durationText(e.ms);
    case "bytes":
      return bytesText(e.text);
    case "regex":
      return `/${e.source}/${e.flags}`;
    case "range":
      return `${e.from}..${e.to}`;
    case "mitre":
      return e.id;
    case "listlit":
      return `(${e.items.map(flat).join(", ")})`;
    case "listref":
      return `@${e.name}`;
    case "field":
      return nameText(e);
    case "call":
      return `${e.fn.name}(${e.args.map(flat).join(", ")})`;
    case "unary":
      return e.op === "not"
        ? `not ${at(e.arg, 3)}`
        : e.op + (e.arg.kind === "unary" && e.arg.op !== "not" ? " " : "") + at(e.arg, 7);
    case "binary": {
      const s = strength(e);
      // Comparisons do not chain; sums and products lean left.
      return `${at(e.left, s === 4 ? 5 : s)} ${e.op} ${at(e.right, s + 1)}`;
    }
    case "logic": {
      const s = strength(e);
      return `${at(e.left, s)} ${e.op} ${at(e.right, s + 1)}`;
    }
    case "in":
      return `${at(e.value, 5)} ${e.negated ? "not in" : "in"} ${bare(e.set)}`;
    case "texttest": {
      const value = `${at(e.value, 5)} ${e.test}`;
      if (e.quant !== "one") return `${value} ${e.quant} ${bare(e.needle)}`;
      const needle = at(e.needle, 5);
      // Bare, a field of that name would read as the quantifier.
      return /^(?:any|all)(?![\w.])/i.test(needle) ? `${value} (${needle})` : `${value} ${needle}`;
    }
    case "like":
      return `${at(e.value, 5)} like ${at(e.pattern, 5)}${e.escapes ? " escape" : ""}`;
    case "matches":
      return `${at(e.value, 5)} matches ${bare(e.regex)}`;
    case "exists":
      return `exists ${nameText(e.field)}`;
    case "cond":
      return `${at(e.test, 1)} ? ${flat(e.then)} : ${flat(e.else)}`;
  }
}

function numberText(e: ast.NumberLit): string {
  const text = String(e.value);
  return e.float && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** Behind `lead` on one line if it fits, otherwise a line for each part of its `and` or `or`. */
export function exprText(e: ast.Expr, wrap: Wrap): string[] {
  const line = wrap.lead + flat(e);
  if (line.length <= wrap.width) return [line];
  const grouped = (x: ast.Expr) => x.kind === "logic" && x.parens;
  if (e.kind === "unary" && e.op === "not" && (strength(e.arg) >= 3 || grouped(e.arg))) {
    return exprText(e.arg, { ...wrap, lead: `${wrap.lead}not `, column: wrap.column + 4 });
  }
  if (e.kind !== "logic") return listLines(e, wrap) ?? [line];
  const operands: ast.Expr[] = [];
  let node: ast.Expr = e;
  while (node.kind === "logic" && node.op === e.op && (node === e || !node.parens)) {
    operands.unshift(node.right);
    node = node.left;
  }
  operands.unshift(node);
  const open = e.parens ? "(" : "";
  const column = wrap.column + open.length;
  const least = e.op === "or" ? 1 : 2;
  const lines = operands.flatMap((operand, i) => {
    const lead = i === 0 ? wrap.lead + open : `${e.op} `.padStart(column);
    const need = i === 0 ? least : least + 1;
    // Parentheses that precedence asks for stay on one line.
    return strength(operand) < need && !(operand.kind === "logic" && operand.parens)
      ? [lead + at(operand, need)]
      : exprText(operand, { lead, column, width: wrap.width });
  });
  if (e.parens) lines[lines.length - 1] += ")";
  return lines;
}

/** A long list after `in`, `any` or `all`, its items filling lines. */
function listLines(e: ast.Expr, wrap: Wrap): string[] | null {
  const list = e.kind === "in" ? e.set : e.kind === "texttest" ? e.needle : null;
  if (list === null || list.kind !== "listlit") return null;
  const whole = bare(e);
  const head = whole.slice(0, whole.length - bare(list).length);
  const lines: string[] = [wrap.lead + head + "("];
  const outer = " ".repeat(Math.max(0, wrap.column - 2));
  const indent = outer + "  ";
  let line = indent;
  for (const [i, item] of list.items.entries()) {
    const text = flat(item) + (i === list.items.length - 1 ? "" : ",");
    if (line !== indent && line.length + 1 + text.length > wrap.width) {
      lines.push(line);
      line = indent;
    }
    line += (line === indent ? "" : " ") + text;
  }
  return [...lines, line, outer + ")"];
}
