/** Entries of lists as values of the list's type. */
import { canonicalIp, isExactCidr, parseCidr } from "../../grammar/ip.ts";
import type { ScalarType } from "../schema/types.ts";
import { assignable, isPlainNumber, isText } from "../schema/typing.ts";

/** An entry of a file as a value of the type; null when it is none. */
export function entryValue(text: string, type: ScalarType): string | number | null {
  switch (type) {
    case "int":
    case "float":
    case "bytes":
      return text !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
    case "ip":
      return canonicalIp(text);
    case "cidr":
      if (canonicalIp(text) !== null) return `${text}/${text.includes(":") ? 128 : 32}`;
      return parseCidr(text) !== null && isExactCidr(text) ? text : null;
    default:
      return text;
  }
}

/** A constant as a value of a list of another type; null when it is none. */
export function itemValue(
  value: string | number | boolean,
  given: ScalarType,
  wanted: ScalarType,
): string | number | boolean | null {
  if (given === wanted) return value;
  if (wanted === "cidr" && typeof value === "string") return entryValue(value, "cidr");
  if (wanted === "ip" && typeof value === "string") return canonicalIp(value);
  if (isText(wanted) && isText(given)) return value;
  if (isPlainNumber(wanted) && isPlainNumber(given) && assignable(given, wanted)) return value;
  return null;
}
