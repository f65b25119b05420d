/** What explanations are given of. */
import type { IrRule, IrTable } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";

/** What a rule is compiled together with. */
export interface Compiled {
  readonly catalogue: Catalogue;
  readonly tables: readonly IrTable[];
  /** The rules of the program. */
  readonly rules: readonly IrRule[];
}
