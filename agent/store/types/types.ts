/** The store's interface; with the shapes that it takes and gives. Times are epoch milliseconds. */
import type {
  AlertFilter,
  AuditFilter,
  DeliveryFilter,
  EventFilter,
  ExportFilter,
  HealthFilter,
  IncidentFilter,
  JobFilter,
  Page,
  TimeRange,
} from "./filters.ts";
import type { SeriesRequest, Stats, Timeseries, TopRequest, TopValues } from "./statistics.ts";
import type {
  AlertChanges,
  Degraded,
  HostClock,
  LateHost,
  NewToken,
  RuleHits,
  StatusChange,
  StatusEntry,
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
  StoredJob,
  StoredToken,
} from "./stored.ts";
import type { RiskAlerts, RiskRequest } from "./risk_types.ts";
import type {
  AlertEdit,
  AuditEntry,
  ListRequest,
  NewException,
  NewSilence,
  StoredException,
  StoredSilence,
  VerdictCounts,
} from "./triage_types.ts";
import type { CountedEvents } from "./counts.ts";
import type { Outbox, SinkState, StoredDelivery } from "./delivery_types.ts";
import type { Leases, StoredShare } from "./share_types.ts";
import type { Reputations } from "./reputation_types.ts";
import type {
  ColumnGroups,
  ColumnTimes,
  ColumnTimesRequest,
  CountedGroups,
  CountedRequest,
  EventSpan,
  GroupRequest,
  HourCount,
  SearchedGroup,
  SearchedRows,
  Slice,
  SliceRequest,
  StoredKind,
} from "./search_types.ts";
import type { NewSavedSearch, NewSavedView, SavedSearch, SavedView } from "./saved_types.ts";
import type { SavedCheckpoint, Write, WriteSequence, Written } from "./write_types.ts";

export * from "./filters.ts";
export * from "./saved_types.ts";
export * from "./search_types.ts";
export * from "./statistics.ts";
export * from "./stored.ts";
export * from "./triage_types.ts";
export * from "./write_types.ts";
export * from "./delivery_types.ts";
export * from "./risk_types.ts";
export * from "./share_types.ts";
export * from "./reputation_types.ts";

/** Results that last. Both databases give the same answers. Every method throws StoreError. */
export interface Store extends Queries {
  readonly kind: "pglite" | "postgresql";
  /** How the user knows it: the folder, or `host:port/database`. */
  readonly place: string;
  /** It is being made: it holds nothing, and writes wait. Absent: it is open. */
  readonly unopened?: boolean;
  /**
   * Writes all of it in one transaction. Resolves when it is on disk: await it, or keep at most three
   * writes under way (`createWriter` does), to hold memory down. With `retry`, a write waits for a
   * database that does not answer, and what is sent again is stored once; an early one does not.
   */
  write(write: Write, turn?: WriteSequence): Promise<Written>;
  /**
   * Calls `tell` whenever alerts were written here, once they are on disk; another process's are not
   * told of. @returns what ends that
   */
  onAlerts(tell: () => void): () => void;
  /**
   * Takes away events of the days (UTC) before a time, and their counts. Events that alerts name stay
   * to be found by their ids, and so do alerts and incidents. Gives how many events went.
   */
  retain(before: number): Promise<number>;
  /**
   * Takes a stream for this process until it closes the store; false when another has it. Its
   * checkpoint is to be read and written by who has it.
   */
  claim(stream: string): Promise<boolean>;
  /** Null unless a run of this stream began and did not end. */
  checkpoint(stream: string): Promise<SavedCheckpoint | null>;
  /**
   * Counts of the stored events of the stretch of an input in which an offset lies, those before it:
   * whoever goes on from there counts on from these (`Serialiser.seed`).
   */
  counted(identity: string, offset: number): Promise<CountedEvents[]>;
  /** What agents that share work hold; one that has its database alone shares with nobody. */
  readonly leases: Leases | null;
  /** What waits to be delivered, for those who deliver it. */
  readonly outbox: Outbox;
  /** What services of threat intelligence said, for those who ask them. */
  readonly reputations: Reputations;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** What is asked of a store, and what people and the API change in it. */
export interface Queries {
  /** Resolves when the database answers and has this program's schema. */
  ready(): Promise<void>;

