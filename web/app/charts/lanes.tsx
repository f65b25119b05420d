/** When the alerts of an incident fired: one axis, a lane for each tactic, gaps folded. */
import { useMemo } from "preact/hooks";
import type { Alert } from "../../server/types/mod.ts";
import { duration, local, onDay } from "../client/format.ts";
import { type FoldedAxis, foldedAxis } from "./folded_axis.ts";

/** A lane, and the alerts in it. */
export interface Lane {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

/** @param evidence times of events that the alerts name, epoch ms */
export function Lanes({ lanes, evidence }: {
  lanes: readonly Lane[];
  evidence: readonly number[];
}) {
  const axis = useMemo(
    () =>
      foldedAxis([...lanes.flatMap((l) => l.alerts.map((a) => Date.parse(a.time))), ...evidence]),
    [lanes, evidence],
  );
  const percent = (x: number) => `${(100 * x).toFixed(3)}%`;
  const at = (time: string) => percent(axis.at(Date.parse(time)));
  return (
    <div class="lanes">
      {lanes.map(({ name, alerts }) => [
        <span key={`n${name}`} class="clip" title={name}>{name}</span>,
        <div key={name} class="lane">
          <Folds axis={axis} />
          {alerts.map((a) => (
            <a
              key={a.id}
              class={`sev-${a.severity}`}
              href={`/alerts/${a.id}`}
              style={{ left: at(a.time) }}
              title={`${local(Date.parse(a.time))}\n${a.message}`}
              aria-label={`${a.title}, ${local(Date.parse(a.time))}`}
            />
          ))}
        </div>,
      ])}
      <span />
      <Ticks axis={axis} />
    </div>
  );
}

function Folds({ axis }: { axis: FoldedAxis }) {
  return (
    <>
      {axis.folds.map((f) => (
        <i
          key={f.x0}
          class="fold"
          style={{ left: `${100 * f.x0}%`, width: `${100 * (f.x1 - f.x0)}%` }}
          title={`${duration(f.ms)} without alerts`}
        />
      ))}
    </>
  );
}

/** Shares of the axis that a time and a day with a time take, in wide windows. */
const CLOCK = 0.075, DAY = 0.13;

interface Tick {
  readonly text: string;
  /** Where its text begins and ends, 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly row: number;
}

/** Both ends of each stretch, and what is folded between them, in rows without overlaps. */
function ticksOf(axis: FoldedAxis): Tick[] {
  const ticks: Tick[] = [];
  const wide = innerWidth > 760 ? 1 : 3;
  const put = (text: string, x: number, width: number, least = 0) => {
    const from = Math.max(0, Math.min(x, 1 - width * wide)), to = from + width * wide;
    let row = least;
    while (ticks.some((t) => t.row === row && t.from < to && from < t.to)) row++;
    ticks.push({ text, from, to, row });
  };
  let day = "";
  for (const { from, to, x0, x1 } of axis.segments) {
    for (const [ms, x] of from === to ? [[from, x0]] : [[from, x0], [to, x1]]) {
      const text = onDay(ms, day), width = text.length > 9 ? DAY : CLOCK;
      put(text, ms === from ? x : x - width * wide, width);
      day = local(ms).slice(0, 10);
    }
  }
  for (const f of axis.folds) {
    put(`${duration(f.ms)} folded`, (f.x0 + f.x1) / 2 - DAY * wide / 2, DAY, 1);
  }
  return ticks;
}

function Ticks({ axis }: { axis: FoldedAxis }) {
  const ticks = ticksOf(axis);
  const rows = Math.max(...ticks.map((t) => t.row)) + 1;
  return (
    <div class="axis" style={{ height: `${rows * 16 + 4}px` }}>
      {ticks.map((t) => (
        <span
          key={`${t.from} ${t.text}`}
          // What touches the end is set from there, so that it never leaves the axis.
          style={t.to > 0.999
            ? { right: "0", top: `${t.row * 16 + 2}px` }
            : { left: `${100 * t.from}%`, top: `${t.row * 16 + 2}px` }}
        >
          {t.text}
        </span>
      ))}
    </div>
  );
}
