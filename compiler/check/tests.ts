/** The tests in a rule: events, raw lines, expectations. */
import type {
  AtItem,
  ExpectItem,
  Expr,
  FieldValue,
  GivenItem,
  Span,
  TestDecl,
} from "../../grammar/ast.ts";
import {
  type Const,
  type IrRows,
  type IrSource,
  type IrTest,
  type IrTestItem,
  SEVERITIES,
} from "../ir/program.ts";
import { canonicalIp } from "../../grammar/ip.ts";
import { DATASETS } from "../schema/cim.ts";
import type { Type } from "../schema/types.ts";
import type { RuleInfo } from "./context.ts";
import { type Env, isBroken } from "./env.ts";
import { resolve } from "./expr.ts";
import { fieldType, NO_ROW, type Row, rowOf } from "./rows.ts";
import type { RuleOf } from "./source.ts";
import { nearest } from "../../grammar/nearest.ts";
import { assignable, aType, isPlainNumber, isText } from "../schema/typing.ts";

/** What an expectation can ask besides the row's fields. */
const ALERT_FIELDS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["severity", "severity"],
  ["message", "string"],
  ["count", "int"],
  ["suppressed", "int"],
]);

/** Resolves the tests of a rule whose source is `source` and whose alerts have `result`'s fields. */
export function testsOf(
  env: Env,
  info: RuleInfo,
  source: IrSource,
  result: Row,
  ruleOf: RuleOf,
): IrTest[] {
  const own = ownRows(env, source, ruleOf);
  return info.decl.tests.map((t) => testOf(env, t, own, result));
}

/** What a test event is of. */
interface Own {
  readonly dataset: string | null;
  readonly sourcetype: string | null;
}

/** The dataset or sourcetype that a test event is of when it names none. */
function ownRows(
  env: Env,
  source: IrSource,
  ruleOf: RuleOf,
): Own {
  const list = source.kind === "from" ? [source.rows] : source.steps.map((s) => s.rows);
  const seen = new Set<string>();
  const visit = (
    rows: readonly IrRows[],
  ): Own | null => {
    for (const r of rows) {
      if (r.kind === "events") {
        return { dataset: r.from.dataset ?? null, sourcetype: r.from.sourcetype ?? null };
      }
    }
    for (const r of rows) {
      if (r.kind !== "signal") continue;
      for (const name of r.rules) {
        if (seen.has(name)) continue;
        seen.add(name);
        ruleOf(name, r.span);
        const s = (env.cx.rules.get(name)?.ir ?? env.cx.options.resolved?.get(name))?.source;
        const found = s && visit(s.kind === "from" ? [s.rows] : s.steps.map((x) => x.rows));
        if (found) return found;
      }
    }
    return null;
  };
  return visit(list) ?? { dataset: null, sourcetype: null };
}

function testOf(env: Env, test: TestDecl, own: Own, result: Row): IrTest {
  const items = test.items.flatMap((item): readonly IrTestItem[] => {
    switch (item.kind) {
      case "given":
        return linesOf(env, item);
      case "at":
        return eventOf(env, item, own);
      case "expect":
        return [expectationOf(env, item, result)];
    }
  });
  const expects = test.items.some((i) => i.kind === "expect");
  const events = test.items.some((i) => i.kind !== "expect");
  if (!expects) {
    bad(env, test.name.span, "The test expects nothing", {
      help: "End it with expect 1 alert, or expect none",
    });
  } else if (!events) {
    bad(env, test.name.span, "The test has no event", {
      help: "Begin it with at 0s { … }, or given SOURCETYPE with raw lines",
    });
  }
  return { name: test.name.value, span: test.span, items };
}

const bad = (
  { cx, file }: Env,
  span: Span,
  message: string,
  more: { help: string; suggestion?: string },
) => cx.error("bad_test", file, span, message, more);

/** Raw lines; none when the sourcetype is unknown. */
function linesOf(env: Env, item: GivenItem): IrTestItem[] {
  const names = env.cx.options.catalogue.sourcetypes.map((s) => s.name);
  const name = item.sourcetype.name;
  if (names.includes(name)) {
    return [{ kind: "given", sourcetype: name, text: item.text.value, span: item.span }];
  }
  const near = nearest(name, names);
  bad(env, item.sourcetype.span, `Unknown sourcetype "${name}"`, {
    help: near ? `Did you mean ${near}?` : givenOneOf(names),
    ...(near ? { suggestion: near } : {}),
  });
  return [];
}

function givenOneOf(names: readonly string[]): string {
  const more = names.length > 12 ? ` and ${names.length - 12} more` : "";
  const known = `${names.slice(0, 12).join(", ")}${more}`;
  return `There are ${known}; a sourcetype of your own comes with --sourcetypes FILE`;
}

