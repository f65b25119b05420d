/** `params:` other values for the `param`s of rules. */
import { isSeq, type Node } from "yaml";
import type { ParamSetting } from "../../compiler/ir/tuning.ts";
import type { Section } from "./section.ts";
import { placeOf, writtenValue } from "./written.ts";

export const params: Section<readonly ParamSetting[]> = {
  summary: "Other values for params: `RULE.NAME: 10`, or `NAME: 10` for every rule that has it",
  empty: [],
  read(reader, node) {
    return reader.entries(node, '"params"').flatMap(({ key, keySpan, node }): ParamSetting[] => {
      const what = `The value of "${key}"`;
      const dot = key.lastIndexOf(".");
      const value = isSeq(node)
        ? (node.items as Node[]).flatMap((item) => writtenValue(reader, item, what) ?? [])
        : writtenValue(reader, node, what);
      if (value === null) return [];
      return [{
        ...placeOf(reader, keySpan),
        rule: dot < 0 ? null : key.slice(0, dot),
        name: key.slice(dot + 1),
        value,
      }];
    });
  },
};
