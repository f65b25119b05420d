/** Expressions: names bound, lets and params put in, every node typed. */
import type { Call, Expr, FieldRef, Span } from "../../grammar/ast.ts";
import { type Const, type IrExpr, SEVERITIES } from "../ir/program.ts";
import { canonicalIp } from "../../grammar/ip.ts";
import { checkRegex } from "../regex/mod.ts";
import { DATASETS } from "../schema/cim.ts";
import type { Type } from "../schema/types.ts";
import { brokenExpr } from "./context.ts";
import { callOf, functionOf } from "./call.ts";
import { cidrConst, type Env, findList, isBroken, spanOf, textValue } from "./env.ts";
import { compareExpr, likeExpr, textTest } from "./compare.ts";
import { fieldType, type Row } from "./rows.ts";
import { setExpr } from "./sets.ts";
import { fieldNamed, isTimeModifier } from "./suggest.ts";
import { nearest } from "../../grammar/nearest.ts";
import { arithmetic, assignable, aType, unify } from "../schema/typing.ts";

/** An expression with names bound; what is wrong is reported and stands in as broken. */
export function resolve(env: Env, e: Expr): IrExpr {
  const { cx, file } = env;
  const span = spanOf(env, e.span);
  const constant = (value: Const, type: Type): IrExpr => ({ op: "const", value, type, span });
  switch (e.kind) {
    case "string":
      return { op: "const", value: e.value, type: "string", span, ...(e.cs ? { cs: true } : {}) };
    case "number":
      return constant(e.value, e.float ? "float" : "int");
    case "bool":
      return constant(e.value, "bool");
    case "ip": {
      const ip = canonicalIp(e.value);
      if (ip !== null) return constant(ip, "ip");
      cx.error("bad_address", file, e.span, `"${e.value}" is not an address`, {
        help: "Write an address like 10.0.0.1, each part at most 255, or text in quotes",
      });
      return brokenExpr(cx, span);
    }
    case "cidr":
      return cidrConst(env, e.value, e.span);
    case "duration":
      return constant(e.ms, "duration");
    case "bytes":
      return constant(e.value, "bytes");
    case "regex":
      return misplaced(
        env,
        e.span,
        "A regex stands only after matches",
        `Write field matches /${e.source}/${e.flags}`,
      );
    case "range":
      return misplaced(
        env,
        e.span,
        "A range stands only after in",
        `Write field in ${e.from}..${e.to}`,
      );
    case "mitre":
      return misplaced(
        env,
        e.span,
        `"${e.id}" stands only after mitre`,
        `Write it as text: "${e.id}"`,
      );
    case "listlit":
      return listConst(env, e.items, e.span);
    case "listref":
      return misplaced(
        env,
        e.span,
        `The list "@${e.name}" stands only after in, any or all`,
        `Write field in @${e.name}`,
      );
    case "field":
      return fieldRef(env, e);
    case "call":
      return call(env, e);
    case "unary":
      return unary(env, e.op, resolve(env, e.arg), e.arg.span, span);
    case "binary":
      return e.op === "+" || e.op === "-" || e.op === "*" || e.op === "/" || e.op === "%"
        ? arith(env, e.op, resolve(env, e.left), resolve(env, e.right), e.span)
        : compareExpr(env, e);
    case "logic": {
      const args = [e.left, e.right].map((x) => condition(env, x));
      return {
        op: e.op,
        args: args.flatMap((a) => a.op === e.op ? a.args : [a]),
        type: "bool",
        span,
      };
    }
    case "in":
      return setExpr(env, e);
    case "texttest":
      return textTest(env, e);
    case "like":
      return likeExpr(env, e);
    case "matches": {
      const value = textValue(env, e.value, "matches");
      const problem = checkRegex(e.regex.source, e.regex.flags);
      if (problem !== null) {
        cx.error(
          problem.kind === "unsafe" ? "unsafe_regex" : "bad_regex",
          file,
          problem.at
            ? {
              // Behind the slash that opens it.
              start: e.regex.span.start + 1 + problem.at.start,
              end: e.regex.span.start + 1 + problem.at.end,
            }
            : e.regex.span,
          problem.message,
          {
            help: problem.help,
          },
        );
        return brokenExpr(cx, span);
      }
      if (isBroken(env, value)) return value;
      return {
        op: "matches",
        value,
        source: e.regex.source,
        flags: e.regex.flags,
        type: "bool",
        span,
      };
    }
    case "exists": {
      const type = nameType(env, e.field.name, e.field.span);
      return type === null
        ? brokenExpr(cx, span)
        : { op: "exists", name: e.field.name, type: "bool", span };
    }
    case "cond":
      return conditional(env, [e.test, e.then, e.else], e.span);
  }
}

/** An expression that must be true or false. */
export function condition(env: Env, e: Expr): IrExpr {
  const ir = resolve(env, e);
  if (ir.type === "bool" || isBroken(env, ir)) return ir;
  const name = e.kind === "field" ? e.name : null;
  env.cx.error(
    "type_mismatch",
    env.file,
    e.span,
    `A condition is wanted here, this is ${aType(ir.type)}`,
    {
      help: name ? `Compare it with a value, or write exists ${name}` : "Compare it with a value",
    },
  );
  return brokenExpr(env.cx, ir.span);
}

