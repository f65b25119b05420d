/**
 * A table of many rows: only those in sight are in the document, so ten thousand scroll as smoothly
 * as ten. Arrow keys or j and k move, Enter opens, x picks, with Shift all from the one picked last,
 * e edits, s silences. Keys work without a click into the table as long as nothing else has the focus.
 */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useNarrow } from "../client/narrow.ts";

export interface Column<R> {
  readonly id: string;
  readonly title: string;
  /** A track of a CSS grid, such as `120px` or `minmax(200px, 1fr)`. */
  readonly width: string;
  readonly class?: string;
  /** What rows are sorted by when the user sorts by this column; left out: they are not. */
  readonly sort?: (row: R) => string | number;
  /** @param before the row above; null for the first */
  cell(row: R, before: R | null): ComponentChildren;
}

export interface Sort {
  /** Id of the column. */
  readonly by: string;
  readonly down: boolean;
}

/** Height of a row of one line, px. */
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
  /** Height of a row, px. */
  height?: number;
  /** What a row is in a narrow window, and how high. */
  card?: { readonly height: number; show(row: R, before?: R | null): ComponentChildren };
  sort?: Sort | null;
  onSort?(sort: Sort | null): void;
  onOpen?(row: R): void;
  /** Called for the row of the cursor by e and by s; null without one. */
  onEdit?(row: R | null): void;
  onSilence?(row: R | null): void;
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
function useView(scroll: RefObject<HTMLDivElement | null>, height: number) {
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const el = scroll.current!;
    const measure = () => setView({ top: el.scrollTop, height: el.clientHeight });
    const watch = new ResizeObserver(measure);
    watch.observe(el);
    // The state changes only when another row comes into sight.
    let at = -1;
    const onScroll = () => {
      const row = Math.floor(el.scrollTop / height);
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
  }, [height]);
  return view;
}

/** The row of the cursor, -1 for none; rows that come above do not move those that are looked at. */
function useCursor<R>(
  scroll: RefObject<HTMLDivElement | null>,
  { rows, idOf }: TableProps<R>,
  height: number,
) {
  const [cursor, setCursor] = useState(-1);
  const top = useRef<string | null>(null);
  useLayoutEffect(() => {
    const was = top.current;
    top.current = rows.length ? idOf(rows[0]) : null;
    if (was === null || was === top.current) return;
    const added = rows.findIndex((r) => idOf(r) === was);
    if (added <= 0) return;
    if (scroll.current!.scrollTop > 0) scroll.current!.scrollTop += added * height;
    setCursor((c) => c < 0 ? c : c + added);
  }, [rows]);
  const move = (to: number) => {
    const at = Math.max(0, Math.min(rows.length - 1, to));
    setCursor(at);
    const el = scroll.current!;
    const top = at * height;
    if (top < el.scrollTop) el.scrollTop = top;
    else if (top + height + ROW > el.scrollTop + el.clientHeight) {
      el.scrollTop = top + height + ROW - el.clientHeight;
    }
  };
  return { cursor, setCursor, move };
}

/** Brings the row that is open elsewhere into sight, once for each. */
function useActive<R>(
  scroll: RefObject<HTMLDivElement | null>,
  { rows, idOf, active }: TableProps<R>,
  height: number,
) {
  const shown = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (!active || shown.current === active) return;
    const at = rows.findIndex((r) => idOf(r) === active);
    if (at < 0) return;
    shown.current = active;
    const el = scroll.current!;
    const top = at * height;
    if (top < el.scrollTop || top + height + ROW > el.scrollTop + el.clientHeight) {
      el.scrollTop = top - el.clientHeight / 2;
    }
  }, [rows, active]);
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

/** Picks rows: one more or less, or with Shift all up to the one picked last. */
function usePicks<R>({ rows, idOf, picked, onPick }: TableProps<R>) {
  const anchor = useRef<string | null>(null);
  return (at: number, through: boolean) => {
    if (!onPick || !picked || !rows[at]) return;
    const id = idOf(rows[at]), next = new Set(picked);
    const from = through && anchor.current !== null
      ? rows.findIndex((r) => idOf(r) === anchor.current)
      : -1;
    if (from >= 0) {
      const [first, last] = from < at ? [from, at] : [at, from];
      for (const row of rows.slice(first, last + 1)) next.add(idOf(row));
    } else if (!next.delete(id)) next.add(id);
    anchor.current = id;
    onPick(next);
  };
}

