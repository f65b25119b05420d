/**
 * The schema that one writes first: a column for all that an event has, a primary key and three
 * indexes. What Picket's own is measured against.
 */
import type { EventBatch } from "../agent/event.ts";
import { eventId, textCheck } from "../agent/event.ts";
import { jsonText } from "../agent/store/types/json.ts";
import { isAddress } from "../agent/store/mod.ts";
import { copyText, timestamp } from "./text_rows.ts";

export const NAIVE_SCHEMA = `
CREATE TABLE events (
  id uuid PRIMARY KEY, time timestamptz NOT NULL, ingested timestamptz NOT NULL, source text NOT NULL,
  sourcetype text NOT NULL, datasets text[] NOT NULL, parse_error text, host text, src text, src_ip inet,
  dest text, dest_ip inet, dest_port integer, "user" text, action text, app text, status text,
  url text, http_method text, bytes_out bigint, extra jsonb, raw text NOT NULL
);
CREATE INDEX ON events (time);
CREATE INDEX ON events (src, time);
CREATE INDEX ON events ("user", time);`;

/** A batch as lines of COPY's text format, in the order of the columns. */
export function naiveRows(batch: EventBatch): string {
  const { lines, events, extractionIds, extractions } = batch;
  const ip = (value: unknown) => typeof value === "string" && isAddress(value) ? value : "\\N";
  const text = (value: unknown) =>
    value === undefined || value === null ? "\\N" : copyText(String(value));
  return events.map((e, i) => {
    const x = extractions[extractionIds[i]];
    const f: Record<string, unknown> = { ...x.constants, ...e.more };
    for (const { name } of x.captures) if (e[name] !== undefined) f[name] = e[name];
    const {
      src,
      dest,
      dest_port,
      user,
      action,
      app,
      status,
      url,
      http_method,
      bytes_out,
      ...extra
    } = f;
    return [
      eventId(lines.input.identity!, lines.offset(batch.lineOf(i)), textCheck(e._raw)),
      timestamp(e._time),
      timestamp(lines.arrival),
      text(lines.input.name),
      x.sourcetype,
      `{${x.datasets.join(",")}}`,
      x.parseError ? "no pattern matches" : "\\N",
      text(e.host),
      text(src),
      ip(src),
      text(dest),
      ip(dest),
      ...[dest_port, user, action, app, status, url, http_method, bytes_out].map(text),
      copyText(jsonText(extra)),
      copyText(e._raw),
    ].join("\t") + "\n";
  }).join("");
}
