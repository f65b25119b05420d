/**
 * JSON renderings of Windows events: evtx_dump's and SigmaHQ's (`Event.System`, `Event.EventData`),
 * winlogbeat's (`winlog.event_data`, and version 6's without `winlog`), Wazuh's (`win.eventdata`),
 * and flat objects as NXLog, OTRF's recordings and `Get-WinEvent | ConvertTo-Json` have them.
 */
import type { Value } from "../../../schema/types.ts";
import {
  exactObject,
  flattenJson,
  jsonText,
  type Keyed,
  MAX_KEYS,
  parsedObject,
} from "../json/json.ts";
import { RecordFilling, SYSTEM_NAMES, SYSTEM_NUMBERS, SYSTEM_TEXTS } from "./record.ts";
import { FlatShapes } from "./shapes.ts";

type Json = Readonly<Record<string, unknown>>;

/** Names of System's fields in flat renderings; the first that is there counts. */
const FLAT: readonly (readonly [string, readonly string[]])[] = [
  ["EventID", ["EventCode", "event_id", "event.code", "Id"]],
  ["Channel", ["LogName", "log_name", "EventLog", "Log"]],
  ["Computer", ["Hostname", "ComputerName", "computer_name", "MachineName", "Host", "host.name"]],
  ["Provider_Name", ["SourceName", "source_name", "ProviderName", "provider_name", "Source"]],
  ["Provider_Guid", ["ProviderGuid", "provider_guid", "ProviderId"]],
  ["TimeCreated", ["EventTime", "@timestamp", "SystemTime", "TimeGenerated", "timestamp", "Time"]],
  ["EventRecordID", ["RecordNumber", "record_number", "record_id", "RecordId"]],
  ["Opcode", ["OpcodeValue"]],
  ["ProcessID", ["ExecutionProcessID", "process_id"]],
  ["ThreadID", ["ExecutionThreadID", "thread_id"]],
  ["UserID", ["UserId"]],
  ["ActivityID", ["ActivityId", "activity_id"]],
];

/** Where winlogbeat has System's fields, below `winlog`. */
const WINLOG: readonly (readonly [string, string])[] = [
  ["EventID", "event_id"],
  ["Channel", "channel"],
  ["Computer", "computer_name"],
  ["Provider_Name", "provider_name"],
  ["Provider_Guid", "provider_guid"],
  ["EventRecordID", "record_id"],
  ["Version", "version"],
  ["ActivityID", "activity_id"],
  ["RelatedActivityID", "related_activity_id"],
];

/** What {@link flatRecord} does, for the shapes that a log has. */
const SHAPES = new FlatShapes({ numbers: SYSTEM_NUMBERS, system: SYSTEM_NAMES, aliases: FLAT });

