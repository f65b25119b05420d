/**
 * A table of many rows: only those in sight are in the document, so ten thousand scroll as smoothly
 * as ten. Arrow keys or j and k move, Enter opens, x picks.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Column<R> {
  readonly id: string;
  readonly title: string;
  /** A track of a CSS grid, such as `120px` or `minmax(200px, 1fr)`. */
  readonly width: string;
  readonly class?: string;
  cell(row: R): ComponentChildren;
}

const ROW = 30;
/** Rows kept above and below those in sight. */
const SPARE = 12;
/** Pages with next to nothing in them that are read one after the other. */
const BARREN = 40;

export function Table<R>(props: {
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  idOf(row: R): string;
  onOpen?(row: R): void;
  /** Id of the row that is open elsewhere. */
  active?: string | null;
  picked?: ReadonlySet<string>;
  onPick?(ids: ReadonlySet<string>): void;
  /** Ids of rows that came while the page was open. */
  fresh?: ReadonlySet<string>;
  /** Where the rows go on; null when these are all. */
  more?: string | null;
  onMore?(): void;
  empty?: ComponentChildren;
}) {
  const { columns, rows, idOf, picked, onPick } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [cursor, setCursor] = useState(-1);

  useEffect(() => {
    const el = scroll.current!;
    const measure = () => setView({ top: el.scrollTop, height: el.clientHeight });
    const watch = new ResizeObserver(measure);
    watch.observe(el);
    // The state changes only when another row comes into sight.
    let at = -1;
    const onScroll = () => {
      const row = Math.floor(el.scrollTop / ROW);
      if (Math.abs(row - at) >= SPARE / 2 || row === 0) {
        at = row;
        measure();
      }
    };
    el.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      watch.disconnect();
      el.removeEventListener("scroll", onScroll);
    };
  }, []);

  // Rows that come above do not move those that are looked at.
  const top = useRef<string | null>(null);
  useLayoutEffect(() => {
    const was = top.current;
    top.current = rows.length ? idOf(rows[0]) : null;
    if (was === null || was === top.current) return;
    const added = rows.findIndex((r) => idOf(r) === was);
    if (added <= 0) return;
    if (scroll.current!.scrollTop > 0) scroll.current!.scrollTop += added * ROW;
    setCursor((c) => c < 0 ? c : c + added);
  }, [rows]);

  const from = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + SPARE);
  // A page may hold few rows or none and still have a next one: rare things are searched for a
  // portion at a time. After some of these the user says whether to go on.
  const barren = useRef({ rows: 0, pages: 0 });
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!props.more || to < rows.length - 40) return;
    const b = barren.current;
    b.pages = rows.length - b.rows < 20 ? b.pages + 1 : 0;
    b.rows = rows.length;
    if (b.pages > BARREN) setAsking(true);
    else props.onMore?.();
  }, [to, rows.length, props.more]);
  const goOn = () => {
    barren.current.pages = 0;
    setAsking(false);
    props.onMore?.();
  };
  const searching = !!props.more && to >= rows.length - 40;

  const pick = (id: string) => {
    if (!onPick || !picked) return;
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    onPick(next);
  };
  const move = (to: number) => {
    const at = Math.max(0, Math.min(rows.length - 1, to));
    setCursor(at);
    const el = scroll.current!;
    const top = at * ROW;
    if (top < el.scrollTop) el.scrollTop = top;
    else if (top + 2 * ROW > el.scrollTop + el.clientHeight) {
      el.scrollTop = top + 2 * ROW - el.clientHeight;
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== scroll.current) return;
    const page = Math.max(1, Math.floor(view.height / ROW) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
    };
    if (Object.hasOwn(steps, event.key)) move(cursor + steps[event.key]);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(rows.length - 1);
    else if (event.key === "Enter" && rows[cursor]) props.onOpen?.(rows[cursor]);
    else if (event.key === "x" && rows[cursor]) pick(idOf(rows[cursor]));
    else return;
    event.preventDefault();
  };

  const allPicked = !!picked && rows.length > 0 && picked.size >= rows.length;
  const tracks = (onPick ? "34px " : "") + columns.map((c) => c.width).join(" ");
  const name = (i: number) => `row-${i}`;
  return (
    <div class="table" style={{ "--cols": tracks }}>
      <div
        class="scroll"
        ref={scroll}
        // Keys move within it, so it takes the focus itself.
        tabIndex={0}
        role="grid"
        aria-label={props.label}
        aria-rowcount={props.more ? -1 : rows.length + 1}
        aria-multiselectable={onPick ? true : undefined}
        aria-activedescendant={cursor >= from && cursor < to ? name(cursor) : undefined}
        onKeyDown={onKeyDown}
      >
        <div class="inner" role="presentation">
          <div class="tr head-row" role="row" aria-rowindex={1}>
            {onPick && (
              <span class="pick" role="columnheader">
                <input
                  type="checkbox"
                  aria-label="Select all"
                  checked={allPicked}
                  onChange={() => onPick(allPicked ? new Set() : new Set(rows.map(idOf)))}
                />
              </span>
            )}
            {columns.map((c) => (
              <span key={c.id} role="columnheader" class={c.class}>{c.title}</span>
            ))}
          </div>
          <div class="rows" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
            {rows.slice(from, to).map((row, n) => {
              const i = from + n;
              const id = idOf(row);
              const active = i === cursor || id === props.active;
              return (
                <div
                  key={id}
                  id={name(i)}
                  role="row"
                  aria-rowindex={i + 2}
                  aria-selected={picked ? picked.has(id) : undefined}
                  class={`tr data${active ? " active" : ""}${props.fresh?.has(id) ? " fresh" : ""}`}
                  style={{ transform: `translateY(${i * ROW}px)` }}
                  onClick={(event) => {
                    if ((event.target as Element).closest("a, input, button")) return;
                    setCursor(i);
                    props.onOpen?.(row);
                  }}
                >
                  {onPick && (
                    <span class="pick" role="gridcell">
                      <input
                        type="checkbox"
                        aria-label="Select row"
                        checked={picked!.has(id)}
                        onChange={() => pick(id)}
                      />
                    </span>
                  )}
                  {columns.map((c) => (
                    <span key={c.id} role="gridcell" class={c.class}>{c.cell(row)}</span>
                  ))}
                </div>
              );
            })}
          </div>
        </div>
        {rows.length === 0 && !props.more && props.empty}
      </div>
      {searching && (
        <div class="foot" role="status">
          {asking
            ? (
              <>
                Nothing more among what was looked at.
                <button type="button" class="button small" onClick={goOn}>
                  Search further back
                </button>
              </>
            )
            : "Searching older events"}
        </div>
      )}
    </div>
  );
}
