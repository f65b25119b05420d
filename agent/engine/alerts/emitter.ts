/** From hits to alerts: signals to other rules, alert records, their changes. */
import { createHash } from "node:crypto";
import type { Alert, AlertChange } from "../../event.ts";
import { eventId } from "../../event.ts";
import { alertMetadata } from "../../../compiler/ir/alert_metadata.ts";
import type { AlertMetadata } from "../../../compiler/ir/metadata.ts";
import type { IrRule, Severity } from "../../../compiler/ir/program.ts";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { riskOf } from "../../../compiler/ir/risk.ts";
import { readsAny } from "../../../compiler/ir/signals.ts";
import type { RulePlan } from "../../../compiler/plan/rule_plan.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { EMPTY_KEY } from "../memory/key_pool.ts";
import { plainFields } from "./plain_fields.ts";
import { defaultEntity, exceptionsOf, holders } from "./rule_end.ts";
import { signalRows } from "./signal_rows.ts";
import type { ToldAlerts } from "./told_alerts.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import type { RowContext } from "../memory/context.ts";
import {
  addRef,
  type AlertRecord,
  type EventRefs,
  type JoinedHit,
  newRefs,
  type Row,
} from "../memory/records.ts";
import { ChangedRecords, type ChangesTaken } from "../memory/changed.ts";

export { addRef, newRefs } from "../memory/records.ts";
export type { AlertRecord, ContributingEvents, EventRefs } from "../memory/records.ts";

/** The functions of a rule that the planner generated. */
export interface RuleCode {
  readonly inputs: readonly (((row: Row) => void) | null)[];
  readonly severity: Severity | ((row: Row) => unknown);
  readonly message: ((row: Row) => string) | null;
}

export interface Technique {
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly string[];
}

/** The end of one rule's pipeline. */
export class AlertEmitter {
  hits = 0;
  /** Hits that throttles held back; they are not among the others. */
  suppressed = 0;
  /** Rows that each exception of the rule held back, by its number; they are not among the hits. */
  readonly excepted: number[];
  degraded = false;
  /** Whether a hit is an alert of this agent, where several share the work; null where all are. */
  raises: ((row: Row) => boolean) | null = null;
  code!: RuleCode;
  readers: ((row: Row) => void)[] = [];
  /** Those that read the alerts of all rules. */
  alertReaders: ((row: Row) => void)[] = [];
  readonly rule: IrRule;
  readonly changed: ChangedRecords;
  /** Records that changed since the last checkpoint and may again; null while nobody takes those. */
  recent: Set<AlertRecord> | null = null;
  #no = 0;
  readonly #twins = new Map<string, number>();
  #twinsAt = NaN;
  readonly #index: number;
  readonly #entity: readonly string[];
  readonly #metadata: AlertMetadata;
  /** The same with what the alert adds to the risk of its entities, by severity. */
  readonly #withRisk = new Map<Severity, AlertMetadata>();
  /** Its alerts count for risk: those made of alerts would count them twice. */
  readonly #scored: boolean;
  /** Its rows are alerts of other rules: `entity` is the value of the field `entity_field`. */
  readonly #any: boolean;
  /** Operators that take up each alert of this rule and hold it open. */
  readonly #holders: number;

  constructor(
    readonly cx: RowContext,
    { rule, index, second }: Pick<RulePlan, "rule" | "index" | "second">,
    /** Names an input's content, by slot. */
    readonly identity: (slot: number) => string,
    readonly techniques: readonly Technique[],
    readonly told: ToldAlerts,
  ) {
    this.rule = rule;
    this.#index = index;
    this.#scored = !second;
    this.#any = readsAny(rule);
    this.changed = new ChangedRecords(cx.changes);
    this.#holders = holders(rule);
    this.#metadata = alertMetadata(rule);
    this.excepted = exceptionsOf(rule).map(() => 0);
    this.#entity = rule.alert.entity.length > 0 ? rule.alert.entity : defaultEntity(rule);
  }

  /** Hands a hit to the rules that read this one's signals. */
  signal(row: Row): void {
    if (this.cx.past) return;
    const { key, contributing, made, derived } = this.cx;
    for (const read of this.readers) {
      this.cx.contributing = null;
      read(row);
    }
    this.cx.key = key;
    this.cx.contributing = contributing;
    this.cx.made = made;
    this.cx.derived = derived;
  }