/** Null for what is no JSON object, or none that says which event it is. */
export function readEventJson(text: string): Keyed | null {
  const parsed = parsedObject(text);
  if (parsed === null) return null;
  if (SHAPES.fill(parsed as Keyed)) {
    fixTime(parsed as Record<string, Value>);
    return parsed.EventID === undefined ? null : parsed as Keyed;
  }
  const whole = exactObject(parsed, text);
  if (whole === null) return null;
  const filling = new RecordFilling();
  const wazuh = isObject(whole.win) ? whole : isObject(whole.data) ? whole.data : {};
  if (isObject(whole.Event) && isObject(whole.Event.System)) {
    const { Event: event, ...rest } = whole;
    readEvent(event as Json, filling);
    others(rest, filling);
  } else if (isObject(whole.winlog)) readWinlog(whole, whole.winlog, filling);
  else if (isObject(wazuh.win) && isObject(wazuh.win.system)) {
    readWazuh(whole, wazuh.win, filling);
  } else {
    const record = flatRecord(whole);
    if (record !== null) return record.EventID === undefined ? null : record;
    readFlat(whole, filling);
  }
  return filling.record.EventID === undefined ? null : filling.record;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** `{ "#attributes": { Name: … } }`, `{ "@Name": … }` or `{ Name: … }`. */
function attribute(element: unknown, name: string): string | undefined {
  if (!isObject(element)) return undefined;
  const attributes = element["#attributes"] ?? element["@attributes"] ?? element["$"];
  return textOf(isObject(attributes) ? attributes[name] : element["@" + name] ?? element[name]);
}

/** The text of an element that may have attributes beside it. */
function content(element: unknown): string | undefined {
  return isObject(element)
    ? textOf(element["#text"] ?? element["_"] ?? element["Value"])
    : textOf(element);
}

function readEvent(event: Json, f: RecordFilling): void {
  const system = event.System as Json;
  f.system("Provider_Name", attribute(system.Provider, "Name"));
  f.system("Provider_Guid", attribute(system.Provider, "Guid"));
  f.system("EventSourceName", attribute(system.Provider, "EventSourceName"));
  f.system("Qualifiers", attribute(system.EventID, "Qualifiers"));
  f.system("TimeCreated", attribute(system.TimeCreated, "SystemTime"));
  f.system("ActivityID", attribute(system.Correlation, "ActivityID"));
  f.system("RelatedActivityID", attribute(system.Correlation, "RelatedActivityID"));
  f.system("ProcessID", attribute(system.Execution, "ProcessID"));
  f.system("ThreadID", attribute(system.Execution, "ThreadID"));
  f.system("UserID", attribute(system.Security, "UserID"));
  for (const name of SYSTEM_TEXTS) f.system(name, content(system[name]));
  for (const name of Object.keys(event)) {
    if (name === "System" || name === "RenderingInfo" || /^(?:[#@$]|xmlns)/.test(name)) continue;
    const section = event[name];
    if (isObject(section)) readData(section, f, 0);
    else if (name !== "EventData" && name !== "UserData") putData(name, section, f);
  }
}

/** EventData or UserData: inner objects' leaves under their own names. */
function readData(section: Json, f: RecordFilling, depth: number): void {
  for (const name of Object.keys(section)) {
    if (name === "#attributes" || name.startsWith("@") || name === "xmlns") continue;
    const value = section[name];
    if (name === "Data") {
      for (const one of Array.isArray(value) ? value : [value]) {
        const own = attribute(one, "Name") ?? "";
        if (isObject(one)) putData(own, one["#text"] ?? one["_"] ?? null, f);
        else putData(own, one, f);
      }
    } else if (isObject(value)) {
      if (Object.hasOwn(value, "#text")) putData(name, value["#text"], f);
      else if (depth < 32) readData(value, f, depth + 1);
    } else putData(name, value, f);
  }
}

function putData(name: string, value: unknown, f: RecordFilling): void {
  if (Array.isArray(value)) { for (const one of value) putData(name, one, f); }
  else f.data(name, value === null ? "" : textOf(value) ?? jsonText(value));
}

function readWinlog(whole: Json, winlog: Json, f: RecordFilling): void {
  for (const [name, key] of WINLOG) f.system(name, textOf(winlog[key]));
  if (isObject(winlog.process)) {
    f.system("ProcessID", textOf(winlog.process.pid));
    if (isObject(winlog.process.thread)) f.system("ThreadID", textOf(winlog.process.thread.id));
  }
  if (isObject(winlog.user)) f.system("UserID", textOf(winlog.user.identifier));
  f.system("TimeCreated", textOf(whole["@timestamp"]));
  if (Array.isArray(winlog.keywords)) f.system("Keywords", textOf(winlog.keywords[0]));
  if (isObject(whole.event)) f.system("EventID", textOf(whole.event.code));
  for (const section of [winlog.event_data, winlog.user_data]) {
    if (isObject(section)) readData(section, f, 0);
  }
  const { event_data: _, user_data: __, ...rest } = winlog;
  others({ ...whole, winlog: rest }, f);
}

/** Wazuh begins the names of EventData with a small letter. */
function readWazuh(whole: Json, win: Json, f: RecordFilling): void {
  const system = win.system as Json;
  const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
  const names: Readonly<Record<string, string>> = {
    providerName: "Provider_Name",
    providerGuid: "Provider_Guid",
    eventSourceName: "EventSourceName",
    eventID: "EventID",
    systemTime: "TimeCreated",
    eventRecordID: "EventRecordID",
    processID: "ProcessID",
    threadID: "ThreadID",
  };
  for (const key of Object.keys(system)) {
    f.other(names[key] ?? capital(key), textOf(system[key]));
  }
  if (isObject(win.eventdata)) {
    for (const key of Object.keys(win.eventdata)) putData(capital(key), win.eventdata[key], f);
  }
  const { win: _, ...rest } = whole;
  others(isObject(rest.data) ? { ...rest, data: undefined } : rest, f);
}

/** Time as `ConvertTo-Json` of older PowerShells writes it. */
const MS_DATE = /^\/Date\((-?\d{1,14})\)\/$/;

/**
 * A flat object of plain values as the record itself, so that nothing is copied; null for any other.
 * Changes the object.
 */
export function flatRecord(whole: Record<string, unknown>): Keyed | null {
  const names = Object.keys(whole);
  if (names.length > MAX_KEYS) return null;
  for (let i = 0; i < names.length; i++) {
    const value = whole[names[i]];
    if (typeof value === "object" && value !== null) return null;
  }
  const record = whole as Record<string, Value>;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const value = record[name];
    if (SYSTEM_NUMBERS.has(name)) {
      const n = value === "" || value === null ? NaN : +value!;
      record[name] = Number.isFinite(n) ? n : undefined;
    } else if (value === null) record[name] = undefined;
    else if (typeof value !== "string") record[name] = String(value);
    else if (value === "" && SYSTEM_NAMES.has(name)) record[name] = undefined;
  }
  for (let i = 0; i < FLAT.length; i++) {
    const [name, keys] = FLAT[i];
    if (record[name] !== undefined) continue;
    for (let k = 0; k < keys.length && record[name] === undefined; k++) {
      const value = record[keys[k]];
      if (value === undefined || value === "" || typeof value === "function") continue;
      if (!SYSTEM_NUMBERS.has(name)) record[name] = value;
      else if (Number.isFinite(+value)) record[name] = +value;
    }
  }
  fixTime(record);
  return record;
}

function fixTime(record: Record<string, Value>): void {
  const { TimeCreated } = record;
  if (typeof TimeCreated !== "string" || TimeCreated.charCodeAt(0) !== 47) return;
  const time = MS_DATE.exec(TimeCreated);
  if (time) record.TimeCreated = new Date(+time[1]).toISOString();
}

function readFlat(whole: Json, f: RecordFilling): void {
  const { event_data, user_data, ...rest } = whole;
  for (const section of [event_data, user_data]) if (isObject(section)) readData(section, f, 0);
  others(rest, f);
  for (const [name, keys] of FLAT) {
    for (const key of keys) f.system(name, textOf(f.record[key]));
  }
  fixTime(f.record);
}

function others(object: Json, f: RecordFilling): void {
  const put = (name: string, value: string | readonly string[]) => f.other(name, value);
  flattenJson(object, { put, list: put });
}
