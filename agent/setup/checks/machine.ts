/** What an agent needs of its machine: a right clock, room on the disk, its database, its ports. */
import { dirname } from "node:path";
import { statfsSync } from "node:fs";
import { PATHS } from "../files.ts";
import { percent, sizeText } from "../../outputs/render/text.ts";
import { reason } from "../../sources/files.ts";
import { Findings } from "./finding.ts";
import type { User } from "./users.ts";

/** Files that say that something keeps the clock: systemd-timesyncd, chrony, ntpd. */
const SYNCHRONISED = ["/run/systemd/timesync/synchronized"];
const KEEPS = [
  "/run/chrony/chronyd.pid",
  "/run/chronyd.pid",
  "/run/ntpd.pid",
  "/run/ntp.pid",
  "/run/openntpd.pid",
];
const CONTAINER = ["/.dockerenv", "/run/.containerenv"];

/** Whether something keeps this machine's clock right. @param clock findings about clocks are added to */
export async function checkClock(clock: Findings): Promise<void> {
  const any = async (paths: readonly string[]) => {
    for (const path of paths) if (await Deno.lstat(path).catch(() => null)) return path;
    return null;
  };
  const sync = await any(SYNCHRONISED), daemon = await any(KEEPS);
  if (sync) clock.ok("systemd-timesyncd has set this machine's clock");
  else if (daemon) clock.ok(`A time daemon runs (${daemon})`);
  else if (await any(CONTAINER)) clock.ok("A container's clock is its host's: look there");
  else {
    clock.warning(
      "Nothing is seen that keeps this machine's clock right (systemd-timesyncd, chrony, ntpd)",
      "timedatectl set-ntp true",
    );
  }
}

const LITTLE = 500 * 1000 ** 2, SHORT = 5 * 1000 ** 3;

/** Room where the embedded database is, or the temporary files. */
export async function checkDisk(folder: string): Promise<Findings> {
  const disk = new Findings("disk");
  const there = await nearest(folder);
  try {
    const { bsize, blocks, bavail } = statfsSync(there);
    const free = bsize * bavail;
    const text = `${sizeText(free)} free for ${folder}, ${percent(bavail, blocks)} of its disk`;
    const help = "Make room, or keep events for less time (--keep), or fewer (--store matched)";
    if (free < LITTLE) disk.error(text, help);
    else if (free < SHORT) disk.warning(text, help);
    else disk.ok(text);
  } catch (error) {
    disk.warning(
      `What is free for ${folder} cannot be told: ${reason(error)}`,
      `Look with df ${there}`,
    );
  }
  return disk;
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  for (let at = folder;; at = dirname(at)) {
    if ((await Deno.stat(at).catch(() => null)) || at === dirname(at)) return at;
  }
}

/** Where a store is: a folder, or a database's address. */
type StorePlace = { readonly data: string } | { readonly database: string };

/** Whether the store can be used, and whether an agent has it. Nothing is made. */
export async function checkStore(
  place: StorePlace,
  user: User | null,
): Promise<{ store: Findings; used: boolean }> {
  const store = new Findings("store");
  if ("data" in place) return { store, used: await checkFolder(place.data, user, store) };
  await checkDatabase(place.database, store);
  return { store, used: false };
}

