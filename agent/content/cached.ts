/**
 * What was compiled, in the cache and back: sourcetypes in one file, rules in another, so that a rule
 * that was edited leaves the sourcetypes as they are.
 */
import { createHash } from "node:crypto";
import type { IrProgram } from "../../compiler/ir/program.ts";
import {
  restoreSourcetypes,
  type StoredFamily,
  type StoredSourcetypes,
  storeSourcetypes,
} from "../../compiler/sourcetype/compile/stored.ts";
import type { ListReader } from "../enrich/list_files.ts";
import type { Loaded, LoadedSources, Sourcetypes } from "./loaded.ts";
import { packEntry, type Parts, readEntry } from "./cache/entry.ts";
import type { CacheFolder } from "./cache/folder.ts";

/** The sourcetypes of a key; null where the cache does not have them. */
export function cachedSourcetypes(folder: CacheFolder, key: string): Sourcetypes | null {
  const bytes = folder.read(key);
  const part = bytes && readEntry(key, bytes);
  return part && restoreSourcetypesOf(part);
}

/** Sourcetypes as parts of a file. */
export function storeSourcetypesOf(compiled: Sourcetypes): unknown[] {
  const { head, families } = storeSourcetypes(compiled);
  return [head, ...families];
}

/** What {@link storeSourcetypesOf} has made. */
export function restoreSourcetypesOf(part: Parts): Sourcetypes {
  const head = part(0) as StoredSourcetypes;
  return restoreSourcetypes(head, (family) => part(family + 1) as StoredFamily);
}

export function cacheSourcetypes(folder: CacheFolder, key: string, compiled: Sourcetypes): void {
  if (compiled.diagnostics.some((d) => d.level === "error")) return;
  folder.write(key, packEntry(key, storeSourcetypesOf(compiled)));
}

/** Rules as they are put away. A run makes no tests: rules are without theirs. */
export interface StoredRules
  extends Pick<Loaded, "diagnostics" | "left" | "rejected" | "unfed" | "ruleCount"> {
  readonly program: IrProgram;
  /** Files that lists name, by `listFileKey`, with the digests of their texts. */
  readonly lists: readonly (readonly [string, string])[];
}

/**
 * What is known of rules by their key; null where the cache does not have it, or where a file that a
 * list names is no longer what it was.
 */
export async function cachedRules(
  folder: CacheFolder,
  key: string,
  lists: ListReader,
): Promise<Omit<StoredRules, "lists"> | null> {
  const bytes = folder.read(key);
  const part = bytes && readEntry(key, bytes);
  if (!part) return null;
  const stored = restoreRules(part);
  for (const [list, expected] of stored.lists) {
    const at = list.indexOf("\n");
    const got = await lists(list.slice(0, at), list.slice(at + 1));
    if ("message" in got || textDigest(got.text) !== expected) return null;
  }
  return stored;
}

export function cacheRules(folder: CacheFolder, key: string, loaded: LoadedSources): void {
  if (loaded.diagnostics.some((d) => d.level === "error")) return;
  folder.write(key, packEntry(key, storeRules(loaded)));
}

/** Rules as parts of a file. */
export function storeRules(loaded: LoadedSources): unknown[] {
  const { program, diagnostics, left, rejected, unfed, ruleCount } = loaded;
  const stored: StoredRules = {
    program: { ...program, rules: program.rules.map((r) => ({ ...r, tests: [] })) },
    diagnostics,
    left,
    rejected,
    unfed,
    ruleCount,
    lists: [...loaded.listTexts].map(([list, text]) => [list, textDigest(text)]),
  };
  return [stored];
}

/** What {@link storeRules} has made. */
export const restoreRules = (part: Parts): StoredRules => part(0) as StoredRules;

const textDigest = (text: string): string => createHash("sha256").update(text).digest("hex");