  events(filter: EventFilter): Promise<Page<StoredEvent>>;
  event(id: string): Promise<StoredEvent | null>;
  /** Those that are stored, by time. */
  eventsById(ids: readonly string[]): Promise<StoredEvent[]>;
  /**
   * All events that the filter takes, newest first, in pages of at most 1000. Each page is a query
   * of its own: events that are written meanwhile may be left out, none comes twice. Stop iterating
   * to stop reading.
   */
  exportEvents(filter: ExportFilter): AsyncIterable<readonly StoredEvent[]>;
  /** Events, or alerts, by time. @throws {StoreError} `invalid` for more than 5000 buckets */
  timeseries(request: SeriesRequest): Promise<Timeseries>;
  /** Bytes that the database takes on disk. */
  size(): Promise<number>;
  /** By the kept counts, also with conditions; null where they do not know all that is asked. */
  countedSeries(request: SeriesRequest): Promise<Timeseries | null>;
  /**
   * The next events of a search, a slice of a range. Of this and what follows for searches: whoever stops
   * waits no longer, and the database does no more where a statement of it can be ended.
   */
  searchSlice(request: SliceRequest, signal?: AbortSignal): Promise<Slice>;
  /**
   * The parts of a range where events may be that fit, in order of time, by the index of the raw text;
   * the whole of it where the index says nothing of the conditions.
   */
  rawRanges(request: SearchedRows, signal?: AbortSignal): Promise<readonly EventSpan[]>;
  /** Groups of the rows of a search that surely fit. */
  searchGroups(request: GroupRequest, signal?: AbortSignal): Promise<SearchedGroup[]>;
  /** The same by what is kept by columns; null where columns do not tell of all events of the range. */
  columnGroups(request: GroupRequest, signal?: AbortSignal): Promise<ColumnGroups | null>;
  /** When events were that may fit, likewise. */
  columnTimes(request: ColumnTimesRequest, signal?: AbortSignal): Promise<ColumnTimes | null>;
  /** Groups by the kept counts, as far as they reach within the range; null where they do not know. */
  countedGroups(request: CountedRequest): Promise<CountedGroups | null>;
  /** Sourcetypes and datasets of what is stored. */
  storedKinds(): Promise<StoredKind[]>;
  /** Events by hour (UTC), from the counts. */
  eventsByHour(range: TimeRange): Promise<readonly HourCount[]>;
  /** The most frequent values of a field. */
  top(request: TopRequest): Promise<TopValues>;
  stats(range?: TimeRange): Promise<Stats>;

  alerts(filter: AlertFilter): Promise<Page<StoredAlert>>;
  alert(id: string): Promise<StoredAlert | null>;
  /** Those that are stored, by time; at most 1000 at once. */
  alertsById(ids: readonly string[]): Promise<StoredAlert[]>;
  /** Alerts that name the event, newest first. */
  alertsOfEvent(id: string): Promise<StoredAlert[]>;
  /** Null when there is no such alert. */
  setAlertStatus(id: string, change: StatusChange): Promise<StoredAlert | null>;
  /**
   * The same for at most 1000 at once, all of them or, when it fails, none. Gives those that are
   * there, in no order. Each change is recorded, also one to the status that an alert has.
   */
  setAlertStatuses(ids: readonly string[], change: StatusChange): Promise<StoredAlert[]>;
  /**
   * What a person says of at most 1000 alerts: status, verdict, assignment, a comment alone. All of
   * them or, when it fails, none; recorded in their history and in the audit list.
   */
  editAlerts(ids: readonly string[], edit: AlertEdit): Promise<StoredAlert[]>;
  /** Verdicts of the alerts of each rule that has one. */
  verdicts(): Promise<ReadonlyMap<string, VerdictCounts>>;
  /** What people did to an alert, oldest first. */
  alertHistory(id: string): Promise<StatusEntry[]>;
  /**
   * Alerts that are new or changed since a number that an earlier call gave as `last`, by the engine
   * or by a person, oldest change first. Numbers only rise, survive restarts, and none appears after
   * a larger one: pass `last` again and nothing is missed. Ask again at once while `limit` came.
   */
  changesSince(last: number, limit: number): Promise<AlertChanges>;
  /** The number of the newest change: where one begins who wants only what is still to come. */
  lastChange(): Promise<number>;
  /** Rules that ever raised an alert within the range, those with most alerts first. */
  ruleHits(range?: TimeRange): Promise<RuleHits[]>;
  /** Rules of which health says that they lost state, newest first. */
  degraded(range?: TimeRange): Promise<Degraded[]>;

