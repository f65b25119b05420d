/**
 * Alerts as documents of the Elastic Common Schema
 * (https://www.elastic.co/guide/en/ecs/8.17/ecs-field-reference.html). Fields of events that ECS has no
 * place for are under `picket.fields` as text, so that one index mapping fits all rules.
 */
import type { PlaceMark } from "../../context.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import { TACTICS, techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { parseIp } from "../../../grammar/ip.ts";
import type { Alert } from "../../event.ts";
import { entryOf, type Form, type FormContext, known } from "./form.ts";
import { valueText } from "./message.ts";

export const ECS_VERSION = "8.17.0";

/** What Elastic's own detection engine writes for its severities; it has no informational. */
const SEVERITY: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 21,
  medium: 47,
  high: 73,
  critical: 99,
};

/** Where ECS keeps a field of the CIM. `int` is a number there, all else is a keyword. */
const PLACES: Readonly<Record<string, { readonly at: string; readonly int?: true }>> = {
  src_port: { at: "source.port", int: true },
  dest_port: { at: "destination.port", int: true },
  src_mac: { at: "source.mac" },
  dest_mac: { at: "destination.mac" },
  user: { at: "user.name" },
  user_id: { at: "user.id" },
  src_user: { at: "source.user.name" },
  transport: { at: "network.transport" },
  app: { at: "network.application" },
  process: { at: "process.command_line" },
  process_name: { at: "process.name" },
  process_path: { at: "process.executable" },
  process_id: { at: "process.pid", int: true },
  parent_process: { at: "process.parent.command_line" },
  parent_process_name: { at: "process.parent.name" },
  parent_process_path: { at: "process.parent.executable" },
  parent_process_id: { at: "process.parent.pid", int: true },
  file_name: { at: "file.name" },
  file_path: { at: "file.path" },
  file_size: { at: "file.size", int: true },
  url: { at: "url.original" },
  http_method: { at: "http.request.method" },
  http_user_agent: { at: "user_agent.original" },
  http_referrer: { at: "http.request.referrer" },
  status: { at: "event.outcome" },
  query: { at: "dns.question.name" },
  registry_path: { at: "registry.path" },
  registry_value_name: { at: "registry.value" },
  service_name: { at: "service.name" },
};

type Document = Record<string, unknown>;

/** Sets `a.b.c`; what stands there stays. */
function put(document: Document, path: string, value: unknown): void {
  const names = path.split(".");
  let at = document;
  for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Document;
  at[names.at(-1)!] ??= value;
}

/** `source` or `destination`: an address, and what it turns out to be. */
function putHost(document: Document, side: string, text: string): void {
  put(document, `${side}.address`, text);
  put(document, parseIp(text) === null ? `${side}.domain` : `${side}.ip`, text);
}

const OUTCOMES = ["success", "failure", "unknown"];

function putField(document: Document, name: string, value: Value): void {
  if (value === undefined) return;
  const text = valueText(value);
  if (/^src(_ip|_host)?$/.test(name)) return putHost(document, "source", text);
  if (/^dest(_ip|_host)?$/.test(name)) return putHost(document, "destination", text);
  if (name === "host" || name === "dvc") return put(document, "host.name", text);
  const place = entryOf(PLACES, name);
  if (place === undefined) return;
  if (place.int) {
    if (Number.isSafeInteger(Number(text)) && text !== "") put(document, place.at, Number(text));
  } else if (place.at !== "event.outcome" || OUTCOMES.includes(text)) put(document, place.at, text);
}

/** What ECS gathers of all fields, to search by. */
function related(fields: Alert["fields"]): Document {
  const found = { ip: new Set<string>(), user: new Set<string>(), hosts: new Set<string>() };
  const hash = new Set<string>();
  for (const [name, value] of Object.entries(fields)) {
    for (const text of Array.isArray(value) ? value : value === undefined ? [] : [`${value}`]) {
      if (parseIp(text) !== null) found.ip.add(text);
      else if (/(^|_)user$/.test(name)) found.user.add(text);
      else if (/^(src|dest|dvc|host)(_host)?$/.test(name)) found.hosts.add(text);
      else if (/_hash$/.test(name)) hash.add(text);
    }
  }
  return known({
    ip: [...found.ip],
    user: [...found.user],
    hosts: [...found.hosts],
    hash: [...hash],
  });
}

