/** `sinks:` of `agent.yaml`: what alerts are sent to, which of them, and when. */
import { isMap, isScalar, type Node } from "yaml";
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import type { IrExpr } from "../../compiler/ir/program.ts";
import { lex } from "../../grammar/lexer.ts";
import { nearest } from "../../grammar/nearest.ts";
import type { Entry } from "../../grammar/yaml_reader.ts";
import { ALERT_NAMES, ALERT_ROW } from "../outputs/delivery/alert_rows.ts";
import {
  ALERT_EVENTS,
  DAY,
  type Grouping,
  HOUR,
  type QuietHours,
  type SinkConfig,
} from "../outputs/delivery/config.ts";
import type { DestinationSpec } from "../outputs/destinations/destination.ts";
import { DESTINATIONS } from "../outputs/destinations/destinations.ts";
import { placesOf, readCondition } from "./condition.ts";
import { keysOf, readDestination } from "./destination_settings.ts";
import type { Section, SettingsReader } from "./section.ts";
import { bad, readChoice, readChoices, readDuration, readNumber, readSwitch } from "./values.ts";

/** What every sink can be given, whatever its type. */
const COMMON = [
  "type",
  "where",
  "min_severity",
  "on",
  "health",
  "throttle",
  "group",
  "limit",
  "quiet_hours",
  "timeout",
  "concurrency",
  "allow_private",
];

/** ms within which one rule and entity is told once. */
const THROTTLE = 120_000;
/** ms of an attempt. */
const TIMEOUT = 10_000;
/** Attempts under way at once. */
const CONCURRENCY = 4;
/** As Alertmanager's defaults, in ms. */
const GROUP = { wait: 30_000, interval: 300_000 };
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const NAME = /^[A-Za-z][\w-]{0,63}$/;

export const sinks = sinksSection(DESTINATIONS);

/** @param types the types that there are; tests hand in their own */
export function sinksSection(
  types: readonly DestinationSpec[],
): Section<readonly SinkConfig[]> {
  return {
    summary: "What alerts are sent to: a name each, with its type and the type's settings",
    empty: [],
    read: (reader, node) =>
      reader.entries(node, `"sinks"`).flatMap((entry) => sinkOf(reader, entry, types) ?? []),
  };
}

function sinkOf(
  reader: SettingsReader,
  sink: Entry,
  types: readonly DestinationSpec[],
): SinkConfig | null {
  if (!NAME.test(sink.key)) {
    reader.report("bad_value", sink.keySpan, `"${sink.key}" is no name of a sink`, {
      help: "Use letters, digits, _ and -, a letter first",
    });
  }
  if (!isMap(sink.node)) {
    reader.report("wrong_kind", sink.keySpan, `Sink "${sink.key}" must be a mapping`, {
      help: "Give it a type, as `type: slack`",
    });
    return null;
  }
  const spec = typeOf(reader, sink, types);
  if (spec === null) return null;
  const keys = [...COMMON, ...spec.settings.flatMap(keysOf)];
  secrets(reader, sink, spec);
  const entries = reader.record(
    sink.node,
    `Sink "${sink.key}"`,
    [...keys, ...spec.settings.filter((s) => s.kind === "secret").map((s) => s.name)],
  );
  return {
    name: sink.key,
    span: sink.keySpan,
    spec,
    settings: readDestination(reader, spec, entries, sink),
    ...routing(reader, entries, spec),
  };
}

function typeOf(
  reader: SettingsReader,
  sink: Entry,
  types: readonly DestinationSpec[],
): DestinationSpec | null {
  const type = reader.entries(sink.node, "").find((e) => e.key === "type");
  const names = types.map((t) => t.type);
  if (type === undefined) {
    reader.report("missing_key", sink.keySpan, `Sink "${sink.key}" has no "type"`, {
      help: `Give it one of ${names.join(", ")}`,
    });
    return null;
  }
  const text = isScalar(type.node) ? String(type.node.value) : "";
  const found = types.find((t) => t.type === text);
  if (found) return found;
  reader.unknown("unknown_name", reader.span(type.node), "type of a sink", text, names);
  return null;
}

