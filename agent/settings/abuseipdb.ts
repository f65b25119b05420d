/** `abuseipdb:` what AbuseIPDB knows of the addresses of alerts. */
import { isMap, type Node } from "yaml";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import type { Span } from "../../grammar/ast.ts";
import { ABUSEIPDB_URL, DAILY } from "../enrich/context/abuseipdb_settings.ts";
import type { ReputationSettings } from "../enrich/context/reputation.ts";
import { VARIABLES } from "./destination_settings.ts";
import { urlOf } from "./geography.ts";
import type { Section, SettingsReader } from "./section.ts";
import { bad, readChoice, readDuration, readNumber, readSwitch } from "./values.ts";

/** Where the key is. */
export interface KeySetting {
  readonly from: "file" | "env";
  readonly name: string;
  readonly span: Span;
}

export interface AbuseIpdbSetting extends ReputationSettings {
  readonly key: KeySetting;
}

const KEYS = [
  "key_file",
  "key_env",
  "daily",
  "min_severity",
  "fresh",
  "wait",
  "url",
  "allow_private",
];
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export const abuseipdb: Section<AbuseIpdbSetting | null> = {
  summary:
    "Asks AbuseIPDB about the addresses of alerts: `key_file: PATH` or `key_env: VARIABLE`; " +
    "`daily`, `min_severity`, `fresh`, `wait`",
  empty: null,
  read(reader, node) {
    if (!isMap(node)) {
      reader.report("wrong_kind", reader.span(node), '"abuseipdb" must be a mapping', {
        help: "Write key_file: PATH below it",
      });
      return null;
    }
    for (const { key, keySpan } of reader.entries(node, "")) {
      if (key !== "key") continue;
      reader.report("bad_value", keySpan, '"key" is a secret and has no place in this file', {
        help: "Write key_file: PATH or key_env: VARIABLE",
      });
    }
    const top = reader.record(node, '"abuseipdb"', [...KEYS, "key"]);
    const given = <T>(
      key: string,
      read: (node: Node | null, what: string) => T | null,
      none: T,
    ): T => top.has(key) ? read(top.get(key)!.node, `"${key}"`) ?? none : none;
    const duration = (key: string, none: number, least: number, most: number) =>
      given(key, (n, what) => readDuration(reader, n, what, { least, most }), none);
    const key = keyOf(reader, top, reader.span(node));
    const settings: ReputationSettings = {
      url: given("url", (n) => urlOf(reader, n), ABUSEIPDB_URL),
      daily: given(
        "daily",
        (n, what) => readNumber(reader, n, what, { least: 1, most: 1_000_000 }),
        DAILY,
      ),
      minSeverity: given<Severity>(
        "min_severity",
        (n, what) => readChoice(reader, n, what, SEVERITIES),
        "low",
      ),
      fresh: duration("fresh", DAY, HOUR, 30 * DAY),
      wait: duration("wait", 5000, 0, MINUTE),
      allowPrivate: given("allow_private", (n, what) => readSwitch(reader, n, what), false),
    };
    return key === null ? null : { ...settings, key };
  },
};

function keyOf(
  reader: SettingsReader,
  top: ReturnType<SettingsReader["record"]>,
  whole: Span,
): KeySetting | null {
  const file = top.get("key_file"), env = top.get("key_env");
  if (file && env) {
    reader.report("duplicate", env.keySpan, '"key" is given twice', {
      help: 'Keep one of "key_file" and "key_env"',
    });
    return null;
  }
  const entry = file ?? env;
  if (entry === undefined) {
    if (!top.has("key")) {
      reader.report("missing_key", whole, '"abuseipdb" has no "key_file"', {
        help: 'Add "key_file" or "key_env": the key of an account at abuseipdb.com',
      });
    }
    return null;
  }
  const name = reader.string(entry.node, `"${entry.key}"`);
  const span = reader.span(entry.node);
  if (name === null) return null;
  if (file) return { from: "file", name, span };
  if (name.startsWith(VARIABLES) && /^\w+$/.test(name)) return { from: "env", name, span };
  bad(reader, entry.node, "The variable", {
    message: `does not begin with ${VARIABLES}`,
    help: `Name it ${VARIABLES}ABUSEIPDB_KEY: of the environment, only such variables may be read`,
  });
  return null;
}
