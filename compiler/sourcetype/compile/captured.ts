/** Finds maps and parts over fields that no pattern captures: they would never give a value. */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { nearest } from "../../../grammar/nearest.ts";
import type { MessagePart, SourcePlace, ValueMap } from "../read/model.ts";
import { CODES } from "../read/codes.ts";
import type { Layout, SourcetypeLayouts } from "./catalogue.ts";

/** A map or part as written, and what the patterns that it applies to make of it. */
interface Written {
  readonly what: string;
  readonly place: SourcePlace;
  readonly of: readonly string[];
  /** Those of `of` that some pattern has. */
  readonly found: Set<string>;
  /** All that those patterns have, for a suggestion. */
  readonly captured: Set<string>;
  /** One of the patterns reads keys, so that the field could be taken. */
  keyed: boolean;
}

/**
 * An error for every name after `of` that no pattern which the map or part applies to captures. What
 * stands on a level above may miss in some patterns; records hand over any key of theirs.
 */
export function uncaptured(layouts: Iterable<SourcetypeLayouts>): Diagnostic[] {
  const written = new Map<ValueMap | MessagePart, Written>();
  for (const l of layouts) {
    if (l.sourcetype.records !== null) continue;
    for (const layout of [...l.programs.flatMap((p) => p.layouts), ...l.general]) {
      for (const map of layout.pattern?.maps ?? []) note(written, layout, map, "map", map.of);
      for (const part of layout.pattern?.parts ?? []) {
        note(written, layout, part, "part", [part.of]);
      }
    }
  }
  return [...written.values()].flatMap((w) =>
    w.of.filter((name) => !w.found.has(name)).map((name) => diagnostic(w, name))
  );
}

function note(
  written: Map<ValueMap | MessagePart, Written>,
  layout: Layout,
  item: ValueMap | MessagePart,
  kind: "map" | "part",
  of: readonly string[],
): void {
  let w = written.get(item);
  if (w === undefined) {
    w = {
      what: `${kind} "${item.field}"`,
      place: item.place,
      of,
      found: new Set(),
      captured: new Set(),
      keyed: false,
    };
    written.set(item, w);
  }
  w.keyed ||= layout.pattern?.read != null;
  const constants = kind === "map" ? layout.extraction.constants : {};
  for (const c of layout.captures) {
    // Copies and maps are made after what they could be asked for.
    if (c.source.from !== "copy" && c.source.from !== "count") w.captured.add(c.name);
  }
  for (const name of of) {
    const own = layout.captures.find((c) => c.name === name);
    if (Object.hasOwn(constants, name) || own !== undefined && own.source.from !== "copy") {
      w.found.add(name);
    }
  }
}

function diagnostic(w: Written, name: string): Diagnostic {
  const near = nearest(name, w.captured);
  const capture = w.keyed
    ? `take it, take: { ${name}: [${name}] }`
    : `capture it in the regex, (?<${name}>…)`;
  return {
    code: CODES.never_captured,
    level: "error",
    ...w.place,
    message: `The ${w.what} is over "${name}", which no pattern captures`,
    help: near === undefined
      ? `${capture[0].toUpperCase()}${
        capture.slice(1)
      }, and declare it under fields if the CIM lacks it`
      : `Did you mean "${near}"? Else ${capture}, and declare it under fields if the CIM lacks it`,
    ...(near === undefined ? {} : { suggestion: near }),
  };
}
