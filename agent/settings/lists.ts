/** `lists:` entries added to the `list`s of rules, taken away, or all replaced. */
import { isMap, isSeq, type Node } from "yaml";
import type { ListEntries, ListSetting, WrittenValue } from "../../compiler/ir/tuning.ts";
import type { Section, SettingsReader } from "./section.ts";
import { placeOf, writtenValue } from "./written.ts";

const KEYS = ["add", "remove", "replace"];

export const lists: Section<readonly ListSetting[]> = {
  summary:
    "`NAME: {add: […], remove: […]}` or `{replace: […]}`; `{file: PATH}` among the entries " +
    "stands for those of a file",
  empty: [],
  read(reader, node) {
    return reader.entries(node, '"lists"').flatMap(({ key, keySpan, node }): ListSetting[] => {
      const top = reader.record(node, `"${key}"`, KEYS);
      if (top.size === 0) {
        if (isMap(node) && node.items.length > 0) return [];
        const message = `"${key}" says nothing to change`;
        reader.report("missing_key", keySpan, message, { help: "Write add:, remove: or replace:" });
        return [];
      }
      const entries = (name: string) => {
        const entry = top.get(name);
        return entry ? entriesOf(reader, entry.node, `"${name}" of "${key}"`) : null;
      };
      const [add, remove, replace] = KEYS.map(entries);
      return [{ ...placeOf(reader, keySpan), name: key, add, remove, replace }];
    });
  },
};

function entriesOf(reader: SettingsReader, node: Node | null, what: string): ListEntries {
  const values: WrittenValue[] = [];
  const files: ListEntries["files"][number][] = [];
  for (const item of isSeq(node) ? node.items as Node[] : [node]) {
    if (!isMap(item)) {
      const value = writtenValue(reader, item, `An entry of ${what}`);
      if (value !== null) values.push(value);
      continue;
    }
    const file = reader.record(item, `An entry of ${what}`, ["file"]).get("file");
    if (file === undefined) continue;
    const path = reader.string(file.node, '"file"');
    if (path !== null) files.push({ ...placeOf(reader, reader.span(file.node)), path });
  }
  return { values, files };
}