function threat(alert: Alert): Document | undefined {
  if (alert.mitre.length === 0) return undefined;
  const names = [...new Set(alert.mitre.flatMap((m) => m.tactics))];
  const parents = [...new Set(alert.mitre.map((m) => m.id.split(".")[0]))];
  const whole = alert.mitre.filter((m) => !m.id.includes("."));
  const subs = alert.mitre.filter((m) => m.id.includes("."));
  return {
    framework: "MITRE ATT&CK",
    tactic: known({
      name: names,
      id: names.flatMap((n) => TACTICS.find((t) => t.name === n)?.id ?? []),
    }),
    technique: known({
      id: parents,
      name: whole.map((m) => m.name),
      reference: parents.map(techniqueUrl),
      subtechnique: known({
        id: subs.map((m) => m.id),
        name: subs.map((m) => m.name),
        reference: subs.map((m) => techniqueUrl(m.id)),
      }),
    }),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

function base({ host, version }: FormContext): Document {
  return {
    ecs: { version: ECS_VERSION },
    observer: { vendor: "Picket", product: "Picket", type: "siem", version, hostname: host },
  };
}

/** Where the source and the destination are, when it is their address that the mark is about. */
function putPlace(document: Document, mark: PlaceMark): void {
  const { field, value, country, city, asn, org } = mark;
  const side = field === "src" ? "source" : field === "dest" ? "destination" : null;
  if (side === null || (document[side] as Document | undefined)?.ip !== value) return;
  document[side] = {
    ...document[side] as Document | undefined,
    ...country || city ? { geo: known({ country_iso_code: country, city_name: city }) } : {},
    ...asn !== undefined || org
      ? { as: known({ number: asn, organization: org ? { name: org } : undefined }) }
      : {},
  };
}

export const ecs: Form = {
  summary: `Elastic Common Schema ${ECS_VERSION}`,
  alert(alert, context) {
    const { notification } = context;
    const fields = { ...alert.entity, ...alert.fields };
    const { metadata } = alert;
    const document: Document = {
      "@timestamp": iso(alert.time),
      ...base(context),
      message: alert.message,
      event: known({
        kind: "alert",
        category: ["intrusion_detection"],
        type: ["info"],
        id: alert.id,
        action: notification.event,
        module: "picket",
        dataset: "picket.alert",
        provider: alert.rule,
        severity: SEVERITY[alert.severity],
        risk_score: SEVERITY[alert.severity],
        start: iso(alert.first),
        end: iso(alert.last),
        // Nanoseconds.
        duration: (alert.last - alert.first) * 1e6,
        created: iso(notification.time),
        reason: alert.message,
        url: notification.link,
      }),
      rule: known({
        id: alert.metadata.id || alert.rule,
        name: alert.title || alert.rule,
        ruleset: "picket",
        version: alert.planHash,
        description: metadata.description,
        author: metadata.author ? [metadata.author] : undefined,
        license: metadata.license,
        reference: metadata.references?.[0],
      }),
      log: { level: alert.severity },
    };
    for (const [name, value] of Object.entries(fields)) putField(document, name, value);
    for (const mark of alert.context?.geography ?? []) putPlace(document, mark);
    return known({
      ...document,
      tags: metadata.tags,
      related: related(fields),
      threat: threat(alert),
      vulnerability: metadata.cve?.length ? { id: metadata.cve } : undefined,
      picket: known({
        rule: alert.rule,
        status: alert.status,
        count: alert.count,
        suppressed: alert.suppressed,
        notification: notification.key,
        entity: texts(alert.entity),
        context: alert.context,
        fields: texts(fields),
        event_ids: alert.eventIds,
      }),
    });
  },
  health(health, context) {
    return known({
      "@timestamp": iso(health.time),
      ...base(context),
      message: health.message,
      event: {
        kind: "event",
        module: "picket",
        dataset: "picket.health",
        action: health.kind,
        created: iso(context.notification.time),
      },
      log: { level: "warning" },
      picket: known({
        subject: health.subject,
        notification: context.notification.key,
        detail: JSON.stringify(health.detail),
      }),
    });
  },
};

/**
 * Fields as text under their names. A dot would make an object of a name, and an index that has `login`
 * as a text takes no document with `login.user`: it becomes an underscore.
 */
function texts(fields: Alert["fields"]): Document {
  const out = new Map<string, unknown>();
  for (const [name, value] of Object.entries(fields)) {
    const key = name.replaceAll(".", "_");
    if (value === undefined || out.has(key)) continue;
    out.set(key, Array.isArray(value) ? value : `${value}`);
  }
  return known(Object.fromEntries(out));
}
