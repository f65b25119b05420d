/** Groups of a search, and when its events were, by columns of blocks. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { Statements } from "../types/database.ts";
import type {
  ColumnGroups,
  ColumnTimes,
  ColumnTimesRequest,
  GroupRequest,
  SearchedGroup,
  TimeRange,
} from "../types/types.ts";
import { fieldsAsked, judgeOf, MAYBE, NO, YES } from "./column_tests.ts";
import { COLUMN_FIELDS, type ColumnBlock, readBlocks } from "./columns.ts";
import { plainFields } from "./search.ts";

/** Times of events that have to be read, at most. */
const UNDECIDED = 2000;
/** Ids of values, and of their combinations, are below this. */
const IDS = 2 ** 26;

/** Whether columns hold all of which groups are made. */
export const columnsGroup = (request: Parameters<typeof plainFields>[0]): boolean =>
  plainFields(request).every((f) => COLUMN_FIELDS.has(f));

/** Counts the events of a range that surely fit; null where columns do not tell. */
export async function columnGroups(
  db: Statements,
  request: GroupRequest,
): Promise<ColumnGroups | null> {
  const fields = [...plainFields(request), ...fieldsAsked(request)];
  const blocks = await readBlocks(db, request, fields);
  if (blocks === null) return null;
  const judge = await judgeOf(request);
  const judged = blocks.map((block) => within(block, request, judge(block)));
  const undecided = new Set<number>();
  for (const [b, { times }] of blocks.entries()) {
    const answers = judged[b];
    for (let i = 0; i < answers.length; i++) if (answers[i] === MAYBE) undecided.add(times[i]);
    if (undecided.size > UNDECIDED) return null;
  }
  const groups = new Groups(request);
  for (const [b, block] of blocks.entries()) {
    const answers = judged[b];
    if (undecided.size > 0) {
      const { times } = block;
      // Told apart by their times: whatever was then is read.
      for (let i = 0; i < answers.length; i++) if (undecided.has(times[i])) answers[i] = NO;
    }
    if (!groups.add(block, answers)) break;
  }
  return { groups: groups.list(), undecided: [...undecided].sort((x, y) => x - y) };
}

/** Events outside of a range do not fit. */
function within({ times }: ColumnBlock, { from, to }: TimeRange, answers: Uint8Array): Uint8Array {
  const begin = from ?? -Infinity, end = to ?? Infinity;
  for (let i = 0; i < answers.length; i++) {
    const t = times[i];
    if (t < begin || t >= end) answers[i] = NO;
  }
  return answers;
}

/** Values by numbers that count up. */
class Interner<T> {
  readonly #ids = new Map<T, number>();
  readonly values: T[] = [];

  id(value: T): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      this.#ids.set(value, id = this.values.length);
      this.values.push(value);
    }
    return id;
  }
}

/** A field's values in the blocks, by numbers. */
class FieldIds {
  readonly values = new Interner<Value>();
  #own = new Int32Array(0);
  #fixed = new Int32Array(0);
  #block: ColumnBlock | undefined;
  #codes: Uint16Array | null = null;

  constructor(readonly field: string) {}

  begin(block: ColumnBlock): void {
    const column = block.column(this.field);
    this.#block = block;
    this.#codes = column?.codes ?? null;
    this.#own = new Int32Array(column?.size ?? 0).fill(-1);
    this.#fixed = new Int32Array(block.kind.size).fill(-1);
  }

  /** The number of an event's value. */
  at(i: number): number {
    const code = this.#codes === null ? 0 : this.#codes[i];
    if (code !== 0) {
      const id = this.#own[code];
      return id >= 0 ? id : this.#own[code] = this.values.id(this.#block!.value(this.field, code));
    }
    const kind = this.#block!.kind.codes[i];
    const id = this.#fixed[kind];
    return id >= 0 ? id : this.#fixed[kind] = this.values.id(this.#block!.ofKind(this.field, kind));
  }
}

interface Sums {
  count: number;
  sum: number;
  min: number;
  max: number;
}

interface Group {
  /** Numbers of its values, and of its bucket. */
  readonly ids: readonly number[];
  count: number;
  first: number;
  last: number;
  readonly numbers: readonly Sums[];
  readonly present: number[];
}

class Groups {
  readonly #keys: readonly FieldIds[];
  readonly #numbers: readonly FieldIds[];
  readonly #present: readonly FieldIds[];
  readonly #buckets = new Interner<number>();
  readonly #startOf: ((time: number) => number) | null;
  /** Combinations of the numbers up to a key with those of the next. */
  readonly #combined: readonly Interner<number>[];
  /** By the number of what they share: each new number is a new group. */
  readonly #groups: Group[] = [];

