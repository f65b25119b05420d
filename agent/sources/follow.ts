/**
 * Files that are read on as they grow. A file is followed by what the system numbers it (device and
 * inode), so that renaming it changes nothing; its content says whether another file, a copy or a
 * packed one, goes on where it ended.
 */
import { dirname } from "node:path";
import type { Bytes, InputHandle } from "../input.ts";
import type { InputAnnounced, Listener, Live, Loss } from "./listener.ts";
import { InputError, isWhole, reason } from "./files.ts";
import { Handles, Replaced } from "./handles.ts";
import { findMoved, look, type Seen } from "./look.ts";
import { bytesAt, startsWith, TAIL, tailOf } from "./tail.ts";

export interface FollowOptions {
  readonly operands: readonly string[];
  /** 16 hex digits from a file's first line; null while it has none. */
  readonly identify: (path: string) => Promise<string | null>;
  readonly notice?: (text: string) => void;
  /** How far out of order lines of files that grow may be, in ms. Default: as of every input */
  readonly lateness?: number;
  readonly handles?: Handles;
  /** Least pause between two looks at all files, in ms. Default: 20 */
  readonly every?: number;
  /** How long a file that was moved out of sight, or deleted, is still read, in ms; 30 s unless told. */
  readonly drain?: number;
  /** A packed file is complete when it has not changed for so long, in ms; 2 s unless told. */
  readonly settle?: number;
}

/** Bytes read at once. */
const BLOCK = 256 * 1024;
/** Least pause between two looks, in ms: what a rule of one event finds is printed within 50 ms. */
const EVERY = 20;
/** Looking takes at most this part of the time. */
const SHARE = 1 / 20;
/** Files that have ended and are remembered, in case that another one goes on with them. */
const REMEMBERED = 10_000;

/** One file. Of what was cut or has gone, what was not read of it is told. */
class Followed implements Live {
  readonly key: string;
  path: string;
  size: number;
  modified: number;
  /** Bytes given. */
  offset = 0;
  tail: Uint8Array = new Uint8Array(0);
  /** Whether the content before the offset is to be compared before more is read. */
  doubtful = false;
  /** Its name is gone, or it was cut to less than was read of it. */
  gone = false;
  cut = false;
  ended = false;
  /** When it last grew, of performance.now. */
  grew = performance.now();
  waiting = false;
  /** Where the bytes that were given last begin, and whether they reached the end of the file. */
  chunk = 0;
  whole = false;
  wake: () => void = () => {};
  identity: string | null = null;
  arrival: InputAnnounced | null = null;

  constructor(seen: Seen, private readonly follower: Follower) {
    ({ key: this.key, path: this.path, size: this.size, modified: this.modified } = seen);
  }

  get pinned(): boolean {
    return this.gone;
  }

  caughtUp(end: number): boolean {
    return this.whole && end > this.chunk;
  }

  unread(offset: number): boolean {
    return this.size > offset;
  }

  open(input: InputHandle, offset: number): { bytes: ReadableStream<Bytes> } {
    this.offset = offset;
    const bytes = new ReadableStream<Bytes>({
      pull: async (controller) => {
        const data = await this.follower.next(this);
        if (data) controller.enqueue({ input, data, arrival: Date.now() });
        else controller.close();
      },
      cancel: () => this.follower.end(this),
    }, { highWaterMark: 0 });
    return { bytes };
  }
}

/** Why a file is not read yet: it has no first line, or is still being packed or copied. */
interface Unknown {
  readonly seen: Seen;
  readonly why: "line" | "settling" | "copy";
  /** What it is a copy of. */
  readonly of?: Followed;
}

