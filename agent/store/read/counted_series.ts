/**
 * Series of events by what the counts of five minutes know of each: sourcetype, datasets, whether it
 * was read, action and severity. Any condition on these takes no event to answer.
 */
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { fieldsRead } from "../../../compiler/ir/walk.ts";
import { covering } from "./buckets.ts";
import { Conditions, FIVE_MINUTES } from "./conditions.ts";
import type { Statements } from "../types/database.ts";
import { LABEL_LENGTH, OTHER } from "../types/counts.ts";
import type { SeriesRequest, TimeRange } from "../types/types.ts";

const HOUR = 3_600_000;
/** Fields that an event of the counts has. */
const LABELS: ReadonlySet<string> = new Set(["sourcetype", "action", "severity"]);
/** Sorts of events that a range is parted into, at most: they become part of the question. */
const MOST = 5000;

/** What is counted of events of one sort. */
interface Sort {
  readonly sourcetype: string;
  readonly parse_error: boolean;
  /** With commas; `?` where it is not known. */
  readonly datasets: string;
  readonly action: string;
  readonly severity: string;
}

type Asked = Pick<SeriesRequest, "filter" | "where" | "bucketMs">;

/** Whether all that is asked of an event is in the counts. */
function isKnown({ filter = {}, where = [], bucketMs }: Asked): boolean {
  const { sourcetype: _s, dataset: _d, parseError: _p, fields = {}, ...others } = filter;
  return bucketMs % FIVE_MINUTES === 0 && Object.values(others).every((v) => v === undefined) &&
    Object.entries(fields).every(([name, value]) => LABELS.has(name) && isWhole(value)) &&
    where.every((e) => [...fieldsRead(e)].every((name) => LABELS.has(name)));
}

/** Whether a value of that length is kept as it is. */
const isWhole = (value: string) => value.length < LABEL_LENGTH && value !== OTHER;

/**
 * Adds to the conditions on `event_series` which of its rows are counted; false where the counts of the
 * range do not know it.
 */
export async function seriesOfSorts(
  db: Statements,
  where: Conditions,
  range: TimeRange,
  request: Asked,
): Promise<boolean> {
  if (!isKnown(request)) return false;
  const all = new Conditions();
  covering(all, range, [FIVE_MINUTES, HOUR]);
  const sorts = await db.query<Sort>(
    `SELECT DISTINCT sourcetype, parse_error, datasets, action, severity FROM event_series ${all}
     LIMIT ${MOST + 1}`,
    all.params,
  );
  if (sorts.length > MOST) return false;
  const { filter = {}, where: conditions = [] } = request;
  const byLabel = conditions.length > 0 || Object.keys(filter.fields ?? {}).length > 0;
  const isVague = (s: Sort) =>
    filter.dataset !== undefined && s.datasets === "?" ||
    byLabel && [s.action, s.severity].some((v) => v === OTHER || v.length >= LABEL_LENGTH);
  if (sorts.some(isVague)) return false;
  const test = await testOf(filter, conditions);
  const wanted = sorts.filter(test);
  if (wanted.length === sorts.length) return true;
  where.add(
    `(sourcetype, parse_error, datasets, action, severity) IN (
       SELECT sourcetype, parse_error, datasets, action, severity
       FROM jsonb_to_recordset(?::text::jsonb) AS w(sourcetype text, parse_error boolean,
         datasets text, action text, severity text))`,
    JSON.stringify(wanted),
  );
  return true;
}

async function testOf(
  { sourcetype, dataset, parseError, fields = {} }: NonNullable<Asked["filter"]>,
  conditions: readonly IrExpr[],
): Promise<(s: Sort) => boolean> {
  // An agent that only writes has no use for it.
  const { evaluator } = await import("../../../compiler/plan/conditions.ts");
  const tests = conditions.map((e) => evaluator(e, [], true));
  return (s) => {
    const row: Record<string, string | undefined> = {
      sourcetype: s.sourcetype,
      action: s.action || undefined,
      severity: s.severity || undefined,
    };
    return (sourcetype === undefined || s.sourcetype === sourcetype) &&
      (dataset === undefined || s.datasets.split(",").includes(dataset)) &&
      (parseError === undefined || s.parse_error === parseError) &&
      Object.entries(fields).every(([name, value]) => row[name] === value) &&
      tests.every((t) => t(row, 0) === true);
  };
}
