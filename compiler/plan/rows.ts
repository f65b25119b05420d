/** What is known of a row while code is made for it: fields by name, and how the row itself is had. */
import type { Extraction, Type, Value } from "../schema/types.ts";
import type { IrKey, IrRows } from "../ir/program.ts";
import { literal, objectLiteral, property } from "../codegen/mod.ts";
import { type Code, js, MISSING, type Scope } from "./scope.ts";

/** Commands layer over a base row: fields set, renamed or taken away. */
export interface Env extends Scope {
  /** Fields that commands have set so far. */
  readonly set: ReadonlyMap<string, Code>;
  /** Names that `fields` kept; null: all. */
  readonly only: ReadonlySet<string> | null;
  /** JavaScript of the row beneath; null when the row is made of `set` alone. */
  readonly base: string | null;
  baseField(name: string): Code;
}

const NUMERIC = new Set<unknown>(["int", "float", "bytes", "duration", "timestamp"]);
export const isNumeric = (type: Type): boolean => NUMERIC.has(type);

export function makeEnv(
  from: Pick<Env, "tables" | "constants" | "shared" | "base" | "baseField">,
  set: ReadonlyMap<string, Code> = new Map(),
  only: ReadonlySet<string> | null = null,
): Env {
  return {
    ...from,
    set,
    only,
    field(name) {
      const own = set.get(name);
      if (own) return own;
      if (only && !only.has(name) && !name.startsWith("_")) return MISSING;
      return from.baseField(name);
    },
  };
}

export const withFields = (env: Env, more: ReadonlyMap<string, Code>): Env =>
  makeEnv(env, new Map([...env.set, ...more]), env.only);

/**
 * Whether a name that an extraction does not have is looked for in `more` alone, and means no property
 * that every object has there.
 */
export const isOwnKey = (name: string): boolean =>
  !name.startsWith("_") && !(name in Object.prototype);

const NOTHING: ReadonlyMap<string, Value> = new Map();

/**
 * Events of one extraction: `e`. Its constants are values, what it never has is missing.
 * @param known values that fields of `more` are known to have
 */
export function extractionField(
  x: Extraction,
  shared: Pick<Scope["shared"], "use" | "eager">,
  known: ReadonlyMap<string, Value> = NOTHING,
): (name: string) => Code {
  const captures = new Map(x.captures.map((c) => [c.name, c]));
  const more = shared.eager ? shared.use("(e.more??N)", true) : "(e.more??N)";
  return (name) => {
    if (name === "_time") return { known: false, js: "e._time", num: true };
    if (name === "_raw" || name === "host") return { known: false, js: `e.${name}` };
    if (name === "sourcetype") return { known: true, value: x.sourcetype };
    if (name === "source") return { known: false, js: "X.source" };
    const capture = captures.get(name);
    if (capture) {
      return {
        known: false,
        js: property("e", name),
        num: capture.always && isNumeric(capture.type),
      };
    }
    if (Object.hasOwn(x.constants, name)) return { known: true, value: x.constants[name] };
    if (known.has(name)) return { known: true, value: known.get(name) };
    if (!x.open) return MISSING;
    return {
      known: false,
      js: shared.use(
        isOwnKey(name) ? `${more}[${literal(name)}]` : `H.field(e,${literal(name)})`,
        isOwnKey(name),
      ),
    };
  };
}

/**
 * A field of any row. A property that is there is read in place, where the engine remembers the row's
 * shape; one function for all rows and names remembers none.
 */
const anyField = (name: string): string => {
  const slow = `H.field(r,${literal(name)})`;
  return isOwnKey(name) ? `(${property("r", name)}??${slow})` : slow;
};

/** Any row: `r`. */
export function genericField(shared: Scope["shared"]): (name: string) => Code {
  return (name) =>
    name === "_time"
      ? { known: false, js: "X.t", num: true }
      : { known: false, js: shared.use(anyField(name)) };
}

/** JavaScript of the row as the commands so far made it; no allocation when they changed nothing. */
export function rowJs(env: Env): string {
  if (env.only) {
    const names = new Set([...env.only, ...env.set.keys(), "host"]);
    return objectLiteral([...names].map((n) => [n, js(env.field(n))]));
  }
  if (env.set.size === 0 && env.base) return env.base;
  const fields = [...env.set].map(([n, c]) => [n, js(c)] as const);
  if (env.base === "e") return `H.layOver(e,${objectLiteral(fields)})`;
  return objectLiteral(fields, env.base ?? undefined);
}

/** JavaScript of a group's key: a number of the engine's keys, -1 when a field of it is missing. */
export function keyJs(by: readonly IrKey[], env: Env): string {
  const parts = by.map((k) => env.field(k.field));
  if (by.length === 0) return `0`;
  const one = (i: number) => env.shared.use(`X.keys.of(${js(parts[i])})`);
  if (by.length === 1 && !by[0].nullable) return one(0);
  const part = (i: number) =>
    by[i].nullable ? env.shared.use(`X.keys.part(${js(parts[i])})`) : one(i);
  let key = by.length === 1 ? `X.keys.only(${part(0)})` : part(0);
  for (let i = 1; i < by.length; i++) key = env.shared.use(`X.keys.pair(${key},${part(i)})`);
  const missing = parts.flatMap((c, i) => by[i].nullable ? [] : [`${js(c)}===undefined`]);
  return missing.length ? env.shared.use(`(${missing.join("||")}?-1:${key})`) : key;
}

/** Whether events of an extraction are among a rule's rows, before any predicate. */
export function reads(rows: IrRows, x: Extraction): boolean {
  return rows.kind === "events" && gives(x, rows.from);
}

/** Whether a dataset, a sourcetype or `any` takes events of an extraction. */
export function gives(
  x: Extraction,
  { any, dataset, sourcetype }: Extract<IrRows, { kind: "events" }>["from"],
): boolean {
  if (dataset !== undefined) return x.datasets.includes(dataset);
  if (sourcetype !== undefined) return x.sourcetype === sourcetype;
  return any === true;
}
