/** Expressions: names bound, lets and params put in, every node typed. */
import type {
  BoolLit,
  BytesLit,
  Call,
  DurationLit,
  Expr,
  FieldRef,
  IpLit,
  ListRef,
  MatchExpr,
  MitreLit,
  NumberLit,
  RangeLit,
  RegexLit,
  Span,
} from "../../grammar/ast.ts";
import { type Const, type IrExpr, SEVERITIES } from "../ir/program.ts";
import { canonicalIp } from "../../grammar/ip.ts";
import { judgeRegex } from "../regex/engine.ts";
import type { Type } from "../schema/types.ts";
import { arith, unary } from "./arithmetic.ts";
import { brokenExpr } from "./context.ts";
import { callOf, functionOf } from "./call.ts";
import { cidrConst, type Env, findList, isBroken, spanOf, textValue } from "./env.ts";
import { compareExpr, likeExpr, textTest } from "./compare.ts";
import { nameType, quotedField } from "./fields.ts";
import { setExpr } from "./sets.ts";
import { aType, unify } from "../schema/typing.ts";

/** An expression with names bound; what is wrong is reported and stands in as broken. */
export function resolve(env: Env, e: Expr): IrExpr {
  const { cx } = env;
  const span = spanOf(env, e.span);
  switch (e.kind) {
    case "string":
      return { op: "const", value: e.value, type: "string", span, ...(e.cs ? { cs: true } : {}) };
    case "listlit":
      return listConst(env, e.items, e.span);
    case "cidr":
      return cidrConst(env, e.value, e.span);
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
    case "matches":
      return matchExpr(env, e);
    case "exists": {
      if (e.field.quoted) {
        return quotedField(env, e.field)
          ? { op: "exists", name: e.field.name, type: "bool", span }
          : brokenExpr(cx, span);
      }
      const type = nameType(env, e.field.name, e.field.span);
      return type === null
        ? brokenExpr(cx, span)
        : { op: "exists", name: e.field.name, type: "bool", span };
    }
    case "cond":
      return conditional(env, [e.test, e.then, e.else], e.span);
    default:
      return literal(env, e);
  }
}

type Literal = NumberLit | BoolLit | IpLit | DurationLit | BytesLit | Misplaced;
/** What stands only behind certain words, where its own code reads it. */
type Misplaced = RegexLit | RangeLit | MitreLit | ListRef;

function literal(env: Env, e: Literal): IrExpr {
  const span = spanOf(env, e.span);
  const constant = (value: Const, type: Type): IrExpr => ({ op: "const", value, type, span });
  switch (e.kind) {
    case "number":
      return constant(e.value, e.float ? "float" : "int");
    case "bool":
      return constant(e.value, "bool");
    case "ip": {
      const ip = canonicalIp(e.value);
      if (ip !== null) return constant(ip, "ip");
      env.cx.error("bad_address", env.file, e.span, `"${e.value}" is not an address`, {
        help: "Write an address like 10.0.0.1, each part at most 255, or text in quotes",
      });
      return brokenExpr(env.cx, span);
    }
    case "duration":
      return constant(e.ms, "duration");
    case "bytes":
      return constant(e.value, "bytes");
    default:
      return misplaced(env, e);
  }
}

function misplaced(env: Env, e: Misplaced): IrExpr {
  const [message, help] = placeOf(e);
  env.cx.error("type_mismatch", env.file, e.span, message, { help });
  return brokenExpr(env.cx, spanOf(env, e.span));
}

/** Where it belongs, and what to write. */
function placeOf(e: Misplaced): readonly [message: string, help: string] {
  switch (e.kind) {
    case "regex":
      return ["A regex stands only after matches", `Write field matches /${e.source}/${e.flags}`];
    case "range":
      return ["A range stands only after in", `Write field in ${e.from}..${e.to}`];
    case "mitre":
      return [`"${e.id}" stands only after mitre`, `Write it as text: "${e.id}"`];
    case "listref":
      return [
        `The list "@${e.name}" stands only after in, any or all`,
        `Write field in @${e.name}`,
      ];
  }
}

/** Why a regex is not on JavaScript's engine, as a lint says it. */
const onLinearEngine = (reason: string) =>
  "The regex runs on the linear engine, which is slower; on JavaScript's own " +
  reason.replace(/^The regex/, "it").replace(/^The/, "the");

function matchExpr(env: Env, e: MatchExpr): IrExpr {
  const span = spanOf(env, e.span);
  const value = textValue(env, e.value, "matches");
  const { source, flags } = e.regex;
  const { engine, problem } = judgeRegex(source, flags);
  if (problem !== null) {
    // Behind the slash that opens it.
    const start = e.regex.span.start + 1;
    const at = problem.at
      ? { start: start + problem.at.start, end: start + problem.at.end }
      : e.regex.span;
    if (engine === "linear") {
      env.cx.lint("super_linear_regex", env.file, at, onLinearEngine(problem.message), {
        help: `${problem.help}, to run it on JavaScript's own`,
      });
    } else {
      const name = problem.kind === "unsafe" ? "unsafe_regex" : "bad_regex";
      env.cx.error(name, env.file, at, problem.message, { help: problem.help });
      return brokenExpr(env.cx, span);
    }
  }
  if (isBroken(env, value)) return value;
  return { op: "matches", value, source, flags, type: "bool", span };
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

function fieldRef(env: Env, e: FieldRef): IrExpr {
  const { cx, row } = env;
  const span = spanOf(env, e.span);
  // Whatever the event has of that name: no schema is asked, and it is compared as text.
  if (e.quoted) {
    return quotedField(env, e)
      ? { op: "field", name: e.name, type: "string", span }
      : brokenExpr(cx, span);
  }
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
