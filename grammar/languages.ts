/** Whether a text that is no SDL is of another language that detections are written in. */

interface Language {
  /** As a sentence calls it. */
  readonly name: string;
  readonly looks: (text: string) => boolean;
  readonly help: string;
}

const ANY = 'Write `rule NAME { title "…" from DATASET where … alert "…" }`';

/** The more special first: a Sigma rule is YAML too. */
const LANGUAGES: readonly Language[] = [
  {
    name: "a Sigma rule",
    looks: (t) => /^detection\s*:/m.test(t) && /^(?:logsource|title)\s*:/m.test(t),
    help: "Save it in a file that ends in .yml: Sigma rules are taken as they are",
  },
  {
    name: "a YARA-L rule",
    looks: (t) => /^\s*rule\s+\w+\s*\{/m.test(t) && /^\s*events\s*:/m.test(t),
    help:
      "In SDL its events are the `from DATASET where …`, its match the `stats … by … over …`, " +
      "its outcome the `alert`",
  },
  {
    name: "a YARA rule",
    looks: (t) => /^\s*rule\s+\w+[^{]*\{/m.test(t) && /^\s*condition\s*:/m.test(t),
    help: "YARA looks into files, SDL into events: `rule NAME { from DATASET where … }`",
  },
  {
    name: "YAML",
    looks: (t) => /^\s*(?:---|[A-Za-z_]\w*\s*:(?:\s|$))/.test(t),
    help: `A sourcetype is YAML and its file ends in .yaml; a rule is SDL. ${ANY}`,
  },
  { name: "JSON", looks: (t) => /^\s*[[{]/.test(t), help: ANY },
  {
    name: "a search in SPL",
    looks: (t) =>
      /^\s*(?:search\b|index\s*=|sourcetype\s*=|source\s*=|eventtype\s*=|\||`\w+)/i.test(t),
    help: "In SDL a search begins with its dataset or sourcetype: " +
      "`rule NAME { from linux_secure where … | stats count() as n by src over 5m | where n > 5 }`",
  },
  {
    name: "a query in SQL",
    looks: (t) => /^\s*(?:select|with)\b[^]*\bfrom\b/i.test(t),
    help: "In SDL the source comes first: " +
      "`rule NAME { from DATASET where … | stats count() as n by src over 5m | where n > 5 }`",
  },
  {
    name: "a query in EQL",
    looks: (t) =>
      /^\s*(?:\w+\s+where\b|(?:sequence|sample)\s+(?:by\b|with\b|\[)|(?:sequence|sample)\s*\n\s*\[)/i
        .test(t),
    help: "In SDL: `rule NAME { from DATASET where … }`, or " +
      "`sequence by user within 5m { DATASET where … as a  DATASET where … as b }`",
  },
  {
    name: "a query in ES|QL",
    looks: (t) => /^\s*from\b[^|]*\|\s*(?:where|stats|eval|keep|limit|sort)\b/i.test(t),
    help: "Put it into a rule: " +
      "`rule NAME { from DATASET where … | stats count() as n by src over 5m | where n > 5 }`",
  },
  {
    name: "a query in KQL",
    looks: (t) =>
      /^\s*(?:let\s+\w+\s*=[^;]*;\s*)*\w+\s*\|\s*(?:where|summarize|extend|project|join|take)\b/i
        .test(t),
    help: "In SDL the table is a dataset: " +
      "`rule NAME { from Authentication where … | stats count() as n by src over 5m }`",
  },
];

/** Text that is looked at: what a file is shows in its first lines. */
const LOOKED_AT = 20_000;

/** The language that a text without one declaration of SDL is written in; null when none is known. */
export function languageOf(text: string): { readonly name: string; readonly help: string } | null {
  const head = text.slice(0, LOOKED_AT).replace(/^(?:\s*(?:#|\/\/|--)[^\n]*\n)+/, "");
  return LANGUAGES.find((l) => l.looks(head)) ?? null;
}
