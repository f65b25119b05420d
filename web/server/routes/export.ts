/** Events, alerts and incidents as NDJSON and CSV, page by page as the client takes them. */
import {
  type AlertFilter,
  type IncidentFilter,
  silenceOf,
  type Store,
  type StoredAlert,
  type StoredEvent,
  type StoredIncident,
} from "../../../agent/store/mod.ts";
import type { IrExpr } from "../../../compiler/ir/program.ts";
import type { Content } from "../route/content.ts";
import { incidentOf } from "../route/tactics.ts";
import { searchedAlerts } from "../route/searched.ts";
import { csvLine } from "../../../agent/outputs/render/csv.ts";
import { visibleJson } from "../../../grammar/visible.ts";
import { alertJson, chosen, eventJson } from "../types/json.ts";
import type { Event } from "../types/mod.ts";

export const FORMATS = ["ndjson", "csv"] as const;
export type Format = typeof FORMATS[number];

/** Columns of a CSV when nobody chose: what every event has, and the CIM's most used fields. */
export const EXPORT_COLUMNS: readonly string[] = [
  "_id",
  "_time",
  "host",
  "source",
  "sourcetype",
  "datasets",
  "src",
  "dest",
  "dest_port",
  "user",
  "action",
  "app",
  "status",
  "severity",
  "signature",
  "http_method",
  "url",
  "bytes_out",
  "parse_error",
  "_raw",
];

/** Media of exports, by what their text is. */
export const EXPORT_MEDIA = {
  "application/x-ndjson": "One row a line",
  "text/csv": "A line of names, then one row a record",
};

/** Columns of alerts and of incidents as CSV; what is a list has blanks between its parts. */
export const ALERT_COLUMNS: readonly string[] = [
  ...["id", "time", "first", "last", "severity", "status", "verdict", "assignee", "rule", "title"],
  ...["entity", "message", "count", "suppressed", "techniques", "comment"],
];
export const INCIDENT_COLUMNS: readonly string[] = [
  ...["id", "entity", "severity", "status", "first", "last", "alerts", "rules", "tactics"],
  "techniques",
];

/** An answer that reads a page when the one before was taken. */
export function exported(
  pages: AsyncIterable<readonly StoredEvent[]>,
  format: Format,
  fields: readonly string[] | undefined,
): Promise<Response> {
  const columns = fields ?? EXPORT_COLUMNS;
  const line = format === "csv"
    ? (e: Event) => csvLine(columns.map((name) => e[name]))
    : (e: Event) => visibleJson(fields ? chosen(e, fields) : e) + "\n";
  const form = { name: "events", format, columns };
  return answerOf(pages, (event) => line(eventJson(event)), form);
}

export async function exportedAlerts(
  { store, filter, conditions, format, now }: {
    readonly store: Store;
    readonly filter: Omit<AlertFilter, "limit" | "cursor">;
    readonly conditions: readonly IrExpr[];
    readonly format: Format;
    readonly now: number;
  },
): Promise<Response> {
  const silences = await store.silences({ active: true, now });
  async function* pages() {
    for await (const { items } of searchedAlerts(store, filter, conditions)) yield items;
  }
  const line = (a: StoredAlert) => {
    const alert = alertJson(a, silenceOf(silences, a, now));
    if (format === "ndjson") return visibleJson(alert) + "\n";
    const row: Record<string, unknown> = {
      ...alert,
      entity: entityText(alert.entity),
      techniques: alert.mitre.map((m) => m.id),
    };
    return csvLine(ALERT_COLUMNS.map((name) => row[name]));
  };
  return await answerOf(pages(), line, { name: "alerts", format, columns: ALERT_COLUMNS });
}

export function exportedIncidents(
  store: Store,
  content: Content | null,
  filter: Omit<IncidentFilter, "limit" | "cursor">,
  format: Format,
): Promise<Response> {
  async function* pages() {
    let cursor: IncidentFilter["cursor"];
    do {
      const page = await store.incidents({ ...filter, cursor, limit: 1000 });
      yield page.items;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }
  const line = (i: StoredIncident) => {
    const incident = incidentOf(content, i);
    if (format === "ndjson") return visibleJson(incident) + "\n";
    const row: Record<string, unknown> = { ...incident, entity: entityText(incident.entity) };
    return csvLine(INCIDENT_COLUMNS.map((name) => row[name]));
  };
  return answerOf(pages(), line, { name: "incidents", format, columns: INCIDENT_COLUMNS });
}

const entityText = (entity: Readonly<Record<string, unknown>>) =>
  Object.entries(entity).map(([name, value]) => `${name}=${value}`).join(" ");

/** An answer that reads a page when the one before was taken. */
async function answerOf<T>(
  pages: AsyncIterable<readonly T[]>,
  line: (row: T) => string,
  { name, format, columns }: {
    readonly name: string;
    readonly format: Format;
    readonly columns: readonly string[];
  },
): Promise<Response> {
  const iterator = pages[Symbol.asyncIterator]();
  // The first page is read before the answer begins, so that a failure still is an answer.
  let page = await iterator.next();
  let head = format === "csv" ? csvLine(columns) : "";
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (page.done) {
        if (head) controller.enqueue(encoder.encode(head));
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(head + page.value.map(line).join("")));
      head = "";
      page = await iterator.next();
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "Content-Type": format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson",
      "Content-Disposition": `attachment; filename="picket-${name}.${format}"`,
    },
  });
}
