/** Reads `agent.yaml`: options of the command line by their names, `files`, and sections. */
import { isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Entry } from "../../grammar/yaml_reader.ts";
import type { Section } from "./section.ts";
import { SettingsReader } from "./section.ts";
import { SECTIONS, type Sections } from "./sections.ts";

/** One option as it is written: a switch has no values. */
export interface OptionSetting {
  readonly entry: Entry;
  readonly values: readonly string[] | "on" | "off";
}

export interface Settings {
  /** The file's path, as diagnostics show it; null when there is none. */
  readonly file: string | null;
  readonly text: string;
  readonly options: ReadonlyMap<string, OptionSetting>;
  readonly files: readonly string[];
  readonly sections: Sections;
  /** Errors and warnings, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** Those that are about sections. */
  readonly inSections: ReadonlySet<Diagnostic>;
}

/** What is wrong with a value of an option. */
export interface OptionMisfit {
  readonly message: string;
  readonly help: string;
}

/**
 * @param file its path, as diagnostics show it
 * @param known names of the command's options; any other key must be a section's or `files`
 * @param fits says what is wrong with one of an option's values; null for a switch that is on
 */
export function readSettings(
  file: string,
  text: string,
  known: readonly string[],
  fits: (name: string, value: string | null) => OptionMisfit | null = () => null,
): Settings {
  const reader = new SettingsReader(file, text);
  const keys = [...known, "files", ...Object.keys(SECTIONS)];
  // What cannot be read as YAML says nothing of its keys.
  const root = reader.isYaml ? reader.root : null;
  const top = reader.record(root, "The file", keys);
  const options = new Map<string, OptionSetting>();
  for (const [name, entry] of top) {
    if (name === "files" || isSection(entry, known)) continue;
    const values = valuesOf(reader, entry, fits);
    if (values !== null) options.set(name, { entry, values });
  }
  const files = top.has("files") ? reader.strings(top.get("files")!.node, `"files"`) : [];
  const before = reader.diagnostics.length;
  const sections = sectionsOf(
    reader,
    new Map([...top].filter(([, entry]) => isSection(entry, known))),
  );
  const inSections = new Set(reader.diagnostics.slice(before));
  const diagnostics = reader.diagnostics.sort((a, b) => a.span.start - b.span.start);
  return { file, text, options, files, sections, diagnostics, inSections };
}

/** `lists` is an option, folders, and a section, a mapping. */
const isSection = ({ key, node }: Entry, known: readonly string[]): boolean =>
  Object.hasOwn(SECTIONS, key) && (isMap(node) || !known.includes(key));

function sectionsOf(reader: SettingsReader, top: ReadonlyMap<string, Entry>): Sections {
  const specs: [string, Section<unknown>][] = Object.entries(SECTIONS);
  return Object.fromEntries(specs.map(([key, section]) => {
    const entry = top.get(key);
    return [key, entry ? section.read(reader, entry.node) : section.empty];
  })) as Sections;
}

/** A value of an option, or several; null for what is neither. */
function valuesOf(
  reader: SettingsReader,
  { key, node }: Entry,
  fits: (name: string, value: string | null) => OptionMisfit | null,
): OptionSetting["values"] | null {
  const report = (item: unknown, value: string | null) => {
    const wrong = fits(key, value);
    if (wrong === null) return;
    reader.report("bad_value", reader.span(item as Node), wrong.message, { help: wrong.help });
  };
  const items = isSeq(node) ? node.items : [node];
  const values = items.map((item) => isScalar(item) ? item.value as unknown : item);
  if (!isSeq(node)) {
    const [value] = values;
    if (value === null || value === false) return "off";
    if (value === true) {
      report(node, null);
      return "on";
    }
  }
  // As written, so that neither 1e3 nor 010 turns into another text.
  const texts = items.flatMap((item) =>
    isScalar(item) && item.value !== null ? [written(item)] : []
  );
  if (texts.length === items.length) {
    texts.forEach((text, i) => report(items[i], text));
    return texts;
  }
  reader.report("wrong_kind", reader.span(node), `"${key}" must be a value or a list of values`);
  return null;
}

function written(item: Scalar): string {
  return typeof item.value === "string" ? item.value : item.source ?? String(item.value);
}
