/**
 * The inputs of a run as they become known. Everyone reads an {@link Input}; what is found out later
 * (identity, sourcetype, lateness) is set through the handle that its reader holds.
 */
/** One opened input, as everyone but its owner sees it: a file, stdin, a socket. */
export interface Input {
  /** Index among the inputs of this run; breaks ties in the order of rows. */
  readonly index: number;
  /** What `source` says in events: a path, `stdin`, `udp://…`. */
  readonly name: string;
  /**
   * 16 hex digits that name the content, so that the same log read again gives the same event ids:
   * from the first line, not from the path, which rotation changes. Null until that line is known.
   */
  readonly identity: string | null;
  /** Sourcetype given by the user, or recognised; null until then. */
  readonly sourcetype: string | null;
  /** ms; how far behind the largest event time seen rows may come and still be in order. */
  readonly lateness: number;
  /** The file's modification time, or the time of opening for others: where a missing year is taken from. */
  readonly modified: number;
}

/** What is known of an input before its first byte. */
export interface InputProperties {
  readonly name: string;
  /** Default: 0, for an input that is read alone. */
  readonly index?: number;
  readonly identity?: string | null;
  readonly sourcetype?: string | null;
  /** ms; default: 0 */
  readonly lateness?: number;
  /** Epoch milliseconds; default: 0 */
  readonly modified?: number;
}

export class InputHandle implements Input {
  readonly index: number;
  readonly name: string;
  #identity: string | null;
  #sourcetype: string | null;
  #lateness: number;
  #modified: number;

  constructor(of: InputProperties) {
    this.index = of.index ?? 0;
    this.name = of.name;
    this.#identity = of.identity ?? null;
    this.#sourcetype = of.sourcetype ?? null;
    this.#lateness = of.lateness ?? 0;
    this.#modified = of.modified ?? 0;
  }

  get identity(): string | null {
    return this.#identity;
  }
  get sourcetype(): string | null {
    return this.#sourcetype;
  }
  get lateness(): number {
    return this.#lateness;
  }
  get modified(): number {
    return this.#modified;
  }

  /** The first line is known: sets the identity, unless it is known already. */
  identify(identity: string): void {
    this.#identity ??= identity;
  }

  /** Numbers the n-th further input with the same first line apart: its event ids must differ. */
  distinguish(n: number): void {
    if (this.#identity === null || n === 0) return;
    const mixed = (BigInt(`0x${this.#identity}`) + BigInt(n) * 0x9e3779b97f4a7c15n) &
      0xffff_ffff_ffff_ffffn;
    this.#identity = mixed.toString(16).padStart(16, "0");
  }

  /** Sets the sourcetype, unless the user or an earlier run has named it. */
  recognised(sourcetype: string): void {
    this.#sourcetype ??= sourcetype;
  }

  /** Its format is out of order by nature. @param lateness ms, unless another was asked for */
  unordered(lateness: number): void {
    if (this.#lateness === 0) this.#lateness = lateness;
  }

  /** @param time of the file's last modification, epoch milliseconds */
  modifiedAt(time: number): void {
    this.#modified = time;
  }
}

/** Bytes as a source read them. `arrival` is stamped by the source alone. */
export interface Bytes {
  readonly input: InputHandle;
  /** May be a view on a buffer that is reused once the next chunk is pulled. */
  readonly data: Uint8Array;
  readonly arrival: number;
}
