/** `in` and `not in`: lists, networks, ranges, tables. */
import type { Expr, InExpr, RangeLit, Span } from "../../grammar/ast.ts";
import type { IrExpr, IrSet } from "../ir/program.ts";
import { canonicalIp, parseCidr } from "../../grammar/ip.ts";
import type { ScalarType } from "../schema/types.ts";
import { brokenExpr } from "./context.ts";
import { prescribed, quotedNetwork } from "./compare.ts";
import { cidrConst, type Env, findList, isBroken, spanOf } from "./env.ts";
import { nearest } from "../../grammar/nearest.ts";
import { aType, comparable, isPlainNumber, isText } from "../schema/typing.ts";

interface Item {
  readonly value: string | number | boolean;
  readonly type: ScalarType;
  readonly cs: boolean;
  readonly span: Span;
}

/** `value in set`; false when the value is missing, negated or not. */
export function setExpr(env: Env, e: InExpr): IrExpr {
  const value = env.cx.resolve(env, e.value);
  const test: SetTest = { env, e, value, span: spanOf(env, e.span) };
  if (e.set.kind === "range") return rangeTest(test, e.set);
  const table = tableName(env, e.set);
  if (table !== null) {
    return isBroken(env, value) ? failed(test) : inSet(test, { kind: "table", table });
  }
  const items = itemsOf(env, e.set);
  if (items === null || isBroken(env, value)) return failed(test);
  if (typeof value.type === "object") {
    return mismatch(
      test,
      "A list is not in a list",
      "Test a single value, or count with len(…)",
    );
  }
  if (items.some((i) => i.type === "cidr")) return networkTest(test, items);
  return valueTest(test, items);
}

interface SetTest {
  readonly env: Env;
  readonly e: InExpr;
  readonly value: IrExpr;
  readonly span: IrExpr["span"];
}

const inSet = ({ e, value, span }: SetTest, set: IrSet): IrExpr => ({
  op: "in",
  negated: e.negated,
  value,
  set,
  type: "bool",
  span,
});

const failed = ({ env, span }: SetTest): IrExpr => brokenExpr(env.cx, span);

function mismatch(test: SetTest, message: string, help: string): IrExpr {
  test.env.cx.error("type_mismatch", test.env.file, test.e.span, message, { help });
  return failed(test);
}

function rangeTest(test: SetTest, { from, to }: RangeLit): IrExpr {
  const { env, value } = test;
  if (isBroken(env, value)) return failed(test);
  if (from > to) return mismatch(test, `The range ${from}..${to} is empty`, `Write ${to}..${from}`);
  if (!isPlainNumber(value.type)) {
    return mismatch(
      test,
      `A range holds numbers, this is ${aType(value.type)}`,
      "Write tonumber(…) in …",
    );
  }
  return inSet(test, { kind: "range", from, to });
}

function networkTest(test: SetTest, items: readonly Item[]): IrExpr {
  const { type } = test.value;
  if (type !== "ip" && type !== "host" && type !== "string") {
    return mismatch(
      test,
      `Only an address is in a network, this is ${aType(type)}`,
      "Test src, dest or another address",
    );
  }
  const odd = items.find((i) => i.type !== "cidr" && canonicalIp(String(i.value)) === null);
  if (odd) {
    return mismatch(
      test,
      `"${odd.value}" is neither address nor network`,
      "Put names and networks into two lists",
    );
  }
  return inSet(test, { kind: "cidrs", cidrs: items.map((i) => String(i.value)) });
}

function valueTest(test: SetTest, items: readonly Item[]): IrExpr {
  const { env, e, value, span } = test;
  const { cx, file } = env;
  const address = value.type === "ip" || value.type === "host";
  const quoted = address
    ? items.find((i) => i.type === "string" && quotedNetwork(i.value) !== null)
    : undefined;
  if (quoted) {
    const { set } = e;
    cx.error("type_mismatch", file, quoted.span, `"${quoted.value}" is text here, not a network`, {
      help: set.kind === "listref"
        ? `Write ${quoted.value} without quotes in the list, or declare it: list ${set.name}: cidr`
        : `Write ${quoted.value} without quotes`,
      ...(set.kind === "listref" ? {} : { suggestion: String(quoted.value) }),
    });
    return failed(test);
  }
  // A name between backticks has no type: numbers and true are what the event may have as such.
  const untyped = e.value.kind === "field" && e.value.quoted === true;
  const odd = untyped ? undefined : items.find((i) => !comparable(value.type, i.type));
  if (odd) return oddItem(test, odd);
  for (const i of items) {
    if (typeof i.value === "string") prescribed(env, value, i.value, i.span);
    if (typeof i.value === "string" && i.value.includes("*")) {
      cx.lint("wildcard_under_equals", file, i.span, '"*" is an ordinary character in a list', {
        help: `Write like "${i.value}" for a pattern`,
      });
    }
  }
  const canonical = (i: Item) =>
    typeof i.value === "string" && (address || i.type === "ip")
      ? canonicalIp(i.value) ?? i.value
      : i.value;
  const part = (cs: boolean): IrExpr =>
    inSet(test, {
      kind: "values",
      cs,
      values: items.filter((i) => i.cs === cs || typeof i.value !== "string").map(canonical),
    });
  const some = items.some((i) => i.cs);
  // Case is a text's alone.
  if (!some || items.every((i) => i.cs || typeof i.value !== "string")) return part(some);
  return { op: e.negated ? "and" : "or", args: [part(true), part(false)], type: "bool", span };
}

