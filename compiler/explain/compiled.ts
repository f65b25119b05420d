/** What explanations are given of. */
import type { IrTable } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";

/** What a rule is compiled together with. */
export interface Compiled {
  readonly catalogue: Catalogue;
  readonly tables: readonly IrTable[];
}
