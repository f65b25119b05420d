/**
 * Writes small databases in MaxMind's format, version 2.0, for tests
 * (https://maxmind.github.io/MaxMind-DB/): a tree of 32-bit records over IPv6, IPv4 below ::/96.
 */
import { parseCidr } from "../../../../grammar/ip.ts";

type Field = string | number | readonly Field[] | { readonly [key: string]: Field };

/** Records by network, a wider one before those in it. */
export function writeMmdb(
  records: readonly (readonly [network: string, record: Field])[],
  type = "Test-City",
): Uint8Array {
  const nodes: [number, number][] = [[0, 0]];
  const data: number[] = [];
  // A branch is the number of a node (above 0), nothing (0), or the place of a record (below 0).
  for (const [network, record] of records) {
    const place = -1 - data.length;
    data.push(...encode(record));
    insert(nodes, bitsOf(network), place);
  }
  const count = nodes.length;
  const tree = nodes.flat().flatMap((branch) =>
    four(branch > 0 ? branch : branch === 0 ? count : count + 16 + (-1 - branch))
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1767225600,
    database_type: type,
    description: { en: "Made by a test" },
    ip_version: 6,
    languages: ["en"],
    node_count: count,
    record_size: 32,
  });
  const marker = [0xab, 0xcd, 0xef, ...new TextEncoder().encode("MaxMind.com")];
  return Uint8Array.from([
    ...tree,
    ...new Array<number>(16).fill(0),
    ...data,
    ...marker,
    ...metadata,
  ]);
}

function bitsOf(network: string): number[] {
  const { base, bits } = parseCidr(network)!;
  const groups = typeof base === "number"
    ? [0, 0, 0, 0, 0, 0, base >>> 16, base & 0xffff]
    : [...base];
  const all = groups.flatMap((g) => [...g.toString(2).padStart(16, "0")].map(Number));
  return all.slice(0, typeof base === "number" ? 96 + bits : bits);
}

function insert(nodes: [number, number][], bits: readonly number[], place: number): void {
  let at = 0;
  for (const bit of bits.slice(0, -1)) {
    let next = nodes[at][bit];
    if (next <= 0) {
      // What was said of all below stays said of what this network does not cover.
      next = nodes.push([next, next]) - 1;
      nodes[at][bit] = next;
    }
    at = next;
  }
  nodes[at][bits.at(-1)!] = place;
}

const four = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function encode(value: Field): number[] {
  if (typeof value === "string") {
    const bytes = [...new TextEncoder().encode(value)];
    return [...control(2, bytes.length), ...bytes];
  }
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0) return [...control(6, 4), ...four(value)];
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    return [...control(3, 8), ...bytes];
  }
  if (Array.isArray(value)) {
    return [...control(11, value.length), ...value.flatMap((v: Field) => encode(v))];
  }
  const entries = Object.entries(value as { readonly [key: string]: Field });
  return [
    ...control(7, entries.length),
    ...entries.flatMap(([key, v]) => [...encode(key), ...encode(v)]),
  ];
}

/** Type and size; types above 7 stand in a byte of their own. */
function control(type: number, size: number): number[] {
  const small = size < 29 ? size : 29;
  const rest = size < 29 ? [] : [size - 29];
  return type <= 7 ? [type << 5 | small, ...rest] : [small, type - 7, ...rest];
}
