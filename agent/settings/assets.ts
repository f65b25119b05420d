/** `assets:` and `identities:` the organisation's own tables of machines and accounts. */
import { isMap, isScalar, type Node } from "yaml";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { PRIORITIES } from "../context.ts";
import type { AssetsSetting, FileSetting } from "../enrich/context/context.ts";
import { DEFAULT_RAISE, type RaiseTable } from "../enrich/context/marks.ts";
import type { Section, SettingsReader } from "./section.ts";

const NONE: AssetsSetting = { files: [], raise: DEFAULT_RAISE };

export const assets = section("assets", "machines by network, address, name or pattern");
export const identities = section("identities", "accounts by name or pattern");

function section(key: string, what: string): Section<AssetsSetting> {
  return {
    summary:
      `CSV files of ${what} (match,name,priority,owner), and by \`raise:\` the severity that ` +
      "a priority raises alerts to",
    empty: NONE,
    read(reader, node) {
      // A path or several alone are the files.
      if (!isMap(node)) return { ...NONE, files: filesOf(reader, node, `"${key}"`) };
      const top = reader.record(node, `"${key}"`, ["files", "raise"]);
      const files = top.get("files");
      if (files === undefined) {
        reader.report("missing_key", reader.span(node), `"${key}" has no "files"`, {
          help: `Write files: ${key}.csv`,
        });
      }
      const raise = top.get("raise");
      return {
        files: files ? filesOf(reader, files.node, '"files"') : [],
        raise: raise ? raiseOf(reader, raise.node) : DEFAULT_RAISE,
      };
    },
  };
}

export function filesOf(reader: SettingsReader, node: Node | null, what: string): FileSetting[] {
  const items = isScalar(node) ? [node as Node] : reader.list(node, what);
  return items.flatMap((item) => {
    const path = reader.string(item, what);
    return path === null ? [] : [{ path, span: reader.span(item) }];
  });
}

/** `{critical: {medium: high}}`: what is not named is not raised. */
function raiseOf(reader: SettingsReader, node: Node | null): RaiseTable {
  return Object.fromEntries(
    [...reader.record(node, '"raise"', PRIORITIES)].map(([priority, entry]) => {
      const steps = reader.record(entry.node, `"${priority}" of "raise"`, SEVERITIES);
      return [
        priority,
        Object.fromEntries([...steps].flatMap(([from, { node }]) => {
          const to = severityOf(reader, node);
          if (to === null) return [];
          if (SEVERITIES.indexOf(to) > SEVERITIES.indexOf(from as Severity)) return [[from, to]];
          reader.report("bad_value", reader.span(node), `"${to}" is not above "${from}"`, {
            help: "A priority only raises; leave the line away where it should not",
          });
          return [];
        })),
      ];
    }),
  );
}

function severityOf(reader: SettingsReader, node: Node | null): Severity | null {
  const text = isScalar(node) ? String(node.value).toLowerCase() as Severity : null;
  if (text !== null && SEVERITIES.includes(text)) return text;
  reader.unknown("bad_value", reader.span(node), "severity", String(text ?? ""), SEVERITIES);
  return null;
}
