/**
 * Which files a rule's `list NAME = file "PATH"` may read. Rules are untrusted text and a diagnostic
 * quotes what it finds, so that a path must not lead out of the folders that hold lists.
 */
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { listFileKey } from "../../compiler/ir/program.ts";
import { reason } from "../sources/files.ts";

/** The text of a list's file, or why there is none, with what to do. */
export type ListText = { readonly text: string } | {
  readonly message: string;
  readonly help: string;
};

/** Reads the file that a rule's file names by a path as it is written there. Does not throw. */
export type ListReader = (rules: string, written: string) => Promise<ListText>;

/** Largest file of a list, in bytes. */
const MAX_LIST = 256 * 1024 * 1024;

/**
 * Reads below the folder of the file that names a list, and below `folders`, symbolic links
 * resolved. Paths are relative to the file. A path that leads elsewhere is refused before anything
 * is read, in the same words whether there is a file or not.
 */
export function listReader(folders: readonly string[]): ListReader {
  return async (rules, written) => {
    const home = rules === "<stdin>" ? "." : dirname(rules);
    const path = isAbsolute(written) ? written : join(home, written);
    const allowed = [home, ...folders];
    const refused = {
      message: `The list's file "${written}" is outside the folder of its rules`,
      help: folders.length > 0
        ? "Put it below the folder of this file, or of --lists"
        : "Put it below the folder of this file, or name its folder by --lists DIR",
    };
    if (!allowed.some((folder) => isBelow(resolve(path), resolve(folder)))) return refused;
    try {
      const real = await Deno.realPath(path);
      const roots = await Promise.all(allowed.map((f) => Deno.realPath(f).catch(() => null)));
      if (!roots.some((root) => root !== null && isBelow(real, root))) return refused;
      const { isFile, size } = await Deno.stat(real);
      if (!isFile || size > MAX_LIST) {
        return {
          message: `Cannot read the list's file "${written}": ${
            isFile ? `it has ${size} bytes, and ${MAX_LIST} is the limit` : "it is no file"
          }`,
          help: isFile ? "Split the list" : "Correct the path; it is relative to this file",
        };
      }
      return { text: await Deno.readTextFile(real) };
    } catch (error) {
      return {
        message: `Cannot read the list's file "${written}": ${reason(error)}`,
        help: `Put it at "${path}" or correct the path; it is relative to this file`,
      };
    }
  };
}

/** Gives what was read before: no file is touched. */
export function listsOf(texts: ReadonlyMap<string, string>): ListReader {
  return (rules, written) => {
    const text = texts.get(listFileKey(rules, written));
    return Promise.resolve(
      text === undefined
        ? { message: `The list's file "${written}" was not read`, help: "Load the rules anew" }
        : { text },
    );
  };
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
