/**
 * Reads the parameters of a request by their descriptions. No request can make anything here throw
 * other than ApiError.
 */
import { nearest } from "../../../grammar/nearest.ts";
import { ApiError } from "./error.ts";
import type { Param, Params, ValuesOf } from "./params.ts";

/** Checks every parameter of a query. */
export function readQuery<P extends Params>(
  params: P,
  query: URLSearchParams,
  now: number,
): ValuesOf<P> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of query) {
    const param = Object.hasOwn(params, name) ? params[name] : undefined;
    if (!param) {
      const near = nearest(name, Object.keys(params));
      throw new ApiError(
        400,
        "unknown_parameter",
        `There is no parameter ${quote(name)}; ${
          near
            ? `did you mean "${near}"?`
            : Object.keys(params).length === 0
            ? "this address takes none"
            : `use ${listed(Object.keys(params))}`
        }`,
        short(name),
      );
    }
    if (Object.hasOwn(out, name)) {
      throw new ApiError(400, "repeated_parameter", `Give "${name}" once`, name);
    }
    out[name] = readParam(name, value, param, now);
  }
  return out as ValuesOf<P>;
}

/** One value, or an ApiError that says what would do. */
export function readParam<T>(name: string, value: string, param: Param<T>, now: number): T {
  const read = param.read(value, now);
  if (read !== undefined) return read;
  throw new ApiError(
    400,
    "invalid_parameter",
    `"${name}" is ${quote(value)}; give ${param.expected}`,
    name,
  );
}

function short(s: string): string {
  return s.length > 60 ? s.slice(0, 60).toWellFormed() + "…" : s;
}

function quote(s: string): string {
  return JSON.stringify(short(s));
}

/** Names that are told at once; the others are in the document. */
const TOLD = 15;

function listed(names: readonly string[]): string {
  const more = names.length - TOLD;
  return more <= 0
    ? names.join(", ")
    : `${names.slice(0, TOLD).join(", ")} or one of ${more} more, see /docs`;
}
