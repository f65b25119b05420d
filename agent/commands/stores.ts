/** Which store a command uses. */
import { CacheFolder } from "../content/cache/folder.ts";
import { count } from "../outputs/render/text.ts";
import type { Retry, Store } from "../store/mod.ts";
import { type Args, type Io, type OptionSpec, type Permission, UsageError } from "./command.ts";
import { secret } from "./secrets.ts";
import { parseDuration } from "./shared.ts";

const DATA = "picket-data";

export const STORE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "data",
    value: "DIR",
    summary: `Folder of the embedded database (default ./${DATA})`,
  },
  {
    name: "database",
    value: "URL",
    summary:
      "PostgreSQL instead, as postgres://user@host/db; with a password, better its file in " +
      "DATABASE_URL_FILE, or DATABASE_URL",
  },
];

/** Where a store is: a folder, or a database's address. */
export type StorePlace = { readonly data: string } | { readonly database: string };

/** The store that options or environment name. Throws UsageError. */
export async function placeOf(args: Args, io: Io): Promise<StorePlace> {
  const data = args.get("data");
  const database = args.get("database");
  if (data !== undefined && database !== undefined) {
    throw new UsageError("Both --data and --database are given", "Keep one of them");
  }
  if (database !== undefined) {
    if (hasPassword(database)) {
      io.err(
        "warning: Everyone on this machine can read the password of --database in the list of " +
          "processes\n  help: Put the address into a file and name it in DATABASE_URL_FILE\n",
      );
    }
    return { database };
  }
  if (data !== undefined) return { data };
  const url = await secret(io, "DATABASE_URL");
  return url ? { database: url } : { data: DATA };
}

/** The folder in which answers of lists' addresses are kept beside the store; null where none is. */
export function copiesBeside(place: StorePlace | null, io: Io): string | null {
  if (place === null) return null;
  if ("data" in place) return `${place.data}/lists`;
  const cache = CacheFolder.pathOf((name) => io.env(name));
  return cache && `${cache}/lists`;
}

/** Whether an address of a database has a password in it: `//user:password@`, or `?password=`. */
function hasPassword(database: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*?:[^/?#]+@/i.test(database) || /[?&]password=[^&]/i.test(database);
}

/**
 * Opens a store. Throws StoreError.
 * @param notice told when the database goes away and comes back; without it that is an error at once
 * @param early a data folder that has to be made is not waited for; its errors are those of writes
 */
export async function storeAt(
  place: StorePlace,
  io: Io,
  notice?: (text: string) => void,
  early = false,
): Promise<Store> {
  const retry = notice && retryOf(io, notice);
  // A run without a store does not load it.
  const { openStore } = await import("../store/mod.ts");
  if (!("data" in place)) return await openStore({ ...place, retry });
  try {
    return await openStore({ ...place, early });
  } catch (error) {
    // Who runs for long has the folder to itself; others ask who serves it.
    if (notice !== undefined || (error as { code?: string }).code !== "in_use") throw error;
    return await servedStore(place.data, error as Error);
  }
}

/**
 * A data folder that is there already, opened while the rest of a start is done: the database takes as
 * long as rules and sourcetypes do, in a thread of its own. A folder that is not there is not made
 * before all that was asked for is known to be right.
 */
export class StoreAhead {
  readonly #opened: Promise<Store>;

  private constructor(folder: string) {
    this.#opened = import("../store/mod.ts").then(({ openStore }) => openStore({ data: folder }));
    // Whoever asks is told; a start that ends before it does has another reason.
    this.#opened.catch(() => {});
  }

  /** Null where there is nothing to open ahead. */
  static begin(place: StorePlace | null): StoreAhead | null {
    if (place === null || !("data" in place)) return null;
    try {
      Deno.statSync(`${place.data}/pglite/PG_VERSION`);
    } catch {
      return null;
    }
    return new StoreAhead(place.data);
  }

  /** Throws StoreError. */
  store(): Promise<Store> {
    return this.#opened;
  }

  /** Of a start that has failed. */
  async close(): Promise<void> {
    await (await this.#opened.catch(() => null))?.close();
  }
}

/** How a run that goes on waits for its database, and tells of it. */
const retryOf = (io: Io, notice: (text: string) => void): Retry => ({
  away: (error) => notice(`warning: ${error.message}; holding back and trying again`),
  back: () => notice("The database answers again: going on"),
  signal: io.signal,
});

/** What a start asks of a database, which may go away after it has been opened, too. */
export async function whenItAnswers<T>(
  ask: () => Promise<T>,
  io: Io,
  notice: (text: string) => void,
): Promise<T> {
  const { retrying } = await import("../store/mod.ts");
  return await retrying(ask, retryOf(io, notice));
}

/** The store of a folder by the process that holds it. Throws UsageError that says how to ask it. */
async function servedStore(folder: string, error: Error): Promise<Store> {
  const { remoteStore } = await import("../store/folder.ts");
  const store = await remoteStore(folder);
  if (store !== null) return store;
  throw new UsageError(
    error.message,
    "An agent that was started with --serve answers for its folder: then this command asks it",
  );
}

/** What reaching a store takes, beside reading. */
export function permissionsOf(place: StorePlace): Permission[] {
  if (!("data" in place)) return ["net"];
  // Where somebody serves the folder it may be asked over loopback.
  return isServed(place.data) ? ["write", "net"] : ["write"];
}

function isServed(folder: string): boolean {
  try {
    return Deno.statSync(`${folder}/serving`).isFile;
  } catch {
    return false;
  }
}

const HOUR = 3_600_000, DAY = 24 * HOUR;

/** Reads `--keep`: a day at least, since whole days go. */
export function keepOf(text: string): number {
  const keep = parseDuration("keep", text);
  if (keep < DAY) {
    throw new UsageError(`--keep "${text}" is under a day`, "Give 1d or more, as 30d");
  }
  return keep;
}

/**
 * Takes away events older than `keep` ms, now and every hour. What fails is told and tried again an
 * hour later. `close` waits for what is under way.
 */
export function retainEvents(
  store: Store,
  keep: number,
  notice: (text: string) => void,
): { close(): Promise<void> } {
  let working = Promise.resolve();
  const once = () => {
    working = working.then(async () => {
      try {
        const gone = await store.retain(Date.now() - keep);
        if (gone > 0) notice(`Took away ${count(gone, "event")} older than --keep`);
      } catch (error) {
        notice(`warning: Events older than --keep stay for now: ${(error as Error).message}`);
      }
    });
  };
  once();
  const timer = setInterval(once, HOUR);
  return {
    close() {
      clearInterval(timer);
      return working;
    },
  };
}
