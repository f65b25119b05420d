/** What is asked of a store, over either database. */
import { hex, ms, page } from "./conditions.ts";
import { Conditions } from "./conditions.ts";
import type { Database, Reader, Statements } from "../types/database.ts";
import { MIGRATIONS } from "../schema/migrations.ts";
import * as alerts from "./alerts.ts";
import { audit } from "./audit.ts";
import * as silences from "./silences.ts";
import * as counts from "./counts.ts";
import { columnGroups, columnTimes } from "./column_groups.ts";
import { countedGroups } from "./counted_groups.ts";
import { stats } from "./stats.ts";
import { top } from "./top.ts";
import * as events from "./events.ts";
import * as hosts from "./hosts.ts";
import * as incidents from "./incidents.ts";
import { StoreError } from "../types/error.ts";
import { untilStopped } from "../types/stop.ts";
import * as outbox from "./outbox.ts";
import { rawRanges } from "./raw_index.ts";
import * as saved from "./saved_searches.ts";
import * as views from "./saved_views.ts";
import { riskAlerts } from "./risk.ts";
import * as search from "./search.ts";
import { shares } from "./shares.ts";
import * as tokens from "./tokens.ts";
import { AGENT_TIMEOUT } from "../types/share_types.ts";
import type {
  HealthFilter,
  JobFilter,
  Page,
  Queries,
  StoredHealth,
  StoredJob,
} from "../types/types.ts";

/** @param said does work, its errors turned into StoreErrors */
export function queriesOn(
  db: Database,
  said: <T>(work: () => Promise<T>) => Promise<T>,
): Queries {
  const { reader } = db;
  const stoppable = <T>(work: (on: Reader) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (signal === undefined) return said(() => work(reader));
    const on = reader.until ? { ...reader, ...reader.until(signal) } : reader;
    return untilStopped(said(() => work(on)), signal);
  };
  return {
    ready: () => said(() => ready(reader, db.place)),
    events: (filter) => said(() => events.events(reader, filter)),
    event: (id) => said(async () => (await events.eventsById(reader, [id]))[0] ?? null),
    eventsById: (ids) => said(() => events.eventsById(reader, ids)),
    async *exportEvents(filter) {
      const pages = events.exportEvents(reader, filter);
      for (;;) {
        const { value, done } = await said(() => pages.next());
        if (done) return;
        yield value;
      }
    },
    searchSlice: (request, signal) => stoppable((on) => search.searchSlice(on, request), signal),
    rawRanges: (request, signal) => stoppable((on) => rawRanges(on, request), signal),
    searchGroups: (request, signal) => stoppable((on) => search.searchGroups(on, request), signal),
    columnGroups: (request, signal) => stoppable((on) => columnGroups(on, request), signal),
    columnTimes: (request, signal) => stoppable((on) => columnTimes(on, request), signal),
    countedGroups: (request) => said(() => countedGroups(reader, request)),
    storedKinds: () => said(() => search.storedKinds(reader)),
    eventsByHour: (range) => said(() => search.eventsByHour(reader, range)),
    timeseries: (request) => said(() => counts.timeseries(reader, request)),
    size: () => said(() => size(reader)),
    countedSeries: (request) => said(() => counts.countedSeries(reader, request)),
    top: (request) => said(() => top(reader, request)),
    stats: (range) => said(() => stats(reader, range)),
    alerts: (filter) => said(() => alerts.alerts(reader, filter)),
    alert: (id) => said(() => alerts.alertById(reader, id)),
    alertsById: (ids) => said(() => alerts.alertsById(reader, ids)),
    riskAlerts: (request) => said(() => riskAlerts(reader, request)),
    alertsOfEvent: (id) => said(() => alerts.alertsOfEvent(reader, id)),
    setAlertStatus: (id, change) =>
      said(async () => (await alerts.editAlerts(db, [id], change))[0] ?? null),
    setAlertStatuses: (ids, change) => said(() => alerts.editAlerts(db, ids, change)),
    editAlerts: (ids, edit) => said(() => alerts.editAlerts(db, ids, edit)),
    verdicts: () => said(() => alerts.verdicts(reader)),
    alertHistory: (id) => said(() => alerts.alertHistory(reader, id)),
    changesSince: (last, limit) => said(() => alerts.changesSince(reader, last, limit)),
    lastChange: () => said(() => alerts.lastChange(reader)),
    ruleHits: (range) => said(() => alerts.ruleHits(reader, range)),
    degraded: (range) => said(() => alerts.degraded(reader, range)),
    incidents: (filter) => said(() => incidents.incidents(reader, filter)),
    incident: (id) => said(() => incidents.incidentById(reader, id)),
    timeline: (id, limit) => said(() => incidents.timeline(reader, id, limit)),
    jobs: (filter) => said(() => jobs(reader, filter)),
    shares: () => said(() => shares(reader, AGENT_TIMEOUT)),
    health: (filter) => said(() => health(reader, filter)),
    lateHosts: (limit) => said(() => hosts.lateHosts(reader, limit)),
    hostClocks: (limit) => said(() => hosts.hostClocks(reader, limit)),
    sinkStates: () => said(() => outbox.sinkStates(reader)),
    deliveries: (filter) => said(() => outbox.deliveries(reader, filter)),
    retryDeliveries: (which) => said(() => outbox.retryDeliveries(db, which)),
    silences: (request) => said(() => silences.silences(reader, request)),
    addSilence: (silence) => said(() => silences.addSilence(db, silence)),
    endSilence: (id, who) => said(() => silences.endSilence(db, id, who)),
    exceptions: (request) => said(() => silences.exceptions(reader, request)),
    addException: (exception) => said(() => silences.addException(db, exception)),
    endException: (id, who) => said(() => silences.endException(db, id, who)),
    audit: (filter) => said(() => audit(reader, filter)),
    savedSearches: () => said(() => saved.savedSearches(reader)),
    saveSearch: (search) => said(() => saved.saveSearch(db, search)),
    removeSearch: (name, who) => said(() => saved.removeSearch(db, name, who)),
    savedViews: () => said(() => views.savedViews(reader)),
    saveView: (view) => said(() => views.saveView(db, view)),
    removeView: (which, who) => said(() => views.removeView(db, which, who)),
    addToken: (token) => said(() => tokens.addToken(db, token)),
    tokens: () => said(() => tokens.tokens(reader)),
    revokeToken: (name, who) => said(() => tokens.revokeToken(db, name, who)),
    findToken: (hash) => said(() => tokens.findToken(reader, hash)),
  };
}

