/** Reading many files with few of them open. */

/** A file that is read by place; it is opened when it is read. */
export interface Held {
  /** Where it is now: a rotated file moves. */
  path: string;
  /** `dev:ino` once it has been open, so that another file under its name is not taken for it. */
  key: string | null;
  /** It has no name any more: closed, it could not be opened again. */
  readonly pinned?: boolean;
}

/** The file under the path is another one than was read before. */
export class Replaced extends Error {
  constructor(path: string) {
    super(`"${path}" is another file now`);
  }
}

interface Handle {
  readonly file: Deno.FsFile;
  at: number;
  busy: boolean;
}

/** Names a file for as long as it exists, whatever it is called. */
export function keyOf(stat: Deno.FileInfo): string {
  return `${stat.dev}:${stat.ino}`;
}

/**
 * Open files, at most `limit` of them: the one read longest ago is closed for the next, and is opened
 * again where it stood. Reads of one file must not overlap.
 */
export class Handles {
  private readonly open = new Map<Held, Handle>();
  /** Reads under way: as many at most as there may be handles. */
  private reads = 0;
  private readonly queue: (() => void)[] = [];
  private opening = 0;

  constructor(readonly limit = 256) {}

  get size(): number {
    return this.open.size;
  }

  has(held: Held): boolean {
    return this.open.has(held);
  }

  /**
   * Reads into `buffer` what stands at byte `at`; 0 at the end of the file. Throws the system's
   * errors, and Replaced when the path has come to name another file.
   */
  async read(held: Held, buffer: Uint8Array, at: number): Promise<number> {
    if (this.reads >= this.limit) await new Promise<void>((done) => this.queue.push(done));
    else this.reads++;
    try {
      return await this.readNow(held, buffer, at);
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.reads--;
    }
  }

  private async readNow(held: Held, buffer: Uint8Array, at: number): Promise<number> {
    const handle = await this.handleOf(held);
    handle.busy = true;
    try {
      if (handle.at !== at) await handle.file.seek(at, Deno.SeekMode.Start);
      handle.at = at;
      const n = await handle.file.read(buffer) ?? 0;
      handle.at += n;
      return n;
    } catch (error) {
      handle.busy = false;
      this.close(held);
      throw error;
    } finally {
      handle.busy = false;
    }
  }

  close(held: Held): void {
    const handle = this.open.get(held);
    if (!handle || handle.busy) return;
    this.open.delete(held);
    handle.file.close();
  }

  private async handleOf(held: Held): Promise<Handle> {
    const found = this.open.get(held);
    if (found) {
      // Moved to the end: the first is the one read longest ago.
      this.open.delete(held);
      this.open.set(held, found);
      return found;
    }
    this.makeRoom();
    this.opening++;
    try {
      const file = await Deno.open(held.path);
      const key = keyOf(file.statSync());
      if (held.key !== null && held.key !== key) {
        file.close();
        throw new Replaced(held.path);
      }
      held.key = key;
      const handle = { file, at: 0, busy: false };
      this.open.set(held, handle);
      return handle;
    } finally {
      this.opening--;
    }
  }

  private makeRoom(): void {
    for (const [held, handle] of this.open) {
      if (this.open.size + this.opening < this.limit) return;
      if (!handle.busy && !held.pinned) this.close(held);
    }
  }
}

/** One limit for the process: the system's is for the process too. */
export const HANDLES = new Handles();