  /**
   * Keeps what an alert says, a row for each of its entities, for the rules that read those of all. They
   * take it up at the end of the row or timer, by rule, so that the order is one in any division of rules.
   */
  alerted(row: Row): void {
    const { cx } = this;
    if (cx.joins !== null) return;
    const said = {
      rule: this.rule,
      techniques: this.techniques,
      severity: this.#severity(row),
      message: this.#message(row),
      count: cx.contributing?.count ?? 1,
    };
    for (const one of signalRows(said, this.#entityOf(row), row)) this.told.add(this.#index, one);
  }

  /** Hands a row that was kept to the rules that read the alerts of all. */
  tell(row: Row): void {
    const { cx } = this;
    for (const read of this.alertReaders) {
      cx.key = EMPTY_KEY;
      cx.contributing = null;
      cx.derived = null;
      read(row);
    }
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    cx.derived = null;
  }

  /** Opens an alert. */
  hit(row: Row): void {
    const { cx } = this;
    if (cx.past) return;
    if (this.raises !== null && !this.raises(row)) {
      cx.raisedElsewhere = this;
      return;
    }
    if (cx.joins !== null) return this.#joins(row, cx.joins);
    this.hits++;
    const m = cx.contributing;
    const event = "_raw" in row;
    const key = cx.keys.text(cx.key);
    let refs: EventRefs;
    if (m) refs = m.refs;
    else addRef(refs = newRefs(), cx.t, cx.offset, cx.meta);
    const opening: AlertRecord["opening"] = refs.first.length > 0 && cx.meta >= 0
      ? [cx.offset, cx.meta]
      : null;
    const record: AlertRecord = {
      no: this.#no++,
      key,
      opening,
      time: cx.t,
      twin: event ? 0 : this.#twin(opening, key),
      first: m ? m.first : cx.t,
      last: m ? m.last : cx.t,
      count: m ? m.count : 1,
      suppressed: 0,
      row: event ? plainFields(row) : row,
      derived: cx.derived,
      rowTime: cx.t,
      refs,
      message: event ? this.#message(row) : null,
      severity: event ? this.#severity(row) : null,
      reported: false,
      open: this.#holders,
      closed: this.#holders === 0,
      dirty: false,
    };
    cx.made = record;
    this.touch(record);
  }

  /** Leaves a hit to the alert of another rule of the group. */
  #joins(row: Row, join: (hit: JoinedHit) => void): void {
    this.suppressed++;
    const { name, title } = this.rule;
    join({
      rule: name,
      title: title || name,
      severity: this.#severity(row),
      message: this.#message(row),
      techniques: this.techniques,
    });
  }

  /** A hit of another rule of the group is counted on an alert, which rises to its severity. */
  join(record: AlertRecord, hit: JoinedHit): void {
    const joined = record.joined ??= [];
    const before = joined.findIndex((j) => j.rule === hit.rule);
    if (before < 0) joined.push(hit);
    else if (isGraver(hit.severity, joined[before].severity)) joined[before] = hit;
    record.suppressed++;
    this.touch(record);
  }

  #twin(opening: AlertRecord["opening"], key: string): number {
    const { t } = this.cx;
    if (t !== this.#twinsAt) this.#twins.clear();
    this.#twinsAt = t;
    const name = `${opening} ${key}`;
    const before = this.#twins.get(name) ?? 0;
    this.#twins.set(name, before + 1);
    return before;
  }

  /** The open alert's condition stayed true at a further row. */
  update(record: AlertRecord, row: Row): void {
    const { cx } = this;
    record.row = row;
    record.rowTime = cx.t;
    record.last = cx.t;
    record.count++;
    addRef(record.refs, cx.t, cx.offset, cx.meta);
    this.touch(record);
  }

  /** A throttle holds a hit back. @param record the alert on which it is counted */
  holdBack(record: AlertRecord | null): void {
    this.suppressed++;
    if (record === null) return;
    record.suppressed++;
    this.touch(record);
  }

  /** One of those that hold the alert open lets it go. */
  close(record: AlertRecord): void {
    if (--record.open > 0) {
      this.recent?.add(record);
      return;
    }
    record.closed = true;
    this.touch(record);
  }

  touch(record: AlertRecord): void {
    if (this.recent !== null && this.#holders > 0) this.recent.add(record);
    this.changed.add(record);
  }

  /**
   * Moves the changes since the last call to `out`; each alert once, and once more when it closed.
   * Changes that are not asked for wait, which costs next to nothing.
   */
  take(out: AlertChange[], which: ChangesTaken): void {
    this.changed.take(which, (record) => {
      if (this.#holders > 0) this.recent?.add(record);
      const alert = this.#alert(record);
      if (!record.reported) out.push({ change: "open", alert });
      else if (!record.closed) out.push({ change: "update", alert });
      if (record.closed) out.push({ change: "close", alert });
      record.reported = true;
    });
  }

  get next(): number {
    return this.#no;
  }
  set next(no: number) {
    this.#no = no;
  }

  /** Goes on with the numbers of the same rule's end in an engine whose windows started anew. */
  countFrom(before: AlertEmitter): void {
    this.hits = before.hits;
    this.suppressed = before.suppressed;
    before.excepted.forEach((n, i) => this.excepted[i] = n);
    this.#no = before.#no;
  }

  #severity(row: Row): Severity {
    const s = this.code.severity;
    const v = typeof s === "string" ? s : s(row);
    return SEVERITIES.includes(v as Severity) ? v as Severity : "medium";
  }

  #message(row: Row): string {
    return this.code.message === null ? this.rule.title || this.rule.name : this.code.message(row);
  }

  #alert(record: AlertRecord): Alert {
    const { cx, rule } = this;
    const t = cx.t;
    cx.t = record.rowTime;
    const joined = record.joined ?? [];
    const severity = joined.reduce<Severity>(
      (most, j) => isGraver(j.severity, most) ? j.severity : most,
      record.severity ?? this.#severity(record.row),
    );
    const message = record.message ?? this.#message(record.row);
    cx.t = t;
    // Of an event, the row is its plain fields already, which nobody changes.
    const fields = (record.message === null ? plainFields(record.row) : record.row) as Record<
      string,
      Value
    >;
    const entity = this.#entityOf(record.row);
    // One event may be the last of two windows: the alerts of those differ by their time.
    const opening = record.opening ? [this.#idOf(...record.opening)] : [];
    if (record.message === null) opening.push(String(record.time));
    if (record.twin > 0) opening.push(String(record.twin));
    if (cx.aside) opening.push("late");
    return {
      id: createHash("sha256").update(JSON.stringify([rule.name, record.key, ...opening]))
        .digest("hex").slice(0, 32),
      rule: rule.name,
      planHash: rule.planHash,
      title: rule.title || rule.name,
      severity,
      // What a person made of it is the store's to keep: an episode that is over is not a case closed.
      status: "open",
      time: record.time,
      first: record.first,
      last: record.last,
      count: record.count,
      suppressed: record.suppressed,
      entity,
      fields,
      mitre: joined.length === 0 ? this.techniques : techniquesOf(this.techniques, joined),
      metadata: joined.length === 0
        ? this.#metadataOf(severity)
        : { ...this.#metadataOf(severity), also: joined.map(alsoOf) },
      message,
      eventIds: this.#eventIds(record.refs),
    };
  }

  /** Who an alert of a row is about. */
  #entityOf(row: Row): Record<string, Value> {
    const entity: Record<string, Value> = {};
    const of = this.#any ? field(row, "entity_field") : undefined;
    for (const name of this.#entity) {
      const v = field(row, name);
      if (v === undefined || (of !== undefined && name === "entity_field")) continue;
      entity[name === "entity" && typeof of === "string" ? of : name] = v;
    }
    return entity;
  }

  #metadataOf(severity: Severity): AlertMetadata {
    const risk = this.#scored ? riskOf(this.rule, severity) : 0;
    if (risk === 0) return this.#metadata;
    let made = this.#withRisk.get(severity);
    if (made === undefined) this.#withRisk.set(severity, made = { ...this.#metadata, risk });
    return made;
  }

