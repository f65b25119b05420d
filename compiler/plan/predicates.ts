/** Tests on compiled values: equality, membership, parts of texts. */
import { isLiveConfigured } from "../ir/live_tables.ts";
import { literal } from "../codegen/mod.ts";
import type { IrSet } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import * as H from "./helpers.ts";
import { needleTest, type TextMethod } from "./needles.ts";
import { type Code, code, FALSE, js, type Scope, test, TRUE } from "./scope.ts";
import { tableFinder } from "./tables.ts";

/** A constant predicate on one value: decided now, or shared by all rules that ask the same. */
export function applyTest(ref: string, v: Code, scope: Scope): Code {
  if (v.known) {
    const fn = scope.constants.valueOf(ref) as (v: Value) => boolean;
    return fn(v.value) ? TRUE : FALSE;
  }
  return test(scope.shared.use(`${ref}(${v.js})`));
}

export function lowered(v: Code, scope: Scope): Code {
  if (v.known) return { known: true, value: H.lower(v.value) };
  if (scope.apart !== true) return code(scope.shared.use(`H.lower(${v.js})`));
  const lower = scope.constants.ref(`lower ${scope.shared.text(v.js)}`, H.rememberedLower);
  return code(scope.shared.use(`${lower}(${v.js})`, true));
}

export function equality(op: "==" | "!=", a: Code, b: Code, cs: boolean, scope: Scope): Code {
  if ((a.known && a.value === undefined) || (b.known && b.value === undefined)) return FALSE;
  const not = op === "!=";
  if (a.known && b.known) {
    const same = cs ? a.value === b.value : H.equal(a.value, b.value);
    return same !== not ? TRUE : FALSE;
  }
  if (a.known) return equality(op, b, a, cs, scope);
  let same: string;
  if (b.known && typeof b.value === "string" && !cs) {
    const low = b.value.toLowerCase();
    const quick = `${js(a)}===${literal(b.value)}`;
    // Text without letters has no case, so that the raw comparison decides.
    same = low === b.value && low.toUpperCase() === low
      ? `(${quick})`
      : `(${quick}||${js(lowered(a, scope))}===${literal(low)})`;
  } else if (b.known || cs) same = `(${js(a)}===${js(b)})`;
  else same = scope.shared.use(`H.equal(${js(a)},${js(b)})`);
  if (!not) {
    return test(!b.known && cs ? `(${js(a)}!==undefined&&${same})` : same);
  }
  const present = b.known ? `${js(a)}!==undefined` : `${js(a)}!==undefined&&${js(b)}!==undefined`;
  return test(`(${present}&&!${same})`);
}

export function member(v: Code, set: IrSet, scope: Scope): Code {
  const { constants, shared } = scope;
  switch (set.kind) {
    case "cidrs":
      return applyTest(
        constants.ref(`cidrs ${set.cidrs.join(" ")}`, () => H.cidrSet(set.cidrs)),
        v,
        scope,
      );
    case "range": {
      if (v.known) {
        return typeof v.value === "number" && v.value >= set.from && v.value <= set.to
          ? TRUE
          : FALSE;
      }
      const x = v.js;
      return test(
        `(${v.num ? "" : `typeof ${x}==="number"&&`}${x}>=${literal(set.from)}&&${x}<=${
          literal(set.to)
        })`,
      );
    }
    case "values": {
      const values = set.cs ? set.values : set.values.map((x) => H.lower(x)!);
      const key = set.cs ? v : values.some((x) => typeof x === "string") ? lowered(v, scope) : v;
      if (key.known) return values.includes(key.value as string) ? TRUE : FALSE;
      if (values.length <= 4) {
        if (values.length === 0) return FALSE;
        return test(`(${values.map((x) => `${key.js}===${literal(x)}`).join("||")})`);
      }
      const ref = constants.ref(`set ${JSON.stringify(values)}`, () => new Set(values));
      return test(shared.use(`${ref}.has(${key.js})`));
    }
    case "table": {
      const table = scope.tables.get(set.table);
      if (table?.live && !isLiveConfigured(table)) return FALSE;
      return applyTest(
        constants.ref(`member ${set.table}`, () => {
          const find = tableFinder(table);
          return (x: Value) => find(x) !== undefined;
        }),
        v,
        scope,
      );
    }
  }
}

/** A text that is looked for, and whether its case counts. */
export interface Needle {
  readonly code: Code;
  readonly cs: boolean;
}

/** Whether a text holds any of the needles, or else all. */
export function textTest(
  name: TextMethod,
  any: boolean,
  raw: Code,
  needles: readonly Needle[],
  scope: Scope,
): Code {
  const parts: string[] = [];
  const insensitive: string[] = [];
  for (const { code, cs } of needles) {
    const v = cs ? raw : lowered(raw, scope);
    const n = cs ? code : lowered(code, scope);
    if (v.known && n.known) {
      const r = typeof v.value === "string" && typeof n.value === "string" &&
        v.value[name](n.value);
      if (r === any) return any ? TRUE : FALSE;
      continue;
    }
    if (v.known ? typeof v.value !== "string" : n.known && typeof n.value !== "string") {
      if (any) continue;
      return FALSE;
    }
    if (!cs && n.known) insensitive.push(n.value as string);
    const checks = n.known ? "" : `typeof ${n.js}==="string"&&`;
    parts.push(
      v.known
        ? `(${checks}${literal(v.value)}.${name}(${js(n)}))`
        : `(${checks}typeof ${v.js}==="string"&&${v.js}.${name}(${js(n)}))`,
    );
  }
  if (needles.length === 0 && !any) {
    if (raw.known) return typeof raw.value === "string" ? TRUE : FALSE;
    return test(`(typeof ${raw.js}==="string")`);
  }
  if (parts.length === 0) return any ? FALSE : TRUE;
  if (insensitive.length === parts.length && parts.length > 1) {
    const v = lowered(raw, scope);
    const ref = scope.constants.ref(
      `text ${name} ${any} ${JSON.stringify(insensitive)}`,
      () => needleTest(insensitive, name, any),
    );
    return applyTest(ref, v, scope);
  }
  return test(`(${parts.join(any ? "||" : "&&")})`);
}