  /** Alerts that add to the risk of what they are about, newest first. */
  riskAlerts(request: RiskRequest): Promise<RiskAlerts>;

  /** Incidents that reach into the range, those that began last first: a page's time is `first`. */
  incidents(filter: IncidentFilter): Promise<Page<StoredIncident>>;
  incident(id: string): Promise<StoredIncident | null>;
  /** An incident's alerts by time, the first `limit` of them. */
  timeline(id: string, limit: number): Promise<StoredAlert[]>;

  /**
   * Inputs of runs, those that began last first: a page's time is `started`. One that says `running`
   * and was not `updated` for a minute was killed, or its database is away.
   */
  jobs(filter: JobFilter): Promise<Page<StoredJob>>;
  /** Agents that share work over this store, and what each holds. */
  shares(): Promise<StoredShare[]>;
  health(filter: HealthFilter): Promise<Page<StoredHealth>>;
  /** Hosts whose rows came late, those with most rows first. */
  lateHosts(limit: number): Promise<LateHost[]>;
  /** What each host's clock is off by, as it was found last; the furthest off first. */
  hostClocks(limit: number): Promise<HostClock[]>;

  /** Every sink for which something was written in the last days, by name. */
  sinkStates(): Promise<SinkState[]>;
  /** What was written for sinks, newest first. */
  deliveries(filter: DeliveryFilter): Promise<Page<StoredDelivery>>;
  /** Dead letters are to be sent again: those of a sink, or those of these ids. Gives how many. */
  retryDeliveries(which: { readonly sink?: string; readonly ids?: readonly string[] }): Promise<
    number
  >;

  /** Searches that people keep, by name. */
  savedSearches(): Promise<readonly SavedSearch[]>;
  /** Keeps a search; one of the same name is replaced. */
  saveSearch(search: NewSavedSearch): Promise<SavedSearch>;
  /** False when there is none of that name. */
  removeSearch(name: string, who: string): Promise<boolean>;

  /** Views of lists that people keep, by page and name. */
  savedViews(): Promise<readonly SavedView[]>;
  /** Keeps a view; one of the same name of that page is replaced. */
  saveView(view: NewSavedView): Promise<SavedView>;
  /** False when there is none of that name of that page. */
  removeView(which: Pick<SavedView, "page" | "name">, who: string): Promise<boolean>;

  /** The newest first; `silenceOf` says which of them holds for an alert. */
  silences(request: ListRequest): Promise<StoredSilence[]>;
  addSilence(silence: NewSilence): Promise<StoredSilence>;
  /** Null when there is none of that id that has not ended. */
  endSilence(id: string, who: string): Promise<StoredSilence | null>;
  /** The newest first. */
  exceptions(request: ListRequest): Promise<StoredException[]>;
  addException(exception: NewException): Promise<StoredException>;
  /** Null when there is none of that id that has not ended. */
  endException(id: string, who: string): Promise<StoredException | null>;
  /** Who did what, the newest first. */
  audit(filter: AuditFilter): Promise<Page<AuditEntry>>;

  /** @throws {StoreError} `exists` when a token of that name is not revoked */
  addToken(token: NewToken): Promise<StoredToken>;
  /** By name, with those that were revoked. */
  tokens(): Promise<StoredToken[]>;
  /** False when no token of that name is in use. */
  revokeToken(name: string, who?: string): Promise<boolean>;
  /** The token in use with this hash; null when there is none. */
  findToken(hash: string): Promise<StoredToken | null>;
}
