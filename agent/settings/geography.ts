/** `geography:` databases of the places of addresses. */
import { isMap, isScalar, type Node } from "yaml";
import { isUrl, type ResourceSetting } from "../enrich/context/resource.ts";
import type { Section, SettingsReader } from "./section.ts";
import { bad, readDuration, readSwitch } from "./values.ts";

const DAY = 86_400_000;

export const geography: Section<readonly ResourceSetting[]> = {
  summary: "Paths or addresses of databases in MaxMind's format (.mmdb) for places of addresses; " +
    "`{databases: […], every: 1d, allow_private: true}`",
  empty: [],
  read(reader, node) {
    if (!isMap(node)) {
      return databases(reader, node, '"geography"', { every: DAY, allowPrivate: false });
    }
    const top = reader.record(node, '"geography"', ["databases", "every", "allow_private"]);
    const named = top.get("databases");
    if (named === undefined) {
      reader.report("missing_key", reader.span(node), '"geography" has no "databases"', {
        help: "Write databases: GeoLite2-City.mmdb",
      });
      return [];
    }
    return databases(reader, named.node, '"databases"', pacing(reader, top, DAY));
  },
};

function databases(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  more: Pick<ResourceSetting, "every" | "allowPrivate">,
): ResourceSetting[] {
  const items = isScalar(node) ? [node as Node] : reader.list(node, what);
  return items.flatMap((item) => {
    const from = reader.string(item, what);
    return from === null ? [] : [{ from, span: reader.span(item), ...more }];
  });
}

type Entries = ReturnType<SettingsReader["record"]>;

/** How often it is read again, and whether its address may be of the machine's own network. */
export function pacing(
  reader: SettingsReader,
  entries: Entries,
  none: number,
): Pick<ResourceSetting, "every" | "allowPrivate"> {
  const every = entries.get("every"), open = entries.get("allow_private");
  const bounds = { least: 1000, most: 30 * DAY };
  return {
    every: every ? readDuration(reader, every.node, '"every"', bounds) ?? none : none,
    allowPrivate: open ? readSwitch(reader, open.node, '"allow_private"') ?? false : false,
  };
}

/** An address where one is meant. */
export function urlOf(reader: SettingsReader, node: Node | null): string | null {
  const text = reader.string(node, '"url"');
  if (text === null) return null;
  if (isUrl(text) && URL.canParse(text)) return text;
  bad(reader, node, '"url"', { message: "is no http address", help: "Write https://HOST/PATH" });
  return null;
}
