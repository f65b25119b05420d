/** What a function of the language is: one object of this shape a file, one line in table.ts. */
import type { Type, Value } from "../schema/types.ts";

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

/** The type of a result that depends on the arguments' types. */
export interface InferredType {
  readonly text: string;
  readonly of: (args: readonly Type[]) => Type;
}

/** An example as a rule would have it: it is compiled and run over one event. */
export interface FunctionExample {
  /** The call in SDL. */
  readonly call: string;
  /** Fields of the event; those left out are missing. */
  readonly given?: Readonly<Record<string, Value>>;
  /** `undefined` is a missing value. */
  readonly gives: Value;
}

export interface FunctionSpec {
  readonly name: string;
  readonly summary: string;
  readonly group: "string" | "net" | "time" | "math" | "value";
  readonly params: readonly Param[];
  /** A type, or what follows from the arguments' types, with that in words for the documentation. */
  readonly returns: Type | InferredType;
  /** Calls and what they give. They run as tests. */
  readonly examples: readonly FunctionExample[];
  /** Says what is wrong with constant arguments, by position; others are `undefined`. */
  readonly validate?: (args: readonly Value[]) => { arg: number; message: string } | null;
  /**
   * What it gives for a missing argument, in words: then it is called with missing arguments too.
   * Without it, a missing argument gives a missing result.
   */
  readonly missing?: string;
  /**
   * Whether what it reads beside its arguments is there (surroundings.ts). Where it is not, its result
   * is missing and rules are planned so: one that can then never match costs nothing.
   */
  readonly configured?: () => boolean;
  /** Total, and never throws. Pure, but for what `configured` is about. */
  readonly run: (...args: Value[]) => Value;
}
