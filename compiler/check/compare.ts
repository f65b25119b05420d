/** Comparisons and tests of text. */
import type { Binary, Expr, LikeExpr, Span, TextTest } from "../../grammar/ast.ts";
import { DATASETS } from "../schema/cim.ts";
import { type IrExpr, SEVERITIES, type Severity } from "../ir/program.ts";
import { MIRRORED } from "../ir/walk.ts";
import { canonicalIp, parseCidr } from "../../grammar/ip.ts";
import { brokenExpr } from "./context.ts";
import { type Env, findList, isBroken, spanOf, textValue } from "./env.ts";
import { nearest } from "../../grammar/nearest.ts";
import { aType, comparable, isNumeric, isPlainNumber, isText, ordered } from "../schema/typing.ts";

/** `a == b` and its kin. */
export function compareExpr(env: Env, e: Binary): IrExpr {
  const { cx, file } = env;
  const span = spanOf(env, e.span);
  const op = e.op as "==" | "!=" | "<" | "<=" | ">" | ">=";
  let left = env.cx.resolve(env, e.left);
  let right = env.cx.resolve(env, e.right);
  if (isBroken(env, left, right)) return brokenExpr(cx, span);
  const equality = op === "==" || op === "!=";
  const severities = equality ? null : severityOrder(op, left, right, span);
  if (severities !== null) return severities;
  if (equality && (left.type === "cidr" || right.type === "cidr")) {
    const net = left.type === "cidr" ? left : right;
    cx.error("type_mismatch", file, e.span, `"${op}" does not test an address against a network`, {
      help: `Write ${fieldText(net === left ? right : left)} ${op === "!=" ? "not in" : "in"} ${
        net.op === "const" ? net.value : "the network"
      }`,
    });
    return brokenExpr(cx, span);
  }
  if (equality ? !comparable(left.type, right.type) : !ordered(left.type, right.type)) {
    reportMismatch(env, e, left, right, equality);
    return brokenExpr(cx, span);
  }
  if (equality && networkInQuotes(env, e, left, right)) return brokenExpr(cx, span);
  left = addressConst(env, left, right, e.left.span);
  right = addressConst(env, right, left, e.right.span);
  if (isBroken(env, left, right)) return brokenExpr(cx, span);
  if (equality) {
    for (
      const [value, other, at] of [[left, right, e.left.span], [right, left, e.right.span]] as const
    ) {
      if (value.op !== "const" || typeof value.value !== "string") continue;
      if (value.value.includes("*") && other.op !== "const") {
        cx.lint("wildcard_under_equals", file, at, `"*" is an ordinary character under "${op}"`, {
          help: `Write ${op === "==" ? "like" : "not (… like …)"} "${value.value}" for a pattern`,
        });
      }
      prescribed(env, other, value.value, at);
    }
  }
  const cs = (left.op === "const" && left.cs === true) ||
    (right.op === "const" && right.cs === true);
  return { op, left, right, cs, type: "bool", span };
}

/** `severity >= high`: the severities that are so; null where not a severity and the name of one are compared. */
function severityOrder(op: string, left: IrExpr, right: IrExpr, span: Span): IrExpr | null {
  const rank = (x: IrExpr) =>
    x.op === "const" && isText(x.type) ? SEVERITIES.indexOf(x.value as Severity) : -1;
  const [value, named] = rank(right) >= 0 ? [left, right] : [right, left];
  const at = rank(named);
  if (at < 0 || value.type !== "severity") return null;
  const order = named === right ? op : MIRRORED[op as keyof typeof MIRRORED];
  const values = SEVERITIES.filter((_, i) =>
    order === "<" ? i < at : order === "<=" ? i <= at : order === ">" ? i > at : i >= at
  );
  const set = { kind: "values", values, cs: true } as const;
  return { op: "in", negated: false, value, set, type: "bool", span };
}

