/** Places of addresses, by databases in MaxMind's format (MMDB): GeoIP2, GeoLite2, DB-IP, IPinfo. */
import { Reader } from "maxmind";
import { parseIp } from "../../../grammar/ip.ts";
import type { Place } from "../../../compiler/functions/surroundings.ts";

/** Largest database, in bytes; GeoLite2 City has 60 MB. */
export const MOST_DATABASE = 512 * 1024 ** 2;

/** Places remembered: what a log names, it names again. */
const REMEMBERED = 20_000;

/** A record of any of the makers. */
type Fields = Readonly<Record<string, unknown>>;

/** One database, open. */
export interface Database {
  /** What it calls itself, as `GeoLite2-City`, and when it was built, epoch ms. */
  readonly type: string;
  readonly built: number;
  get(address: string): Place | undefined;
}

/**
 * Opens a database and reads a few records of it.
 * @throws {Error} for bytes that are no such database or a damaged one, with what is wrong
 */
export function openDatabase(bytes: Uint8Array): Database {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new Error("it is packed by gzip; unpack it, and name the .mmdb file");
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let reader: Reader<never>;
  try {
    reader = new Reader<never>(buffer, {});
    // Some of each half of the tree, so that one that is cut short is told now.
    for (const first of [1, 8, 31, 62, 80, 93, 121, 151, 176, 203, 217]) {
      reader.get(`${first}.8.8.8`);
    }
    if (reader.metadata.ipVersion === 6) {
      for (const ip of ["2001:db8::1", "2a00::1"]) reader.get(ip);
    }
  } catch (error) {
    throw new Error(`it is no MMDB database, or a damaged one: ${(error as Error).message}`);
  }
  const six = reader.metadata.ipVersion === 6;
  return {
    type: reader.metadata.databaseType,
    built: reader.metadata.buildEpoch.getTime(),
    get(address) {
      if (!six && address.includes(":")) return undefined;
      try {
        const record = reader.get(address) as Fields | null;
        return record === null ? undefined : placeOf(record);
      } catch {
        // Damaged where it was not looked at: nothing is known of this address.
        return undefined;
      }
    },
  };
}

/** Several databases as one: what the first does not say, the next one may. */
export class Geography {
  readonly #places = new Map<string, Place | null>();

  constructor(readonly databases: readonly Database[]) {}

  /** Undefined for what is no address, or of which nothing is known. */
  find(address: string): Place | undefined {
    const known = this.#places.get(address);
    if (known !== undefined) return known ?? undefined;
    if (parseIp(address) === null || address.includes("%")) return undefined;
    let place: Place = {};
    for (const database of this.databases) place = { ...database.get(address), ...place };
    const found = Object.keys(place).length > 0 ? place : null;
    if (this.#places.size >= REMEMBERED) this.#places.clear();
    this.#places.set(address, found);
    return found ?? undefined;
  }
}

/** What a record says, in the names of GeoIP2 or as one level of texts. */
function placeOf(record: Fields): Place {
  const country = code(at(record, "country", "iso_code")) ?? code(record.country_code) ??
    code(record.country) ?? code(at(record, "registered_country", "iso_code"));
  const city = text(at(record, "city", "names", "en")) ?? text(record.city);
  const asn = number(record.autonomous_system_number) ??
    number(at(record, "traits", "autonomous_system_number")) ?? number(record.asn);
  const org = text(record.autonomous_system_organization) ??
    text(at(record, "traits", "autonomous_system_organization")) ?? text(record.as_name) ??
    text(record.name);
  const latitude = number(at(record, "location", "latitude")) ?? number(record.latitude);
  const longitude = number(at(record, "location", "longitude")) ?? number(record.longitude);
  return {
    ...(country === undefined ? {} : { country }),
    ...(city === undefined ? {} : { city }),
    ...(asn === undefined ? {} : { asn }),
    ...(org === undefined ? {} : { org }),
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
  };
}

function at(record: Fields, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Fields)[key] : undefined,
    record,
  );
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;

const code = (value: unknown): string | undefined =>
  typeof value === "string" && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;

/** A number, or the digits of `AS64496` or of a text. */
function number(value: unknown): number | undefined {
  const digits = typeof value === "string" ? /^(?:AS)?(-?\d+(?:\.\d+)?)$/i.exec(value)?.[1] : value;
  const n = digits === undefined || digits === null ? NaN : Number(digits);
  return Number.isFinite(n) && typeof digits !== "boolean" ? n : undefined;
}
