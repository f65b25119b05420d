/** Agents that share one stream of work: who they are, and what each holds. */

/** The right to write a shard's results; a later epoch ends it. */
export interface Lease {
  /** The share's name. */
  readonly share: string;
  readonly shard: number;
  readonly epoch: number;
  readonly agent: string;
}

/** A shard as it stands. */
export interface LeaseState {
  readonly shard: number;
  readonly epoch: number;
  /** Who holds it; null while nobody does. */
  readonly agent: string | null;
  /** Whether that agent was heard of lately. */
  readonly alive: boolean;
  /** All of its input was read to the end. */
  readonly done: boolean;
}

/** A shard as who only looks sees it. */
export interface StoredShard extends LeaseState {
  /** When it was last taken; null while nobody ever did. */
  readonly taken: number | null;
  /** How often it was taken from an agent that did not answer any more. */
  readonly takeovers: number;
}

export interface StoredShare {
  readonly name: string;
  /** Agents heard of lately, by name in order. */
  readonly agents: readonly string[];
  /** By number. */
  readonly shards: readonly StoredShard[];
}

/** ms after which an agent that was not heard of holds nothing any more. */
export const AGENT_TIMEOUT = 6000;

/** What one look at a share shows. */
export interface ShareState {
  /** Agents heard of lately, by name in order; the one that looks is among them. */
  readonly agents: readonly string[];
  /** By number. */
  readonly shards: readonly LeaseState[];
}

export interface ShareRequest {
  readonly share: string;
  /** Names this process for as long as it runs. */
  readonly agent: string;
  /** How many shards a new share has. */
  readonly shards: number;
  /** ms after which an agent that was not heard of holds nothing any more */
  readonly timeout: number;
}

/** The leases of agents that share work; times are the database's. */
export interface Leases {
  /**
   * Says that the agent is there, makes the share when it is new, and gives how it stands.
   * @throws {StoreError} `invalid` when the share has another number of shards
   */
  look(request: ShareRequest): Promise<ShareState>;
  /**
   * Takes a shard as it was seen. What its last holder still does with the database is ended first.
   * Null when another was faster.
   */
  take(request: ShareRequest, seen: LeaseState): Promise<Lease | null>;
  /** Says from now on, every so many ms, that the agent is there. Gives what ends that. */
  beat(request: ShareRequest, every: number): () => void;
  /** Lets go of a shard. @param done its input was read to the end */
  release(lease: Lease, done: boolean): Promise<void>;
  /** The agent ends. */
  leave(request: ShareRequest): Promise<void>;
}