  #idOf(offset: number, meta: number): string {
    return eventId(this.identity(Math.floor(meta / 65536)), offset, meta % 65536);
  }

  /** The events of some rows in their order. A row that came as itself and in a signal is one event. */
  #eventIds({ first, newest, at }: EventRefs): string[] {
    const out: string[] = [];
    // Rows of one input come by rising offset: only one that does not can be there already.
    let most = -1;
    let seen: Set<string> | null = null;
    const all = first.length + newest.length;
    for (let k = 0; k < all; k += 3) {
      const list = k < first.length ? first : newest;
      const i = list === first ? k : (at + k - first.length) % newest.length;
      const offset = list[i + 1], meta = list[i + 2];
      if (meta < 0) continue;
      const id = this.#idOf(offset, meta);
      if (offset > most) most = offset;
      else {
        seen ??= new Set(out);
        if (seen.has(id)) continue;
      }
      seen?.add(id);
      out.push(id);
    }
    return out;
  }
}

const isGraver = (a: Severity, b: Severity): boolean =>
  SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b);

const alsoOf = ({ rule, title, severity, message }: JoinedHit) => ({
  rule,
  title,
  severity,
  message,
});

/** An alert's techniques and those of the hits that it stands for, each once. */
function techniquesOf(own: readonly Technique[], joined: readonly JoinedHit[]): Technique[] {
  const all = [...own, ...joined.flatMap((j) => j.techniques)];
  return all.filter((one, i) => all.findIndex((other) => other.id === one.id) === i);
}