  constructor(readonly request: GroupRequest) {
    const { by, distinct, numbers, present, bucket } = request;
    const keys = [...by, ...distinct === null ? [] : [distinct]];
    this.#keys = keys.map((f) => new FieldIds(f));
    this.#numbers = numbers.map((f) => new FieldIds(f));
    this.#present = present.map((f) => new FieldIds(f));
    this.#startOf = bucket === null
      ? null
      : typeof bucket === "number"
      ? (t) => Math.floor(t / bucket) * bucket
      : (t) => lastUpTo(bucket, t);
    this.#combined = keys.map(() => new Interner<number>());
  }

  /** Takes the events that surely fit; false when there are too many groups. */
  add(block: ColumnBlock, answers: Uint8Array): boolean {
    const keys = this.#keys, numbers = this.#numbers, present = this.#present;
    for (const ids of [...keys, ...numbers, ...present]) ids.begin(block);
    const { times } = block;
    const startOf = this.#startOf;
    let start = NaN, bucket = 0;
    for (let i = 0; i < answers.length; i++) {
      if (answers[i] !== YES) continue;
      const time = times[i];
      if (startOf !== null) {
        const begin = startOf(time);
        if (begin !== start) bucket = this.#buckets.id(start = begin);
      }
      let at = bucket;
      for (let k = 0; k < keys.length; k++) {
        const id = keys[k].at(i);
        // What is alone needs no number of its own.
        at = k === 0 && startOf === null ? id : this.#combined[k].id(at * IDS + id);
      }
      if (at === this.#groups.length) {
        if (at === this.request.limit) return false;
        this.#groups.push(this.#made(i, bucket));
      }
      const group = this.#groups[at];
      group.count++;
      if (time < group.first) group.first = time;
      if (time > group.last) group.last = time;
      for (let k = 0; k < numbers.length; k++) {
        const of = numbers[k];
        const value = of.values.values[of.at(i)];
        if (typeof value === "number") addTo(group.numbers[k], value);
      }
      for (let k = 0; k < present.length; k++) {
        const of = present[k];
        const value = of.values.values[of.at(i)];
        if (value !== undefined && value !== false) group.present[k]++;
      }
    }
    return true;
  }

  #made(i: number, bucket: number): Group {
    return {
      ids: [...this.#keys.map((k) => k.at(i)), bucket],
      count: 0,
      first: Infinity,
      last: -Infinity,
      numbers: this.#numbers.map(() => ({ count: 0, sum: 0, min: Infinity, max: -Infinity })),
      present: this.#present.map(() => 0),
    };
  }

  list(): SearchedGroup[] {
    const { by, distinct } = this.request;
    return this.#groups.map((group): SearchedGroup => {
      const values = this.#keys.map((k, i) => k.values.values[group.ids[i]]);
      const other = distinct === null ? undefined : values[by.length];
      return {
        odd: false,
        key: values.slice(0, by.length),
        bucket: this.#startOf === null ? null : this.#buckets.values[group.ids.at(-1)!],
        distinct: other === false ? undefined : other,
        count: group.count,
        numbers: group.numbers,
        present: group.present,
        first: group.first,
        last: group.last,
      };
    });
  }
}

function addTo(sums: Sums, value: number): void {
  sums.count++;
  sums.sum += value;
  if (value < sums.min) sums.min = value;
  if (value > sums.max) sums.max = value;
}

/** The last of the starts that is not after a time. */
function lastUpTo(starts: readonly number[], time: number): number {
  let low = 0, high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return starts[low - 1];
}

/** When the events of a range were that may fit, in the order asked for; null where columns do not tell. */
export async function columnTimes(
  db: Statements,
  request: ColumnTimesRequest,
): Promise<ColumnTimes | null> {
  const { order, limit } = request;
  const blocks = await readBlocks(db, request, fieldsAsked(request));
  if (blocks === null) return null;
  const judge = await judgeOf(request);
  const found: number[] = [];
  for (const block of blocks) {
    const answers = within(block, request, judge(block));
    const { times } = block;
    for (let i = 0; i < answers.length; i++) if (answers[i] !== NO) found.push(times[i]);
  }
  const sorted = Float64Array.from(found).sort();
  if (order === "newest") sorted.reverse();
  const times: number[] = [];
  for (const time of sorted) {
    if (time === times.at(-1)) continue;
    if (times.length === limit) return { times, events: found.length, all: false };
    times.push(time);
  }
  return { times, events: found.length, all: true };
}
