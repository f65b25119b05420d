/**
 * Rows of keys that have few, once for all sliding windows that are grouped by the same fields. Most
 * sources of a log are seen a few times, which no rule has a word for: a window that cannot be full
 * enough for its condition leaves the row here, and takes the rows of a key over once it may be. What a
 * window holds is then what it would hold had it taken each row as it came.
 */
import type { Value } from "../../../compiler/schema/types.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import type { IrKey } from "../../../compiler/ir/program.ts";
import type { LeastRows } from "../../../compiler/ir/least_rows.ts";
import type { Layout } from "./layout.ts";
import type { Row, RowContext } from "./context.ts";
import { CELLS, type RingArena } from "./ring_arena.ts";
import { KeyTable, NONE, OTHER_INT, OWN, OWN_INT, type TableGroup } from "./table.ts";

/** Of a key's record: rows, their block and its size, and the windows that take the key's rows themselves. */
const N = OWN_INT, BLOCK = OTHER_INT, LIVE = 2 * OWN, SIZE = 2 * OWN + 1;
const WIDTH = OWN + 1, INTS = 2 * WIDTH;
/** The logarithm of the most rows of a key. */
const LARGEST = 4;
/** Windows, and columns, of one object: each has a bit. */
const MOST = 30;
/** The cell that says which windows a row is for; columns follow. */
const FOR = 0, FIRST_COLUMN = 1;

/** A window that can leave rows of keys with few to others. */
export interface FewOwner {
  readonly rule: number;
  readonly table: KeyTable;
  readonly layout: Layout;
  readonly by: readonly IrKey[];
  readonly ms: number;
  readonly least: LeastRows;
  /** Arguments of its aggregates for the row at hand. */
  readonly args: readonly Value[];
  /** Its state was lost to a cap. */
  lost(): void;
  /** Takes a row of a key in, and asks no condition. @param args of its aggregates */
  replay(key: number, place: RowPlace, args: readonly Value[]): void;
}

/** Where a row was read, and when. */
export interface RowPlace {
  readonly t: number;
  readonly offset: number;
  readonly meta: number;
}

/** What is known of one owner. */
export interface Member {
  readonly owner: FewOwner;
  readonly bit: number;
  /** By column of the owner's layout, the column here; -1 where it has none. */
  readonly columns: readonly number[];
  /** ms for which a row matters. */
  readonly kept: number;
  /** Rows in the window with which it takes them over, whatever they are. */
  readonly most: number;
  /** The column, and the argument, of a sum that must be large enough; -1 without one. */
  readonly sumColumn: number;
}

export class FewRows {
  readonly members: Member[] = [];
  readonly #texts = new Map<string, number>();
  /** By column, a layout and its column there. */
  readonly #columns: { readonly layout: Layout; readonly column: number }[] = [];
  readonly #table: KeyTable;
  #rows!: RingArena;
  /** ms for which a key matters. */
  #kept = 0;
  /** The row at hand: its key's slot, its number among the key's rows, and which columns it has. */
  #slot = NONE;
  #row = NONE;
  /** The numbers among which its key's rows are, where they begin, and how many there are of each row. */
  #numbers!: Float64Array;
  #begin = 0;
  #width = 0;
  #filled = 0;
  readonly #given: Value[] = [];
  #key = NONE;
  #seq = -1;
  #t = NaN;
  #offset = NaN;
  #meta = NaN;
  /** The last row whose key was looked at, and whether it is text alone. */
  #looked: Row | null = null;
  #text = false;
  /** Event time before which a window may hold rows of a key of which nothing is known here. */
  #doubt = -Infinity;
  /** Checkpoint period since which rows may be here. */
  #since = 0;
  /** A row was left here in that period. */
  #holds = false;

