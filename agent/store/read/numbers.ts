/** Numbers that columns hold as text. */

/** A whole number that its column holds as text; anything else is as it was. */
export function numberOf<T>(value: T): T | number {
  return typeof value === "string" && /^(0|-?[1-9]\d{0,14})$/.test(value) ? Number(value) : value;
}
