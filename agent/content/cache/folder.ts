/**
 * The folder of what was compiled. A cache holds what is run, so that it is trusted like the program:
 * nothing is read that another user could have written, and of what is there nothing is believed that
 * its own digest does not bear out. Where the folder is not safe, cannot be had or may not be used, there
 * is no cache, without a word: a run does not need one.
 */
import { isAbsolute, join } from "node:path";

/** Files that are kept, those last used; what they may take together; what one may take; in bytes. */
const MAX_FILES = 16, MAX_BYTES = 512 * 2 ** 20, MAX_FILE = 128 * 2 ** 20;
/** As long a file that is half written is let be. */
const DAY = 86_400_000;
const ENDING = ".cache";
/** What others of the group, and anyone else, may do: write. */
const WRITTEN_BY_OTHERS = 0o022;
const STICKY = 0o1000;

export class CacheFolder {
  private constructor(
    private readonly path: string,
    private readonly user: number,
  ) {}

  /**
   * The cache of this user: `picket` below XDG_CACHE_HOME, else below `.cache` in the home folder. Null
   * where none is to be had. On Windows there is none: who may write a file is not said by its mode.
   */
  static open(env: (name: string) => string | undefined): CacheFolder | null {
    try {
      const user = Deno.uid();
      if (user === null) return null;
      const path = CacheFolder.pathOf(env);
      return path === null ? null : new CacheFolder(path, user);
    } catch {
      return null;
    }
  }

  /** Where it is; null where no variable says so, or none may be read, as by most commands. */
  static pathOf(env: (name: string) => string | undefined): string | null {
    let given: string | undefined, home: string | undefined;
    try {
      given = env("XDG_CACHE_HOME"), home = env("HOME");
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return null;
      throw error;
    }
    // The specification has relative paths ignored.
    if (given && isAbsolute(given)) return join(given, "picket");
    return home && isAbsolute(home) ? join(home, ".cache", "picket") : null;
  }

  /** A file's bytes; null where there is none that this user alone can have written. */
  read(name: string): Uint8Array | null {
    const path = join(this.path, name + ENDING);
    try {
      // Opening a pipe would wait for its other end.
      if (!Deno.lstatSync(path).isFile || !this.#isSafe()) return null;
      using file = Deno.openSync(path);
      const { isFile, uid, mode, size } = file.statSync();
      if (!isFile || uid !== this.user || (mode ?? 0o777) & WRITTEN_BY_OTHERS || size > MAX_FILE) {
        return null;
      }
      const bytes = new Uint8Array(size);
      let at = 0;
      while (at < size) {
        const n = file.readSync(bytes.subarray(at));
        if (n === null) return null;
        at += n;
      }
      touch(path);
      return bytes;
    } catch {
      return null;
    }
  }

  /** Puts a file there, whole or not at all, and takes those away that were not used for longest. */
  write(name: string, parts: readonly Uint8Array[]): void {
    if (parts.reduce((n, p) => n + p.length, 0) > MAX_FILE) return;
    const temporary = join(this.path, `.${crypto.randomUUID()}${ENDING}`);
    try {
      Deno.mkdirSync(this.path, { recursive: true, mode: 0o700 });
      if (!this.#isSafe()) return;
      {
        using file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
        for (const part of parts) {
          for (let at = 0; at < part.length;) at += file.writeSync(part.subarray(at));
        }
      }
      Deno.renameSync(temporary, join(this.path, name + ENDING));
      this.#prune();
    } catch {
      remove(temporary);
    }
  }

  /** Whether nobody but this user and root can put another file in the place of one of the folder's. */
  #isSafe(): boolean {
    let path = Deno.realPathSync(this.path);
    const own = Deno.lstatSync(path);
    if (own.uid !== this.user || (own.mode ?? 0o777) & WRITTEN_BY_OTHERS) return false;
    for (let above = join(path, ".."); above !== path; path = above, above = join(path, "..")) {
      const { uid, mode } = Deno.lstatSync(above);
      if (uid !== this.user && uid !== 0) return false;
      // In /tmp each user's files are his own although all write there.
      if ((mode ?? 0o777) & WRITTEN_BY_OTHERS && !(uid === 0 && (mode ?? 0) & STICKY)) return false;
    }
    return true;
  }

  #prune(): void {
    const files = [...Deno.readDirSync(this.path)]
      .filter((e) => e.isFile && e.name.endsWith(ENDING))
      .flatMap(({ name }) => {
        const path = join(this.path, name);
        const { size, mtime } = Deno.lstatSync(path);
        const used = mtime?.getTime() ?? 0;
        // What a process that was ended has left half written.
        const left = name.startsWith(".") && Date.now() - used > DAY;
        if (left) remove(path);
        return left || name.startsWith(".") ? [] : [{ path, size, used }];
      })
      .sort((a, b) => b.used - a.used);
    let bytes = 0;
    files.forEach(({ path, size }, i) => {
      bytes += size;
      if (i >= MAX_FILES || bytes > MAX_BYTES) remove(path);
    });
  }
}

/** A file's time is when it was last used. */
function touch(path: string): void {
  try {
    Deno.utimeSync(path, new Date(), new Date());
  } catch {
    // It may be read and not written: it is then taken away the sooner.
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Another process has.
  }
}