  constructor(
    readonly cx: RowContext,
    readonly group: TableGroup,
    readonly by: readonly IrKey[],
  ) {
    this.#table = new KeyTable({
      cx,
      rule: NONE,
      group,
      by,
      width: WIDTH,
      onRemove: (slot) => this.#release(slot),
      onEvict: (slot) => this.#evict(slot),
    });
  }

  /** Another window, unless there is no room for it: null then. */
  join(owner: FewOwner): Member | null {
    if (this.members.length === MOST) return null;
    const { layout, least } = owner;
    const texts = layout.taking.map((_, column) => layout.cellText(column));
    const added = new Set(texts.filter((text) => text !== null && !this.#texts.has(text)));
    if (this.#columns.length + added.size > MOST) return null;
    const columns = texts.map((text, column) => {
      if (text === null) return NONE;
      const known = this.#texts.get(text);
      if (known !== undefined) return known;
      this.#texts.set(text, this.#columns.length);
      return this.#columns.push({ layout, column }) - 1;
    });
    const member: Member = {
      owner,
      bit: 1 << this.members.length,
      columns,
      // A gap is measured from a row that may have left the window since.
      kept: texts.includes(null) ? 2 * owner.ms : owner.ms,
      most: mostOf(owner, this.cx),
      sumColumn: least.sum === null ? NONE : columns[layout.columns[least.sum.agg]],
    };
    this.#kept = Math.max(this.#kept, member.kept);
    this.members.push(member);
    this.#rows = this.group.rowsWith(FIRST_COLUMN + this.#columns.length);
    this.#width = this.#rows.width;
    return member;
  }

  /** Whether the row at hand is left here; else the window takes it itself, and has what was here. */
  take(m: Member, row: Row, key: number): boolean {
    const { cx } = this;
    if (
      key !== this.#key || cx.seq !== this.#seq || cx.t !== this.#t ||
      cx.offset !== this.#offset || cx.meta !== this.#meta
    ) this.#turn(key);
    const table = this.#table, { owner, bit } = m;
    const at = this.#slot * INTS;
    const live = table.ints[at + LIVE];
    if ((live & bit) !== 0) {
      if (owner.table.get(key) !== NONE) return false;
      table.ints[at + LIVE] = live & ~bit;
    } else if (this.#t < this.#doubt && owner.table.get(key) !== NONE) {
      table.ints[at + LIVE] = live | bit;
      return false;
    }
    if (row !== this.#looked) this.#look(row);
    if (!this.#text || this.#isReached(m)) {
      this.#handOver(this.#slot, m);
      return false;
    }
    if (this.#row === NONE || !this.#fits(m)) {
      if (!this.#hasRoom()) {
        this.#giveSlot(this.#slot);
        // It takes the key's rows itself, too, whether it had any here or not.
        this.give(m, key);
        return false;
      }
      this.#append();
    }
    this.#put(m);
    return true;
  }

  /** Hands a key's rows over to a window. */
  give(m: Member, key: number): void {
    const slot = this.#table.get(key);
    if (slot !== NONE && (this.#table.ints[slot * INTS + LIVE] & m.bit) === 0) {
      this.#handOver(slot, m);
    }
  }

  /** Hands all rows over: a checkpoint has them where they belong. */
  giveAll(): void {
    if (!this.#holds) return;
    for (const slot of this.#table.slots(this.#since)) this.#giveSlot(slot);
    this.#since = this.cx.epoch;
    this.#holds = false;
  }

  /** A window took up state of its own, which matters until a time. */
  restored(until: number): void {
    this.#doubt = Math.max(this.#doubt, until);
  }

  /** Finds the key of a row that is another one than the last. */
  #turn(key: number): void {
    const { cx } = this;
    const t = this.#t = cx.t;
    this.#offset = cx.offset;
    this.#meta = cx.meta;
    const table = this.#table;
    this.#key = key;
    this.#seq = cx.seq;
    this.#row = NONE;
    const slot = table.get(key);
    if (slot !== NONE) {
      table.touch(slot, t);
      this.#slot = slot;
      return this.#find();
    }
    for (let i = 0; i < 3; i++) {
      const old = table.oldest;
      if (old === NONE || t - table.touched(old) < this.#kept) break;
      table.remove(old);
    }
    this.#slot = table.add(key, null, t);
    table.ints[this.#slot * INTS + BLOCK] = NONE;
  }

  /** Where the rows of the key at hand are. */
  #find(): void {
    const block = this.#table.ints[this.#slot * INTS + BLOCK];
    if (block === NONE) return;
    this.#numbers = this.#rows.numbersOf(block);
    this.#begin = this.#rows.placeOf(block);
  }

  /** Keys are held as text alone: values of other types are the window's to hold. */
  #look(row: Row): void {
    this.#looked = row;
    this.#text = this.by.every((k) => {
      const v = field(row, k.field);
      return typeof v === "string" || (v === undefined && k.nullable);
    });
  }

  /** Whether the condition behind a window may be true with the row at hand. */
  #isReached({ owner, bit, most, sumColumn }: Member): boolean {
    const n = this.#table.ints[this.#slot * INTS + N];
    const { least, ms } = owner;
    if (sumColumn < 0 && n + 1 < least.rows) return false;
    const from = this.#t - ms, numbers = this.#numbers, width = this.#width;
    let count = 1, sum = 0, exact = true;
    for (let at = this.#begin, i = 0; i < n; i++, at += width) {
      if ((numbers[at + CELLS + FOR] & bit) === 0) continue;
      const time = numbers[at];
      if (time > this.#t) return true;
      if (time <= from) continue;
      count++;
      if (sumColumn < 0) continue;
      const x = numbers[at + CELLS + FIRST_COLUMN + sumColumn];
      if (x === x) exact &&= Number.isSafeInteger(sum += x);
    }
    if (count >= most) return true;
    if (count < least.rows) return false;
    if (least.sum === null) return true;
    const x = owner.args[least.sum.agg];
    if (typeof x === "number") exact &&= Number.isSafeInteger(sum += x);
    return !exact || sum >= least.sum.least;
  }

  /** Notes that the row at hand is for a window. */
  #put({ bit, columns, owner }: Member): void {
    const numbers = this.#numbers, at = this.#begin + this.#row * this.#width + CELLS;
    numbers[at + FOR] |= bit;
    const { taking } = owner.layout;
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c];
      if (column < 0 || (this.#filled & (1 << column)) !== 0) continue;
      const v = owner.args[taking[c]];
      this.#filled |= 1 << column;
      this.#given[column] = v;
      numbers[at + FIRST_COLUMN + column] = owner.layout.cell(c, v);
    }
  }

  /** Whether the row that stands for the one at hand can stand for it in a window too. */
  #fits({ bit, columns, owner }: Member): boolean {
    const at = this.#begin + this.#row * this.#width + CELLS;
    if ((this.#numbers[at + FOR] & bit) !== 0) return false;
    const { taking } = owner.layout;
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c];
      if (column < 0 || (this.#filled & (1 << column)) === 0) continue;
      if (this.#given[column] !== owner.args[taking[c]]) return false;
    }
    return true;
  }

  /** Adds the row at hand, which is for nobody yet. */
  #append(): void {
    const n = this.#table.ints[this.#slot * INTS + N]++;
    const numbers = this.#numbers, at = this.#begin + n * this.#width;
    numbers[at] = this.#t;
    numbers[at + 1] = this.#offset;
    numbers[at + 2] = this.#meta;
    for (let i = CELLS; i < this.#width; i++) numbers[at + i] = 0;
    this.#row = n;
    this.#filled = 0;
    this.#holds = true;
  }

  /** Makes room for another row: those that matter no more go, or there is room for twice as many. */
  #hasRoom(): boolean {
    const rows = this.#rows, { ints } = this.#table;
    const at = this.#slot * INTS;
    if (ints[at + BLOCK] === NONE) {
      ints[at + BLOCK] = rows.take(0);
      ints[at + SIZE] = 0;
      this.#find();
    }
    const block = ints[at + BLOCK], size = ints[at + SIZE];
    if (ints[at + N] < 1 << size) return true;
    this.#keep(this.#slot, (i) => {
      const age = this.#t - rows.time(block, i);
      const whose = rows.cell(block, i, FOR);
      return this.members.some((m) => (whose & m.bit) !== 0 && age < m.kept);
    });
    if (ints[at + N] < 1 << size) return true;
    if (size === LARGEST) return false;
    const larger = rows.take(size + 1);
    rows.copy(block, size, 0, ints[at + N], larger);
    rows.give(block, size);
    ints[at + BLOCK] = larger;
    ints[at + SIZE] = size + 1;
    this.#find();
    return true;
  }

  /** Lets the rows go that are not to be kept. */
  #keep(slot: number, which: (row: number) => boolean): void {
    const rows = this.#rows, { ints } = this.#table;
    const at = slot * INTS, block = ints[at + BLOCK], n = ints[at + N];
    let kept = 0;
    for (let i = 0; i < n; i++) {
      if (which(i)) {
        if (i > kept) rows.swap(block, i, kept);
        kept++;
      } else this.#letGo(block, i);
    }
    ints[at + N] = kept;
    if (slot === this.#slot) this.#row = NONE;
  }

  #letGo(block: number, i: number): void {
    this.#columns.forEach(({ layout, column }, c) => {
      layout.give(column, this.#rows.cell(block, i, FIRST_COLUMN + c));
    });
  }

  /** The bits of the windows that have rows of a key here. */
  #whose(slot: number): number {
    const { ints } = this.#table;
    const at = slot * INTS;
    let whose = 0;
    for (let i = 0; i < ints[at + N]; i++) whose |= this.#rows.cell(ints[at + BLOCK], i, FOR);
    return whose;
  }

  /** The rows of a key go to the windows that they are for. */
  #giveSlot(slot: number): void {
    const whose = this.#whose(slot);
    const key = this.#table.keyOf(slot);
    // Handing over may drive the key out of here.
    for (const m of this.members) if ((whose & m.bit) !== 0) this.give(m, key);
  }

  /** A window takes over what is here of a key, and takes the key's rows itself from now on. */
  #handOver(slot: number, m: Member): void {
    const { ints } = this.#table, rows = this.#rows;
    const at = slot * INTS, block = ints[at + BLOCK];
    const key = this.#table.keyOf(slot);
    const { owner, bit, columns } = m, { layout } = owner;
    const taken: { readonly place: RowPlace; readonly args: readonly Value[] }[] = [];
    ints[at + LIVE] |= bit;
    if (ints[at + N] > 0) {
      this.#keep(slot, (i) => {
        const whose = rows.cell(block, i, FOR);
        if ((whose & bit) === 0) return true;
        const [t, offset, meta] = rows.list(block, LARGEST, i, 1);
        const args: Value[] = owner.args.map(() => undefined);
        columns.forEach((column, c) => {
          if (column < 0) return;
          const cell = rows.cell(block, i, FIRST_COLUMN + column);
          args[layout.taking[c]] = layout.value(c, cell);
        });
        taken.push({ place: { t, offset, meta }, args });
        rows.setCell(block, i, FOR, whose & ~bit);
        return whose !== bit;
      });
    }
    // What a window adds may drive keys out, this one among them.
    for (const { place, args } of taken) owner.replay(key, place, args);
  }

  #release(slot: number): void {
    const { ints } = this.#table;
    const at = slot * INTS, block = ints[at + BLOCK];
    if (slot === this.#slot) {
      this.#slot = NONE;
      this.#seq = -1;
    }
    if (block === NONE) return;
    for (let i = 0; i < ints[at + N]; i++) this.#letGo(block, i);
    this.#rows.give(block, ints[at + SIZE]);
  }

  #evict(slot: number): void {
    const whose = this.#whose(slot);
    for (const { owner, bit } of this.members) if ((whose & bit) !== 0) owner.lost();
    this.restored(this.#table.touched(slot) + this.#kept);
  }
}

/** With more rows a window has aggregates of its own, or may have let go of some. */
const mostOf = ({ layout }: FewOwner, { limits }: RowContext): number =>
  Math.min(layout.few + 1, limits.rowsPerKey, 1 << LARGEST);

/** Whether a window may ever leave a row to others. */
export const isFewOwner = (owner: FewOwner, cx: RowContext): boolean =>
  owner.by.length > 0 && mostOf(owner, cx) > 1 && !owner.layout.readsWithGap &&
  (owner.least.rows > 1 || owner.least.sum !== null);
