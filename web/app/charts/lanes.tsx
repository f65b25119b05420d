/** When the alerts of an incident were active: one lane for each rule, or for each source. */
import { useState } from "preact/hooks";
import type { Alert } from "../../server/types/mod.ts";
import { local, shortTime } from "../client/format.ts";
import { Panel } from "../parts/panel.tsx";

export function Lanes({ timeline, sourceOf }: {
  timeline: readonly Alert[];
  /** The log that an alert's first event is from. */
  sourceOf(alert: Alert): string;
}) {
  const [by, setBy] = useState<"rule" | "source">("source");
  const nameOf = (a: Alert) => by === "rule" ? a.rule : sourceOf(a);
  const from = Math.min(...timeline.map((a) => Date.parse(a.first)));
  const to = Math.max(...timeline.map((a) => Date.parse(a.last)), from + 1);
  const names = [...new Set(timeline.map(nameOf))];
  const share = (at: string) => 100 * (Date.parse(at) - from) / (to - from);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((x) => from + x * (to - from));
  const withDay = to - from > 20 * 3_600_000;
  return (
    <Panel
      title="Alerts over time"
      span="s12"
      tools={(["source", "rule"] as const).map((what) => (
        <button
          key={what}
          type="button"
          class="button small"
          aria-pressed={by === what}
          onClick={() => setBy(what)}
        >
          By {what}
        </button>
      ))}
    >
      <div class="lanes">
        {names.map((name) => [
          <span key={`n${name}`} class="clip" title={name}>{name}</span>,
          <div key={name} class="lane">
            {timeline.filter((a) => nameOf(a) === name).map((a) => (
              <a
                key={a.id}
                class={`sev-${a.severity}`}
                href={`/alerts/${a.id}`}
                style={{
                  left: `min(${share(a.first)}%, calc(100% - 8px))`,
                  width: `${Math.max(0, share(a.last) - share(a.first))}%`,
                }}
                title={`${local(Date.parse(a.first))}\n${a.message}`}
                aria-label={`${a.title}, ${local(Date.parse(a.first))}`}
              />
            ))}
          </div>,
        ])}
        <span />
        <div class="axis">{marks.map((m) => <span key={m}>{shortTime(m, withDay)}</span>)}</div>
      </div>
    </Panel>
  );
}
