/** Query parameters that several routes share. */
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import type { ScalarType } from "../../../compiler/schema/types.ts";
import { type AlertFilter, type EventFilter, VERDICTS } from "../../../agent/store/mod.ts";
import { ApiError } from "../http/error.ts";
import {
  decimal,
  fieldNames,
  flag,
  hexId,
  integer,
  levels,
  named,
  oneOf,
  type Param,
  type Params,
  text,
  type ValuesOf,
} from "../http/params.ts";
import { cursor, time } from "../http/time.ts";
import { STATUSES } from "../types/mod.ts";

export const range = {
  from: time("Earliest time, included"),
  to: time("Latest time, left out"),
};
export const paging = {
  limit: integer("Rows in a page; 100 when left out", 1, 1000),
  cursor: cursor(),
};

/** An event, alert, incident or job in a path. */
export const byId = { id: hexId("Its id: 32 hex digits, as lists give it") };

/** Names of fields that have parameters of their own, with their own words. */
const WORDS: Readonly<Record<string, Param<string | number | boolean>>> = {
  src: text("Where it came from: a host name, an address or a network", "203.0.113.0/24"),
  dest: text("Where it went: a host name, an address or a network"),
  user: text("Account, as it is written in the event", "root"),
  action: text("What was done or how it ended", "failure"),
  app: text("Program or protocol", "sshd"),
  status: text("Status, such as an HTTP status", "404"),
  url: text("URL, whole"),
  http_method: text("HTTP method", "GET"),
  severity: text("Severity that the event itself carries"),
  signature: text("Name of the event in its vendor's words"),
};

function byType(name: string, type: ScalarType): Param<string | number | boolean> {
  if (/_port$/.test(name) && type === "int") return integer(`CIM field ${name}`, 0, 65535);
  switch (type) {
    case "int":
    case "float":
    case "bytes":
    case "duration":
      return decimal(`CIM field ${name}`);
    default:
      return text(`CIM field ${name}`);
  }
}

/** One parameter for every field of the CIM but `cursor`, which asks for a page: use `where`. */
const CIM_PARAMS: Params = Object.fromEntries(
  [...FIELD_TYPES].filter(([name]) => !Object.hasOwn(paging, name))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, type]) => [name, WORDS[name] ?? byType(name, type)]),
);

/** What selects events, without where a page begins. */
export const eventSelection = {
  ...range,
  host: text("Host that logged it"),
  source: text("Input that it was read from"),
  sourcetype: text("Sourcetype", "linux_secure"),
  dataset: text("CIM dataset", "Authentication"),
  parse_error: flag("Only lines that no pattern matches, or only the others"),
  q: text(
    "Text anywhere in the raw line, whatever its case; in quotes where it reads as a filter",
    "failed password",
  ),
  where: named("A vendor's own field as NAME:VALUE", "EventID:4625"),
};
export const eventParams = { ...eventSelection, ...CIM_PARAMS } as typeof eventSelection & Params;
export const fields = fieldNames("Only these fields, beside `_id`, with commas", "_time,src,user");

/** The store's filter from the parameters; refuses a range that ends before it begins. */
export function eventFilter(
  query: ValuesOf<typeof eventSelection>,
): Omit<EventFilter, "limit" | "cursor"> {
  const { from, to, host, source, sourcetype, dataset, parse_error, q, where, ...more } = query;
  ordered(from, to);
  const text = q === undefined ? undefined : textOf(q);
  // Without a prototype: a vendor's field may be called `__proto__`.
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(more)) {
    if (Object.hasOwn(CIM_PARAMS, name)) fields[name] = String(value);
  }
  if (where) {
    if (Object.hasOwn(fields, where.name)) {
      throw new ApiError(400, "repeated_parameter", `Give "${where.name}" once`, "where");
    }
    fields[where.name] = where.value;
  }
  return {
    from,
    to,
    host,
    source,
    sourcetype,
    dataset,
    parseError: parse_error,
    text,
    fields,
  };
}

/**
 * The text that `q` looks for. In quotes it is whatever stands there; what reads as a filter is not
 * taken for a text in silence.
 */
function textOf(q: string): string {
  const quoted = /^"(.+)"$/s.exec(q);
  if (quoted) return quoted[1];
  const m = /^([A-Za-z_]\w*)\s*(:|!=|>=|<=|==|=|>|<)\s*(\S+)$/.exec(q);
  if (m === null || m[3].startsWith("//") || !FIELD_TYPES.has(m[1])) return q;
  const op = m[2] === ":" || m[2] === "==" ? "=" : m[2];
  const said =
    `"q" looks for a text in raw lines; write the filter ${m[1]}${op}${m[3]}, or "${q}" ` +
    "in quotes to look for this text";
  throw new ApiError(400, "invalid_parameter", said, "q");
}

export const severities = levels(
  `Severities: some of ${SEVERITIES.join(", ")}, with commas; ">=high" for that and above`,
  SEVERITIES,
);

export const alertSelection = {
  ...range,
  rule: text("Name of the rule", "ssh_brute_force"),
  severity: severities,
  status: oneOf("Status", STATUSES),
  verdict: oneOf("Verdict, or none for alerts without one", [...VERDICTS, "none"]),
  assignee: text("Who looks into it"),
  entity: text("Value of any field of the entity", "203.0.113.9"),
  src: text("Value of src in the entity or the alert's fields"),
  user: text("Value of user in the entity or the alert's fields"),
  dest: text("Value of dest in the entity or the alert's fields"),
};

/** The store's filter from the parameters; refuses a range that ends before it begins. */
export function alertFilter(
  query: ValuesOf<typeof alertSelection>,
): Omit<AlertFilter, "limit" | "cursor"> {
  const { from, to, rule, severity, status, verdict, assignee } = query;
  const { entity, src, user, dest } = query;
  ordered(from, to);
  const fields = Object.fromEntries(
    Object.entries({ src, user, dest }).filter(([, v]) => v !== undefined),
  ) as Record<string, string>;
  return { from, to, rule, severities: severity, status, verdict, assignee, entity, fields };
}

export function ordered(from: number | undefined, to: number | undefined): void {
  if (from !== undefined && to !== undefined && from > to) {
    throw new ApiError(400, "invalid_range", '"from" is after "to"; exchange them', "from");
  }
}

export function missing(what: string, id: string, field = "id"): ApiError {
  return new ApiError(404, "not_found", `There is no ${what} ${JSON.stringify(id)}`, field);
}
