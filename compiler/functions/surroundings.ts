/**
 * What functions know of addresses, hosts and accounts beyond their arguments: databases of geography,
 * lists of threat intelligence, tables of assets. A process has one of each, which whoever reads them
 * sets before engines are made; without them such functions give missing values.
 */

export interface Place {
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  readonly city?: string;
  readonly asn?: number;
  readonly org?: string;
  /** Degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
}

/** A row of the tables of assets or identities. */
export interface KnownName {
  readonly name: string;
  readonly priority?: string;
  readonly owner?: string;
}

/** The list that has a value, and what it says of it, "" for nothing. */
export interface Listed {
  readonly list: string;
  readonly description: string;
}

/** Null: nothing of the kind is configured. Finders are total and give undefined for what they do not know. */
export interface Surroundings {
  readonly place: ((address: string) => Place | undefined) | null;
  readonly listed: ((value: string) => Listed | undefined) | null;
  readonly asset: ((value: string) => KnownName | undefined) | null;
  readonly identity: ((value: string) => KnownName | undefined) | null;
}

export const NO_SURROUNDINGS: Surroundings = {
  place: null,
  listed: null,
  asset: null,
  identity: null,
};

let current = NO_SURROUNDINGS;

export const surroundings = (): Surroundings => current;

export function setSurroundings(next: Surroundings): void {
  current = next;
}

/** Runs what does not wait under other surroundings. */
export function within<T>(other: Surroundings, work: () => T): T {
  const before = current;
  current = other;
  try {
    return work();
  } finally {
    current = before;
  }
}

const PLACES: readonly (readonly [string, Place])[] = [
  ["192.0.2.", {
    country: "DE",
    city: "Berlin",
    asn: 64496,
    org: "Example Net",
    latitude: 52.52,
    longitude: 13.4,
  }],
  ["198.51.100.", {
    country: "AU",
    city: "Sydney",
    asn: 64497,
    org: "Example Pacific",
    latitude: -33.87,
    longitude: 151.21,
  }],
  ["203.0.113.", {
    country: "US",
    city: "New York",
    asn: 64498,
    org: "Example Cloud",
    latitude: 40.71,
    longitude: -74.01,
  }],
];

/**
 * What the tests in rules and the examples of functions go by, so that neither depends on a database
 * or a list: the networks of documentation (RFC 5737) are in Berlin, Sydney and New York, and
 * 203.0.113.66 and bad.example are on the list "examples".
 */
export const EXAMPLE_SURROUNDINGS: Surroundings = {
  place: (address) => PLACES.find(([prefix]) => address.startsWith(prefix))?.[1],
  listed: (value) =>
    value === "203.0.113.66" || value.toLowerCase() === "bad.example"
      ? { list: "examples", description: "an example" }
      : undefined,
  asset: (value) =>
    value === "10.0.0.5" || value.toLowerCase() === "db1"
      ? { name: "db1", priority: "critical", owner: "dba@example.org" }
      : undefined,
  identity: (value) =>
    value.toLowerCase() === "root"
      ? { name: "root", priority: "high", owner: "ops@example.org" }
      : undefined,
};
