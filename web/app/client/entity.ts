/** Which values have a page of their own, and where it is. */
import type { EntityKind } from "../../server/types/mod.ts";
import { hrefOf } from "./router.ts";

const FIELDS: Readonly<Record<string, EntityKind>> = {
  src: "host",
  dest: "host",
  host: "host",
  dvc: "host",
  user: "account",
  src_user: "account",
  member: "account",
};

/** An IPv4 or IPv6 address by its form. */
function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ||
    /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}

/** What the value of a field is; null where it is nobody: a process has no page. */
export function kindOf(field: string, value: string): EntityKind | null {
  const kind = Object.hasOwn(FIELDS, field.replace(/^.*\./, ""))
    ? FIELDS[field.replace(/^.*\./, "")]
    : null;
  return kind !== null && kind !== "account" && isAddress(value) ? "address" : kind;
}

export function entityHref(kind: EntityKind, value: string): string {
  return hrefOf(`/entities/${encodeURIComponent(value)}`, { kind });
}

/** A word of a search: `src:203.0.113.9`, with quotes where it needs them. */
export function term(field: string, value: string): string {
  return `${field}:${/^[\w.@/-]+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** Several networks, as the API takes them. */
const NETWORKS = /^[\da-f.:]+\/\d+(?:,[\da-f.:]+\/\d+)+$/i;

/** Filters of the events that are looked at, as words of a search. */
export function wordsOf(filters: Readonly<Record<string, string>>): string[] {
  return Object.entries(filters).map(([name, value]) => {
    if (name === "q") return JSON.stringify(value);
    if (name.endsWith("!")) {
      const values = NETWORKS.test(value) ? value.split(",") : [value];
      return values.map((v) => `-${term(name.slice(0, -1), v)}`).join(" ");
    }
    return /[<>]$/.test(name) ? `${name}=${value}` : term(name, value);
  });
}
