/**
 * What the package brings compiled of the shipped rules and sourcetypes: a run of the package reads
 * neither. It stands in files of the cache's form, made with the package; in them the names of files
 * are those below the package, which a run has as they are from its folder.
 */
import { fileURLToPath } from "node:url";
import { BUILD, COMPILED, ROOT } from "../program.ts";
import { packEntry, type Parts, readEntry } from "./cache/entry.ts";
import { keyOf } from "./cache/key.ts";
import {
  restoreRules,
  restoreSourcetypesOf,
  type StoredRules,
  storeRules,
  storeSourcetypesOf,
} from "./cached.ts";
import type { LoadedSources, Sourcetypes } from "./loaded.ts";
import { relative } from "./paths.ts";

/** Keys that lead to a file's name: of objects, arrays and maps. */
type Path = readonly (string | number)[];

interface Part {
  readonly value: unknown;
  readonly names: readonly Path[];
}

/** A package: its build, the folder of what it brings compiled, and that whose files names are below. */
export interface Package {
  readonly build: string;
  readonly compiled: URL;
  readonly root: URL;
}

/** Null in a clone. */
const PACKAGE: Package | null = BUILD === null || COMPILED === null
  ? null
  : { build: BUILD, compiled: COMPILED, root: ROOT };

/** The files of what is compiled. */
type Name = "sourcetypes" | "rules";

/** Another Deno may read and compile otherwise. */
const keyOfFile = (name: Name, build: string): string =>
  keyOf("shipped", name, build, Deno.version.deno, Deno.version.v8);

/** The shipped sourcetypes; null in a clone, and where the package's do not read. */
export function shippedSourcetypes(from = PACKAGE): Sourcetypes | null {
  const parts = read("sourcetypes", from);
  return parts && restoreSourcetypesOf(parts);
}

/** The shipped rules over the shipped sourcetypes; null likewise. */
export function shippedRules(from = PACKAGE): Omit<StoredRules, "lists"> | null {
  const parts = read("rules", from);
  return parts && restoreRules(parts);
}

function read(name: Name, from: Package | null): Parts | null {
  if (from === null) return null;
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(new URL(`${name}.cache`, from.compiled));
  } catch {
    return null;
  }
  const parts = readEntry(keyOfFile(name, from.build), bytes);
  return parts && ((i) => {
    const { value, names } = parts(i) as Part;
    for (const path of names) rename(value, path, from.root);
    return value;
  });
}

function rename(value: unknown, path: Path, root: URL): void {
  let at = value;
  for (const key of path.slice(0, -1)) at = step(at, key);
  const key = path.at(-1)!;
  const name = relative(fileURLToPath(new URL(String(step(at, key)), root)));
  if (at instanceof Map) at.set(key, name);
  else (at as Record<string | number, unknown>)[key] = name;
}

const step = (at: unknown, key: string | number): unknown =>
  at instanceof Map ? at.get(key) : (at as Record<string | number, unknown>)[key];

/**
 * The files of {@link Package.compiled} for a build, of what was loaded from the folder that holds `rules/` and
 * `sourcetypes/`, as the folder that the process is in.
 * @throws {Error} where something cannot be put away so that it is the same elsewhere
 */
export function packShipped(loaded: LoadedSources, build: string): Map<string, Uint8Array[]> {
  if (loaded.diagnostics.some((d) => d.level === "error")) throw new Error("There are errors");
  if (loaded.listTexts.size > 0) throw new Error("A shipped list is in a file of its own");
  const names = new Set(loaded.texts.keys());
  const pack = (name: Name, values: readonly unknown[]) => {
    const parts = values.map((value): Part => ({ value, names: [...namesIn(value, names)] }));
    return packEntry(keyOfFile(name, build), parts);
  };
  return new Map([
    ["sourcetypes.cache", pack("sourcetypes", storeSourcetypesOf(loaded.sourcetypes))],
    ["rules.cache", pack("rules", storeRules(loaded))],
  ]);
}

/** The paths to all names of files in plain data. */
function* namesIn(
  value: unknown,
  names: ReadonlySet<string>,
  path: Path = [],
  seen: Set<unknown> = new Set(),
): Generator<Path> {
  if (typeof value === "string") {
    if (names.has(value)) yield path;
    else if (/(?:rules|sourcetypes)\/[\w/-]+\.(?:sdl|yaml)/.test(value)) {
      throw new Error(`A name of a file stands within "${value}" at ${path.join(".")}`);
    }
  }
  // Data that several share is told of once.
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return;
  const entries = value instanceof Map
    ? value.entries()
    : value instanceof Set
    ? [...value].entries()
    : Object.entries(value);
  for (const [key, inner] of entries) {
    if (names.has(key) || (value instanceof Set && names.has(inner))) {
      throw new Error(`A name of a file is a key at ${path.join(".")}`);
    }
    yield* namesIn(inner, names, [...path, key], seen);
  }
}
