/** What operands name at this moment, quickly: for files that are followed this is asked many times. */
import { expandGlob, isGlob } from "./glob.ts";
import { keyOf } from "./handles.ts";

export interface Seen {
  readonly path: string;
  /** `dev:ino`: stays when the file is renamed. */
  readonly key: string;
  readonly size: number;
  /** Epoch ms. */
  readonly modified: number;
}

/** Files by key, in the order of the operands, sorted within a folder or glob; hidden ones are left out. */
export function look(operands: readonly string[]): Map<string, Seen> {
  const out = new Map<string, Seen>();
  for (const operand of operands) {
    const stat = statOf(operand);
    if (stat?.isDirectory) walk(operand.replace(/\/+$/, ""), out);
    else if (stat) add(operand, stat, out);
    else if (isGlob(operand)) {
      for (const path of expandGlob(operand)) {
        const found = statOf(path);
        if (found) add(path, found, out);
      }
    }
  }
  return out;
}

/** The file that is now under another name in the same folder; null when it is gone. */
export function findMoved(folder: string, key: string): string | null {
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    const stat = statOf(path);
    if (stat?.isFile && keyOf(stat) === key) return path;
  }
  return null;
}

function walk(folder: string, out: Map<string, Seen>): void {
  for (const name of namesIn(folder)) {
    if (name.startsWith(".")) continue;
    const path = `${folder}/${name}`;
    const stat = statOf(path);
    if (stat?.isDirectory) walk(path, out);
    else if (stat) add(path, stat, out);
  }
}

function add(path: string, stat: Deno.FileInfo, out: Map<string, Seen>): void {
  if (!stat.isFile) return;
  const key = keyOf(stat);
  if (out.has(key)) return;
  out.set(key, { path, key, size: stat.size, modified: stat.mtime?.getTime() ?? 0 });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((e) => e.name).sort();
  } catch {
    return [];
  }
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
