/** Which store a command uses. */
import { count } from "../outputs/render/text.ts";
import type { Retry, Store } from "../store/mod.ts";
import { type Args, type Io, type OptionSpec, type Permission, UsageError } from "./command.ts";
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
  const retry: Retry | undefined = notice && {
    away: (error) => notice(`warning: ${error.message}; holding back and trying again`),
    back: () => notice("The database answers again: going on"),
    signal: io.signal,
  };
  // A run without a store does not load it.
  const { openStore } = await import("../store/mod.ts");
  return await openStore("data" in place ? { ...place, early } : { ...place, retry });
}

/** What reaching a store takes, beside reading. */
export function permissionsOf(place: StorePlace): Permission[] {
  return "data" in place ? ["write"] : ["net"];
}

/** `NAME`, or what the file that `NAME_FILE` names holds. */
async function secret(io: Io, name: string): Promise<string | undefined> {
  const file = io.env(`${name}_FILE`);
  if (!file) return io.env(name) || undefined;
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch {
    throw new UsageError(`Cannot read "${file}", which ${name}_FILE names`, "Correct the variable");
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