export function Table<R>(props: TableProps<R>) {
  const { rows, idOf, onPick } = props;
  const card = useNarrow() ? props.card : undefined;
  const height = card?.height ?? props.height ?? ROW;
  const columns: readonly Column<R>[] = card
    ? [{ id: "card", title: props.label, width: "minmax(0, 1fr)", class: "card", cell: card.show }]
    : props.columns;
  const scroll = useRef<HTMLDivElement>(null);
  const view = useView(scroll, height);
  const { cursor, setCursor, move } = useCursor(scroll, props, height);
  useActive(scroll, props, height);
  const from = Math.max(0, Math.floor(view.top / height) - SPARE);
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / height) + SPARE);
  const more = useMore(props, to);
  const pick = usePicks(props);
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const step = stepOf(key, Math.max(1, Math.floor(view.height / height) - 2));
    if (step !== undefined) {
      move(cursor + step);
      if (event.shiftKey && Math.abs(step) === 1) pick(Math.max(0, cursor + step), true);
    } else if (key === "Home") move(0);
    else if (key === "End") move(rows.length - 1);
    else if (key === "Enter" && rows[cursor]) props.onOpen?.(rows[cursor]);
    else if (key === "x" && onPick && rows[cursor]) pick(cursor, event.shiftKey);
    else if (key === "e" && props.onEdit) props.onEdit(rows[cursor] ?? null);
    else if (key === "s" && props.onSilence) props.onSilence(rows[cursor] ?? null);
    else return;
    event.preventDefault();
  };
  useKeysWithoutFocus(scroll, onKey);
  const tracks = (onPick ? "34px " : "") + columns.map((c) => c.width).join(" ");
  return (
    <div
      class={`table${card ? " cards" : ""}`}
      data-picks={onPick !== undefined}
      style={{ "--cols": tracks }}
    >
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
        onKeyDown={(event) => event.target === scroll.current && onKey(event)}
      >
        <div class="inner" role="presentation">
          <Head {...props} columns={columns} />
          <div class="rows" role="rowgroup" style={{ height: `${rows.length * height}px` }}>
            {rows.slice(from, to).map((row, n) => (
              <Row
                key={idOf(row)}
                table={props}
                columns={columns}
                height={height}
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

/** Passes keys on while nothing has the focus; the table takes it with the first of them. */
function useKeysWithoutFocus(
  scroll: RefObject<HTMLDivElement | null>,
  onKey: (event: KeyboardEvent) => void,
) {
  const current = useRef(onKey);
  current.current = onKey;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const at = document.activeElement;
      if (at !== null && at !== document.body && at.id !== "main") return;
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      current.current(event);
      if (event.defaultPrevented && !document.querySelector("dialog[open]")) {
        scroll.current?.focus({ preventScroll: true });
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

/** The head of a column that sorts by it: the largest first, then the smallest, then as it was. */
export function SortButton({ column: { id, title }, sort, onSort }: {
  column: { readonly id: string; readonly title: string };
  sort: Sort | null;
  onSort(sort: Sort | null): void;
}) {
  const by = sort?.by === id ? sort : null;
  const next = by === null ? { by: id, down: true } : by.down ? { by: id, down: false } : null;
  return (
    <button type="button" class="sort" onClick={() => onSort(next)}>
      {title}
      <i aria-hidden="true">{by ? by.down ? "↓" : "↑" : ""}</i>
    </button>
  );
}

function Head<R>(props: TableProps<R>) {
  const { columns, rows, idOf, picked, onPick, sort, onSort } = props;
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
      {columns.map((c) => {
        const sorted = sort?.by === c.id ? sort.down ? "descending" : "ascending" : undefined;
        return (
          <span key={c.id} role="columnheader" class={c.class} aria-sort={sorted}>
            {c.sort && onSort
              ? <SortButton column={c} sort={sort ?? null} onSort={onSort} />
              : c.title}
          </span>
        );
      })}
    </div>
  );
}

function Row<R>({ table, columns, height, row, at, active, onPick, onOpen }: {
  table: TableProps<R>;
  columns: readonly Column<R>[];
  height: number;
  row: R;
  /** Its number, from 0. */
  at: number;
  active: boolean;
  onPick(at: number, through: boolean): void;
  onOpen(): void;
}) {
  const { picked, fresh } = table;
  const id = table.idOf(row), before = at > 0 ? table.rows[at - 1] : null;
  return (
    <div
      id={rowName(at)}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={picked ? picked.has(id) : undefined}
      class={`tr data${active ? " active" : ""}${fresh?.has(id) ? " fresh" : ""}`}
      style={{ transform: `translateY(${at * height}px)`, height: `${height}px` }}
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
            // Shift is told by the click, not by the change.
            onClick={(event) => onPick(at, event.shiftKey)}
          />
        </span>
      )}
      {columns.map((c) => (
        <span key={c.id} role="gridcell" class={c.class}>{c.cell(row, before)}</span>
      ))}
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
            Looked through the newest events so far.
            <button type="button" class="button small" onClick={goOn}>
              Look further back
            </button>
          </>
        )
        : "Looking for older rows"}
    </div>
  );
}