function reportMismatch(env: Env, e: Binary, left: IrExpr, right: IrExpr, equality: boolean): void {
  const { cx, file } = env;
  const [l, r] = [left.type, right.type];
  const text = [left, right].find((x) => isText(x.type));
  const number = [left, right].find((x) => isNumeric(x.type) || x.type === "bool");
  const pair = `${aType(l)} and ${aType(r)}`;
  if (misspelt(env, e, [left, right])) return;
  if (text !== undefined && number !== undefined) {
    let help = "Turn the text into a number with tonumber(…)";
    if (text.op === "const" && isPlainNumber(number.type)) {
      help = /^-?\d+(\.\d+)?$/.test(String(text.value))
        ? `Write ${text.value} without quotes`
        : `${fieldText(number)} is a number: compare it with one`;
    } else if (text.op === "const" && number.type === "duration") {
      help = `Write a duration without quotes, like 5m`;
    } else if (text.op === "const" && number.type === "timestamp") {
      help = "Times compare with times; for the time of day use hour(…), weekday(…) or in_hours(…)";
    } else if (text.op === "const" && number.type === "bool") {
      help = `Write ${
        /^(false|0|no)$/i.test(String(text.value)) ? "false" : "true"
      } without quotes`;
    } else if (number.op === "const" && equality) {
      help = `Write "${number.value}" with quotes, or tonumber(${fieldText(text)})`;
    }
    cx.error("type_mismatch", file, e.span, `"${e.op}" compares ${pair}`, { help });
  } else if ((l === "duration" && isPlainNumber(r)) || (r === "duration" && isPlainNumber(l))) {
    const plain = l === "duration" ? right : left;
    cx.error("bad_unit", file, e.span, `"${e.op}" compares ${pair}`, {
      help: plain.type === "bytes"
        ? "Write a size, like 5MB, or a number"
        : plain.op === "const"
        ? `Give the number its unit, like ${plain.value}s`
        : "Divide the duration by its unit, like every / 1s",
    });
  } else if (!equality && isText(l) && isText(r)) {
    cx.error("type_mismatch", file, e.span, `"${e.op}" has no meaning between texts`, {
      help: "Turn both into numbers with tonumber(…)",
    });
  } else {
    cx.error("type_mismatch", file, e.span, `"${e.op}" cannot compare ${pair}`, {
      help: typeof l === "object" || typeof r === "object"
        ? "Take how many there are with len(…), or use dc(…) in stats"
        : "Compare values of one type",
    });
  }
}

/**
 * A name that nothing declares, in a row that may have any, is read as text: where that does not fit
 * and a known name is near, the name is what is wrong. Reports it and gives whether it did.
 */
function misspelt(env: Env, e: Binary, sides: readonly [IrExpr, IrExpr]): boolean {
  const { row } = env;
  if (!row.open) return false;
  for (const [i, ir] of sides.entries()) {
    if (ir.op !== "field" || row.fields.has(ir.name)) continue;
    const ofSeverity = sides[1 - i].type === "severity";
    const near = (ofSeverity ? nearest(ir.name, SEVERITIES) : undefined) ??
      nearest(ir.name, row.fields.keys());
    if (near === undefined || row.fields.get(near) === "string") continue;
    const at = i === 0 ? e.left.span : e.right.span;
    env.cx.error("unknown_field", env.file, at, `Unknown field "${ir.name}"`, {
      help: `Did you mean ${near}?`,
      suggestion: near,
    });
    return true;
  }
  return false;
}

function fieldText(ir: IrExpr): string {
  return ir.op === "field" ? ir.name : ir.op === "call" ? `${ir.fn}(…)` : "The value";
}

/**
 * Reports a network in quotes beside an address or a host. It would be compared as text and never
 * be true; it is no test of the network, because `==` asks for one value wherever it stands.
 */
function networkInQuotes(env: Env, e: Binary, left: IrExpr, right: IrExpr): boolean {
  for (const [text, other] of [[left, right], [right, left]] as const) {
    if (other.type !== "ip" && other.type !== "host") continue;
    const network = text.op === "const" && text.type === "string"
      ? quotedNetwork(text.value)
      : null;
    if (network === null) continue;
    const op = e.op === "!=" ? "not in" : "in";
    env.cx.error(
      "type_mismatch",
      env.file,
      e.span,
      `"${e.op}" does not test an address against the network "${network}"`,
      { help: `Write ${fieldText(other)} ${op} ${network}, without quotes` },
    );
    return true;
  }
  return false;
}

/** The text that is a network with a prefix length, not one address; else null. */
export function quotedNetwork(value: unknown): string | null {
  return typeof value === "string" && value.includes("/") && parseCidr(value) !== null
    ? value
    : null;
}

/** Text beside an address is brought to the address's one form; what is none is an error for `ip`. */
function addressConst(env: Env, value: IrExpr, other: IrExpr, at: Span): IrExpr {
  if (value.op !== "const" || value.type !== "string" || typeof value.value !== "string") {
    return value;
  }
  if (other.type !== "ip" && other.type !== "host") return value;
  const ip = canonicalIp(value.value);
  if (ip !== null) return { ...value, value: ip, type: "ip" };
  if (other.type !== "ip") return value;
  env.cx.error("bad_address", env.file, at, `"${value.value}" is not an address`, {
    help: parseCidr(value.value)
      ? `Write in ${value.value} to test against a network`
      : "An ip field holds an address, like 10.0.0.1",
  });
  return brokenExpr(env.cx, value.span);
}

/** A value that the CIM does not prescribe for a field, where it prescribes some and one is near. */
export function prescribed(env: Env, field: IrExpr, value: string, at: Span): void {
  if (field.op !== "field") return;
  const values = DATASETS.get(env.row.what)?.fields.get(field.name)?.values ?? [];
  const lower = value.toLowerCase();
  if (values.length === 0 || values.some((v) => v.toLowerCase() === lower)) return;
  env.cx.later(() => reportPrescribed(env, field.name, value, values, at));
}

