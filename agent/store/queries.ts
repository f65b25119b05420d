/** What is asked of the store. Every value is a parameter; names in the SQL are ours. */
import type { Row, Statements } from "./database.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { SEVERITIES } from "../../compiler/ir.ts";
import { FIELD_COLUMNS, ip } from "./rows.ts";
import type {
  AlertFilter,
  EventFilter,
  HealthFilter,
  IncidentFilter,
  Page,
  PageRequest,
  Stats,
  StatusChange,
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
  StoredJob,
  TimeRange,
} from "./types.ts";

/** Epoch ms as a number, whichever driver reads it. */
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8 AS ${column}`;
const hex = (column: string) => `replace(${column}::text, '-', '') AS ${column}`;

const EVENT = `${hex("id")}, ${ms("time")}, ${ms("ingested")}, source, sourcetype, datasets,
  parse_error, host, raw, src, dest, dest_port, "user", action, app, status, url, http_method,
  bytes_out::float8 AS bytes_out, extra`;

const ALERT = `${hex("id")}, rule, plan_hash, title, severity, status, ${ms("time")},
  ${ms("first")}, ${ms("last")}, count::float8 AS count, suppressed::float8 AS suppressed, entity,
  fields, mitre, message, replace(event_ids::text, '-', '') AS event_ids, ${ms("updated")},
  status_by, ${ms("status_at")}, comment`;

const SHOWN = {
  events: EVENT,
  alerts: ALERT,
  health: `${hex("id")}, ${ms("time")}, kind, subject, message, detail`,
} as const;

/** Collects conditions and their parameters. */
class Conditions {
  readonly params: unknown[] = [];
  readonly #all: string[] = [];

  /** `sql` has `?` once for each value. */
  add(sql: string, ...values: unknown[]): void {
    let at = 0;
    this.#all.push(sql.replaceAll("?", () => {
      this.params.push(values[at++]);
      return `$${this.params.length}`;
    }));
  }

  range({ from, to }: TimeRange, column = "time"): void {
    if (from !== undefined) this.add(`${column} >= to_timestamp(?::float8 / 1000)`, from);
    if (to !== undefined) this.add(`${column} < to_timestamp(?::float8 / 1000)`, to);
  }

  /** The first condition is for the index, which orders by time alone. */
  after({ cursor }: PageRequest): void {
    if (!cursor) return;
    this.add("time <= to_timestamp(?::float8 / 1000)", cursor.time);
    this.add("(time, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }

  toString(): string {
    return this.#all.length === 0 ? "" : `WHERE ${this.#all.join(" AND ")}`;
  }
}

/**
 * Reads one row more than the page holds, to know whether there is another. Orders by the table's
 * columns, which the index has, not by the result's numbers of the same name.
 */
