/** Groups of a search by the kept counts, which know sourcetypes, datasets, hosts and sources of all events. */
import { fieldsRead } from "../../../compiler/ir/walk.ts";
import type { Statements } from "../types/database.ts";
import { VALUE_LENGTH, VALUE_WIDTHS } from "../types/counts.ts";
import type { CountedGroups, CountedRequest, TimeRange } from "../types/types.ts";
import { covering } from "./buckets.ts";
import { Conditions, FIVE_MINUTES } from "./conditions.ts";
import { conditionsOf, isPlain } from "./search_condition.ts";

const HOUR = 3_600_000;
/** Rows of counts that one question may give. */
const MOST = 100_000;

/** Whether the counts may know a search's groups: what else they need is seen when they are read. */
export function isCounted({ rows, where, by }: CountedRequest): boolean {
  if (rows.kind !== "events" || by.length > 1) return false;
  const conditions = conditionsOf({ rows, where });
  if (by[0] === "host" || by[0] === "source") return conditions.length === 0 && !!rows.from.any;
  return (by.length === 0 || by[0] === "sourcetype") &&
    conditions.every((e) => isPlain(e) && [...fieldsRead(e)].every((n) => n === "sourcetype"));
}

/**
 * Counts the whole five minutes, or hours, within a range. Null where the counts do not know what is
 * asked, or there is no whole one.
 */
export async function countedGroups(
  db: Statements,
  request: CountedRequest,
): Promise<CountedGroups | null> {
  const { from, to, by, bucket } = request;
  if (from === undefined || to === undefined || !isCounted(request)) return null;
  const narrow = by[0] === "host" || by[0] === "source" ? HOUR : FIVE_MINUTES;
  const starts = typeof bucket === "number" ? [bucket] : bucket ?? [];
  if (starts.some((t) => t % narrow !== 0)) return null;
  const within = { from: Math.ceil(from / narrow) * narrow, to: Math.floor(to / narrow) * narrow };
  if (within.from >= within.to) return null;
  // Counts have to lie in one bucket; and where there are none, they tell when a group was last.
  const fits = (width: number) =>
    bucket === null ? width <= HOUR : starts.every((t) => t % width === 0);
  const groups = narrow === HOUR
    ? await valueGroups(db, request, within, VALUE_WIDTHS.map((w) => w * 1000).filter(fits))
    : await sortGroups(db, request, within, [FIVE_MINUTES, HOUR].filter(fits));
  return groups && { ...within, groups };
}

interface Row {
  readonly key: string;
  readonly datasets: string;
  readonly bucket: number;
  readonly n: number;
  readonly last: number;
}

/** Of each group its count, and where the last of its counts ends, epoch ms. */
const SUMS = `sum(events)::float8 AS n,
  (max(extract(epoch FROM bucket) + width) * 1000)::float8 AS last`;

/** When the bucket of a row of counts begins, epoch ms; one for all without buckets. */
function bucketOf(where: Conditions, bucket: CountedRequest["bucket"]): string {
  if (bucket === null) return "0::float8";
  const time = "(extract(epoch FROM bucket) * 1000)::float8";
  if (typeof bucket === "number") {
    const width = `${where.param(bucket)}::float8`;
    return `floor(${time} / ${width}) * ${width}`;
  }
  const starts = `${where.param(`{${bucket.join()}}`)}::float8[]`;
  return `(${starts})[width_bucket(${time}, ${starts})]`;
}

async function sortGroups(
  db: Statements,
  request: CountedRequest,
  range: TimeRange,
  widths: readonly number[],
): Promise<CountedGroups["groups"] | null> {
  const { rows: read, by, bucket } = request;
  const where = new Conditions();
  const begin = bucketOf(where, bucket);
  covering(where, range, widths);
  const rows = await db.query<Row>(
    `SELECT sourcetype AS key, datasets, ${begin} AS bucket, ${SUMS}
     FROM event_series ${where} GROUP BY 1, 2, 3 LIMIT ${MOST + 1}`,
    where.params,
  );
  if (rows.length > MOST) return null;
  const { dataset, sourcetype } = read.kind === "events" ? read.from : {};
  // Counted before datasets were.
  if (dataset !== undefined && rows.some((r) => r.datasets === "?")) return null;
  const { evaluator } = await import("../../../compiler/plan/conditions.ts");
  const tests = conditionsOf(request).map((e) => evaluator(e, [], true));
  const wanted = rows.filter((r) =>
    (dataset === undefined || r.datasets.split(",").includes(dataset)) &&
    (sourcetype === undefined || r.key === sourcetype) &&
    tests.every((t) => t({ sourcetype: r.key }, 0) === true)
  );
  return joined(wanted, by.length > 0, bucket !== null);
}

async function valueGroups(
  db: Statements,
  { by: [field], bucket }: CountedRequest,
  range: TimeRange,
  widths: readonly number[],
): Promise<CountedGroups["groups"] | null> {
  const where = new Conditions();
  const begin = bucketOf(where, bucket);
  where.add("field = ?", field);
  covering(where, range, widths);
  const rows = await db.query<Row>(
    `SELECT value AS key, ${begin} AS bucket, ${SUMS}
     FROM event_values ${where} GROUP BY 1, 2 LIMIT ${MOST + 1}`,
    where.params,
  );
  // Too many values to be kept apart, or too long to be kept whole.
  const vague = (r: Row) => r.key === "" || r.key.length >= VALUE_LENGTH;
  return rows.length > MOST || rows.some(vague) ? null : joined(rows, true, bucket !== null);
}

/** The rows of one group added up. */
function joined(rows: readonly Row[], keyed: boolean, timed: boolean): CountedGroups["groups"] {
  const all = new Map<
    string,
    { key: string[]; bucket: number | null; count: number; end: number }
  >();
  for (const { key, bucket, n, last } of rows) {
    const name = `${bucket} ${keyed ? key : ""}`;
    const one = all.get(name);
    if (one === undefined) {
      all.set(name, {
        key: keyed ? [key] : [],
        bucket: timed ? bucket : null,
        count: n,
        end: last,
      });
    } else {
      one.count += n;
      one.end = Math.max(one.end, last);
    }
  }
  // What was counted and went again is no group.
  return [...all.values()].filter((g) => g.count > 0);
}
