/**
 * What a destination of notifications is: a chat, a pager, a file, a server. Delivery decides what goes
 * where and when, writes it down and tries again (agent/outputs/delivery); a destination sends one
 * notification once and says what became of it.
 */
import type { Alert } from "../../event.ts";
import type { HealthEvent } from "../sink.ts";

/** What is delivered at once: one alert, a group of them, or a health event. */
export interface Notification {
  /** The same on each attempt, and no other notification's: receivers that know it take it once. */
  readonly key: string;
  readonly event: "opened" | "changed" | "closed" | "health" | "test";
  /** As they stood when the notification was written; by time, at most 20. Empty for health. */
  readonly alerts: readonly Alert[];
  /** Alerts of the group that are not in `alerts`. */
  readonly more: number;
  readonly health: HealthEvent | null;
  /** When it was written, epoch ms. */
  readonly time: number;
  /** Address of the alert, or of the list, on the dashboard; null when none is set. */
  readonly link: string | null;
}

/** What became of one attempt. `reason` is a sentence for people, without secrets. */
export type Outcome =
  | { readonly state: "delivered" }
  /** Worth another attempt; `after`: ms that the receiver asked to wait (Retry-After). */
  | { readonly state: "retry"; readonly reason: string; readonly after?: number }
  /** No attempt will help: wrong address, refused content, revoked key. */
  | { readonly state: "rejected"; readonly reason: string };

export interface Destination {
  /**
   * One attempt. What it throws counts as `retry`. It ends soon after `signal` is aborted, which
   * happens after the attempt's timeout and when the agent ends.
   */
  deliver(notification: Notification, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Kinds of values that a destination is set up with. `secret` is read by `NAME_file` or `NAME_env` alone. */
export type SettingKind =
  | "text"
  | "url"
  | "secret"
  | "path"
  | "number"
  | "duration"
  | "size"
  | "switch"
  | "texts"
  /** Names and texts, as headers are. */
  | "map"
  /** Text or JSON with `{{ field }}` in it. */
  | "template";

export interface SettingSpec {
  readonly name: string;
  readonly kind: SettingKind;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  readonly summary: string;
}

export type SettingValue =
  | string
  | number
  | boolean
  | readonly string[]
  | ReadonlyMap<string, string>;

/** The values that were given, durations in ms and sizes in bytes, with defaults where none was. */
export interface SettingValues {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  texts(name: string): readonly string[];
  map(name: string): ReadonlyMap<string, string>;
}

/** What destinations share: tests hand in their own. */
export interface DestinationContext {
  /** Its name in `agent.yaml`. */
  readonly name: string;
  /** Name of this machine, for formats that ask for one. */
  readonly host: string;
  /** Epoch ms. */
  now(): number;
  /** Requests that reach no address of the machine's own network unless allowed, and follow no redirect. */
  fetch(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response>;
  /** Checks a host to which a socket is opened; resolves to the address to connect to. */
  resolve(host: string): Promise<string>;
}

/** A kind of destination: one object of this shape a file, one line in destinations.ts. */
export interface DestinationSpec {
  /** `slack`; the value of `type` in `agent.yaml`. */
  readonly type: string;
  readonly summary: string;
  readonly settings: readonly SettingSpec[];
  /** Permission that it needs beside those of every run. */
  readonly needs?: "run";
  /** @throws {SettingError} for values that do not fit together */
  make(settings: SettingValues, context: DestinationContext): Destination | Promise<Destination>;
}

/** A value that does not fit: pointed at in `agent.yaml`. */
export class SettingError extends Error {
  constructor(readonly setting: string, message: string, readonly help?: string) {
    super(message);
  }
}