async function page<T extends { time: number; id: string }>(
  db: Statements,
  table: keyof typeof SHOWN,
  where: Conditions,
  limit: number,
  shape: (row: Row) => T,
): Promise<Page<T>> {
  const rows = await db.query(
    `SELECT ${SHOWN[table]} FROM ${table} ${where}
     ORDER BY ${table}.time DESC, ${table}.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit).map(shape);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.time, id: last.id } : null };
}

export function events(db: Statements, filter: EventFilter): Promise<Page<StoredEvent>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.source !== undefined) where.add("source = ?", filter.source);
  if (filter.sourcetype !== undefined) where.add("sourcetype = ?", filter.sourcetype);
  if (filter.host !== undefined) where.add("host = ?", filter.host);
  if (filter.dataset !== undefined) where.add("?::text = ANY (datasets)", filter.dataset);
  if (filter.parseError !== undefined) {
    where.add(`parse_error IS ${filter.parseError ? "NOT NULL" : "NULL"}`);
  }
  if (filter.text !== undefined) {
    where.add("raw ILIKE ?", `%${filter.text.replace(/[\\%_]/g, "\\$&")}%`);
  }
  for (const [name, value] of Object.entries(filter.fields ?? {})) field(where, name, value);
  return page(db, "events", where, filter.limit, event);
}

/** An address or a network, by the index on `src_ip` and as a set for `dest`; other text as it is. */
function field(where: Conditions, name: string, value: string): void {
  if (name === "src" || name === "dest") {
    if (isNetwork(value)) where.add(`${name}_ip <<= ?::inet`, value);
    else if (isAddress(value)) where.add(`${name}_ip = ?::inet`, value);
    else where.add(`${name} = ?`, value);
  } else if (name === "dest_port" || name === "bytes_out") {
    where.add(`${name} = ?::float8`, Number(value));
  } else if (FIELD_COLUMNS.includes(name)) where.add(`"${name}" = ?`, value);
  else where.add("extra ->> ?::text = ?", name, value);
}

/** Whether a filter's value is an address, and so compared as one. */
export function isAddress(value: string): boolean {
  return ip(value) !== "\\N";
}

/** Whether it is a network such as `10.0.0.0/8`. */
export function isNetwork(value: string): boolean {
  const [address, bits, more] = value.split("/");
  return more === undefined && bits !== undefined && /^\d{1,3}$/.test(bits) && isAddress(address) &&
    Number(bits) <= (address.includes(":") ? 128 : 32);
}

export async function eventsById(db: Statements, ids: readonly string[]): Promise<StoredEvent[]> {
  const rows = await db.query(
    `SELECT ${EVENT} FROM events WHERE id = ANY ($1::uuid[]) ORDER BY events.time, events.id`,
    [`{${ids.join(",")}}`],
  );
  return rows.map(event);
}

export function alerts(db: Statements, filter: AlertFilter): Promise<Page<StoredAlert>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.rule !== undefined) where.add("rule = ?", filter.rule);
  if (filter.severities) {
    where.add("severity = ANY (?::text[])", `{${filter.severities.join(",")}}`);
  }
  if (filter.status !== undefined) where.add("status = ?", filter.status);
  if (filter.entity !== undefined) {
    where.add("EXISTS (SELECT FROM jsonb_each_text(entity) WHERE value = ?)", filter.entity);
  }
  for (const [name, value] of Object.entries(filter.fields ?? {})) {
    where.add("coalesce(entity ->> ?::text, fields ->> ?::text) = ?", name, name, value);
  }
  return page(db, "alerts", where, filter.limit, alert);
}

export async function alertById(db: Statements, id: string): Promise<StoredAlert | null> {
  const rows = await db.query(`SELECT ${ALERT} FROM alerts WHERE id = $1::uuid`, [id]);
  return rows.length === 0 ? null : alert(rows[0]);
}

export async function alertsOfEvent(db: Statements, id: string): Promise<StoredAlert[]> {
  const rows = await db.query(
    // An index on event_ids would cost every write more than this scan of what was going on then.
    `SELECT ${ALERT} FROM alerts, (SELECT max(time) AS at FROM events WHERE id = $1::uuid) e
     WHERE (e.at IS NULL OR (alerts.first <= e.at AND alerts.last >= e.at))
       AND event_ids @> ARRAY[$1::uuid]
     ORDER BY alerts.time DESC, alerts.id DESC`,
    [id],
  );
  return rows.map(alert);
}

export async function setAlertStatus(
  db: Statements,
  id: string,
  { status, comment, who }: StatusChange,
): Promise<StoredAlert | null> {
  const rows = await db.query(
    `UPDATE alerts SET status = $2, comment = $3, status_by = $4, status_at = now(), updated = now()
     WHERE id = $1::uuid RETURNING ${ALERT}`,
    [id, status, comment, who],
  );
  return rows.length === 0 ? null : alert(rows[0]);
}

/** Events by the hours that the range touches; alerts by their own time. */
export async function stats(db: Statements, range: TimeRange = {}): Promise<Stats> {
  const hours = new Conditions();
  hours.range({
    from: range.from === undefined ? undefined : range.from - range.from % 3_600_000,
    to: range.to,
  }, "hour");
  const types = await db.query<{
    sourcetype: string;
    events: number;
    errors: number;
    first: number;
    last: number;
  }>(
    `SELECT sourcetype, sum(events)::float8 AS events,
       coalesce(sum(events) FILTER (WHERE parse_error), 0)::float8 AS errors,
       (extract(epoch FROM min(hour)) * 1000)::float8 AS first,
       (extract(epoch FROM max(hour)) * 1000 + 3600000)::float8 AS last
     FROM event_counts ${hours} GROUP BY 1 ORDER BY 2 DESC, 1`,
    hours.params,
  );
  const when = new Conditions();
  when.range(range);
  const groups = await db.query<{ rule: string; severity: string; status: string; n: number }>(
    `SELECT rule, severity, status, count(*)::float8 AS n FROM alerts ${when}
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    when.params,
  );
  const severities = Object.fromEntries(SEVERITIES.map((s) => [s, 0]));
  const statuses: Record<string, number> = { open: 0, acknowledged: 0, closed: 0 };
  const rules = new Map<string, number>();
  for (const g of groups) {
    severities[g.severity] += g.n;
    statuses[g.status] += g.n;
    rules.set(g.rule, (rules.get(g.rule) ?? 0) + g.n);
  }
  return {
    events: types.reduce((n, t) => n + t.events, 0),
    parseErrors: types.reduce((n, t) => n + t.errors, 0),
    alerts: groups.reduce((n, g) => n + g.n, 0),
    first: types.length === 0 ? null : Math.min(...types.map((t) => t.first)),
    last: types.length === 0 ? null : Math.max(...types.map((t) => t.last)),
    sourcetypes: types.map((t) => ({
      sourcetype: t.sourcetype,
      events: t.events,
      parseErrors: t.errors,
    })),
    alertsBySeverity: severities as Stats["alertsBySeverity"],
    alertsByStatus: statuses as Stats["alertsByStatus"],
    alertsByRule: [...rules].map(([rule, n]) => ({ rule, alerts: n }))
      .sort((a, b) => b.alerts - a.alerts),
  };
}

