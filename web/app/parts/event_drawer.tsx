/** One event in full: raw text, fields, what the CIM asks of it, and why rules took it or not. */
import { useState } from "preact/hooks";
import type { EventDetail } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { shown } from "../client/format.ts";
import { Around } from "./around.tsx";
import { AlertLines } from "./lines.tsx";
import { Drawer } from "./overlay.tsx";
import { Facts } from "./panel.tsx";
import { Loaded } from "./states.tsx";
import { Value } from "./value_menu.tsx";
import { Time } from "./words.tsx";

/** What the agent says of an event; all else is the line's own. */
const OWN = new Set([
  "_id",
  "_time",
  "_ingested",
  "_raw",
  "datasets",
  "parse_error",
  "parse_error_reason",
]);

/** @param onOpen another event, in its place */
export function EventDrawer({ id, onClose, onOpen }: {
  id: string;
  onClose(): void;
  onOpen?(id: string): void;
}) {
  const detail = useApi<EventDetail>(`/api/events/${encodeURIComponent(id)}`);
  return (
    <Drawer label="Event" title="Event" onClose={onClose}>
      <Loaded from={detail} height={300}>{(d) => <Shown detail={d} onOpen={onOpen} />}</Loaded>
    </Drawer>
  );
}

function Shown({ detail, onOpen }: { detail: EventDetail; onOpen?(id: string): void }) {
  const { event, alerts, cim, reasoning } = detail;
  const fields = Object.entries(event).filter(([k]) => !OWN.has(k));
  return (
    <>
      <section>
        <h3>Raw text</h3>
        <pre class="raw" tabIndex={0}>{event._raw}</pre>
      </section>
      {event.parse_error && (
        <p class="notice error">
          Parse error: no pattern matches{event.parse_error_reason
            ? `: ${event.parse_error_reason}`
            : ""}
        </p>
      )}
      <section>
        <h3>Timestamps</h3>
        <Facts
          items={[
            ["Time", <Time key="t" at={event._time} />],
            ["Ingested", <Time key="i" at={event._ingested} />],
            ["Datasets", event.datasets.join(", ") || "none"],
          ]}
        />
      </section>
      <section>
        <h3>Fields</h3>
        <Facts
          items={fields.map(([k, v]) => [k, <Value key={k} name={k} value={v} />] as const)}
        />
      </section>
      <Around event={event} onOpen={onOpen} />
      {cim.map((d) => <Dataset key={d.name} check={d} />)}
      {alerts.length > 0 && (
        <section>
          <h3>Related alerts</h3>
          <AlertLines alerts={alerts} />
        </section>
      )}
      {reasoning.length > 0 && (
        <section>
          <h3>Rule evaluation</h3>
          <Reasons reasoning={reasoning} />
        </section>
      )}
    </>
  );
}

const MARK = { present: "✓", missing: "–", unexpected: "!" } as const;
const MARK_CLASS = { present: "good", missing: "muted", unexpected: "warn" } as const;

/** A dataset's fields: those that the event has, and those that it lacks. */
export function Dataset({ check }: { check: EventDetail["cim"][number] }) {
  const wanted = check.fields.filter((f) => f.requirement !== "optional" || f.status !== "missing");
  const optional = check.fields.length - wanted.length;
  const has = check.fields.filter((f) => f.status !== "missing").length;
  return (
    <section>
      <h3>
        CIM {check.name}: {has} of {check.fields.length} fields present,{" "}
        <span class={check.complete ? "good" : "warn"}>
          {check.complete ? "complete" : "required fields missing or unexpected"}
        </span>
      </h3>
      <ul class="cim">
        {wanted.map((f) => (
          <li key={f.name}>
            <span
              class={f.status === "missing" && f.requirement === "required"
                ? "bad"
                : MARK_CLASS[f.status]}
            >
              <span aria-hidden="true">{MARK[f.status]}</span>
              <span class="unseen">{f.status}</span>
            </span>
            <span class="mono">{f.name}</span>
            <span class="muted">{f.requirement}</span>
            <span class="mono clip" title={shown(f.value)}>
              {f.value === undefined
                ? <span class="muted">missing</span>
                : <bdi>{shown(f.value)}</bdi>}
            </span>
            {f.status === "unexpected" && f.prescribed && (
              <span class="warn whole">expected values: {f.prescribed.join(", ")}</span>
            )}
          </li>
        ))}
      </ul>
      {optional > 0 && <p class="muted">{optional} optional fields missing</p>}
    </section>
  );
}

/** Why each rule takes the event or not; those that take it are open. */
export function Reasons({ reasoning }: { reasoning: EventDetail["reasoning"] }) {
  const [all, setAll] = useState(false);
  const passing = reasoning.filter((r) => r.passes).length;
  const shown = all ? reasoning : reasoning.slice(0, Math.max(5, passing));
  return (
    <div class="stack">
      {shown.map((r) => (
        <details key={r.rule} open={r.passes || reasoning.length <= 3}>
          <summary>
            <span class={r.passes ? "good" : "muted"}>
              {r.passes ? "Matched" : "Not matched"}
            </span>{" "}
            {r.title} <span class="muted mono">{r.rule}</span>
          </summary>
          <pre class="raw" tabIndex={0}>{r.text}</pre>
        </details>
      ))}
      {shown.length < reasoning.length && (
        <button
          type="button"
          class="button small"
          onClick={() => setAll(true)}
        >
          Show {reasoning.length - shown.length} more rules that do not match
        </button>
      )}
    </div>
  );
}
