/** Aggregates of `stats`: which one a call means, its arguments, and the type of what it gives. */
import type { Call, Expr } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { durationText } from "../../grammar/literals.ts";
import { constantText, usageOf } from "../aggregates/docs.ts";
import type { AggregateSpec, ConstantParam } from "../aggregates/spec.ts";
import { aggregateNamed, AGGREGATES } from "../aggregates/table.ts";
import type { IrAgg } from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import { aType, isNumeric, isPlainNumber } from "../schema/typing.ts";
import { type Env, isBroken } from "./env.ts";
import { resolve } from "./expr.ts";
import { aggregateElsewhere, isFiltered } from "./suggest.ts";

/** The aggregate that a call stands for; null when something about it was reported. */
export function aggregate(env: Env, e: Expr, as: string | null): IrAgg | null {
  const { cx, file } = env;
  if (e.kind !== "call") {
    cx.error("not_an_aggregate", file, e.span, "After stats comes an aggregate", {
      help: e.kind === "field" && AGGREGATES.has(e.name)
        ? `Write ${e.name}()`
        : "Write count() as n, or another aggregate, here; plain fields go after by",
    });
    return null;
  }
  const name = e.fn.name.toLowerCase();
  const found = aggregateNamed(name);
  if (found === null) {
    const filtered = isFiltered(name);
    const near = filtered
      ? undefined
      : aggregateElsewhere(name) ?? nearest(name, AGGREGATES.keys());
    cx.error("not_an_aggregate", file, e.fn.span, `"${e.fn.name}" is not an aggregate`, {
      help: filtered
        ? "Choose the rows before: | where … | stats count() as n by …"
        : near
        ? `Did you mean ${near}?`
        : `The aggregates are ${[...AGGREGATES.keys()].join(" ")}`,
      ...(near ? { suggestion: near } : {}),
    });
    for (const a of e.args) resolve({ ...env, inAggregate: true }, a);
    return null;
  }
  const { spec } = found;
  // Of `perc95(x)` the name holds the constant.
  const written = found.constants.length > 0 ? [] : spec.constants ?? [];
  const least = (spec.param.optional ? 0 : 1) + written.length;
  const most = 1 + written.length;
  if (e.args.length < least || e.args.length > most) {
    cx.error(
      "wrong_arguments",
      file,
      e.span,
      `"${name}" takes ${most === 1 ? "one argument" : `${most} arguments`}, not ${e.args.length}`,
      { help: `Write ${written.length > 0 ? usageOf(spec, "field") : `${name}(field)`} as n` },
    );
    return null;
  }
  const arg = e.args.length > 0 ? resolve({ ...env, inAggregate: true }, e.args[0]) : null;
  if (arg && isBroken(env, arg)) return null;
  const constants = found.constants.length > 0
    ? nameConstants(env, spec, found.constants, e)
    : constantsOf(env, spec, e);
  if (constants === null) return null;
  const type = arg === null ? typeOf(spec, "int") : argumentType(env, spec, name, arg.type, e);
  if (type === null) return null;
  return {
    fn: spec.name,
    ...(constants.length > 0 ? { constants } : {}),
    arg,
    as: as ?? defaultName(spec.name + (spec.constants?.[0].type ? "" : constants.join("_")), e),
    type,
  };
}

/** `count`, `dc_user`, `perc95_bytes`. */
function defaultName(fn: string, e: Call): string {
  const [arg] = e.args;
  return arg?.kind === "field" ? `${fn}_${arg.name.replaceAll(".", "_")}` : fn;
}

const inRange = (p: ConstantParam, n: unknown): n is number =>
  typeof n === "number" && Number.isInteger(n) && n >= p.from && n <= p.to;

/** Constants that the name holds, as `perc95` does. */
function nameConstants(
  env: Env,
  spec: AggregateSpec,
  given: readonly number[],
  e: Call,
): readonly number[] | null {
  const params = spec.constants ?? [];
  const bad = params.findIndex((p, i) => !inRange(p, given[i]));
  if (bad < 0) return given;
  const { from, to } = params[bad];
  env.cx.error(
    "wrong_arguments",
    env.file,
    e.fn.span,
    `"${e.fn.name}" is not an aggregate: ${spec.name} has a number from ${from} to ${to}`,
    { help: `Write ${usageOf(spec, "field")} as n` },
  );
  return null;
}

/** The constant arguments behind the first, each a whole number of its range. */
function constantsOf(env: Env, spec: AggregateSpec, e: Call): readonly number[] | null {
  const out: number[] = [];
  for (const [i, p] of (spec.constants ?? []).entries()) {
    const written = e.args[i + 1];
    const ir = resolve(env, written);
    if (isBroken(env, ir)) return null;
    const wanted = p.type ?? "int";
    const value = ir.op === "const" && ir.type === wanted ? ir.value : null;
    if (inRange(p, value)) {
      out.push(value);
      continue;
    }
    const shown = ir.op !== "const"
      ? "an expression"
      : ir.type === "duration"
      ? durationText(Number(ir.value))
      : ir.type === "int" || ir.type === "float"
      ? `${ir.value}`
      : aType(ir.type);
    env.cx.error(
      "wrong_arguments",
      env.file,
      written.span,
      `"${spec.name}" takes ${p.type ? "a duration" : "a whole number"} from ${
        constantText(p, p.from)
      } to ${constantText(p, p.to)} as ${p.name}, this is ${shown}`,
      { help: `Write ${usageOf(spec, "field")} as n` },
    );
    return null;
  }
  return out;
}

/** The type of the result for an argument of a type; null when the aggregate takes none such: reported. */
function argumentType(
  env: Env,
  spec: AggregateSpec,
  name: string,
  given: Type,
  e: Call,
): Type | null {
  const wrong = (wants: string, help: string): null => {
    env.cx.error(
      "type_mismatch",
      env.file,
      e.args[0].span,
      `"${name}" takes ${wants}, this is ${aType(given)}`,
      { help },
    );
    return null;
  };
  if (typeof given === "object") {
    return wrong("single values", "Aggregate a field that has one value");
  }
  const { param } = spec;
  const fits = param.type === "any" ||
    (param.type === "number" ? isNumeric(given) : isPlainNumber(given) || given === "duration");
  return fits
    ? typeOf(spec, given)
    : wrong("a number", param.help ?? `As in ${spec.examples[0].call}`);
}

function typeOf(spec: AggregateSpec, given: Exclude<Type, { readonly list: unknown }>): Type {
  switch (spec.returns) {
    case "argument":
      return given;
    case "list":
      return { list: given };
    case "mean":
      return isPlainNumber(given) ? "float" : given;
    default:
      return spec.returns;
  }
}
