/**
 * Globs: `*` and `?` within a name, `[abc]`, `{a,b}`, and `**` for any number of folders. The
 * runtime's own asks for the environment, which nothing here needs.
 */

export const isGlob = (operand: string) => /[*?[{]/.test(operand);

/** Alternatives of one glob that are looked at, so that `{a,b}{a,b}…` has an end. */
const ALTERNATIVES = 1000;

/**
 * Paths that a glob names, sorted, files and folders alike. Hidden names are taken only by a part that
 * begins with a dot itself; folders that cannot be read hold nothing.
 */
export function expandGlob(glob: string): string[] {
  const out = new Set<string>();
  for (const pattern of alternatives(glob)) {
    const parts = pattern.split("/").filter((p, i) => p !== "" || i === 0);
    const absolute = parts[0] === "";
    walk(absolute ? "/" : "", absolute ? parts.slice(1) : parts, out);
  }
  return [...out].sort();
}

function walk(base: string, parts: readonly string[], out: Set<string>): void {
  const [part, ...rest] = parts;
  if (part === undefined) {
    if (base !== "") out.add(base.replace(/\/$/, "") || "/");
    return;
  }
  if (part === "**") {
    walk(base, rest, out);
    for (const entry of entriesOf(base)) {
      if (entry.isDirectory && !entry.name.startsWith(".")) {
        walk(`${base}${entry.name}/`, parts, out);
      }
    }
    return;
  }
  if (!isGlob(part)) {
    const path = base + part;
    if (rest.length > 0) walk(`${path}/`, rest, out);
    else if (exists(path)) out.add(path);
    return;
  }
  const matches = segment(part);
  for (const { name, isFile, isDirectory, isSymlink } of entriesOf(base)) {
    if ((name.startsWith(".") && !part.startsWith(".")) || !matches.test(name)) continue;
    if (rest.length === 0) {
      if (isFile || isSymlink || isDirectory) out.add(base + name);
    } else if (isDirectory || isSymlink) walk(`${base}${name}/`, rest, out);
  }
}

function segment(part: string): RegExp {
  let source = "";
  for (let i = 0; i < part.length; i++) {
    const c = part[i];
    const end = c === "[" ? part.indexOf("]", i + 2) : -1;
    if (c === "*") source += source.endsWith("[^/]*") ? "" : "[^/]*";
    else if (c === "?") source += "[^/]";
    else if (end > 0) {
      const set = part.slice(i + 1, end).replace(/[\\\]^]/g, "\\$&").replace(/^(!|\\\^)/, "^");
      source += `[${set}]`;
      i = end;
    } else source += c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "u");
  } catch {
    // A range that runs backwards takes no name.
    return /^(?!)$/;
  }
}

function alternatives(glob: string): string[] {
  const waiting = [glob];
  const out: string[] = [];
  while (waiting.length > 0 && out.length + waiting.length < ALTERNATIVES) {
    const pattern = waiting.pop()!;
    const m = /^([^]*?)\{([^{}]*,[^{}]*)\}([^]*)$/.exec(pattern);
    if (!m) out.push(pattern);
    else for (const choice of m[2].split(",")) waiting.push(m[1] + choice + m[3]);
  }
  return out;
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder || ".")];
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