function misplaced(env: Env, span: Span, message: string, help: string): IrExpr {
  env.cx.error("type_mismatch", env.file, span, message, { help });
  return brokenExpr(env.cx, spanOf(env, span));
}

function listConst(env: Env, items: readonly Expr[], at: Span): IrExpr {
  const irs = items.map((i) => resolve(env, i));
  if (isBroken(env, ...irs)) return brokenExpr(env.cx, spanOf(env, at));
  const values: (string | number)[] = [];
  for (const [i, ir] of irs.entries()) {
    if (
      ir.op !== "const" || typeof ir.value === "object" || typeof ir.value === "boolean" ||
      typeof ir.type === "object"
    ) {
      env.cx.error("not_constant", env.file, items[i].span, "The values of a list are constants", {
        help: "Write text, numbers or addresses",
      });
      return brokenExpr(env.cx, spanOf(env, at));
    }
    values.push(ir.value);
  }
  const type = irs.map((i) => i.type).reduce<Type | null>(
    (a, b) => a === null ? null : unify(a, b),
    irs[0]?.type ?? "string",
  );
  if (type === null || typeof type === "object") {
    env.cx.error("bad_list", env.file, at, "The values of a list are of one type", {
      help: "Write all as text or all as numbers",
    });
    return brokenExpr(env.cx, spanOf(env, at));
  }
  return { op: "const", value: values, type: { list: type }, span: spanOf(env, at) };
}

/** What `NO_ROW` (names.ts) calls itself. */
const NO_FIELDS = "a constant";

/** The type of a field by name, with an error when the row has none. */
export function nameType(env: Env, name: string, at: Span): Type | null {
  const { cx, file, row } = env;
  const type = fieldType(row, name);
  if (type !== null) {
    if (row.open && !row.fields.has(name)) {
      cx.later(() => {
        const near = nearest(name, row.fields.keys());
        if (near === undefined) return;
        cx.lint("undeclared_field", file, at, `No sourcetype declares the field "${name}"`, {
          help: `It is read as text; did you mean ${near}?`,
          suggestion: near,
        });
      });
    }
    return type;
  }
  const known = [...row.fields.keys(), ...env.params.keys(), ...cx.lets.keys()];
  if (row.what === NO_FIELDS) {
    const near = nearest(name, known);
    cx.error("unknown_field", file, at, `"${name}" is no constant: a name stands for a field`, {
      help: `If it is text, put ${name} in quotes: "${name}"${
        near ? `; or did you mean ${near}?` : ""
      }`,
      suggestion: `"${name}"`,
    });
    return null;
  }
  const near = fieldNamed(name, (f) => row.fields.has(f)) ?? nearest(name, known) ??
    stepHint(row, name);
  cx.error("unknown_field", file, at, `Unknown field "${name}": ${row.what} has no such field`, {
    help: near ? `Did you mean ${near}?` : fieldHelp(env, name),
    ...(near ? { suggestion: near } : {}),
  });
  return null;
}

/** `user` after a sequence is `login.user`. */
function stepHint(row: Row, name: string): string | undefined {
  return [...row.fields.keys()].find((f) => f.endsWith("." + name));
}

function fieldHelp({ row, cx }: Env, name: string): string {
  if (isTimeModifier(name)) {
    return "Rules run on events as they come: write a window, as stats … over 1h, or within 15m";
  }
  const names = [...row.fields.keys()].filter((f) => !f.startsWith("_"));
  if (names.length === 0) return "No field is left here";
  if (names.length <= 12) return `It has ${names.join(", ")}`;
  // The dataset that most patterns with this field feed comes first: it is the likeliest home.
  const fed = new Map<string, number>();
  for (const { datasets, captures, constants } of cx.options.catalogue.extractions) {
    const n = Object.hasOwn(constants, name) || captures.some((c) => c.name === name) ? 1 : 0;
    for (const d of datasets) fed.set(d, (fed.get(d) ?? 0) + n);
  }
  const homes = [...DATASETS.values()].filter((d) => d.fields.has(name) && fed.has(d.name))
    .map((d) => d.name).sort((a, b) => fed.get(b)! - fed.get(a)!);
  if (homes.length > 0) {
    return `Read ${homes.slice(0, 3).join(" or ")}, or make it with eval`;
  }
  return `Write "${name}" in quotes if it is text; else read a dataset or sourcetype that has it, or make it with eval`;
}

