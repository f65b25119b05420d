/** Token buckets: how often each client may ask. */

export interface Rate {
  /** Requests a second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a rest. */
  readonly burst: number;
}

/** Of a client, unless the operator says otherwise: a page of the dashboard asks about ten times. */
export const DEFAULT_RATE: Rate = { perSecond: 100, burst: 400 };

/** Clients remembered; beyond them the one that asked longest ago begins anew. */
const CLIENTS = 10_000;

export class Buckets {
  readonly #level = new Map<string, { left: number; at: number }>();

  constructor(readonly rate: Rate) {}

  /** Takes one; 0 when there was one, else seconds until there is. `now` in ms. */
  take(client: string, now: number): number {
    const bucket = this.#filled(client, now);
    if (bucket.left >= 1) {
      bucket.left--;
      return 0;
    }
    return Math.max(1, Math.ceil((1 - bucket.left) / this.rate.perSecond));
  }

  /** Whether there is one to take. */
  has(client: string, now: number): boolean {
    return !this.#level.has(client) || this.#filled(client, now).left >= 1;
  }

  #filled(client: string, now: number): { left: number; at: number } {
    const { perSecond, burst } = this.rate;
    const bucket = this.#level.get(client) ?? { left: burst, at: now };
    const gained = Math.max(0, now - bucket.at) / 1000 * perSecond;
    bucket.left = Math.min(burst, bucket.left + gained);
    bucket.at = now;
    // Put at the end: the map's order is that of the last question.
    this.#level.delete(client);
    this.#level.set(client, bucket);
    if (this.#level.size > CLIENTS) this.#level.delete(this.#level.keys().next().value!);
    return bucket;
  }
}

/** Who an address counts as: an IPv6 host has its whole /64. */
export function clientOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head, tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return groups.slice(0, 4).join(":") + "::/64";
}
