/** What a machine has that an agent can read: logs in their usual places, the journal, systemd. */
import { expandGlob, isGlob } from "../sources/glob.ts";

/** Logs that are looked for. The first place that is there counts. */
interface Place {
  readonly what: string;
  readonly paths: readonly string[];
}

/** Where Debian, Ubuntu, Fedora, RHEL, SUSE and Arch put logs. Rotated files have other endings. */
const PLACES: readonly Place[] = [
  { what: "logins, sudo, su", paths: ["/var/log/auth.log", "/var/log/secure"] },
  { what: "nginx", paths: ["/var/log/nginx/*.log"] },
  { what: "Apache", paths: ["/var/log/apache2/*.log", "/var/log/httpd/*_log"] },
  { what: "Linux audit", paths: ["/var/log/audit/audit.log"] },
  { what: "mail", paths: ["/var/log/mail.log", "/var/log/maillog"] },
  { what: "kernel and firewall", paths: ["/var/log/kern.log", "/var/log/ufw.log"] },
  { what: "PostgreSQL", paths: ["/var/log/postgresql/*.log"] },
  { what: "MySQL", paths: ["/var/log/mysql/error.log", "/var/log/mysqld.log"] },
  { what: "FTP", paths: ["/var/log/vsftpd.log", "/var/log/proftpd/proftpd.log"] },
  { what: "Samba", paths: ["/var/log/samba/log.*"] },
  { what: "proxy", paths: ["/var/log/squid/access.log", "/var/log/haproxy.log"] },
];

/** A log that is there, or a glob of several. */
export interface FoundLog {
  readonly what: string;
  /** As it is to be followed, without the root. */
  readonly path: string;
  readonly files: number;
  /** Groups whose members may read it; null where it is everybody's. */
  readonly groups: readonly string[] | null;
  /** Files that their owner alone may read. */
  readonly closed: readonly string[];
}

export interface Machine {
  readonly logs: readonly FoundLog[];
  /** journalctl and a journal, on disk or in memory. */
  readonly journal: boolean;
  readonly systemd: boolean;
  /** Names of users. */
  readonly users: ReadonlySet<string>;
}

/** Looks at the machine whose root is `root`, "" for this one. Reads names and modes, no log. */
export function lookAtMachine(root: string): Machine {
  const groups = names(`${root}/etc/group`);
  return {
    logs: PLACES.flatMap(({ what, paths }) => {
      for (const path of paths) {
        const found = logAt(root, path, groups);
        if (found) return [{ what, ...found }];
      }
      return [];
    }),
    journal: ["/usr/bin/journalctl", "/bin/journalctl"].some((p) => stat(root + p)) &&
      ["/var/log/journal", "/run/log/journal"].some((p) => hasJournal(root + p)),
    systemd: ["/run/systemd/system", "/usr/lib/systemd/systemd", "/lib/systemd/systemd"]
      .some((p) => stat(root + p) !== null),
    users: new Set(names(`${root}/etc/passwd`).values()),
  };
}

function logAt(
  root: string,
  path: string,
  groups: ReadonlyMap<number, string>,
): Omit<FoundLog, "what"> | null {
  const files = (isGlob(path) ? expandGlob(root + path) : [root + path])
    .filter((file) => stat(file)?.isFile);
  if (files.length === 0) return null;
  const readers = new Set<string>();
  const closed: string[] = [];
  for (const file of files) {
    const { mode, gid } = stat(file)!;
    // Windows tells no mode.
    if (mode === null || (mode & 0o004) !== 0) continue;
    if ((mode & 0o040) !== 0 && gid !== 0) readers.add(groups.get(gid!) ?? String(gid));
    else closed.push(file.slice(root.length));
  }
  return {
    path,
    files: files.length,
    groups: readers.size > 0 ? [...readers].sort() : null,
    closed,
  };
}

/** journald's folders have the machine's id as their name; an empty one is of a journal in memory. */
function hasJournal(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].some((e) => /^[0-9a-f]{32}$/.test(e.name));
  } catch {
    return false;
  }
}

/** Of /etc/group or /etc/passwd: names by ids. */
function names(path: string): Map<number, string> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return new Map();
  }
  return new Map(
    text.split("\n").flatMap((line) => {
      const [name, , id] = line.split(":");
      return id ? [[Number(id), name] as const] : [];
    }),
  );
}

function stat(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