/** A secret that stands in the file is told as one: the file is read by many and kept in many places. */
function secrets(reader: SettingsReader, sink: Entry, spec: DestinationSpec): void {
  for (const { key, keySpan } of reader.entries(sink.node, "")) {
    if (!spec.settings.some((s) => s.kind === "secret" && s.name === key)) continue;
    reader.report("bad_value", keySpan, `"${key}" is a secret and has no place in this file`, {
      help: `Write ${key}_file: PATH or ${key}_env: VARIABLE`,
    });
  }
}

type Routing = Omit<SinkConfig, "name" | "span" | "spec" | "settings">;

function routing(
  reader: SettingsReader,
  entries: ReadonlyMap<string, Entry>,
  spec: DestinationSpec,
): Routing {
  const given = <T>(key: string, read: (node: Node | null, what: string) => T | null, none: T): T =>
    entries.has(key) ? read(entries.get(key)!.node, `"${key}"`) ?? none : none;
  const duration = (key: string, none: number, least: number, most: number) =>
    given(key, (n, what) => readDuration(reader, n, what, { least, most }), none);
  return {
    where: given<IrExpr | null>("where", (n, what) => whereOf(reader, n, what), null),
    minSeverity: given<Severity>(
      "min_severity",
      (n, what) => readChoice(reader, n, what, SEVERITIES),
      "medium",
    ),
    on: new Set(
      given("on", (n, what) => readChoices(reader, n, what, ALERT_EVENTS), ["opened"]),
    ),
    health: given<SinkConfig["health"]>("health", (n) => healthOf(reader, n), new Set<string>()),
    throttle: duration("throttle", spec.records ? 0 : THROTTLE, 0, 30 * DAY),
    group: given<Grouping | null>("group", (n) => groupOf(reader, n), null),
    limit: given<SinkConfig["limit"]>("limit", (n) => limitOf(reader, n), null),
    quiet: given<QuietHours | null>("quiet_hours", (n) => quietOf(reader, n), null),
    timeout: duration("timeout", TIMEOUT, 100, 10 * 60_000),
    concurrency: given(
      "concurrency",
      (n, what) => readNumber(reader, n, what, { least: 1, most: 64 }),
      CONCURRENCY,
    ),
    allowPrivate: given("allow_private", (n, what) => readSwitch(reader, n, what), false),
  };
}

/** A condition over alerts. A name that is nearly one of an alert's own is a mistake, not a field. */
function whereOf(reader: SettingsReader, node: Node | null, what: string): IrExpr | null {
  const before = reader.diagnostics.length;
  const expr = readCondition(reader, node, what, ALERT_ROW);
  const told = reader.diagnostics.slice(before);
  const text = isScalar(node) && typeof node.value === "string" ? node.value : "";
  const place = placesOf(reader, node!, text);
  for (const { name, span, near } of nearNames(text)) {
    const at = place(span);
    if (told.some((d) => d.span.start < at.end && at.start < d.span.end)) continue;
    reader.report("bad_condition", at, `No alert has a field "${name}"`, {
      help: `Did you mean ${near}? Of an event's field, write fields.${name}`,
      suggestion: near,
    });
  }
  return reader.diagnostics.length > before ? null : expr;
}

/** Names of a condition that an alert does not have, but nearly. */
function* nearNames(text: string) {
  const { tokens } = lex(text, "");
  for (const [i, { type, value, start, end }] of tokens.entries()) {
    const name = String(value), before = tokens[i - 1]?.text, after = tokens[i + 1]?.text;
    // Steps of a path, functions, and words of the language.
    if (type !== "name" || before === "." || after === "." || after === "(") continue;
    if (ALERT_ROW.fields.has(name) || (SEVERITIES as readonly string[]).includes(name)) continue;
    const near = nearest(name, ALERT_NAMES.keys());
    if (near !== undefined) yield { name, span: { start, end }, near };
  }
}

