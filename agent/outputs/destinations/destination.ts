/**
 * What a destination of notifications is: a chat, a pager, a file, a server. Delivery decides what goes
 * where and when, writes it down and tries again (agent/outputs/delivery); a destination sends one
 * notification once and says what became of it.
 */
import type { Notification } from "../notification.ts";

export type { Notification };

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

/** Kinds of values that a destination is set up with. */
export type SettingKind =
  | "text"
  /** An http or https address: `NAME`, or `NAME_file` or `NAME_env` where it holds a secret. */
  | "url"
  /** Read by `NAME_file` or `NAME_env` alone. Both lose white space at their ends. */
  | "secret"
  | "path"
  | "number"
  | "duration"
  | "size"
  | "switch"
  | "texts"
  /** Names and texts, as headers are. */
  | "map"
  /** Text with `{{ field }}` in it, or a mapping or list with such texts, which is given as its JSON. */
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

/** One request. `ca`: certificates (PEM) that are trusted in place of the public ones. */
export interface GuardedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
  readonly ca?: string;
  /** Bytes of the answer that are read; 256 KiB unless said. The rest is cut off. */
  readonly most?: number;
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
  fetch(url: string, init: GuardedRequest): Promise<Response>;
  /** Checks a host to which a socket is opened; resolves to the address to connect to. */
  resolve(host: string): Promise<string>;
}

/** A kind of destination: one object of this shape a file, one line in destinations.ts. */
export interface DestinationSpec {
  /** `slack`; the value of `type` in `agent.yaml`. */
  readonly type: string;
  readonly summary: string;
  readonly settings: readonly SettingSpec[];
  /** It keeps records rather than telling people, so alerts are not grouped for it unless asked for. */
  readonly records?: true;
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
