/** The settings of a destination's own, by its table of them. Secrets never stand in the file. */
import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Entry } from "../../grammar/yaml_reader.ts";
import type {
  DestinationSpec,
  SettingSpec,
  SettingValue,
} from "../outputs/destinations/destination.ts";
import type { GivenSetting } from "../outputs/delivery/config.ts";
import type { SettingsReader } from "./section.ts";
import { bad, readChoice, readDuration, readNumber, readSize, readSwitch } from "./values.ts";

/** What the environment is asked for: a run has the permission to read these variables. */
export const VARIABLES = "PICKET_";

/** The names under which a setting may be given. */
export function keysOf(spec: SettingSpec): string[] {
  if (spec.kind === "secret") return [`${spec.name}_file`, `${spec.name}_env`];
  return spec.kind === "url" ? [spec.name, `${spec.name}_file`, `${spec.name}_env`] : [spec.name];
}

/** Reads them from the entries of a sink; what is missing or does not fit is reported. */
export function readDestination(
  reader: SettingsReader,
  spec: DestinationSpec,
  entries: ReadonlyMap<string, Entry>,
  sink: Entry,
): GivenSetting[] {
  return spec.settings.flatMap((setting) => {
    const given = keysOf(setting).filter((key) => entries.has(key));
    if (given.length > 1) {
      reader.report(
        "duplicate",
        entries.get(given[1])!.keySpan,
        `"${setting.name}" is given twice`,
        {
          help: `Keep one of ${given.map((k) => `"${k}"`).join(" and ")}`,
        },
      );
    }
    if (given.length === 0) {
      // A secret that stands in the file itself is told already.
      if (setting.required && !entries.has(setting.name)) {
        reader.report(
          "missing_key",
          sink.keySpan,
          `Sink "${sink.key}" has no "${keysOf(setting)[0]}"`,
          { help: `Add "${keysOf(setting).join('" or "')}": ${setting.summary}` },
        );
      }
      return [];
    }
    return readSetting(reader, setting, entries.get(given[0])!) ?? [];
  });
}

function readSetting(
  reader: SettingsReader,
  setting: SettingSpec,
  { key, node }: Entry,
): GivenSetting | null {
  const { name } = setting;
  const span = reader.span(node);
  if (key === name) {
    const value = valueOf(reader, setting, node);
    return value === null ? null : { name, from: "value", value, span };
  }
  const text = reader.string(node, `"${key}"`);
  if (text === null) return null;
  if (key === `${name}_file`) return { name, from: "file", value: text, span };
  if (text.startsWith(VARIABLES) && /^\w+$/.test(text)) {
    return { name, from: "env", value: text, span };
  }
  bad(reader, node, `The variable`, {
    message: `does not begin with ${VARIABLES}`,
    help: `Name it ${VARIABLES}${text.replace(/\W/g, "_").toUpperCase()}: of the environment, ` +
      `only such variables may be read`,
  });
  return null;
}

/** A value by its kind; null for one that does not fit, which is reported. */
function valueOf(
  reader: SettingsReader,
  setting: SettingSpec,
  node: Node | null,
): SettingValue | null {
  const what = `"${setting.name}"`;
  switch (setting.kind) {
    case "number":
      return readNumber(reader, node, what, { least: 0, most: 1e12, fraction: true });
    case "duration":
      return readDuration(reader, node, what, { least: 0, most: 366 * 86_400_000 });
    case "size":
      return readSize(reader, node, what);
    case "switch":
      return readSwitch(reader, node, what);
    case "texts":
      return isScalar(node) || isSeq(node) ? texts(reader, node, what) : wrong(reader, node, what);
    case "map":
      return new Map(
        reader.entries(node, what).map(({ key, node }) => [key, textOf(reader, node, what) ?? ""]),
      );
    case "template":
      return isMap(node) || isSeq(node)
        ? JSON.stringify(node.toJSON())
        : textOf(reader, node, what);
    case "url":
      return url(reader, node, what);
    default:
      return setting.choices
        ? readChoice(reader, node, what, setting.choices)
        : textOf(reader, node, what);
  }
}

function url(reader: SettingsReader, node: Node | null, what: string): string | null {
  const text = reader.string(node, what);
  if (text === null) return null;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  bad(reader, node, what, {
    message: "is no http address",
    help: "Write https://HOST/PATH",
  });
  return null;
}

function texts(reader: SettingsReader, node: Node, what: string): string[] {
  const items = isSeq(node) ? node.items as Node[] : [node];
  return items.flatMap((item) => textOf(reader, item, what) ?? []);
}

/** A text, or a number as it is written. */
function textOf(reader: SettingsReader, node: Node | null, what: string): string | null {
  if (isScalar(node) && typeof node.value === "number") return node.source ?? String(node.value);
  return reader.string(node, what);
}

function wrong(reader: SettingsReader, node: Node | null, what: string): null {
  reader.report("wrong_kind", reader.span(node), `${what} must be a text or a list of texts`);
  return null;
}