function oddItem(test: SetTest, odd: Item): IrExpr {
  const { type } = test.value;
  return mismatch(
    test,
    `The value is ${aType(type)}, the list holds ${aType(odd.type)}`,
    isPlainNumber(type) && isText(odd.type)
      ? "Write the numbers without quotes"
      : isText(type) && isPlainNumber(odd.type)
      ? "Write the numbers in quotes, or test tonumber(…)"
      : "Compare values of one type",
  );
}

/** A table named as the set: `src in threats`, `src in lookup(threats)`. */
function tableName(env: Env, set: Expr): string | null {
  const name = namedTable(env, set);
  if (name !== null && env.cx.tables.get(name)?.live) env.cx.live.add(name);
  return name;
}

function namedTable(env: Env, set: Expr): string | null {
  if (set.kind === "field" && env.cx.tables.has(set.name)) return set.name;
  if (
    set.kind === "call" && set.fn.name.toLowerCase() === "lookup" && set.args[0]?.kind === "field"
  ) {
    const name = set.args[0].name;
    if (env.cx.tables.has(name)) return name;
  }
  return null;
}

function itemsOf(env: Env, set: Expr): Item[] | null {
  const { cx, file } = env;
  if (set.kind === "listref") {
    const list = findList(env, set.name, set.span);
    return list === null
      ? null
      : list.values.map((v) => ({ ...v, type: list.type!, span: set.span }));
  }
  if (set.kind === "cidr") {
    const ir = cidrConst(env, set.value, set.span);
    return isBroken(env, ir)
      ? null
      : [{ value: set.value, type: "cidr", cs: false, span: set.span }];
  }
  if (set.kind === "field" && cx.lists.has(set.name)) {
    cx.error("unknown_table", file, set.span, `"${set.name}" is a list`, {
      help: `Write in @${set.name}`,
      suggestion: `@${set.name}`,
    });
    return null;
  }
  if (set.kind === "listlit") {
    const items: Item[] = [];
    let failed = false;
    for (const item of set.items) {
      const ir = item.kind === "cidr"
        ? cidrConst(env, item.value, item.span)
        : env.cx.resolve(env, item);
      if (isBroken(env, ir)) failed = true;
      else if (ir.op === "const" && typeof ir.value !== "object" && typeof ir.type !== "object") {
        items.push({ value: ir.value, type: ir.type, cs: ir.cs === true, span: item.span });
      } else {
        cx.error("not_constant", file, item.span, "The values of a list are constants", {
          help: "Compare fields with ==, joined by or",
        });
        failed = true;
      }
    }
    return failed ? null : items;
  }
  const ir = resolveSet(env, set);
  return ir;
}

/** A param or let that holds a list, or one value that was meant to be in parentheses. */
function resolveSet(env: Env, set: Expr): Item[] | null {
  const { cx, file } = env;
  if (set.kind === "field" && !env.params.has(set.name) && !cx.lets.has(set.name)) {
    const near = nearest(set.name, cx.tables.keys()) ?? nearest(set.name, cx.lists.keys());
    cx.error("unknown_table", file, set.span, `"${set.name}" is neither a list nor a table`, {
      help: near
        ? `Did you mean ${cx.tables.has(near) ? near : "@" + near}?`
        : `Write in ("…", "…") or in @list`,
    });
    return null;
  }
  const ir = env.cx.resolve(env, set);
  if (isBroken(env, ir)) return null;
  if (ir.op === "const" && Array.isArray(ir.value) && typeof ir.type === "object") {
    const type = ir.type.list;
    return ir.value.map((value) => ({ value, type, cs: false, span: set.span }));
  }
  if (ir.op === "const" && ir.type === "cidr") {
    return [{ value: String(ir.value), type: "cidr", cs: false, span: set.span }];
  }
  if (
    ir.op === "const" && typeof ir.value === "string" && parseCidr(ir.value) !== null &&
    ir.value.includes("/")
  ) {
    return [{ value: ir.value, type: "cidr", cs: false, span: set.span }];
  }
  cx.error(
    "type_mismatch",
    file,
    set.span,
    `"in" takes a list, a network, a range or a table, this is ${aType(ir.type)}`,
    {
      help: "Write the value in parentheses, or compare with ==",
    },
  );
  return null;
}
