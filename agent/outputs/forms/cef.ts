/**
 * Alerts as lines of ArcSight's Common Event Format, version 0 ("Implementing ArcSight Common Event
 * Format", the dictionary of extension keys and the lengths that they may have).
 */
import type { Severity } from "../../../compiler/ir/program.ts";
import { parseIp } from "../../../grammar/ip.ts";
import type { Alert } from "../../event.ts";
import type { HealthEvent } from "../sink.ts";
import { cefHeader, cefValue, cut } from "./escape.ts";
import { entryOf, type FormContext } from "./form.ts";
import { valueText } from "./message.ts";

/** 0 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high. */
const SEVERITY: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 3,
  medium: 5,
  high: 8,
  critical: 10,
};

/** Keys of the dictionary by the field of the CIM, and their longest value. */
const KEYS: Readonly<Record<string, readonly [string, number]>> = {
  src_port: ["spt", 5],
  dest_port: ["dpt", 5],
  src_mac: ["smac", 17],
  dest_mac: ["dmac", 17],
  src_user: ["suser", 1023],
  user: ["duser", 1023],
  user_id: ["duid", 1023],
  action: ["act", 63],
  app: ["app", 31],
  transport: ["proto", 31],
  url: ["request", 1023],
  http_method: ["requestMethod", 1023],
  http_user_agent: ["requestClientApplication", 1023],
  file_name: ["fname", 1023],
  file_path: ["filePath", 1023],
  file_hash: ["fileHash", 255],
  file_size: ["fsize", 20],
  process_name: ["dproc", 1023],
  process_id: ["dpid", 20],
  dvc: ["dvchost", 100],
  reason: ["reason", 1023],
  status: ["outcome", 63],
  bytes_in: ["in", 20],
  bytes_out: ["out", 20],
};

/** Text that may need a key of its own: cs1 to cs6, each with a label. */
const CUSTOM = 6, CUSTOM_LENGTH = 4000;

type Pair = readonly [key: string, value: string];

function hostPairs(name: string, text: string): Pair[] {
  const source = name.startsWith("src");
  const ip = parseIp(text);
  if (ip === null) return [[source ? "shost" : "dhost", cut(text, 1023)]];
  if (typeof ip === "number") return [[source ? "src" : "dst", text]];
  const key = source ? "c6a2" : "c6a3";
  return [[key, text], [`${key}Label`, `${source ? "Source" : "Destination"} IPv6 Address`]];
}

function pairs(alert: Alert, { notification }: FormContext): Pair[] {
  const out: Pair[] = [
    ["rt", String(alert.time)],
    ["start", String(alert.first)],
    ["end", String(alert.last)],
    ["cnt", String(alert.count)],
    ["externalId", cut(alert.id, 40)],
    ["cat", notification.event],
    ["msg", cut(alert.message, 1023)],
  ];
  const rest: string[] = [];
  const custom: Pair[] = [];
  if (alert.mitre.length > 0) {
    custom.push(["MITRE ATT&CK", alert.mitre.map((m) => `${m.id} ${m.name}`).join(", ")]);
  }
  if (notification.link !== null) custom.push(["Link", notification.link]);
  const taken = new Set<string>();
  for (const [name, value] of Object.entries({ ...alert.entity, ...alert.fields })) {
    if (value === undefined) continue;
    const text = valueText(value);
    const key = entryOf(KEYS, name);
    const found: Pair[] = /^(src|dest)(_ip|_host)?$/.test(name)
      ? hostPairs(name, text)
      : key
      ? [[key[0], cut(text, key[1])]]
      : [];
    if (found.length === 0 || found.some(([k]) => taken.has(k))) rest.push(`${name}: ${text}`);
    else {
      found.forEach(([k]) => taken.add(k));
      out.push(...found);
    }
  }
  if (rest.length > 0) custom.push(["Fields", rest.join("; ")]);
  custom.slice(0, CUSTOM).forEach(([label, value], i) => {
    out.push([`cs${i + 1}`, cut(value, CUSTOM_LENGTH)], [`cs${i + 1}Label`, label]);
  });
  return out;
}

function line(id: string, name: string, severity: number, context: FormContext): string {
  const header = ["Picket", "Picket", context.version, cut(id, 1023), cut(name, 512)];
  return `CEF:0|${header.map(cefHeader).join("|")}|${severity}|`;
}

const extension = (of: readonly Pair[]) =>
  of.map(([key, value]) => `${key}=${cefValue(value)}`).join(" ");

export function alertCef(alert: Alert, context: FormContext): string {
  return line(alert.rule, alert.title || alert.rule, SEVERITY[alert.severity], context) +
    extension(pairs(alert, context));
}

export function healthCef(health: HealthEvent, context: FormContext): string {
  return line(`health.${health.kind}`, "Health of the agent", 3, context) + extension([
    ["rt", String(health.time)],
    ["cat", "health"],
    ["msg", cut(health.message, 1023)],
    ["cs1", cut(health.subject, CUSTOM_LENGTH)],
    ["cs1Label", "Subject"],
  ]);
}
