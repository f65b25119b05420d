/** Numbers of the language are finite: what has no finite result is missing. */
import type { Value } from "../schema/types.ts";

/** The number, or missing where it is infinite or none. */
export const finite = (x: number): number | undefined => Number.isFinite(x) ? x : undefined;

/** The number that a value is or reads as: decimal, or hexadecimal with 0x. */
export function readNumber(v: Value): number | undefined {
  if (typeof v === "number") return finite(v);
  if (typeof v !== "string") return undefined;
  const text = v.trim();
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) || /^0[xX][0-9a-fA-F]+$/.test(text)) {
    return finite(Number(text));
  }
  return undefined;
}