function healthOf(reader: SettingsReader, node: Node | null): SinkConfig["health"] {
  if (isScalar(node) && typeof node.value === "boolean") return node.value ? "all" : new Set();
  return new Set(reader.strings(node, `"health"`));
}

function groupOf(reader: SettingsReader, node: Node | null): Grouping | null {
  const entries = reader.record(node, `"group"`, ["by", "wait", "interval", "repeat"]);
  const ms = (key: string, none: number, least = 0) =>
    entries.has(key)
      ? readDuration(reader, entries.get(key)!.node, `"${key}"`, { least, most: 30 * DAY }) ?? none
      : none;
  const by = entries.has("by") ? reader.strings(entries.get("by")!.node, `"by"`) : ["rule"];
  return {
    by: by.filter((name) => name !== ""),
    wait: ms("wait", GROUP.wait),
    interval: ms("interval", GROUP.interval),
    repeat: entries.has("repeat") ? ms("repeat", 4 * HOUR, 60_000) : null,
  };
}

function limitOf(reader: SettingsReader, node: Node | null): SinkConfig["limit"] {
  const entries = reader.record(node, `"limit"`, ["count", "per"]);
  for (const key of ["count", "per"]) {
    if (entries.has(key) || !isMap(node)) continue;
    reader.report("missing_key", reader.span(node), `"limit" has no "${key}"`, {
      help: "Write both, as limit: {count: 10, per: 1h}",
    });
  }
  if (entries.size < 2) return null;
  const count = readNumber(reader, entries.get("count")!.node, `"count"`, { least: 1, most: 1e6 });
  const per = readDuration(reader, entries.get("per")!.node, `"per"`, { least: 1000, most: DAY });
  return count === null || per === null ? null : { count, per };
}

function quietOf(reader: SettingsReader, node: Node | null): QuietHours | null {
  const keys = ["from", "to", "zone", "days", "except_severity"];
  const entries = reader.record(node, `"quiet_hours"`, keys);
  const get = (key: string) => entries.get(key)?.node ?? null;
  for (const key of ["from", "to"]) {
    if (entries.has(key) || !isMap(node)) continue;
    reader.report("missing_key", reader.span(node), `"quiet_hours" has no "${key}"`, {
      help: `Write a time of day, as ${key}: "22:00"`,
    });
  }
  const from = entries.has("from") ? minuteOf(reader, get("from"), "from") : null;
  const to = entries.has("to") ? minuteOf(reader, get("to"), "to") : null;
  const zone = entries.has("zone") ? zoneOf(reader, get("zone")) : "UTC";
  const days = entries.has("days") ? readChoices(reader, get("days"), `"days"`, DAYS) : DAYS;
  const exceptSeverity = entries.has("except_severity")
    ? readChoice(reader, get("except_severity"), `"except_severity"`, SEVERITIES)
    : null;
  if (from === null || to === null || zone === null) return null;
  return { from, to, zone, days: new Set(days.map((d) => DAYS.indexOf(d))), exceptSeverity };
}

/** `22:00` as minutes from midnight. YAML 1.2 has no times: it is a text, with quotes or without. */
function minuteOf(reader: SettingsReader, node: Node | null, key: string): number | null {
  const m = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(isScalar(node) ? String(node.value) : "");
  if (m) return Number(m[1]) * 60 + Number(m[2]);
  bad(reader, node, `"${key}"`, { message: "is no time of day", help: 'Write it as "22:00"' });
  return null;
}

function zoneOf(reader: SettingsReader, node: Node | null): string | null {
  const text = isScalar(node) ? String(node.value) : "";
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return text;
  } catch {
    bad(reader, node, "The time zone", {
      message: "is not known",
      help: "Give a name of the tz database, as Europe/Zurich",
    });
    return null;
  }
}
