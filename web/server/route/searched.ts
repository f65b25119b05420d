/** Events and alerts by conditions of the language, over the store's slices. */
import { rowOf, type SearchRow } from "../../../agent/search/row.ts";
import { slices } from "../../../agent/search/slices.ts";
import type { Cursor, Page, SearchedRows, Store, StoredEvent } from "../../../agent/store/mod.ts";
import type { AlertFilter, EventFilter, StoredAlert, TimeRange } from "../../../agent/store/mod.ts";
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { evaluator } from "../../../compiler/plan/conditions.ts";

const SPAN = { start: 0, end: 0 };
/** How long one answer looks for events, ms: a page then says where the next one begins. */
const PATIENCE = 10_000;

export interface Searched {
  /** What the store's own filters take. */
  readonly filter: Omit<EventFilter, "limit" | "cursor" | "patience">;
  readonly conditions: readonly IrExpr[];
}

/** The store's filters as conditions, beside the others. */
export function readsOf(
  { filter, conditions }: Searched,
): { reads: SearchedRows; range: TimeRange } {
  const { from, to, dataset, text, fields = {}, source, sourcetype, host } = filter;
  const where = [...conditions];
  const field = (name: string): IrExpr => ({ op: "field", name, type: "string", span: SPAN });
  const equal = (name: string, value: string): IrExpr => ({
    op: "in",
    negated: false,
    value: field(name),
    set: { kind: "values", values: [value], cs: true },
    type: "bool",
    span: SPAN,
  });
  for (const [name, value] of Object.entries({ source, sourcetype, host, ...fields })) {
    if (value !== undefined) where.push(equal(name, value));
  }
  if (text !== undefined) {
    const needle: IrExpr = { op: "const", value: text, type: "string", span: SPAN };
    where.push({
      op: "contains",
      quant: "all",
      value: field("_raw"),
      needles: [needle],
      type: "bool",
      span: SPAN,
    });
  }
  const rows = {
    kind: "events" as const,
    from: dataset === undefined ? { any: true } : { dataset },
    where: null,
    span: SPAN,
  };
  return { reads: { rows, where }, range: { from, to } };
}

/** What was found in a slice, and where the next one begins. */
interface Found<T> {
  readonly items: readonly T[];
  readonly next: Cursor | null;
}

/** Events newest first from behind a place, as many as are found while they are looked for. */
async function* found(
  store: Store,
  searched: Searched,
  cursor: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<Found<StoredEvent>> {
  const { reads, range } = readsOf(searched);
  const { dataset, parseError } = searched.filter;
  const to = cursor === undefined ? range.to : Math.min(range.to ?? Infinity, cursor.time + 1);
  const conditions = reads.where.map((e) => evaluator(e, [], true));
  const fits = (event: StoredEvent) => {
    if (
      cursor && (event.time > cursor.time || event.time === cursor.time && event.id >= cursor.id)
    ) {
      return false;
    }
    if (dataset !== undefined && !event.datasets.includes(dataset)) return false;
    if (parseError !== undefined && (event.parseError !== null) !== parseError) return false;
    const row = rowOf(event);
    return conditions.every((c) => c(row, event.time) === true);
  };
  const request = { reads, range: { from: range.from, to }, order: "newest" } as const;
  for await (const slice of slices(store, request, signal)) {
    yield { items: slice.events.filter(fits), next: slice.next };
  }
}

/** A page, which may hold less than its limit and still have a next one. */
export async function searchedPage(
  store: Store,
  searched: Searched,
  { limit, cursor }: { readonly limit: number; readonly cursor?: Cursor },
  signal: AbortSignal,
): Promise<Page<StoredEvent>> {
  return await pageOf(found(store, searched, cursor, signal), limit);
}

async function pageOf<T extends Cursor>(
  all: AsyncIterable<Found<T>>,
  limit: number,
): Promise<Page<T>> {
  const until = performance.now() + PATIENCE;
  const items: T[] = [];
  for await (const { items: more, next } of all) {
    items.push(...more);
    if (items.length > limit) {
      const { time, id } = items[limit - 1];
      return { items: items.slice(0, limit), next: { time, id } };
    }
    if (next !== null && performance.now() > until) return { items, next };
  }
  return { items, next: null };
}

/** All of them, as they are found. */
export async function* searchedEvents(
  store: Store,
  searched: Searched,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredEvent[]> {
  let left = limit;
  for await (const { items } of found(store, searched, undefined, signal)) {
    if (items.length > 0) yield items.slice(0, left);
    left -= items.length;
    if (left <= 0) return;
  }
}

/** Alerts by conditions, newest first, from the pages of the store's own filter. */
export async function* searchedAlerts(
  store: Store,
  filter: Omit<AlertFilter, "limit">,
  conditions: readonly IrExpr[],
): AsyncGenerator<Found<StoredAlert>> {
  const tests = conditions.map((e) => evaluator(e, [], true));
  let { cursor } = filter;
  do {
    const page = await store.alerts({ ...filter, cursor, limit: 1000 });
    const fits = (a: StoredAlert) => {
      const row = alertRow(a);
      return tests.every((t) => t(row, a.time) === true);
    };
    yield { items: page.items.filter(fits), next: page.next };
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** What conditions may ask of an alert. */
function alertRow(a: StoredAlert): SearchRow {
  const of = (name: string) => a.entity[name] ?? a.fields[name];
  return {
    rule: a.rule,
    severity: a.severity,
    status: a.status,
    verdict: a.verdict ?? "none",
    assignee: a.assignee ?? "",
    src: of("src"),
    user: of("user"),
    dest: of("dest"),
  };
}

/** A page of alerts, which may hold less than its limit and still have a next one. */
export async function alertPage(
  store: Store,
  filter: Omit<AlertFilter, "limit">,
  conditions: readonly IrExpr[],
  limit: number,
): Promise<Page<StoredAlert>> {
  if (conditions.length === 0) return await store.alerts({ ...filter, limit });
  return await pageOf(searchedAlerts(store, filter, conditions), limit);
}
