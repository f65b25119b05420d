/** `threat_lists:` lists of addresses, names, URLs and hashes that are known to be bad. */
import { isMap } from "yaml";
import type { Entry } from "../../grammar/yaml_reader.ts";
import type { ResourceSetting } from "../enrich/context/resource.ts";
import { LIST_FORMATS, type ListFormat, type ListOptions } from "../enrich/context/threat_list.ts";
import { pacing, urlOf } from "./geography.ts";
import type { Section, SettingsReader } from "./section.ts";
import { readChoice } from "./values.ts";

/** One list by its name. */
export interface ThreatListSetting extends ListOptions {
  readonly name: string;
  readonly source: ResourceSetting;
}

const KEYS = ["file", "url", "format", "column", "every", "allow_private"];
const MINUTE = 60_000, HOUR = 60 * MINUTE;
const NAME = /^[A-Za-z][\w.-]{0,63}$/;

export const threat_lists: Section<readonly ThreatListSetting[]> = {
  summary: "`NAME: {file: PATH}` or `{url: ADDRESS, every: 1h}`: one entry a line, CSV or STIX 2.1",
  empty: [],
  read: (reader, node) =>
    reader.entries(node, '"threat_lists"').flatMap((entry) => listOf(reader, entry) ?? []),
};

function listOf(reader: SettingsReader, { key, keySpan, node }: Entry): ThreatListSetting | null {
  if (!NAME.test(key)) {
    reader.report("bad_value", keySpan, `"${key}" is no name of a list`, {
      help: "Use letters, digits, _, . and -, a letter first",
    });
  }
  if (!isMap(node)) {
    reader.report("wrong_kind", keySpan, `List "${key}" must be a mapping`, {
      help: "Write {file: PATH} or {url: https://…}",
    });
    return null;
  }
  const top = reader.record(node, `List "${key}"`, KEYS);
  const file = top.get("file"), url = top.get("url");
  if ((file === undefined) === (url === undefined)) {
    const what = file ? "has both a file and an url" : 'has no "file" and no "url"';
    reader.report(file ? "duplicate" : "missing_key", keySpan, `List "${key}" ${what}`, {
      help: "Give it one of file: PATH and url: https://…",
    });
    return null;
  }
  const from = file ? reader.string(file.node, '"file"') : urlOf(reader, url!.node);
  const format = top.get("format"), column = top.get("column");
  if (from === null) return null;
  return {
    name: key,
    source: {
      from,
      span: reader.span((file ?? url)!.node),
      ...pacing(reader, top, file ? MINUTE : HOUR),
    },
    format: format ? readChoice<ListFormat>(reader, format.node, '"format"', LIST_FORMATS) : null,
    column: column ? reader.string(column.node, '"column"') : null,
  };
}
