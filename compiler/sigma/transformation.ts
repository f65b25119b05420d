/** What an item of a pipeline does to a rule: one function a type, which reads what it is given. */
import type { Node } from "yaml";
import type { Draft } from "./draft.ts";
import type { Params } from "./params.ts";
import { CONDITION_KEYS, type ItemConditions } from "./pipeline_conditions.ts";
import type { Parts } from "./strings.ts";

/** One item at work. */
export interface Work {
  readonly id: string;
  readonly conditions: ItemConditions;
  /** Values of placeholders. */
  readonly vars: ReadonlyMap<string, readonly Parts[]>;
}

export type Apply = (draft: Draft, work: Work) => void;

/** Reads a transformation's keys. @param nested what makes a list of items one */
export type Transformation = (p: Params, nested: (node: Node | null) => Apply) => Apply;
export type Transformations = Readonly<Record<string, Transformation>>;

/** Keys that every item may have. */
export const ITEM_KEYS: readonly string[] = ["id", "type", ...CONDITION_KEYS];
