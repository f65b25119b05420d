/**
 * A table of many rows: only those in sight are in the document, so ten thousand scroll as smoothly
 * as ten. Arrow keys or j and k move, Enter opens, x picks.
 */
import type { ComponentChildren, RefObject } from "preact";
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

export interface TableProps<R> {
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
}

/** What of the scrolled box is in sight, in pixels. */
function useView(scroll: RefObject<HTMLDivElement | null>) {
  const [view, setView] = useState({ top: 0, height: 600 });
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
  return view;
}

/** The row of the cursor, -1 for none; rows that come above do not move those that are looked at. */
function useCursor<R>(scroll: RefObject<HTMLDivElement | null>, { rows, idOf }: TableProps<R>) {
  const [cursor, setCursor] = useState(-1);
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
  return { cursor, setCursor, move };
}

/**
 * Asks for more rows when the last ones come into sight. A page may hold few rows or none and still
 * have a next one: rare things are searched for a portion at a time. After some of these the user
 * says whether to go on.
 */
function useMore<R>({ rows, more, onMore }: TableProps<R>, to: number) {
  const barren = useRef({ rows: 0, pages: 0 });
  const [asking, setAsking] = useState(false);
  const near = to >= rows.length - 40;
  useEffect(() => {
    if (!more || !near) return;
    const b = barren.current;
    b.pages = rows.length - b.rows < 20 ? b.pages + 1 : 0;
    b.rows = rows.length;
    if (b.pages > BARREN) setAsking(true);
    else onMore?.();
  }, [to, rows.length, more]);
  const goOn = () => {
    barren.current.pages = 0;
    setAsking(false);
    onMore?.();
  };
  return { searching: !!more && near, asking, goOn };
}

/** Rows that a key moves the cursor by, with so many rows in sight. */
const stepOf = (key: string, page: number): number | undefined =>
  new Map([
    ["ArrowDown", 1],
    ["j", 1],
    ["ArrowUp", -1],
    ["k", -1],
    ["PageDown", page],
    ["PageUp", -page],
  ]).get(key);

const rowName = (i: number) => `row-${i}`;

export function Table<R>(props: TableProps<R>) {
  const { columns, rows, idOf, picked, onPick } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const view = useView(scroll);
  const { cursor, setCursor, move } = useCursor(scroll, props);
  const from = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + SPARE);
  const more = useMore(props, to);
  const pick = (id: string) => {
    if (!onPick || !picked) return;
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    onPick(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== scroll.current) return;
    const step = stepOf(event.key, Math.max(1, Math.floor(view.height / ROW) - 2));
    if (step !== undefined) move(cursor + step);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(rows.length - 1);
    else if (event.key === "Enter" && rows[cursor]) props.onOpen?.(rows[cursor]);
    else if (event.key === "x" && rows[cursor]) pick(idOf(rows[cursor]));
    else return;
    event.preventDefault();
  };
  const tracks = (onPick ? "34px " : "") + columns.map((c) => c.width).join(" ");
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
        aria-activedescendant={cursor >= from && cursor < to ? rowName(cursor) : undefined}
        onKeyDown={onKeyDown}
      >
        <div class="inner" role="presentation">
          <Head {...props} />
          <div class="rows" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
            {rows.slice(from, to).map((row, n) => (
              <Row
                key={idOf(row)}
                table={props}
                row={row}
                at={from + n}
                active={from + n === cursor || idOf(row) === props.active}
                onPick={pick}
                onOpen={() => {
                  setCursor(from + n);
                  props.onOpen?.(row);
                }}
              />
            ))}
          </div>
        </div>
        {rows.length === 0 && !props.more && props.empty}
      </div>
      <Foot {...more} />
    </div>
  );
}

function Head<R>({ columns, rows, idOf, picked, onPick }: TableProps<R>) {
  const all = !!picked && rows.length > 0 && picked.size >= rows.length;
  return (
    <div class="tr head-row" role="row" aria-rowindex={1}>
      {onPick && (
        <span class="pick" role="columnheader">
          <input
            type="checkbox"
            aria-label="Select all"
            checked={all}
            onChange={() => onPick(all ? new Set() : new Set(rows.map(idOf)))}
          />
        </span>
      )}
      {columns.map((c) => <span key={c.id} role="columnheader" class={c.class}>{c.title}</span>)}
    </div>
  );
}

function Row<R>({ table, row, at, active, onPick, onOpen }: {
  table: TableProps<R>;
  row: R;
  /** Its number, from 0. */
  at: number;
  active: boolean;
  onPick(id: string): void;
  onOpen(): void;
}) {
  const { columns, picked, fresh } = table;
  const id = table.idOf(row);
  return (
    <div
      id={rowName(at)}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={picked ? picked.has(id) : undefined}
      class={`tr data${active ? " active" : ""}${fresh?.has(id) ? " fresh" : ""}`}
      style={{ transform: `translateY(${at * ROW}px)` }}
      onClick={(event) => {
        if (!(event.target as Element).closest("a, input, button")) onOpen();
      }}
    >
      {table.onPick && (
        <span class="pick" role="gridcell">
          <input
            type="checkbox"
            aria-label="Select row"
            checked={picked!.has(id)}
            onChange={() => onPick(id)}
          />
        </span>
      )}
      {columns.map((c) => <span key={c.id} role="gridcell" class={c.class}>{c.cell(row)}</span>)}
    </div>
  );
}

/** Shown while older rows are awaited; with `asking` the user says whether to go on. */
function Foot({ searching, asking, goOn }: {
  searching: boolean;
  asking: boolean;
  goOn(): void;
}) {
  if (!searching) return null;
  return (
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
  );
}
