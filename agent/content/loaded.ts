/** What is loaded of rules and sourcetypes. */
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { RejectedRule } from "../../compiler/sigma/mod.ts";
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import type { File } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";

export type Sourcetypes = Compiled;

/** What a run needs: compiled now, or read from the cache. */
export interface Loaded {
  readonly program: IrProgram;
  readonly sourcetypes: Sourcetypes;
  /** Errors, and what sourcetypes warn of; of Sigma rules, see `left`. */
  readonly diagnostics: readonly Diagnostic[];
  /** Why Sigma rules are left out, one error a rule: the others are taken. */
  readonly left: readonly Diagnostic[];
  /** What is known of those rules, where anything of them reads. */
  readonly rejected: ReadonlyMap<Diagnostic, RejectedRule>;
  /** Sigma rules whose log source no loaded sourcetype feeds, one warning a rule. */
  readonly unfed: readonly Diagnostic[];
  /** Rules in the files, those with an error among them. */
  readonly ruleCount: number;
  /** Text of every file that a diagnostic may point at. */
  readonly texts: Texts;
}

/** Texts of files by their names. */
export type Texts = Pick<ReadonlyMap<string, string>, "get" | "keys">;

/** What was compiled, with what it was compiled from. */
export interface LoadedSources extends Loaded {
  readonly files: readonly File[];
  /** The lints of rules, made when they are asked for: running rules needs none. */
  readonly lints: () => readonly Diagnostic[];
  /** Lists and lets that came from the shipped rules, as they are written: `@name`, `name`. */
  readonly borrowed: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
  /** Text of every file that a list names, by `listFileKey`. */
  readonly listTexts: ReadonlyMap<string, string>;
}

/** Whether it was compiled now, and not read from the cache. */
export const hasSources = (loaded: Loaded): loaded is LoadedSources => "lints" in loaded;