/** An event; none when the dataset that it names is wrong. */
function eventOf(env: Env, item: AtItem, own: Own): IrTestItem[] {
  if (item.repeat !== null && (item.repeat < 1 || !Number.isInteger(item.repeat))) {
    bad(env, item.span, `An event cannot repeat ${item.repeat} times`, {
      help: "Give a whole number from 1 up",
    });
  }
  const named = datasetOf(env, item.fields);
  if (named === null) return [];
  const { dataset, sourcetype } = named ?? own;
  const row = rowOf(
    env.cx.options.catalogue,
    dataset ? { dataset } : sourcetype ? { sourcetype } : { any: true },
  );
  return [{
    kind: "at",
    ms: item.time.ms,
    repeat: item.repeat ?? 1,
    every: item.every?.ms ?? 0,
    dataset,
    sourcetype,
    fields: valuesOf(
      env,
      item.fields.filter((f) => f.name.name !== "dataset" && f.name.name !== "sourcetype"),
      (name) => fieldType(row, name),
      [...row.fields.keys()],
      row.what,
    ),
    span: item.span,
  }];
}

function expectationOf(env: Env, item: ExpectItem, result: Row): IrTestItem {
  return {
    kind: "expect",
    count: item.count,
    at: item.at?.ms ?? null,
    fields: valuesOf(
      env,
      item.fields,
      (name) => fieldType(result, name) ?? ALERT_FIELDS.get(name) ?? null,
      [...result.fields.keys(), ...ALERT_FIELDS.keys()],
      "the alert",
    ),
    span: item.span,
  };
}

/** The dataset or sourcetype that the fields name; undefined when they name none, null when it is wrong. */
function datasetOf(
  env: Env,
  fields: readonly FieldValue[],
): Own | null | undefined {
  const find = (name: string) => fields.find((f) => f.name.name === name);
  for (
    const [key, known] of [
      ["dataset", [...DATASETS.keys()]],
      ["sourcetype", env.cx.options.catalogue.sourcetypes.map((s) => s.name)],
    ] as const
  ) {
    const field = find(key);
    if (!field) continue;
    const text = field.value.kind === "string" ? field.value.value : "";
    const name = known.find((k) => k.toLowerCase() === text.toLowerCase());
    if (name === undefined) {
      const near = nearest(text, known);
      env.cx.error("bad_test", env.file, field.value.span, `Unknown ${key} "${text}"`, {
        help: near ? `Did you mean "${near}"?` : `Name one, as ${key}: "${known[0]}"`,
        ...(near ? { suggestion: `"${near}"` } : {}),
      });
      return null;
    }
    return key === "dataset"
      ? { dataset: name, sourcetype: null }
      : { dataset: null, sourcetype: name };
  }
  return undefined;
}

function valuesOf(
  env: Env,
  fields: readonly FieldValue[],
  typeOf: (name: string) => Type | null,
  known: readonly string[],
  what: string,
): Record<string, Const> {
  const out: [string, Const][] = [];
  for (const f of fields) {
    const name = f.name.name;
    const type = typeOf(name);
    if (type === null) {
      const near = nearest(name, known);
      env.cx.error(
        "bad_test",
        env.file,
        f.name.span,
        `Unknown field "${name}": ${what} has no such field`,
        {
          help: near ? `Did you mean ${near}?` : `Name a field that ${what} has`,
          ...(near ? { suggestion: near } : {}),
        },
      );
      continue;
    }
    const value = valueOf(env, f.value, type);
    if (value !== null) out.push([name, value]);
  }
  return Object.fromEntries(out);
}

function valueOf(env: Env, e: Expr, type: Type): Const | null {
  const { cx, file } = env;
  const ir = resolve({ ...env, row: NO_ROW }, e);
  if (isBroken(env, ir)) return null;
  if (ir.op !== "const") {
    cx.error("bad_test", file, e.span, "A test's values are constants", {
      help: "Write the value itself",
    });
    return null;
  }
  // `{n}` is put in before the event is made, and the field's type then asked for again.
  const counted = typeof ir.value === "string" && ir.value.includes("{n}") && isPlainNumber(type);
  if (counted && Number.isFinite(Number(String(ir.value).replaceAll("{n}", "1")))) return ir.value;
  if (fits(ir.type, type)) {
    const { value } = ir;
    // An address is compared as text, so the test's is written as an event would have it.
    if (typeof value === "string" && (type === "ip" || type === "host")) {
      return canonicalIp(value) ?? value;
    }
    return value;
  }
  cx.error("bad_test", file, e.span, `The field is ${aType(type)}, this is ${aType(ir.type)}`, {
    help: type === "severity"
      ? `Give one of ${SEVERITIES.join(", ")}`
      : isText(type)
      ? "Write it in quotes"
      : isPlainNumber(type)
      ? "Write the number without quotes"
      : `Write ${aType(type)}`,
  });
  return null;
}

function fits(given: Type, wanted: Type): boolean {
  if (typeof wanted === "object") return typeof given === "object" && fits(given.list, wanted.list);
  if (typeof given === "object") return false;
  if (isText(wanted)) return isText(given);
  if (isPlainNumber(wanted)) return isPlainNumber(given);
  return given === wanted || assignable(given, wanted);
}
