/** What an attack is to the simulator. */
import type { Logs, Stream } from "./world.ts";

/** Where and when an attack is played. */
export interface Scene {
  /** When it begins, epoch ms. */
  readonly at: number;
  readonly logs: Logs;
  /** The attacker's address outside; nobody else has it. */
  readonly src: string;
  /** The same inside. */
  readonly inside: string;
  /** Tells names of accounts and things of this attack from another's. */
  readonly id: number;
}

/** An alert that has to come: its rule, and fields that its entity has among others. */
export interface Expected {
  readonly rule: string;
  readonly entity: Readonly<Record<string, string>>;
}

/** An alert that has to come. */
export const alert = (rule: string, entity: Expected["entity"]): Expected => ({ rule, entity });

export interface Attack {
  readonly name: string;
  readonly summary: string;
  readonly streams: readonly Stream[];
  /** ms from its first line to its last. */
  readonly lasts: number;
  /** ms that must have gone by before it means anything: rules that learn need them. */
  readonly after?: number;
  /** Whether it has to be played while people work, or while nobody does. */
  readonly when?: "working" | "night";
  /** Writes its lines and says which alerts have to come. */
  play(scene: Scene): Expected[];
}
