/** Lints of what a rule says of itself. */
import { isScalar, isSeq, type Node } from "yaml";
import type { Span } from "../../../grammar/ast.ts";
import { nearest } from "../../../grammar/nearest.ts";
import { ATTACK_VERSION, TACTICS, technique } from "../../schema/attack/mod.ts";
import type { SigmaDocument } from "../yaml.ts";
import type { Report } from "./report.ts";

const KEYS: readonly string[] = [
  ...["title", "id", "name", "related", "taxonomy", "status", "description", "license", "author"],
  ...[
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "fields",
  ],
  ...["falsepositives", "level", "tags", "scope", "generate", "action", "tests", "testcases"],
  ...["regression_tests_path", "simulation", "custom_attributes", "sigma-version"],
];
const WANTED = ["id", "status", "description", "author", "date", "level"];
const STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported"];
const NAMESPACES = ["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];
/** What SigmaHQ writes of ATT&CK besides tactics: groups and software. */
const ATTACK_FORM = /^(?:t\d{4}(?:\.\d{3})?|[gsm]\d{4}|ds\d{4})$/;
const TACTIC_NAMES: ReadonlySet<string> = new Set(TACTICS.map((t) => t.shortName.toLowerCase()));

/** Who hears of what is found. */
export interface HeadLints {
  readonly report: Report;
  /** Hears of the rule's title. */
  readonly titled: (title: string, span: Span) => void;
  /**
   * Names that the release of ATT&CK at hand does not have. Each is told once: newer releases have
   * them, and hundreds of rules name one.
   */
  readonly newTags: Set<string>;
}

export function lintHead(doc: SigmaDocument, text: string, lints: HeadLints): void {
  const { report, titled, newTags } = lints;
  const { root } = doc;
  const title = doc.text(root, "title");
  const titleNode = doc.get(root, "title");
  if (title !== null) titled(title, doc.place(titleNode));
  const keys = doc.entries(root, "A rule");
  for (const { key, keySpan } of keys) {
    if (KEYS.includes(key) || key.startsWith("rsigma.")) continue;
    const near = nearest(key, KEYS);
    if (near === undefined || keys.some((k) => k.key === near)) continue;
    report("unknown_key", keySpan, `Unknown key "${key}"`, `Did you mean ${near}?`);
  }
  // A filter has no state of its own, and neither level nor status.
  const wanted = doc.get(root, "filter") === null ? WANTED : ["id", "description"];
  const missing = wanted.filter((key) => doc.text(root, key) === null);
  if (missing.length > 0) {
    const at = titleNode === null ? doc.span : doc.place(titleNode);
    report(
      "missing_metadata",
      { start: at.start, end: at.end },
      `The rule has no ${missing.map((m) => `"${m}"`).join(", ")}`,
      missing.includes("id")
        ? "Add them; an id is a UUID, as uuidgen makes it, and stays when the file is renamed"
        : "Add them: alerts show who wrote the rule, when, and how far it is trusted",
    );
  }
  const id = doc.text(root, "id");
  if (id !== null && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    const span = doc.place(doc.get(root, "id"));
    report("bad_id", span, `The id "${id}" is no UUID`, "Write one as uuidgen makes it");
  }
  const status = doc.text(root, "status");
  if (status !== null && !STATUSES.includes(status)) {
    const near = nearest(status, STATUSES);
    const help = near ? `Did you mean ${near}?` : `Write one of ${STATUSES.join(", ")}`;
    report(
      "unknown_status",
      doc.place(doc.get(root, "status")),
      `Unknown status "${status}"`,
      help,
    );
  }
  lintDates(doc, text, report);
  lintTags(doc, report, newTags);
  lintTwice(doc, "references", report);
}

function lintDates(doc: SigmaDocument, text: string, report: Report): void {
  const dates = ["date", "modified"].map((key) => {
    const node = doc.node(doc.get(doc.root, key));
    if (!isScalar(node) || node.value === null) return null;
    const span = doc.place(node);
    const written = text.slice(span.start, span.end).replace(/^["']|["']$/g, "").trim();
    const parts = /^(\d{4})([-/])(\d{2})\2(\d{2})$/.exec(written);
    const date = parts === null ? NaN : Date.parse(`${parts[1]}-${parts[3]}-${parts[4]}T00:00Z`);
    // Rules of before version 2 of the specification have slashes.
    const real = !Number.isNaN(date) && new Date(date).getUTCDate() === Number(parts![4]);
    if (!real || parts![2] === "/") {
      const iso = real ? written.replaceAll("/", "-") : "2026-03-29";
      report("bad_date", span, `The ${key} "${written}" is not YYYY-MM-DD`, `Write ${iso}`);
    }
    return real ? { date, span } : null;
  });
  const [date, modified] = dates;
  if (date && modified && modified.date < date.date) {
    report(
      "bad_date",
      modified.span,
      "The rule was modified before it was written",
      "Correct one of the two dates",
    );
  }
}

function lintTags(doc: SigmaDocument, report: Report, newTags: Set<string>): void {
  for (const { text: tag, span } of textsOf(doc, "tags")) {
    const at = tag.indexOf(".");
    const namespace = at < 0 ? "" : tag.slice(0, at).toLowerCase();
    const name = tag.slice(at + 1).toLowerCase();
    if (!NAMESPACES.includes(namespace)) {
      const near = nearest(namespace, NAMESPACES);
      const message = at < 0
        ? `The tag "${tag}" has no namespace`
        : `Unknown namespace "${namespace}" of a tag`;
      report(
        "bad_tag",
        span,
        message,
        near ? `Did you mean ${near}.${name}?` : "Write attack.t1059, " +
          `cve.2021-44228, or another of ${NAMESPACES.join(", ")}`,
      );
    } else if (namespace === "attack") lintAttack(name, span, report, newTags);
    else if (namespace === "cve" && !/^\d{4}[-.]\d{4,19}$/.test(name)) {
      report("bad_tag", span, `"${tag}" names no vulnerability`, "Write it as cve.2021-44228");
    }
  }
  lintTwice(doc, "tags", report);
}

function lintAttack(name: string, span: Span, report: Report, newTags: Set<string>): void {
  const once = (message: string) => {
    if (newTags.has(name)) return;
    newTags.add(name);
    report(
      "unknown_attack",
      span,
      message,
      "Correct it, or leave it where it is of a newer " +
        "release; further rules with it are not named",
    );
  };
  if (/^t\d/.test(name) && ATTACK_FORM.test(name)) {
    const known = technique(name);
    const id = name.toUpperCase();
    if (known === null) once(`ATT&CK ${ATTACK_VERSION} has no technique ${id}`);
    else if (known.deprecated) {
      const { revokedBy } = known;
      report(
        "unknown_attack",
        span,
        `The technique ${id} is no longer in force`,
        revokedBy === null ? "Name another one" : `Write attack.${revokedBy.toLowerCase()}`,
      );
    }
    return;
  }
  if (ATTACK_FORM.test(name) || TACTIC_NAMES.has(name.replaceAll("_", "-"))) return;
  const message =
    `"attack.${name}" is neither a tactic nor a technique of ATT&CK ${ATTACK_VERSION}`;
  const near = nearest(name, TACTIC_NAMES);
  if (near === undefined) once(message);
  else report("unknown_attack", span, message, `Did you mean attack.${near}?`);
}

function lintTwice(doc: SigmaDocument, key: string, report: Report): void {
  const seen = new Set<string>();
  for (const { text, span } of textsOf(doc, key)) {
    if (seen.has(text.toLowerCase())) {
      report("duplicate_entry", span, `"${text}" stands twice in "${key}"`, "Keep one of them");
    }
    seen.add(text.toLowerCase());
  }
}

function textsOf(doc: SigmaDocument, key: string): { text: string; span: Span }[] {
  const node = doc.node(doc.get(doc.root, key));
  const items = isSeq(node) ? node.items as Node[] : [];
  return items.flatMap((item) => {
    const scalar = doc.node(item);
    return isScalar(scalar) && typeof scalar.value === "string"
      ? [{ text: scalar.value, span: doc.place(scalar) }]
      : [];
  });
}
