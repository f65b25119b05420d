/** The course of an incident: tactics in the order of the matrix, alerts by time. */
import { useEffect, useState } from "preact/hooks";
import type { Alert, EventDetail } from "../../server/types/mod.ts";
import { TACTICS } from "../charts/tactics.ts";
import { request } from "../client/fetch.ts";
import { count, duration, shortTime } from "../client/format.ts";
import { SeverityBadge, TechniqueLink, Time } from "../parts/words.tsx";

/** All tactics in order; those that were seen stand out, with when and by what. */
export function Chain({ timeline }: { timeline: readonly Alert[] }) {
  const first = new Map<string, { at: string; techniques: Set<string> }>();
  for (const a of timeline) {
    for (const t of a.mitre) {
      for (const tactic of t.tactics) {
        const known = first.get(tactic) ?? { at: a.time, techniques: new Set<string>() };
        known.techniques.add(t.id);
        if (a.time < known.at) known.at = a.time;
        first.set(tactic, known);
      }
    }
  }
  return (
    <ol class="chain" tabIndex={0} aria-label="ATT&CK tactics in order">
      {TACTICS.map((name) => {
        const seen = first.get(name);
        return (
          <li
            key={name}
            class={seen ? "on" : ""}
            title={seen ? [...seen.techniques].join(", ") : undefined}
          >
            {name}
            <small>{seen ? shortTime(Date.parse(seen.at), false) : "not seen"}</small>
          </li>
        );
      })}
    </ol>
  );
}

/** Inputs of one incident whose names are asked for. */
const MOST_INPUTS = 8;

/**
 * The log that an alert's first event is from. An event's id begins with 16 digits of its input, so
 * one event of each input is asked for.
 */
export function useSources(timeline: readonly Alert[]): (alert: Alert) => string {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const first = new Map<string, string>();
  for (const { event_ids: [id] } of timeline) {
    if (id && !first.has(id.slice(0, 16))) first.set(id.slice(0, 16), id);
  }
  useEffect(() => {
    const stop = new AbortController();
    for (const [input, id] of [...first].slice(0, MOST_INPUTS)) {
      if (names.has(input)) continue;
      request<EventDetail>(`/api/events/${id}`, { signal: stop.signal }).then(
        ({ event }) => setNames((known) => new Map(known).set(input, event.source)),
        // Events that are not stored any more have no name to show.
        () => {},
      );
    }
    return () => stop.abort();
  }, [[...first.keys()].join()]);
  return (alert) => names.get(alert.event_ids[0]?.slice(0, 16) ?? "") ?? "events not stored";
}

/** The alerts in order of their first events. */
export function Timeline({ timeline, sourceOf }: {
  timeline: readonly Alert[];
  sourceOf(alert: Alert): string;
}) {
  return (
    <ol class="timeline">
      {timeline.map((a) => (
        <li key={a.id}>
          <span class="when">
            <Time at={a.first} />
          </span>
          <span class={`pin sev-${a.severity}`} />
          <div class="what">
            <div class="row">
              <a href={`/alerts/${a.id}`}>
                <strong>{a.title}</strong>
              </a>
              <SeverityBadge severity={a.severity} />
              <span class="muted">
                {[...new Set(a.mitre.flatMap((t) => t.tactics.slice(0, 1)))].join(", ")}
              </span>
            </div>
            <p>{a.message}</p>
            <p class="muted">
              {count(a.count, "event")} in <span class="mono">{sourceOf(a)}</span>
              {a.last !== a.first &&
                `, over ${duration(Date.parse(a.last) - Date.parse(a.first))}`}
              {a.mitre.length > 0 && ", "}
              {a.mitre.map((t, i) => (
                <span key={t.id}>
                  {i > 0 && ", "}
                  <TechniqueLink id={t.id} name={t.name} />
                </span>
              ))}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
