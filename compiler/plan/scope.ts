/** What expressions are compiled under, and what they become. */
import { ConstantPool, literal, type Shared } from "../codegen/mod.ts";
import { callFunction, FUNCTIONS } from "../functions/table.ts";
import type { IrTable } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";

/** A value known now, or JavaScript that gives it. `num`, `bool`: what the code surely gives. */
export type Code =
  | { readonly known: true; readonly value: Value }
  | { readonly known: false; readonly js: string; readonly num?: boolean; readonly bool?: boolean };

/** What a function of the language does with values; missing arguments included. */
export type Functions = (name: string) => ((...args: Value[]) => Value) | undefined;

/** The language's functions as generated code calls them. */
export const functions: Functions = (name) => {
  const spec = FUNCTIONS.get(name);
  if (!spec) return undefined;
  return spec.missing !== undefined ? spec.run : (...args) => callFunction(spec, args);
};

/** Whether the function's result is missing whatever its arguments: what it reads is not configured. */
export const isUnconfigured = (name: string): boolean =>
  FUNCTIONS.get(name)?.configured?.() === false;

/** Tables by their names. */
export type Tables = ReadonlyMap<string, IrTable>;

/** What all code of one program refers to. */
export interface Library {
  readonly tables: Tables;
  readonly constants: ConstantPool;
  /** Rules on one event are functions of their own: what several ask of a value is remembered. */
  readonly apart?: boolean;
}

export const tablesByName = (tables: readonly IrTable[]): Tables =>
  new Map(tables.map((t) => [t.name, t]));

export const makeLibrary = (tables: readonly IrTable[]): Library => ({
  tables: tablesByName(tables),
  constants: new ConstantPool(),
});

export interface Scope extends Library {
  readonly shared: Shared;
  field(name: string): Code;
}

export const MISSING: Code = { known: true, value: undefined };
export const TRUE: Code = { known: true, value: true };
export const FALSE: Code = { known: true, value: false };

export const code = (js: string): Code => ({ known: false, js });
/** Code that gives true or false. */
export const test = (js: string): Code => ({ known: false, js, bool: true });
export const js = (c: Code): string => c.known ? literal(c.value) : c.js;
