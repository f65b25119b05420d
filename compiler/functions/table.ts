/** The functions of the language. Adding one is one file and one line here. */
import type { Value } from "../schema/types.ts";
import type { FunctionSpec } from "./spec.ts";
import { lower } from "./lower.ts";
import { upper } from "./upper.ts";
import { len } from "./len.ts";
import { substr } from "./substr.ts";
import { replace } from "./replace.ts";
import { split } from "./split.ts";
import { urldecode } from "./urldecode.ts";
import { base64decode } from "./base64decode.ts";
import { trim } from "./trim.ts";
import { cidr_contains } from "./cidr_contains.ts";
import { is_private } from "./is_private.ts";
import { is_global } from "./is_global.ts";
import { geo_country } from "./geo_country.ts";
import { geo_city } from "./geo_city.ts";
import { geo_asn } from "./geo_asn.ts";
import { geo_org } from "./geo_org.ts";
import { geo_distance } from "./geo_distance.ts";
import { threat_list } from "./threat_list.ts";
import { asset_priority } from "./asset_priority.ts";
import { asset_owner } from "./asset_owner.ts";
import { identity_priority } from "./identity_priority.ts";
import { identity_owner } from "./identity_owner.ts";
import { hour } from "./hour.ts";
import { weekday } from "./weekday.ts";
import { in_hours } from "./in_hours.ts";
import { time_part } from "./time_part.ts";
import { abs } from "./abs.ts";
import { ceil } from "./ceil.ts";
import { floor } from "./floor.ts";
import { round } from "./round.ts";
import { min } from "./min.ts";
import { max } from "./max.ts";
import { sqrt } from "./sqrt.ts";
import { pow } from "./pow.ts";
import { log } from "./log.ts";
import { exp } from "./exp.ts";
import { coalesce } from "./coalesce.ts";
import { if_ } from "./if.ts";
import { isnum } from "./isnum.ts";
import { isnull } from "./isnull.ts";
import { isnotnull } from "./isnotnull.ts";
import { tonumber } from "./tonumber.ts";
import { tostring } from "./tostring.ts";

/** Every function by its name, for the checker, generated code and the documentation. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    lower,
    upper,
    len,
    substr,
    replace,
    split,
    urldecode,
    base64decode,
    trim,
    cidr_contains,
    is_private,
    is_global,
    geo_country,
    geo_city,
    geo_asn,
    geo_org,
    geo_distance,
    threat_list,
    asset_priority,
    asset_owner,
    identity_priority,
    identity_owner,
    hour,
    weekday,
    in_hours,
    time_part,
    abs,
    ceil,
    floor,
    round,
    min,
    max,
    sqrt,
    pow,
    log,
    exp,
    coalesce,
    if_,
    isnum,
    isnull,
    isnotnull,
    tonumber,
    tostring,
  ].map((f) => [f.name, f]),
);

/** Calls a function as the language does: a missing argument gives a missing result unless the function says otherwise. */
export function callFunction(spec: FunctionSpec, args: readonly Value[]): Value {
  return spec.missing !== undefined || !args.includes(undefined) ? spec.run(...args) : undefined;
}