async function checkFolder(folder: string, user: User | null, store: Findings): Promise<boolean> {
  const stat = await Deno.stat(folder).catch(() => null);
  if (stat !== null && !stat.isDirectory) {
    store.error(`The data folder "${folder}" is a file`, "Name a folder with --data");
    return false;
  }
  if (stat !== null && user !== null && stat.uid !== user.uid) {
    store.error(
      `The data folder "${folder}" does not belong to ${user.name}`,
      `chown -R ${user.name}: ${folder}`,
    );
    return false;
  }
  const at = stat === null ? await nearest(folder) : folder;
  // systemd makes the state folder of the service, as root.
  if (stat === null && folder === PATHS.state && user !== null) {
    store.ok(`${folder} is made when the service starts`);
    return false;
  }
  const probe = `${at}/.picket-doctor-${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(probe, "", { createNew: true });
    await Deno.remove(probe);
  } catch (error) {
    store.error(
      `Nothing can be written into "${at}": ${reason(error)}`,
      stat === null ? "Name another folder with --data" : "Let the agent's user own it",
    );
    return false;
  }
  const used = stat !== null && await isHeld(`${folder}/lock`);
  store.ok(
    stat === null
      ? `The data folder "${folder}" is made when it is needed`
      : used
      ? `The data folder "${folder}" is in use, as by an agent that runs`
      : `The data folder "${folder}" is there and free`,
  );
  return used;
}

/** Whether a process holds the lock; it is taken for no longer than it takes to see. */
async function isHeld(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { read: true });
    return !await file.tryLock(false);
  } catch {
    return false;
  }
}

async function checkDatabase(url: string, store: Findings): Promise<void> {
  const { openPostgres } = await import("../../store/drivers/postgres.ts");
  const { MIGRATIONS } = await import("../../store/schema/migrations.ts");
  const newest = MIGRATIONS.at(-1)!.version;
  try {
    const db = await openPostgres(url);
    try {
      const [{ there }] = await db.query<{ there: boolean }>(
        "SELECT to_regclass('schema_migrations') IS NOT NULL AS there",
      );
      if (!there) return store.ok(`${db.place} answers and is empty: the agent makes its tables`);
      const [{ at }] = await db.query<{ at: number }>(
        "SELECT coalesce(max(version), 0) AS at FROM schema_migrations",
      );
      if (at > newest) {
        return store.error(
          `${db.place} has schema version ${at}, and this program knows ${newest}`,
          "Update the program",
        );
      }
      store.ok(
        `${db.place} answers, schema version ${at}` +
          (at < newest ? `; the agent brings it to ${newest}` : ""),
      );
    } finally {
      await db.close();
    }
  } catch (error) {
    store.error(
      `The database cannot be used: ${reason(error)}`,
      "Correct the address, the password or the server",
    );
  }
}

/** An address that the agent listens on. */
export interface Wanted {
  readonly transport: "tcp" | "udp";
  readonly hostname: string;
  readonly port: number;
  /** As the user wrote it. */
  readonly of: string;
}

/** The addresses of `--serve` and `--listen`; what has another form is told when it is used. */
export function wantedPorts(serve: string | undefined, listen: readonly string[]): Wanted[] {
  const out: Wanted[] = [];
  const add = (of: string, scheme: string, address: string) => {
    const m = /^(\[[0-9a-f:.]+\]|[\w.-]*):(\d{1,5})/i.exec(address);
    if (!m || Number(m[2]) > 65_535) return;
    out.push({
      transport: scheme === "udp" ? "udp" : "tcp",
      hostname: m[1].replace(/^\[|\]$/g, "") || "127.0.0.1",
      port: Number(m[2]),
      of,
    });
  };
  if (serve !== undefined) add(`--serve ${serve}`, "tcp", serve);
  for (const url of listen) {
    const [, scheme, rest] = /^(\w+):\/\/(.*)$/.exec(url) ?? [];
    if (scheme) add(url, scheme.toLowerCase(), rest);
  }
  return out;
}

/**
 * Whether ports can be listened on.
 * @param used an agent runs, and has them
 */
export function checkPorts(wanted: readonly Wanted[], used: boolean, user: User | null): Findings {
  const ports = new Findings("ports");
  const low = "See AmbientCapabilities in the unit (CAP_NET_BIND_SERVICE), or take one of 1024 on";
  for (const { transport, hostname, port, of } of wanted) {
    try {
      const listening = transport === "tcp"
        ? Deno.listen({ hostname, port })
        : Deno.listenDatagram({ transport: "udp", hostname, port });
      listening.close();
      if (user !== null && port < 1024 && port > 0) {
        ports.warning(`${of}: ${user.name} may not listen under 1024 by itself`, low);
      } else ports.ok(`${of}: free`);
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) {
        if (used) ports.ok(`${of}: in use, as by the agent that runs`);
        else ports.error(`${of}: in use by another program`, "Choose another port, or end it");
      } else if (error instanceof Deno.errors.PermissionDenied) {
        ports.error(`${of}: this user may not listen there`, low);
      } else ports.error(`${of}: ${reason(error)}`, "Correct the address");
    }
  }
  return ports;
}
