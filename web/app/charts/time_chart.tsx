/** Bars or lines over time, drawn by uPlot; dragging selects a range. */
import { useEffect, useRef } from "preact/hooks";
import { visible } from "../../../grammar/visible.ts";
import uPlot from "uplot";
import { dayName, local, number, shortTime } from "../client/format.ts";
import { color, useTheme } from "../client/theme.ts";
import { zone } from "../client/zone.ts";

export interface Series {
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface TimeChartProps {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Beginnings of the buckets, epoch ms. */
  readonly times: readonly number[];
  readonly interval: number;
  readonly series: readonly Series[];
  readonly kind: "bars" | "line";
  readonly height: number;
  readonly format?: (n: number) => string;
  /** A dashed line at a value, and what it is called. */
  readonly limit?: { readonly at: number; readonly label: string };
  /** Moments that are marked above the bars, in a colour of the style sheet. */
  readonly marks?: readonly { readonly at: number; readonly color: string }[];
  /** Counts of the time before, by bucket: a line over the bars. */
  readonly before?: readonly number[];
  readonly onSelect?: (from: number, to: number) => void;
}

/** Steps of an axis of counts. */
const WHOLE = Array.from({ length: 13 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

/** Columns of a stacked chart from the bottom up: uPlot draws each from zero, so sums are drawn. */
function stacked(series: readonly Series[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  for (let k = series.length - 1; k >= 0; k--) {
    const above = sums[0];
    sums.unshift(series[k].values.map((v, i) => (v ?? 0) + (above?.[i] ?? 0)));
  }
  return sums;
}

export function TimeChart(props: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const now = useRef(props);
  now.current = props;
  const drawn = useRef<uPlot | null>(null);
  // Numbers change under a chart that stays: one made anew would lose what is being dragged over it.
  const kinds = props.series.map((s) => `${s.color} ${s.label}`).join("\n");
  useEffect(() => {
    const el = box.current!;
    const plot = new uPlot(
      optionsOf(now, el.clientWidth, tip.current!),
      dataOf(props) as uPlot.AlignedData,
      el,
    );
    drawn.current = plot;
    const watch = new ResizeObserver(() => {
      if (el.clientWidth > 0 && el.clientWidth !== plot.width) {
        plot.setSize({ width: el.clientWidth, height: props.height });
      }
    });
    watch.observe(el);
    return () => {
      watch.disconnect();
      plot.destroy();
      drawn.current = null;
    };
  }, [theme, kinds, props.kind, props.height, props.interval]);
  useEffect(() => {
    const data = dataOf(props) as uPlot.AlignedData;
    if (drawn.current && !sameNumbers(drawn.current.data, data)) drawn.current.setData(data);
    else drawn.current?.redraw(false);
  }, [props.times, props.series, props.marks]);
  // The axis may have to reach higher.
  useEffect(() => drawn.current?.setData(dataOf(props) as uPlot.AlignedData), [props.before]);
  return (
    <div class="chart" style={{ minHeight: `${props.height}px` }}>
      <div ref={box} role="img" aria-label={props.label} />
      <div class="tip" ref={tip} hidden />
    </div>
  );
}

function sameNumbers(a: uPlot.AlignedData, b: uPlot.AlignedData): boolean {
  return a.length === b.length &&
    a.every((row, i) => row.length === b[i].length && [...row].every((v, j) => v === b[i][j]));
}

function dataOf(props: TimeChartProps): (number | null)[][] {
  const x = props.times.map((t) => t / 1000);
  return [
    x,
    ...(props.kind === "bars" ? stacked(props.series) : props.series.map((s) => [...s.values])),
  ];
}

/** @param now what is shown at the time: numbers change while the chart stays */
function optionsOf(
  now: { readonly current: TimeChartProps },
  width: number,
  tip: HTMLElement,
): uPlot.Options {
  const { interval, series, kind, height, format = number, limit } = now.current;
  const text = color("text-2"), line = color("line");
  const withDay = () => {
    const { times } = now.current;
    return times.length > 0 && times.at(-1)! - times[0] > 86_400_000;
  };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const bars = uPlot.paths.bars!({ size: [0.9, 60], align: 1, gap: 0 });
  return {
    width,
    height,
    ms: 1e-3,
    tzDate: (seconds) => {
      const date = new Date(seconds * 1000);
      return zone() === "utc" ? uPlot.tzDate(date, "Etc/UTC") : date;
    },
    legend: { show: false },
    padding: [8, 6, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: !!now.current.onSelect, y: false, setScale: false },
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { times } = now.current;
          return times.length ? [times[0] / 1000, (times.at(-1)! + interval) / 1000] : [0, 1];
        },
      },
      y: {
        range: (_u, _min, max) => [
          0,
          Math.max(
            Math.max(max, ...now.current.before ?? []) * 1.08,
            limit ? limit.at * 1.25 : 0,
          ) || 1,
        ],
      },
    },
    axes: [
      {
        stroke: text,
        font,
        size: 26,
        gap: 4,
        space: () => withDay() ? 90 : 60,
        grid: { show: false },
        ticks: { stroke: line, width: 1, size: 4 },
        values: (u, splits) => {
          // What would be cut off at the right end is left out.
          const { times } = now.current;
          const end = times.at(-1)! + interval -
            (times.at(-1)! + interval - times[0]) * (42 / u.width);
          const midnights = withDay() &&
            splits.every((s) => shortTime(s * 1000, false) === "00:00");
          return splits.map((s) => {
            const ms = s * 1000, time = shortTime(ms, false);
            if (ms > end) return "";
            // A day is said where it begins.
            return midnights || time === "00:00" && !withDay()
              ? dayName(ms)
              : shortTime(ms, withDay());
          });
        },
      },
      {
        stroke: text,
        font,
        size: 48,
        gap: 4,
        space: 28,
        // There is no half of an event.
        incrs: format === number ? WHOLE : undefined,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_u, splits) => splits.map((v) => format(v)),
      },
    ],
    series: [
      {},
      ...series.map((s) => ({
        label: s.label,
        stroke: color(s.color),
        fill: kind === "bars" ? color(s.color) : undefined,
        width: kind === "bars" ? 0 : 1.5,
        paths: kind === "bars" ? bars : undefined,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      setCursor: [(u) => showTip(u, now.current, tip)],
      setSelect: [(u) => {
        if (u.select.width < 3) return;
        const at = (px: number) => u.posToVal(px, "x") * 1000;
        const from = at(u.select.left), to = at(u.select.left + u.select.width);
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        // Whole buckets: what was touched is taken in.
        const { times } = now.current, last = bucketAt(times, to);
        now.current.onSelect?.(
          times[bucketAt(times, from)],
          times[last + 1] ?? times[last] + interval,
        );
      }],
      draw: [
        ...(limit ? [(u: uPlot) => drawLimit(u, limit, text, font)] : []),
        (u: uPlot) => drawBefore(u, now.current, text),
        (u: uPlot) => drawMarks(u, now.current.marks ?? []),
      ],
    },
  };
}

/** The counts of the time before as steps. */
function drawBefore(u: uPlot, { before = [], times, interval }: TimeChartProps, stroke: string) {
  if (before.length === 0) return;
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const [i, n] of before.slice(0, times.length).entries()) {
    const y = Math.round(u.valToPos(n, "y", true));
    ctx.lineTo(u.valToPos(times[i] / 1000, "x", true), y);
    ctx.lineTo(u.valToPos((times[i] + interval) / 1000, "x", true), y);
  }
  ctx.stroke();
  ctx.restore();
}

/** A small triangle for each moment; severe ones are drawn last, over the others. */
function drawMarks(u: uPlot, marks: NonNullable<TimeChartProps["marks"]>): void {
  const { ctx, bbox } = u;
  const size = 4 * devicePixelRatio;
  ctx.save();
  for (const { at, color: name } of marks.toReversed()) {
    const x = Math.round(u.valToPos(at / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.fillStyle = color(name);
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size);
    ctx.lineTo(x, bbox.top + size);
    ctx.fill();
  }
  ctx.restore();
}

function drawLimit(
  u: uPlot,
  limit: { at: number; label: string },
  text: string,
  font: string,
): void {
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(limit.at, "y", true));
  ctx.save();
  ctx.strokeStyle = color("bad");
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.fillStyle = text;
  ctx.font = font.replace("11px", `${11 * devicePixelRatio}px`);
  ctx.textAlign = "right";
  ctx.fillText(limit.label, bbox.left + bbox.width - 4, y - 4 * devicePixelRatio);
  ctx.restore();
}

/** The bucket that a time is in; buckets of days differ where the clock of the zone changes. */
function bucketAt(times: readonly number[], ms: number): number {
  const next = times.findIndex((t) => t > ms);
  return Math.max(0, next < 0 ? times.length - 1 : next - 1);
}

/** The numbers under the pointer; the bucket is the one that it is in, not the nearest beginning. */
function showTip(
  u: uPlot,
  props: TimeChartProps,
  tip: HTMLElement,
): void {
  const { format = number } = props;
  const { left = -1 } = u.cursor;
  const at = left < 0 ? -1 : bucketAt(props.times, u.posToVal(left, "x") * 1000);
  const time = props.times[at];
  tip.hidden = time === undefined;
  if (time === undefined) return;
  const rows = props.series.map((s) => ({ s, v: s.values[at] })).filter(({ v }) =>
    v !== null && v !== undefined && (v > 0 || props.series.length === 1)
  );
  const head = document.createElement("div");
  head.className = "muted";
  head.textContent = local(time);
  const list = document.createElement("ul");
  for (const { s, v } of rows) {
    const item = document.createElement("li");
    const dot = document.createElement("i");
    dot.className = "dot";
    dot.style.background = color(s.color);
    const value = document.createElement("b");
    value.textContent = format(v!);
    item.append(dot, visible(s.label), value);
    list.append(item);
  }
  if (props.before?.[at] !== undefined) {
    const item = document.createElement("li");
    item.className = "muted";
    item.append(`${format(props.before[at])} in the time before`);
    list.append(item);
  }
  tip.replaceChildren(head, list);
  const x = u.valToPos((time + props.interval / 2) / 1000, "x") + u.bbox.left / devicePixelRatio;
  const width = tip.offsetWidth;
  tip.style.left = `${x + 14 + width > u.width ? Math.max(0, x - width - 14) : x + 14}px`;
  tip.style.top = "6px";
}