function fieldRef(env: Env, e: FieldRef): IrExpr {
  const { cx, row } = env;
  const span = spanOf(env, e.span);
  const param = env.params.get(e.name);
  if (param) {
    cx.rule?.usedParams.add(e.name);
    const ir: IrExpr = { ...param.value, span };
    cx.fromParam.add(ir);
    if (cx.broken.has(param.value)) cx.broken.add(ir);
    return ir;
  }
  const known = row.fields.get(e.name);
  if (known !== undefined) return { op: "field", name: e.name, type: known, span };
  const let_ = cx.lets.get(e.name);
  if (let_) {
    let_.used = true;
    if (let_.broken) return brokenExpr(cx, span);
    if (env.lets.includes(e.name)) {
      let_.broken = true;
      cx.error(
        "let_cycle",
        let_.file,
        let_.decl.name.span,
        `The let "${e.name}" is made from itself: ${
          [...env.lets.slice(env.lets.indexOf(e.name)), e.name].join(" → ")
        }`,
        {
          help: "Write one of them out",
        },
      );
      return brokenExpr(cx, span);
    }
    return resolve(
      { ...env, file: let_.file, lets: [...env.lets, e.name], at: span },
      let_.decl.expr,
    );
  }
  if ((SEVERITIES as readonly string[]).includes(e.name.toLowerCase())) {
    return { op: "const", value: e.name.toLowerCase(), type: "severity", span };
  }
  if (cx.lists.has(e.name) && !row.open) {
    cx.error("unknown_field", env.file, e.span, `"${e.name}" is a list, not a field`, {
      help: `Write @${e.name}, after in, any or all`,
      suggestion: `@${e.name}`,
    });
    return brokenExpr(cx, span);
  }
  const type = nameType(env, e.name, e.span);
  return type === null ? brokenExpr(cx, span) : { op: "field", name: e.name, type, span };
}

function unary(env: Env, op: "not" | "-" | "+", arg: IrExpr, at: Span, span: Span): IrExpr {
  if (isBroken(env, arg)) return arg;
  if (op === "not") {
    if (arg.type === "bool") return { op: "not", arg, type: "bool", span };
    env.cx.error(
      "type_mismatch",
      env.file,
      at,
      `"not" works on a condition, this is ${aType(arg.type)}`,
      {
        help: "Compare it with a value, or write not exists …",
      },
    );
    return brokenExpr(env.cx, span);
  }
  if (!assignable(arg.type, "number")) {
    env.cx.error(
      "type_mismatch",
      env.file,
      at,
      `"${op}" works on a number, this is ${aType(arg.type)}`,
      {
        help: "Write tonumber(…)",
      },
    );
    return brokenExpr(env.cx, span);
  }
  if (op === "+") return arg;
  if (arg.op === "const" && typeof arg.value === "number") {
    return { ...arg, value: -arg.value, span };
  }
  return { op: "neg", arg, type: arg.type, span };
}

function arith(
  env: Env,
  op: "+" | "-" | "*" | "/" | "%",
  left: IrExpr,
  right: IrExpr,
  at: Span,
): IrExpr {
  const span = spanOf(env, at);
  if (isBroken(env, left, right)) return brokenExpr(env.cx, span);
  const type = arithmetic(op, left.type, right.type);
  if (type === null) {
    const timed = [left.type, right.type].some((t) => t === "duration" || t === "timestamp");
    env.cx.error(
      timed ? "bad_unit" : "type_mismatch",
      env.file,
      at,
      `"${op}" has no meaning between ${aType(left.type)} and ${aType(right.type)}`,
      {
        help: timed
          ? "Give a plain number a unit, like 5m, or divide a duration by 1s to have seconds"
          : "Turn text into a number with tonumber(…), or a number into text with tostring(…)",
      },
    );
    return brokenExpr(env.cx, span);
  }
  return { op, left, right, type, span };
}

function conditional(env: Env, [t, a, b]: readonly Expr[], at: Span): IrExpr {
  const span = spanOf(env, at);
  const test = condition(env, t);
  const then = resolve(env, a);
  const other = resolve(env, b);
  if (isBroken(env, test, then, other)) return brokenExpr(env.cx, span);
  const type = unify(then.type, other.type);
  if (type === null) {
    env.cx.error(
      "type_mismatch",
      env.file,
      at,
      `One value is ${aType(then.type)}, the other ${aType(other.type)}`,
      {
        help: "Give both the same type",
      },
    );
    return brokenExpr(env.cx, span);
  }
  return { op: "cond", test, then, else: other, type, span };
}

function call(env: Env, e: Call): IrExpr {
  const known = functionOf(env, e);
  if (known === null) return brokenExpr(env.cx, spanOf(env, e.span));
  if (known === "gap") return { op: "gap", type: "duration", span: spanOf(env, e.span) };
  if (known.name === "if") return conditional(env, e.args, e.span);
  const args = e.args.map((a) =>
    a.kind === "listref" ? listArg(env, a.name, a.span) : resolve(env, a)
  );
  return callOf(env, e, known, args);
}

function listArg(env: Env, name: string, at: Span): IrExpr {
  const list = findList(env, name, at);
  if (list === null) return brokenExpr(env.cx, spanOf(env, at));
  const values = list.values.map((v) => v.value as string | number);
  return { op: "const", value: values, type: { list: list.type! }, span: spanOf(env, at) };
}