/** Open while one of its alerts is, else acknowledged while one is. */
const INCIDENT_STATUS = `(SELECT CASE WHEN bool_or(a.status = 'open') THEN 'open'
    WHEN bool_or(a.status = 'acknowledged') THEN 'acknowledged' ELSE 'closed' END
  FROM alerts a WHERE a.incident = incidents.id)`;
const INCIDENT = `${hex("id")}, entity_field, entity_value, severity, ${INCIDENT_STATUS} AS status,
  ${ms("first")}, ${ms("last")}, rules, tactics, techniques, alerts::float8 AS alerts,
  ${ms("updated")}`;

export async function incidents(
  db: Statements,
  filter: IncidentFilter,
): Promise<Page<StoredIncident>> {
  const { from, to, cursor, entity, severities, status, limit } = filter;
  const where = new Conditions();
  if (from !== undefined) where.add("last >= to_timestamp(?::float8 / 1000)", from);
  if (to !== undefined) where.add("first < to_timestamp(?::float8 / 1000)", to);
  if (cursor) {
    where.add("(first, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }
  if (entity !== undefined) where.add("lower(entity_value) = lower(?)", entity);
  if (severities) where.add("severity = ANY (?::text[])", `{${severities.join(",")}}`);
  if (status !== undefined) where.add(`${INCIDENT_STATUS} = ?`, status);
  const rows = await db.query(
    `SELECT ${INCIDENT} FROM incidents ${where}
     ORDER BY incidents.first DESC, incidents.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit).map(incident);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.first, id: last.id } : null };
}

export async function incidentById(db: Statements, id: string): Promise<StoredIncident | null> {
  const rows = await db.query(`SELECT ${INCIDENT} FROM incidents WHERE id = $1::uuid`, [id]);
  return rows.length === 0 ? null : incident(rows[0]);
}

export async function timeline(db: Statements, id: string, limit: number): Promise<StoredAlert[]> {
  const rows = await db.query(
    `SELECT ${ALERT} FROM alerts WHERE incident = $1::uuid
     ORDER BY alerts.time, alerts.id LIMIT $2`,
    [id, limit],
  );
  return rows.map(alert);
}

function incident(row: Row): StoredIncident {
  return {
    id: row.id as string,
    entity: { field: row.entity_field as string, value: row.entity_value as string },
    severity: row.severity as StoredIncident["severity"],
    status: row.status as StoredIncident["status"],
    first: row.first as number,
    last: row.last as number,
    rules: row.rules as string[],
    tactics: row.tactics as string[],
    techniques: row.techniques as string[],
    alerts: row.alerts as number,
    updated: row.updated as number,
  };
}

export async function jobs(db: Statements, limit: number): Promise<StoredJob[]> {
  return await db.query<StoredJob>(
    `SELECT ${hex("id")}, ${hex("run")}, source, sourcetype, state, lines::float8 AS lines,
       events::float8 AS events, parse_errors::float8 AS "parseErrors", rate, error,
       ${ms("started")}, ${ms("updated")}
     FROM jobs ORDER BY jobs.started DESC, jobs.id DESC LIMIT $1`,
    [limit],
  );
}

export function health(db: Statements, filter: HealthFilter): Promise<Page<StoredHealth>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.kind !== undefined) where.add("kind = ?", filter.kind);
  if (filter.subject !== undefined) where.add("subject = ?", filter.subject);
  return page(db, "health", where, filter.limit, (row) => row as unknown as StoredHealth);
}

function event(row: Row): StoredEvent {
  const fields: Record<string, Value> = {};
  for (const name of FIELD_COLUMNS) {
    if (row[name] !== null) fields[name] = row[name] as Value;
  }
  Object.assign(fields, row.extra);
  return {
    id: row.id as string,
    time: row.time as number,
    ingested: row.ingested as number,
    source: row.source as string,
    sourcetype: row.sourcetype as string,
    datasets: row.datasets as string[],
    parseError: row.parse_error as string | null,
    host: row.host as string | null,
    raw: row.raw as string,
    fields,
  };
}

function alert(row: Row): StoredAlert {
  const ids = (row.event_ids as string).slice(1, -1);
  return {
    id: row.id as string,
    rule: row.rule as string,
    planHash: row.plan_hash as string,
    title: row.title as string,
    severity: row.severity as StoredAlert["severity"],
    status: row.status as StoredAlert["status"],
    time: row.time as number,
    first: row.first as number,
    last: row.last as number,
    count: row.count as number,
    suppressed: row.suppressed as number,
    entity: row.entity as StoredAlert["entity"],
    fields: row.fields as StoredAlert["fields"],
    mitre: row.mitre as StoredAlert["mitre"],
    message: row.message as string,
    eventIds: ids === "" ? [] : ids.split(","),
    updated: row.updated as number,
    statusBy: row.status_by as string | null,
    statusAt: row.status_at as number | null,
    comment: row.comment as string | null,
  };
}
