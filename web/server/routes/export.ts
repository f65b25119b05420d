/** Events as NDJSON and CSV, page by page as the client takes them. */
import type { StoredEvent } from "../../../agent/store/mod.ts";
import { csvLine } from "../../../agent/outputs/render/csv.ts";
import { visibleJson } from "../../../grammar/visible.ts";
import { chosen, eventJson } from "../types/json.ts";
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

/** An answer that reads a page when the one before was taken. */
export async function exported(
  pages: AsyncIterable<readonly StoredEvent[]>,
  format: Format,
  fields: readonly string[] | undefined,
): Promise<Response> {
  const columns = fields ?? EXPORT_COLUMNS;
  const line = format === "csv"
    ? (e: Event) => csvLine(columns.map((name) => e[name]))
    : (e: Event) => visibleJson(fields ? chosen(e, fields) : e) + "\n";
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
      controller.enqueue(encoder.encode(head + page.value.map((e) => line(eventJson(e))).join("")));
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
      "Content-Disposition": `attachment; filename="picket-events.${format}"`,
    },
  });
}