export class Follower implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  private readonly files = new Map<string, Followed>();
  /** Every file by its identity, those that ended too, the oldest first. */
  private readonly known = new Map<string, Followed[]>();
  private remembered = 0;
  /** Files that cannot be told yet. */
  private readonly waiting = new Map<string, Unknown>();
  /** Files that are there and of no use any more. */
  private readonly done = new Set<string>();
  private readonly handles: Handles;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private lost: Loss[] = [];

  constructor(private readonly options: FollowOptions) {
    this.handles = options.handles ?? new Handles();
  }

  async start(): Promise<readonly InputAnnounced[]> {
    const out: InputAnnounced[] = [];
    const { arrived } = this;
    this.arrived = (arrival) => out.push(arrival);
    await this.sweep(true);
    this.arrived = arrived;
    this.options.notice?.(`Following ${this.counted(out.length)}; what appears later is found`);
    this.later();
    return out;
  }

  /** Files in words; one without a whole line is there, and is opened when it has one. */
  private counted(opened: number): string {
    const waiting = this.waiting.size, all = opened + waiting;
    const files = `${all} ${all === 1 ? "file" : "files"}`;
    if (waiting === 0) return files;
    return all === 1 ? `${files} without a line yet` : `${files}, ${waiting} without a line yet`;
  }

  stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const file of this.files.values()) file.wake();
    return Promise.resolve();
  }

  losses(): Promise<readonly Loss[]> {
    return Promise.resolve(this.lost.splice(0));
  }

  /** Handles open now. */
  get open(): number {
    return this.handles.size;
  }

  private later(pause = this.options.every ?? EVERY): void {
    if (this.stopped) return;
    this.timer = setTimeout(async () => {
      const before = performance.now();
      await this.sweep(false);
      const took = performance.now() - before;
      this.later(Math.max(this.options.every ?? EVERY, took / SHARE));
    }, pause);
  }

  /** Looks at all files: who has grown, moved, been cut, gone, or come. */
  private async sweep(first: boolean): Promise<void> {
    const seen = look(this.options.operands);
    const now = performance.now();
    for (const file of this.files.values()) {
      const there = seen.get(file.key);
      if (there) this.compare(file, there, now);
      else if (!file.gone) this.leave(file, now);
      else file.wake();
    }
    for (const key of this.done) if (!seen.has(key)) this.done.delete(key);
    for (const key of this.waiting.keys()) if (!seen.has(key)) this.waiting.delete(key);
    for (const found of seen.values()) {
      if (this.files.has(found.key) || this.done.has(found.key)) continue;
      await this.meet(found, first);
      if (this.stopped) return;
    }
  }

  private compare(file: Followed, there: Seen, now: number): void {
    file.path = there.path;
    file.gone = false;
    const changed = there.modified !== file.modified;
    if (there.size > file.size) file.grew = now;
    file.size = there.size;
    file.modified = there.modified;
    if (there.size < file.offset) this.truncated(file);
    else if (there.size > file.offset || (changed && file.waiting)) {
      file.doubtful = true;
      file.wake();
    }
  }

  private truncated(file: Followed): void {
    file.cut = true;
    this.handles.close(file);
    this.files.delete(file.key);
    file.wake();
  }

  /** Its name is gone: moved, or deleted. What is open can still be read. */
  private leave(file: Followed, now: number): void {
    file.gone = true;
    file.grew = now;
    if (!this.handles.has(file)) {
      const moved = findMoved(dirname(file.path), file.key);
      if (moved !== null) file.path = moved;
    }
    file.wake();
  }

  /** The next bytes; null when there will be none. */
  async next(file: Followed): Promise<Uint8Array | null> {
    for (;;) {
      if (file.cut || file.ended) break;
      let data: Uint8Array | null;
      try {
        data = await this.read(file);
      } catch (error) {
        this.lose(file, error);
        break;
      }
      if (data) {
        file.grew = performance.now();
        return data;
      }
      if (this.stopped || file.cut) break;
      if (file.gone && performance.now() - file.grew > (this.options.drain ?? 30_000)) break;
      file.waiting = true;
      await new Promise<void>((done) => file.wake = done);
      file.waiting = false;
    }
    this.end(file);
    return null;
  }

  private async read(file: Followed): Promise<Uint8Array | null> {
    // Before the first read of a run that goes on, the tail is learnt; later it is compared.
    const learn = file.tail.length === 0 && file.offset > 0;
    const back = learn ? Math.min(TAIL, file.offset) : file.doubtful ? file.tail.length : 0;
    const room = Math.min(BLOCK, Math.max(4096, file.size - file.offset));
    const buffer = new Uint8Array(back + room);
    const from = file.offset - back;
    let n = 0;
    while (n <= back) {
      const more = await this.readAt(file, buffer.subarray(n), from + n);
      if (more === 0) break;
      n += more;
    }
    if (learn) file.tail = buffer.slice(0, Math.min(n, back));
    else if (back > 0 && !startsWith(buffer.subarray(0, n), file.tail)) {
      // Written anew since, and already as long as before.
      this.truncated(file);
      return null;
    }
    file.doubtful = false;
    if (n <= back) return null;
    const data = buffer.subarray(back, n);
    file.chunk = file.offset;
    file.offset += data.length;
    file.whole = n < buffer.length || file.offset >= file.size;
    file.tail = tailOf(file.tail, data);
    return data;
  }

  private async readAt(file: Followed, into: Uint8Array, at: number): Promise<number> {
    try {
      return await this.handles.read(file, into, at);
    } catch (error) {
      if (!(error instanceof Replaced || error instanceof Deno.errors.NotFound)) throw error;
      const moved = findMoved(dirname(file.path), file.key);
      if (moved === null) throw error;
      file.path = moved;
      return await this.handles.read(file, into, at);
    }
  }

  private lose(file: Followed, error: unknown): void {
    const bytes = file.size - file.offset;
    const gone = error instanceof Replaced || error instanceof Deno.errors.NotFound;
    if (gone && bytes <= 0) return;
    this.lost.push({
      subject: file.path,
      message: gone
        ? `${file.path} went before its last ${bytes} bytes were read`
        : new InputError(file.path, reason(error)).message,
      reason: null,
      count: 0,
    });
  }

  end(file: Followed): void {
    if (file.ended) return;
    file.ended = true;
    this.handles.close(file);
    if (this.files.get(file.key) === file) {
      this.files.delete(file.key);
      // One whose name was gone goes on where it stood when it has one again.
      if (!file.cut && !file.gone) this.done.add(file.key);
    }
  }

  /** A file that was not there before, or that could not be told yet. */
  private async meet(found: Seen, first: boolean): Promise<void> {
    const before = this.waiting.get(found.key);
    const still = Date.now() - found.modified > (this.options.settle ?? 2000);
    if (before && !this.changed(before, found, still)) return;
    try {
      const whole = await isWhole(found.path);
      if (whole && !first && !still) {
        this.waiting.set(found.key, { seen: found, why: "settling" });
        return;
      }
      const identity = await this.options.identify(found.path);
      if (identity === null && !whole) {
        this.waiting.set(found.key, { seen: found, why: "line" });
        return;
      }
      let from = identity === null || first ? null : await this.same(found, identity, whole);
      // A copy has no more in it than what it copies: this only began alike.
      if (from && !from.ended && found.size > from.size && before?.of === from && !whole) {
        from = null;
      }
      if (from && !from.ended) {
        this.waiting.set(found.key, { seen: found, why: "copy", of: from });
        return;
      }
      this.waiting.delete(found.key);
      // A copy with nothing in it that was not read.
      if (whole || (from && found.size <= from.offset)) this.done.add(found.key);
      if (from && !whole && found.size <= from.offset) return;
      this.come(found, whole ? null : new Followed(found, this), from, identity);
    } catch (error) {
      this.waiting.delete(found.key);
      // Deleted again before it was looked at.
      if (error instanceof Deno.errors.NotFound) return;
      this.done.add(found.key);
      this.lost.push({
        subject: found.path,
        message: new InputError(found.path, reason(error)).message,
        reason: null,
        count: 0,
      });
    }
  }

  /** Whether another look can tell more of a file. */
  private changed({ seen, why, of }: Unknown, found: Seen, still: boolean): boolean {
    if (why === "settling") return still;
    return !same(seen, found) || (of !== undefined && (of.ended || found.size > of.size));
  }

  private come(
    found: Seen,
    file: Followed | null,
    from: Followed | null,
    identity: string | null,
  ): void {
    const arrival: InputAnnounced = {
      found: { name: found.path, path: found.path },
      live: file,
      ...(identity === null ? {} : { identity }),
      ...(file ? { lateness: this.options.lateness } : {}),
      ...(from ? { continues: { arrival: from.arrival!, offset: from.offset } } : {}),
    };
    if (file) {
      file.identity = identity;
      file.arrival = from?.arrival ?? arrival;
      if (from) file.tail = from.tail;
      this.files.set(file.key, file);
      this.remember(file);
    }
    this.arrived(arrival);
  }

  private remember(file: Followed): void {
    const list = this.known.get(file.identity!) ?? [];
    list.push(file);
    this.known.delete(file.identity!);
    this.known.set(file.identity!, list);
    this.remembered++;
    for (const [identity, files] of this.known) {
      if (this.remembered <= REMEMBERED) return;
      const kept = files.filter((f) => !f.ended);
      this.remembered -= files.length - kept.length;
      if (kept.length) this.known.set(identity, kept);
      else this.known.delete(identity);
    }
  }

  /**
   * The file whose content this one holds: rotation that copies, or packs, leaves what was not read of
   * the first in the second.
   */
  private async same(found: Seen, identity: string, whole: boolean): Promise<Followed | null> {
    for (const file of (this.known.get(identity) ?? []).toReversed()) {
      const short = !whole && found.size < file.offset;
      if (file.tail.length === 0 || (short && file.ended)) continue;
      // Of a copy that is still being made, what there is of it is compared.
      const end = short ? found.size : file.offset;
      const length = Math.min(TAIL, end, short ? TAIL : file.tail.length);
      const theirs = await bytesAt(found.path, end - length, length);
      const own = short
        ? await bytesAt(file.path, end - length, length)
        : file.tail.subarray(file.tail.length - length);
      if (own.length === length && startsWith(theirs, own)) return file;
    }
    return null;
  }
}

const same = (a: Seen, b: Seen) => a.size === b.size && a.modified === b.modified;
