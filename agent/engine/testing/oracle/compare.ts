/** Alerts of the engine in the form of the search's, and what is equal between the two. */
import { equal, fail } from "node:assert/strict";
import type { Alert, AlertChange } from "../../../event.ts";
import type { ExpectedAlert, Row } from "./mod.ts";

/** Last states of alerts, by id. */
export class AlertTable {
  readonly #last = new Map<string, { alert: Alert; closed: boolean }>();

  take(changes: readonly AlertChange[]): void {
    for (const { alert, change } of changes) {
      const before = this.#last.get(alert.id);
      equal(before?.closed ?? false, false, `a change came after the end of ${told(alert)}`);
      equal(change === "open", before === undefined, `opened twice, or not at all: ${told(alert)}`);
      this.#last.set(alert.id, { alert, closed: change === "close" });
    }
  }

  /** Forgets the alerts of some rules. */
  forget(which: (rule: string) => boolean): void {
    for (const [id, { alert }] of this.#last) if (which(alert.rule)) this.#last.delete(id);
  }

  alerts(): { alert: Alert; closed: boolean }[] {
    return [...this.#last.values()];
  }

  /** @param number names an event by its id */
  expected(number: (id: string) => number): ExpectedAlert[] {
    return this.alerts().map(({ alert, closed }) => ({
      rule: alert.rule,
      time: alert.time,
      first: alert.first,
      last: alert.last,
      count: alert.count,
      suppressed: alert.suppressed,
      severity: alert.severity,
      message: alert.message,
      entity: alert.entity,
      fields: alert.fields,
      rows: alert.eventIds.map(number),
      closed,
    }));
  }
}

const place = (a: ExpectedAlert) =>
  JSON.stringify([
    a.rule,
    a.time,
    a.first,
    a.count,
    a.rows,
    a.message,
    a.suppressed,
    a.closed,
    Object.entries(a.entity).sort(),
    // Not what may differ by rounding.
    Object.entries(a.fields).filter(([, v]) => typeof v === "string").sort(),
  ]);

export const sorted = (alerts: readonly ExpectedAlert[]): ExpectedAlert[] =>
  [...alerts].sort((a, b) => place(a) < place(b) ? -1 : 1);

/** Equal, but for the rounding of sums of squares. */
export function alike(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") {
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-3);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const x = a as Record<string, unknown>, y = b as Record<string, unknown>;
  const names = Object.keys(x);
  return names.length === Object.keys(y).length && names.every((n) => alike(x[n], y[n]));
}

/** Fails with what either has alone. */
export function same(
  got: readonly ExpectedAlert[],
  want: readonly ExpectedAlert[],
  where: () => string,
): void {
  if (alike(got, want)) return;
  const only = (a: readonly unknown[], b: readonly unknown[]) =>
    a.filter((x) => !b.some((y) => alike(x, y))).map(told).join("\n  ");
  fail(
    `${where()}\nThe engine alone:\n  ${only(got, want)}\nThe search alone:\n  ${only(want, got)}`,
  );
}

/** A program or a row in few words. */
export function told(x: unknown): string {
  const unsaid = /^(span|tests|file|title|description|planHash|rowType|signals)$/;
  const text = JSON.stringify(x, (name, v) => {
    if (unsaid.test(name) || v === null || (Array.isArray(v) && v.length === 0)) return undefined;
    if (v?.op === "field") return `$${v.name}`;
    if (v?.op === "const") return v.value;
    if (v?.op && v.left) return [v.left, v.op, v.right];
    return v;
  });
  return text.replaceAll('"', "").replaceAll("{name:r", "\n  {name:r");
}

/** Leaves rows out while it still fails. */
export function smallest(
  rows: readonly Row[],
  fails: (rows: readonly Row[]) => boolean,
): readonly Row[] {
  let least = rows;
  for (let size = Math.ceil(rows.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let i = 0; i < least.length;) {
      const without = [...least.slice(0, i), ...least.slice(i + size)];
      if (fails(without)) least = without;
      else i += size;
    }
  }
  return least;
}
