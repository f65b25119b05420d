/** Whether the service's user may read a file, by its mode: for root, who may read everything. */

/** A user, as /etc/passwd and /etc/group have him. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
}

/** Null where there is no such user. @param root "" for this machine */
export async function userNamed(name: string, root = ""): Promise<User | null> {
  const lines = async (file: string) =>
    (await Deno.readTextFile(`${root}/etc/${file}`).catch(() => "")).split("\n")
      .map((line) => line.split(":"));
  const own = (await lines("passwd")).find(([n]) => n === name);
  if (own === undefined) return null;
  const groups = (await lines("group"))
    .filter(([, , , members]) => members?.split(",").includes(name))
    .map(([, , gid]) => Number(gid));
  return { name, uid: Number(own[2]), gids: new Set([Number(own[3]), ...groups]) };
}

/** The group that a file belongs to, by its name where /etc/group has one. */
export async function groupName(gid: number): Promise<string> {
  const text = await Deno.readTextFile("/etc/group").catch(() => "");
  const line = text.split("\n").map((l) => l.split(":")).find(([, , id]) => id === String(gid));
  return line?.[0] ?? String(gid);
}

/** By the mode alone: an access control list may say otherwise. */
export function mayRead(user: User, { mode, uid, gid }: Deno.FileInfo): boolean {
  if (mode === null) return true;
  if (uid === user.uid) return (mode & 0o400) !== 0;
  if (user.gids.has(gid!)) return (mode & 0o040) !== 0;
  return (mode & 0o004) !== 0;
}
