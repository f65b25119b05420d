/** What a function of the language is: one object of this shape a file, one line in table.ts. */
import type { ScalarType, Type, Value } from "../schema/types.ts";

/** What an argument must be; `any`, `number`, `text` and `address` take several types. */
export type Wanted = Type | "any" | "number" | "text" | "address";

export interface Param {
  readonly name: string;
  readonly type: Wanted;
  readonly optional?: boolean;
  /** The last parameter only: any number of arguments. */
  readonly variadic?: boolean;
  /** Must be known at compile time: a literal, a param, a let. */
  readonly constant?: boolean;
}

export interface FunctionSpec {
  readonly name: string;
  readonly summary: string;
  readonly group: "string" | "net" | "time" | "math" | "value";
  readonly params: readonly Param[];
  /** A type, or what follows from the arguments' types. */
  readonly returns: ScalarType | { readonly list: ScalarType } | ((args: readonly Type[]) => Type);
  /** Calls as text and what they give; `undefined` is a missing value. They run as tests. */
  readonly examples: readonly {
    readonly call: string;
    readonly args: readonly Value[];
    readonly gives: Value;
  }[];
  /** Says what is wrong with constant arguments, by position; others are `undefined`. */
  readonly validate?: (args: readonly Value[]) => { arg: number; message: string } | null;
  /** Called with missing arguments too; without it, a missing argument gives a missing result. */
  readonly seesMissing?: boolean;
  /** Pure, total, and never throws. */
  readonly run: (...args: Value[]) => Value;
}
