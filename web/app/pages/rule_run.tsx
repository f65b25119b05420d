/** What came of lines under a rule: alerts, events, and for each event why or why not. */
import { useState } from "preact/hooks";
import type { RuleCheckAnswer } from "../../server/types/mod.ts";
import { count, number, shown } from "../client/format.ts";
import { rankOf } from "../client/severity.ts";
import { Reasons } from "../parts/event_drawer.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
import { Empty } from "../parts/states.tsx";
import { SeverityBadge } from "../parts/words.tsx";

type Run = NonNullable<RuleCheckAnswer["run"]>;

const ALERTS: readonly PlainColumn<Run["alerts"][number]>[] = [
  {
    title: "Severity",
    class: "nowrap",
    sort: (a) => rankOf(a.severity),
    cell: (a) => <SeverityBadge severity={a.severity} />,
  },
  { title: "Alert", sort: (a) => a.message, cell: (a) => a.message },
  timeColumn("Time", (a) => a.time),
  { title: "Events", class: "num", sort: (a) => a.count, cell: (a) => number(a.count) },
];

export function RunResult({ run }: { run: Run }) {
  return (
    <>
      <Panel title={count(run.alerts.length, "alert")} flush>
        {run.alerts.length
          ? <PlainTable label="Alerts" columns={ALERTS} rows={run.alerts} idOf={(a) => a.id} />
          : (
            <Empty title="No alert">
              Open an event below: each condition says whether it held, and on what values.
            </Empty>
          )}
      </Panel>
      <Panel
        title={`${count(run.events.length, "event")} of ${run.sourcetype}`}
        tools={run.parse_errors > 0 && (
          <span class="bad">{count(run.parse_errors, "parse error")}</span>
        )}
      >
        <ol class="stack">
          {run.events.slice(0, 200).map((e, i) => (
            <li key={i}>
              <EventOf event={e} reasoning={run.reasoning[i] ?? []} />
            </li>
          ))}
        </ol>
      </Panel>
    </>
  );
}

function EventOf({ event, reasoning }: {
  event: Run["events"][number];
  reasoning: Run["reasoning"][number];
}) {
  const [open, setOpen] = useState(false);
  const passes = reasoning.some((r) => r.passes);
  return (
    <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>
        <span class={event.parse_error ? "bad" : passes ? "good" : "muted"}>
          {event.parse_error ? "Parse error" : passes ? "Taken" : "Not matched"}
        </span>{" "}
        <span class="mono">{event._raw}</span>
      </summary>
      {open && (
        <div class="stack inside">
          <Reasons reasoning={reasoning} />
          <Facts
            items={Object.entries(event).filter(([k]) => !k.startsWith("_")).map(([k, v]) =>
              [k, <span key={k} class="mono">{shown(v)}</span>] as const
            )}
          />
        </div>
      )}
    </details>
  );
}

export function TestResults({ tests }: { tests: NonNullable<RuleCheckAnswer["tests"]> }) {
  const failed = tests.filter((t) => !t.passed).length;
  return (
    <Panel
      title="Rule tests"
      tools={
        <span class={failed ? "bad" : "good"}>
          {failed ? `${failed} of ${tests.length} failed` : `${tests.length} passed`}
        </span>
      }
    >
      <ul class="stack">
        {tests.map((t) => (
          <li key={`${t.rule}:${t.test}`}>
            <span class={t.passed ? "good" : "bad"}>{t.passed ? "Passed" : "Failed"}</span> {t.test}
            {" "}
            <span class="muted">line {t.line}</span>
            {t.error && <div class="bad">{t.error}</div>}
            {t.expectations.filter((e) => !e.passed).map((e, i) => (
              <div key={i} class="mono">expected {e.expected}; actual {e.actual}</div>
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
