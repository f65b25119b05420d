/** ATT&CK: the tactics in the order of the matrix, and the techniques by id. */
import { TACTIC_TABLE, TECHNIQUE_TABLE } from "./table.ts";

/** Release of ATT&CK Enterprise that the table is of. */
export const ATTACK_VERSION = "18.1";

export interface Tactic {
  readonly id: string;
  readonly shortName: string;
  readonly name: string;
}

export interface Technique {
  readonly id: string;
  readonly name: string;
  /** Names of tactics, in the order of the matrix. */
  readonly tactics: readonly string[];
  /** Not in force any more; what was revoked counts as deprecated too. */
  readonly deprecated: boolean;
  /** The technique that took its place, where there is one. */
  readonly revokedBy: string | null;
}

/** The columns of the Enterprise matrix from left to right, which is the order of the kill chain. */
export const TACTICS: readonly Tactic[] = TACTIC_TABLE.split("\n").map((line) => {
  const [id, shortName, name] = line.split("|");
  return { id, shortName, name };
});

/** By id; filled by the first question, for most runs ask about a handful or about none. */
let techniques: Map<string, Technique> | null = null;

function load(): Map<string, Technique> {
  const out = new Map<string, Technique>();
  for (const line of TECHNIQUE_TABLE.split("\n")) {
    const [id, letters, name, instead] = line.split("|");
    const tactics = [...letters].map((letter) => TACTICS[letter.charCodeAt(0) - 97].name);
    out.set(id, {
      id,
      name,
      tactics,
      deprecated: instead !== undefined,
      revokedBy: instead === undefined || instead === "-" ? null : instead,
    });
  }
  return out;
}

/**
 * The technique or sub-technique of an id like `T1110` or `T1110.001`, or null when this release of
 * ATT&CK has none. Releases add ids all the time, so callers keep an id that is not known here.
 */
export function technique(id: string): Technique | null {
  techniques ??= load();
  return techniques.get(id.toUpperCase()) ?? null;
}

/** All ids of this release, in order, those not in force among them. */
export function techniqueIds(): Iterable<string> {
  techniques ??= load();
  return techniques.keys();
}

/** The page about a technique, known or not. */
export function techniqueUrl(id: string): string {
  const path = id.toUpperCase().split(".").map(encodeURIComponent).join("/");
  return `https://attack.mitre.org/techniques/${path}`;
}

/** Name and tactics of a technique, as alerts say them; its id in place of its name where it is not known. */
export function describeTechnique(
  id: string,
): Pick<Technique, "id" | "name" | "tactics"> {
  const { name, tactics } = technique(id) ?? { name: id, tactics: [] };
  return { id, name, tactics };
}
