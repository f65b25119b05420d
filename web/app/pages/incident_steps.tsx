/** The steps of an incident: a tactic each, with its alerts and the log lines that show them. */
import { useMemo, useState } from "preact/hooks";
import type { Alert, Event, IncidentDetail } from "../../server/types/mod.ts";
import type { Lane } from "../charts/lanes.tsx";
import { count, duration } from "../client/format.ts";
import { gist } from "../client/gist.ts";
import { EventDrawer } from "../parts/event_drawer.tsx";
import { Value } from "../parts/value_menu.tsx";
import { Clock, SeverityBadge, StatusBadge } from "../parts/words.tsx";

export function Steps({ steps, evidence }: {
  steps: readonly Lane[];
  evidence: IncidentDetail["evidence"];
}) {
  const byId = useMemo(() => new Map(evidence.map((e) => [e._id, e])), [evidence]);
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <ol class="steps">
        {steps.map(({ name, alerts }, i) => (
          <li key={`${name} ${alerts[0].id}`}>
            <h3>
              {name}{" "}
              <span class="muted">
                <Clock at={alerts[0].time} before={steps[i - 1]?.alerts[0].time} />
              </span>
            </h3>
            <ol>
              {byRule(alerts).map((same, i, all) => (
                <StepOf
                  key={same[0].id}
                  alerts={same}
                  before={i === 0 ? alerts[0].time : all[i - 1][0].time}
                  byId={byId}
                  onOpen={setOpen}
                />
              ))}
            </ol>
          </li>
        ))}
      </ol>
      {open && <EventDrawer key={open} id={open} onClose={() => setOpen(null)} onOpen={setOpen} />}
    </>
  );
}

/** Alerts of one rule together, in the order of the first of each. */
function byRule(alerts: readonly Alert[]): Alert[][] {
  return [...Map.groupBy(alerts, (a) => a.rule).values()];
}

/** Alerts of one rule whose messages are shown, and log lines of each. */
const SHOWN = 3, LINES = 2;

function StepOf({ alerts, before, byId, onOpen }: {
  /** Of one rule, by time. */
  alerts: readonly Alert[];
  /** Time of the alert above. */
  before: string;
  byId: ReadonlyMap<string, Event>;
  onOpen(id: string): void;
}) {
  const [all, setAll] = useState(false);
  const [first] = alerts;
  const shown = all ? alerts : alerts.slice(0, SHOWN);
  return (
    <li class="step">
      <div class="row">
        <SeverityBadge severity={first.severity} />
        <strong>
          <a href={`/alerts/${first.id}`}>{first.title}</a>
        </strong>
        {alerts.length > 1 && <span class="muted">{alerts.length} times</span>}
      </div>
      {shown.map((a, i) => (
        <div key={a.id} class="told">
          <p>
            <span class="muted">
              <Clock at={a.time} before={i === 0 ? before : shown[i - 1].time} />
            </span>{" "}
            {i === 0 ? <bdi>{a.message}</bdi> : (
              <a href={`/alerts/${a.id}`}>
                <bdi>{a.message}</bdi>
              </a>
            )}
            {a.count > 1 && (
              <span class="muted">
                {" "}
                {count(a.count, "event")}
                {a.last !== a.first &&
                  ` over ${duration(Date.parse(a.last) - Date.parse(a.first))}`}
              </span>
            )}
            {a.status !== "open" && (
              <>
                {" "}
                <StatusBadge status={a.status} />
              </>
            )}
          </p>
          {linesOf(a, byId).map((e) => (
            <button
              key={e._id}
              type="button"
              class="line clip"
              title={e._raw}
              onClick={() => onOpen(e._id)}
            >
              <bdi>{gist(e)}</bdi>
            </button>
          ))}
        </div>
      ))}
      {shown.length < alerts.length && (
        <button
          type="button"
          class="button small"
          onClick={() => setAll(true)}
        >
          Show {alerts.length - shown.length} more
        </button>
      )}
    </li>
  );
}

/** The first and the last event of an alert, as far as they are stored. */
function linesOf(alert: Alert, byId: ReadonlyMap<string, Event>): Event[] {
  const ids = new Set([alert.event_ids[0], alert.event_ids.at(-1)]);
  return [...ids].flatMap((id) => id === undefined ? [] : byId.get(id) ?? []).slice(0, LINES);
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
  /** Alerts that name it; 0 where only their events do. */
  readonly alerts: number;
}

/** Values beside each other; the one that the incident is about stands out. */
export function Named({ values, own }: { values: readonly NamedValue[]; own: string }) {
  return (
    <ul class="tight">
      {values.slice(0, 12).map((v) => (
        <li key={v.value} class="row">
          <span class={v.value === own ? "own" : ""}>
            <Value name={v.name} value={v.value} />
          </span>
          <span class="muted">{v.alerts > 0 ? count(v.alerts, "alert") : "in its events"}</span>
        </li>
      ))}
      {values.length > 12 && <li class="muted">and {values.length - 12} more</li>}
    </ul>
  );
}
