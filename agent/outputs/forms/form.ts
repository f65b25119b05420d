/** What a form is: an alert, or a health event, as one record for machines. */
import type { Alert } from "../../event.ts";
import type { Notification } from "../notification.ts";
import type { HealthEvent } from "../sink.ts";

/** What a form may say beyond the alert itself. */
export interface FormContext {
  readonly notification: Notification;
  /** Name of this machine. */
  readonly host: string;
  /** Version of the product. */
  readonly version: string;
}

/** A JSON object of each alert. */
export interface Form {
  readonly summary: string;
  alert(alert: Alert, context: FormContext): Readonly<Record<string, unknown>>;
  health(health: HealthEvent, context: FormContext): Readonly<Record<string, unknown>>;
}

/** An entry of a table by the name of a field, which a log may have called `constructor`. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Without what is undefined, empty or null: documents hold what is known. */
export function known(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) =>
      value !== undefined && value !== null && value !== "" &&
      !(Array.isArray(value) && value.length === 0) &&
      !(value.constructor === Object && Object.keys(value).length === 0)
    ),
  );
}