function reportPrescribed(
  env: Env,
  field: string,
  value: string,
  values: readonly string[],
  at: Span,
): void {
  const near = nearest(value, values);
  env.cx.lint(
    "not_prescribed",
    env.file,
    at,
    `"${value}" is not a value that the CIM prescribes for ${field} in ${env.row.what}`,
    {
      help: near
        ? `Did you mean "${near}"?`
        : `It prescribes ${values.slice(0, 10).join(", ")}${values.length > 10 ? ", …" : ""}`,
      ...(near ? { suggestion: `"${near}"` } : {}),
    },
  );
}

/** `contains`, `startswith`, `endswith`, with `any` and `all`. */
export function textTest(env: Env, e: TextTest): IrExpr {
  const { cx, file } = env;
  const span = spanOf(env, e.span);
  const value = textValue(env, e.value, e.test);
  let needles: IrExpr[];
  if (e.quant === "one" && e.needle.kind !== "listlit" && e.needle.kind !== "listref") {
    needles = [textValue(env, e.needle, e.test)];
  } else if (e.needle.kind === "listref") {
    if (e.quant === "one") return needsQuant(env, e, `@${e.needle.name}`);
    const list = findList(env, e.needle.name, e.needle.span);
    if (list === null) return brokenExpr(cx, span);
    if (list.type === "cidr" || !isText(list.type!)) {
      cx.error(
        "type_mismatch",
        file,
        e.needle.span,
        `"${e.test}" works on text, the list "@${e.needle.name}" holds ${list.type}`,
        {
          help: "Use in for numbers and networks",
        },
      );
      return brokenExpr(cx, span);
    }
    needles = list.values.map((v): IrExpr => ({
      op: "const",
      value: v.value,
      type: "string",
      span,
      ...(v.cs ? { cs: true } : {}),
    }));
  } else if (e.needle.kind === "listlit") {
    if (e.quant === "one") return needsQuant(env, e, "(…)");
    needles = e.needle.items.map((i) => textValue(env, i, e.test));
  } else {
    cx.error("type_mismatch", file, e.needle.span, `"${e.test} ${e.quant}" takes a list`, {
      help: `Write ${e.test} ${e.quant} ("…", "…") or ${e.test} ${e.quant} @list`,
    });
    return brokenExpr(cx, span);
  }
  if (isBroken(env, value, ...needles)) return brokenExpr(cx, span);
  const empty = needles.find((n) => n.op === "const" && n.value === "");
  if (needles.length === 0 || empty !== undefined) {
    cx.error(
      "bad_list",
      file,
      e.needle.span,
      needles.length === 0 ? "The list is empty" : 'Every text contains ""',
      {
        help: "Write what to look for",
      },
    );
    return brokenExpr(cx, span);
  }
  return {
    op: e.test,
    quant: e.quant === "all" ? "all" : "any",
    value,
    needles,
    type: "bool",
    span,
  };
}

function needsQuant(env: Env, e: TextTest, list: string): IrExpr {
  env.cx.error(
    "type_mismatch",
    env.file,
    e.needle.span,
    `"${e.test}" with a list needs any or all`,
    {
      help: `Write ${e.test} any ${list}`,
    },
  );
  return brokenExpr(env.cx, spanOf(env, e.span));
}

/** `like "adm*"`: `*` for any text, `?` for one character. */
export function likeExpr(env: Env, e: LikeExpr): IrExpr {
  const span = spanOf(env, e.span);
  const value = textValue(env, e.value, "like");
  const pattern = env.cx.resolve(env, e.pattern as Expr);
  if (isBroken(env, value, pattern)) return brokenExpr(env.cx, span);
  if (pattern.op !== "const" || typeof pattern.value !== "string") {
    env.cx.error(
      "not_constant",
      env.file,
      e.pattern.span,
      "The pattern of like is text in quotes",
      {
        help: 'Write like "adm*"',
      },
    );
    return brokenExpr(env.cx, span);
  }
  if (!/[*?]/.test(pattern.value)) {
    env.cx.lint(
      "wildcard_under_equals",
      env.file,
      e.pattern.span,
      `The pattern "${pattern.value}" has no wildcard`,
      {
        help: pattern.value.includes("%")
          ? `"*" stands for any text here: like "${pattern.value.replaceAll("%", "*")}"`
          : "Write * for any text or ? for one character, or compare with ==",
      },
    );
  }
  const { value: text, cs = false } = pattern;
  const escapes = e.escapes ? { escapes: true } : {};
  return { op: "like", value, pattern: text, cs, ...escapes, type: "bool", span };
}
