/** Calls: which function is meant, and whether it takes these arguments. */
import type { Call } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { aggregateNamed, AGGREGATES } from "../aggregates/table.ts";
import type { FunctionSpec } from "../functions/spec.ts";
import { FUNCTIONS } from "../functions/table.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { brokenExpr } from "./context.ts";
import { type Env, isBroken, spanOf } from "./env.ts";
import { functionNamed, operatorNamed } from "./suggest.ts";
import { assignable, aType, typeName, unify } from "../schema/typing.ts";

/** The function that a call names, or `gap`; null when there is none or it takes other arguments: reported. */
export function functionOf(env: Env, e: Call): FunctionSpec | "gap" | null {
  const { cx, file } = env;
  const name = e.fn.name.toLowerCase();
  if (name === "gap") {
    if (env.inAggregate && e.args.length === 0) return "gap";
    cx.error(
      env.inAggregate ? "wrong_arguments" : "aggregate_outside_stats",
      file,
      e.span,
      env.inAggregate ? "gap() takes no argument" : "gap() has a meaning only inside an aggregate",
      {
        help: "Write it as in stats avg(gap()) as every by src over 1h",
      },
    );
    return null;
  }
  const spec = FUNCTIONS.get(name);
  const aggregate = aggregateNamed(name) !== null;
  if (spec === undefined || (aggregate && e.args.length === 1)) {
    if (aggregate) {
      cx.error(
        "aggregate_outside_stats",
        file,
        e.span,
        `"${name}" is an aggregate and stands only in stats`,
        {
          help: env.inAggregate
            ? "An aggregate takes a field or an expression over one row, not another aggregate"
            : `Write | stats ${name}(…) as n by … over …, then use n`,
        },
      );
    } else {
      const near = functionNamed(name) ??
        nearest(name, [...FUNCTIONS.keys(), ...AGGREGATES.keys()]);
      const operator = operatorNamed(name);
      cx.error("unknown_function", file, e.fn.span, `Unknown function "${e.fn.name}"`, {
        help: operator
          ? `Write ${operator}`
          : near
          ? `Did you mean ${near}?`
          : `There are ${[...FUNCTIONS.keys()].join(" ")}`,
        ...(near && !operator ? { suggestion: near } : {}),
      });
    }
    return null;
  }
  const least = spec.params.filter((p) => !p.optional && !p.variadic).length;
  const most = spec.params.at(-1)?.variadic ? Infinity : spec.params.length;
  if (e.args.length < least || e.args.length > most) {
    const shape = spec.params.map((p) =>
      p.variadic ? `${p.name}…` : p.optional ? `[${p.name}]` : p.name
    );
    cx.error(
      "wrong_arguments",
      file,
      e.span,
      `"${name}" takes ${
        least === most ? least : most === Infinity ? `${least} or more` : `${least} to ${most}`
      } argument${least === most && least === 1 ? "" : "s"}, not ${e.args.length}`,
      {
        help: `Write ${name}(${shape.join(", ")})`,
      },
    );
    return null;
  }
  return spec;
}

/** The call with its arguments, each of the type that the function takes. */
export function callOf(env: Env, e: Call, spec: FunctionSpec, args: readonly IrExpr[]): IrExpr {
  const { cx, file } = env;
  const span = spanOf(env, e.span);
  const { name } = spec;
  if (isBroken(env, ...args)) return brokenExpr(cx, span);
  for (const [i, arg] of args.entries()) {
    const param = spec.params[Math.min(i, spec.params.length - 1)];
    if (!assignable(arg.type, param.type)) {
      cx.error(
        "type_mismatch",
        file,
        e.args[i].span,
        `"${name}" takes ${
          param.type === "any"
            ? "a value"
            : param.type === "number"
            ? "a number"
            : param.type === "text"
            ? "text"
            : param.type === "address"
            ? "an address"
            : aType(param.type)
        } as ${param.name}, this is ${aType(arg.type)}`,
        {
          help: `${spec.summary}, as in ${spec.examples[0].call}`,
        },
      );
      return brokenExpr(cx, span);
    }
    if (param.constant && arg.op !== "const") {
      cx.error(
        "not_constant",
        file,
        e.args[i].span,
        `"${name}" needs a constant as ${param.name}`,
        {
          help: "Write the value itself, or a param",
        },
      );
      return brokenExpr(cx, span);
    }
  }
  const wrong = spec.validate?.(args.map((a) => a.op === "const" ? a.value as Value : undefined));
  if (wrong) {
    cx.error(
      name === "cidr_contains" ? "bad_address" : "wrong_arguments",
      file,
      e.args[wrong.arg].span,
      wrong.message,
      {
        help: `As in ${spec.examples[0].call}`,
      },
    );
    return brokenExpr(cx, span);
  }
  if ((name === "coalesce" || name === "min" || name === "max") && args.length > 1) {
    const odd = args.findIndex((a) => unify(args[0].type, a.type) === null);
    if (odd > 0) {
      cx.error(
        "type_mismatch",
        file,
        e.args[odd].span,
        `"${name}" takes values of one type, not ${typeName(args[0].type)} and ${
          typeName(args[odd].type)
        }`,
        {
          help: "Turn one into the other with tostring(…) or tonumber(…)",
        },
      );
      return brokenExpr(cx, span);
    }
  }
  const type = typeof spec.returns === "object" && "of" in spec.returns
    ? spec.returns.of(args.map((a) => a.type))
    : spec.returns;
  return { op: "call", fn: name, args, type, span };
}