async function ready(db: Statements, place: string): Promise<void> {
  const [{ at }] = await db.query<{ at: number }>(
    "SELECT coalesce(max(version), 0) AS at FROM schema_migrations",
  );
  const needed = MIGRATIONS.at(-1)!.version;
  if (at === needed) return;
  throw new StoreError(
    "newer_schema",
    `The store "${place}" has schema version ${at} and this program knows ${needed}; use one program for both`,
  );
}

async function size(db: Statements): Promise<number> {
  const [{ bytes }] = await db.query<{ bytes: number }>(
    "SELECT pg_database_size(current_database())::float8 AS bytes",
  );
  return bytes;
}

const JOB = `${hex("id")}, ${hex("run")}, source, sourcetype, state, lines::float8 AS lines,
  events::float8 AS events, parse_errors::float8 AS "parseErrors",
  understood::float8 AS understood, unread, rate, lag::float8 AS lag, error, ${ms("started")},
  ${ms("updated")}`;

async function jobs(db: Statements, filter: JobFilter): Promise<Page<StoredJob>> {
  const { state, run, cursor, limit } = filter;
  const where = new Conditions();
  if (cursor) {
    where.add("(started, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }
  if (state !== undefined) where.add("state = ?", state);
  if (run !== undefined) where.add("run = ?::uuid", run);
  const rows = await db.query<StoredJob>(
    `SELECT ${JOB} FROM jobs ${where}
     ORDER BY jobs.started DESC, jobs.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.started, id: last.id } : null };
}

function health(db: Statements, filter: HealthFilter): Promise<Page<StoredHealth>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.kind !== undefined) where.add("kind = ?", filter.kind);
  if (filter.subject !== undefined) where.add("subject = ?", filter.subject);
  return page(
    db,
    {
      table: "health",
      columns: `${hex("id")}, ${ms("time")}, kind, subject, message, detail`,
      shape: (row) => row as unknown as StoredHealth,
    },
    where,
    filter.limit,
  );
}
