/**
 * Bundles of STIX 2.1 (OASIS, 10 June 2021): indicators whose pattern is one observation of equalities
 * joined by OR. Patterns that take more than one fact to hold (AND, FOLLOWEDBY, NOT, LIKE …) are counted as
 * not read: one value of them alone would say too much.
 */
import type { ThreatList } from "./entries.ts";

/** `ipv4-addr:value = '192.0.2.1'`, `file:hashes.'SHA-256' = '…'`; a quote within is escaped. */
const EQUALITY =
  /^\s*(?:ipv4-addr|ipv6-addr|domain-name|url|file):(?:value|hashes\.(?:'[^']+'|"[^"]+"|[\w-]+))\s*=\s*'((?:[^'\\]|\\.)*)'\s*/;

/** @throws {Error} for a text that is no bundle */
export function readStix(text: string, list: ThreatList, now = Date.now()): void {
  let bundle: unknown;
  try {
    bundle = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`);
  }
  const { type, objects } = bundle as { type?: unknown; objects?: unknown };
  if (type !== "bundle" || !Array.isArray(objects)) {
    throw new Error('it is no bundle of STIX: an object with "type": "bundle" and "objects"');
  }
  for (const object of objects as readonly Record<string, unknown>[]) {
    if (object?.type !== "indicator" || object.revoked === true) continue;
    const until = typeof object.valid_until === "string" ? Date.parse(object.valid_until) : NaN;
    if (until <= now) continue;
    const values = object.pattern_type === undefined || object.pattern_type === "stix"
      ? valuesOf(String(object.pattern ?? ""))
      : null;
    const said = typeof object.name === "string" ? object.name : "";
    if (values === null) list.unread++;
    else for (const value of values) list.add(value, said);
  }
}

/** The values of a pattern, any of which makes it hold; null for one that is not so simple. */
export function valuesOf(pattern: string): string[] | null {
  const inner = /^\s*\[([^]*)\]\s*$/.exec(pattern)?.[1];
  if (inner === undefined || pattern.length > 100_000) return null;
  const values: string[] = [];
  let at = 0;
  for (;;) {
    const m = EQUALITY.exec(inner.slice(at));
    if (m === null) return null;
    values.push(m[1].replaceAll(/\\(.)/g, "$1"));
    at += m[0].length;
    if (at === inner.length) return values;
    const or = /^OR\b/i.exec(inner.slice(at));
    if (or === null) return null;
    at += or[0].length;
  }
}
