/** Compiles sourcetypes: YAML text → catalogue, layouts and recognition. */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { buildCatalogue } from "./catalogue.ts";
import { uncaptured } from "./captured.ts";
import { type Compiled, parentsOf } from "./compiled.ts";
import { unsureOf } from "./fallback.ts";
import type { Sourcetype } from "../read/model.ts";
import { type Inherited, readNames, readSourcetype } from "../read/read.ts";
import { Recogniser, recognitionRules } from "../classify/recogniser.ts";
import { CODES } from "../read/codes.ts";
import { YamlReader } from "../read/yaml.ts";

/**
 * Compiles sourcetype files together. Every mistake is a diagnostic; what could be read in spite of
 * them is in the result, so do not run it when there is an error.
 */
export function compileSourcetypes(
  files: readonly { readonly name: string; readonly text: string }[],
): Compiled {
  const readers = files.map((f) => new YamlReader(f.name, f.text));
  const waiting = new Map<string, { reader: YamlReader; parent: string | null }>();
  const diagnostics: Diagnostic[] = [];
  for (const reader of readers) {
    const { name, parent } = readNames(reader);
    const key = name ?? `\0${reader.file}`;
    if (waiting.has(key)) {
      reader.report("duplicate_name", { start: 0, end: 1 }, `The sourcetype "${name}" is taken`, {
        help: `It is also in ${waiting.get(key)!.reader.file}: rename one of them`,
      });
    } else waiting.set(key, { reader, parent });
  }
  const read = new Map<string, { sourcetype: Sourcetype; inherited: Inherited } | null>();
  const visit = (name: string, path: readonly string[]): Inherited | null => {
    const done = read.get(name);
    if (done !== undefined) return done?.inherited ?? null;
    const { reader, parent } = waiting.get(name)!;
    let above: Inherited | null = null;
    if (parent !== null) {
      if (path.includes(parent) || parent === name) {
        reader.report("unknown_parent", { start: 0, end: 1 }, `"${name}" extends itself`, {
          help: "Take one extends away",
        });
      } else if (waiting.has(parent)) above = visit(parent, [...path, name]);
      else {
        const at = reader.text.indexOf(parent, reader.text.indexOf("extends:"));
        reader.unknown(
          "unknown_parent",
          { start: Math.max(0, at), end: Math.max(0, at) + parent.length },
          "sourcetype",
          parent,
          [...waiting.keys()].filter((k) => !k.startsWith("\0")),
        );
      }
    }
    read.set(name, readSourcetype(reader, above));
    return read.get(name)?.inherited ?? null;
  };
  for (const name of [...waiting.keys()].sort()) visit(name, []);
  for (const { isYaml, diagnostics: found } of readers) {
    // Of what is no YAML the rest is read wrong.
    diagnostics.push(...(isYaml ? found : found.filter((d) => d.code === CODES.yaml)));
  }
  const sourcetypes = [...read.values()].filter((r) => r !== null).map((r) => r.sourcetype)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const { catalogue, layouts } = buildCatalogue(sourcetypes);
  // A field with a mistake of its own captures nothing: one mistake is told once.
  const broken = new Set(diagnostics.map((d) => d.file));
  diagnostics.push(...uncaptured(layouts.values()).filter((d) => !broken.has(d.file)));
  return {
    catalogue,
    sourcetypes,
    layouts,
    parents: parentsOf(sourcetypes),
    recogniser: new Recogniser(recognitionRules(sourcetypes)),
    unsure: unsureOf(layouts.values()),
    diagnostics,
  };
}
