/** What a rule's author says of it, and the part of it that goes with each of its alerts. */

import type { Severity } from "./severity.ts";

/** Texts as written; "" and empty lists where the author says nothing. */
export interface RuleMetadata {
  /** The author's identifier, kept over renames: a UUID in Sigma. */
  readonly id: string;
  /** How far its author trusts it: `stable`, `test`, `experimental` … */
  readonly status: string;
  readonly author: string;
  /** The licence of the rule's text, like `DRL-1.1`; some ask that alerts name it and the author. */
  readonly license: string;
  /** When it was written, and when it was changed last. */
  readonly date: string;
  readonly modified: string;
  readonly description: string;
  readonly references: readonly string[];
  /** What else it may fire on. */
  readonly falsepositives: readonly string[];
  /** Rules that it comes from, replaces or is like: `derived 5f113a8f-…`. */
  readonly related: readonly string[];
  /** As written: `attack.t1059.001`, `cve.2021-44228`. */
  readonly tags: readonly string[];
}

/** Of a rule whose author says nothing. */
export const NO_METADATA: RuleMetadata = {
  id: "",
  status: "",
  author: "",
  license: "",
  date: "",
  modified: "",
  description: "",
  references: [],
  falsepositives: [],
  related: [],
  tags: [],
};

/** The length of time that a rule's alerts are decided over, and what it is the length of. */
export interface RuleWindow {
  readonly kind: "sliding" | "tumbling" | "session" | "sequence" | "together" | "absent";
  readonly ms: number;
}

/** The same without what is empty, the vulnerabilities among the tags, and the rule's window. */
export type AlertMetadata = Partial<RuleMetadata> & {
  readonly cve?: readonly string[];
  readonly window?: RuleWindow;
  /** What the alert adds to the risk of its entities. */
  readonly risk?: number;
  /** What other rules of its throttle's group say of the same, in the order in which they found it. */
  readonly also?: readonly AlsoFound[];
};

/** A hit that an alert of another rule stands for. */
export interface AlsoFound {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly message: string;
}

/** Characters of a text and entries of a list that an alert carries: each alert holds all of it. */
const MAX_TEXT = 4_000, MAX_ENTRIES = 50, MAX_ENTRY = 1_000;

/** Vulnerabilities that tags name, as `CVE-2021-44228`, each once, in their order. */
export function cvesOf(tags: readonly string[]): string[] {
  const found = tags.flatMap((t) => {
    const id = /^cve[.-](\d{4})[.-](\d{4,19})$/i.exec(t.trim());
    return id === null ? [] : [`CVE-${id[1]}-${id[2]}`];
  });
  return [...new Set(found)];
}

/** What a rule's author says of it, without what is empty; long texts and lists are cut. */
export function authorMetadata(rule: RuleMetadata): Omit<AlertMetadata, "window" | "risk"> {
  const texts = {
    id: rule.id,
    status: rule.status,
    author: rule.author,
    license: rule.license,
    date: rule.date,
    modified: rule.modified,
    description: rule.description,
  };
  const lists = {
    references: rule.references,
    falsepositives: rule.falsepositives,
    related: rule.related,
    tags: rule.tags,
    cve: cvesOf(rule.tags),
  };
  return Object.fromEntries([
    ...Object.entries(texts).filter(([, t]) => t !== "").map(([k, t]) => [k, cut(t, MAX_TEXT)]),
    ...Object.entries(lists).filter(([, l]) => l.length > 0)
      .map(([k, l]) => [k, l.slice(0, MAX_ENTRIES).map((t) => cut(t, MAX_ENTRY))]),
  ]);
}

const cut = (text: string, most: number): string =>
  text.length > most ? text.slice(0, most) + "…" : text;
