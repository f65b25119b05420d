/**
 * Alerts as OCSF Detection Findings (class 2004, https://schema.ocsf.io/1.4.0/classes/detection_finding)
 * and health events as OCSF base events. Times are epoch milliseconds, as OCSF's timestamp_t.
 */
import type { Mark } from "../../context.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import { ATTACK_VERSION, TACTICS, techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import { parseIp } from "../../../grammar/ip.ts";
import type { Alert } from "../../event.ts";
import { entryOf, type Form, type FormContext, known } from "./form.ts";
import { valueText } from "./message.ts";

export const OCSF_VERSION = "1.4.0";

const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  informational: [1, "Informational"],
  low: [2, "Low"],
  medium: [3, "Medium"],
  high: [4, "High"],
  critical: [5, "Critical"],
};

const STATUS: Readonly<Record<Alert["status"], readonly [number, string]>> = {
  open: [1, "New"],
  acknowledged: [2, "In Progress"],
  closed: [4, "Resolved"],
};

/** Types of observables (`type_id`), by the field of the CIM that holds one. */
const OBSERVABLE: Readonly<Record<string, readonly [number, string]>> = {
  user: [4, "User Name"],
  src_user: [4, "User Name"],
  url: [6, "URL String"],
  file_name: [7, "File Name"],
  file_hash: [8, "Hash"],
  process_hash: [8, "Hash"],
  process_name: [9, "Process Name"],
  src_mac: [3, "MAC Address"],
  dest_mac: [3, "MAC Address"],
};
const HOSTS = ["src", "src_ip", "src_host", "dest", "dest_ip", "dest_host", "dvc", "host"];

function activity({ notification: { event } }: FormContext, alert: Alert): [number, string] {
  if (event === "closed" || alert.status === "closed") return [3, "Close"];
  return event === "changed" ? [2, "Update"] : [1, "Create"];
}

function metadata({ notification, version, host }: FormContext) {
  return {
    version: OCSF_VERSION,
    uid: notification.key,
    product: { name: "Picket", vendor_name: "Picket", version },
    log_provider: host,
    logged_time: notification.time,
  };
}

/** One object for each tactic of a technique: an attack has one tactic. */
function attacks(alert: Alert) {
  return alert.mitre.flatMap(({ id, name, tactics }) => {
    const [parent, sub] = id.split(".");
    const technique = sub === undefined ? { uid: id, name } : { uid: parent };
    const parts = {
      version: ATTACK_VERSION,
      technique: { ...technique, src_url: techniqueUrl(parent) },
      ...sub === undefined ? {} : { sub_technique: { uid: id, name, src_url: techniqueUrl(id) } },
    };
    if (tactics.length === 0) return [parts];
    return tactics.map((tactic) => ({
      ...parts,
      tactic: { name: tactic, uid: TACTICS.find((t) => t.name === tactic)?.id },
    }));
  });
}

function observables(fields: Alert["fields"]) {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = valueText(value);
    const type = HOSTS.includes(name)
      ? parseIp(text) === null ? [1, "Hostname"] : [2, "IP Address"]
      : entryOf(OBSERVABLE, name);
    return type === undefined
      ? []
      : [{ name: `evidences[0].data.${name}`, type_id: type[0], type: type[1], value: text }];
  });
}

/** What is known of the values of an alert; undefined for nothing. */
function enrichments({ context }: Alert) {
  const { assets = [], intelligence = [], geography = [] } = context ?? {};
  const of = (type: string, provider: string, { field, value, ...data }: Mark) => ({
    name: field,
    value,
    type,
    provider,
    data,
  });
  const all = [
    ...assets.map((mark) => of(mark.kind, "picket", mark)),
    ...intelligence.map((mark) => of("intelligence", mark.source, mark)),
    ...geography.map((mark) => of("location", "picket", mark)),
  ];
  return all.length > 0 ? all : undefined;
}

export const ocsf: Form = {
  summary: `OCSF ${OCSF_VERSION} Detection Finding (class_uid 2004)`,
  alert(alert, context) {
    const [activityId, activityName] = activity(context, alert);
    const fields = { ...alert.entity, ...alert.fields };
    const { description, author, cve, tags } = alert.metadata;
    return known({
      activity_id: activityId,
      activity_name: activityName,
      category_uid: 2,
      category_name: "Findings",
      class_uid: 2004,
      class_name: "Detection Finding",
      type_uid: 200400 + activityId,
      type_name: `Detection Finding: ${activityName}`,
      severity_id: SEVERITY[alert.severity][0],
      severity: SEVERITY[alert.severity][1],
      status_id: STATUS[alert.status][0],
      status: STATUS[alert.status][1],
      is_alert: activityId !== 3,
      time: alert.time,
      start_time: alert.first,
      end_time: alert.last,
      count: alert.count,
      message: alert.message,
      metadata: metadata(context),
      finding_info: known({
        uid: alert.id,
        title: alert.title || alert.rule,
        desc: description,
        created_time: alert.time,
        first_seen_time: alert.first,
        last_seen_time: alert.last,
        src_url: context.notification.link,
        related_events_count: alert.eventIds.length,
        analytic: known({
          type_id: 1,
          type: "Rule",
          name: alert.rule,
          uid: alert.metadata.id || alert.rule,
          version: alert.planHash,
          desc: author ? `By ${author}` : undefined,
        }),
        attacks: attacks(alert),
        types: tags,
      }),
      evidences: [{ data: known(fields) }],
      enrichments: enrichments(alert),
      observables: observables(fields),
      vulnerabilities: cve?.map((uid) => ({ cve: { uid } })),
      unmapped: known({
        entity: known({ ...alert.entity }),
        suppressed: alert.suppressed,
        event_ids: alert.eventIds,
      }),
    });
  },
  health(health, context) {
    return known({
      activity_id: 99,
      activity_name: health.kind,
      category_uid: 0,
      class_uid: 0,
      type_uid: 99,
      severity_id: 1,
      severity: "Informational",
      time: health.time,
      message: health.message,
      metadata: metadata(context),
      unmapped: known({ subject: health.subject, detail: health.detail }),
    });
  },
};
