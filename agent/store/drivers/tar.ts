/** Files and folders as a tar (POSIX ustar) and back: as much of it as the image of a database needs. */

const BLOCK = 512;
const FILE = "0", FOLDER = "5";

export interface TarEntry {
  /** Relative, with `/` between folders; at most 100 bytes of ASCII. */
  readonly path: string;
  /** Null for a folder. */
  readonly data: Uint8Array | null;
}

/**
 * The bytes of a tar: the same entries give the same, with neither times nor owners.
 * @param forAll for everyone to read, else for the owner alone
 */
export function packTar(
  entries: readonly TarEntry[],
  forAll = false,
): Uint8Array<ArrayBuffer> {
  const blocks = entries.reduce((n, { data }) => n + 1 + blocksOf(data?.length ?? 0), 2);
  const out = new Uint8Array(blocks * BLOCK);
  let at = 0;
  for (const { path, data } of entries) {
    out.set(header(path, data, forAll), at);
    if (data) out.set(data, at + BLOCK);
    at += BLOCK * (1 + blocksOf(data?.length ?? 0));
  }
  return out;
}

const blocksOf = (bytes: number) => Math.ceil(bytes / BLOCK);

function header(path: string, data: Uint8Array | null, forAll: boolean): Uint8Array {
  const out = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => out.set(new TextEncoder().encode(text), at);
  const octal = (n: number, digits: number) => n.toString(8).padStart(digits, "0");
  if (path.length > 100) throw new RangeError(`"${path}" is too long for a tar`);
  put(0, path);
  put(100, forAll ? (data ? "0000644" : "0000755") : data ? "0000600" : "0000700");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(data?.length ?? 0, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, data ? FILE : FOLDER);
  put(257, "ustar\0" + "00");
  put(148, octal(out.reduce((sum, byte) => sum + byte, 0), 6) + "\0 ");
  return out;
}

/**
 * The entries of a tar, data as views into it.
 * @throws {RangeError} for one that is cut, holds other things than files and folders, or a path that
 * leads out of where it is unpacked
 */
export function* readTar(tar: Uint8Array): Generator<TarEntry> {
  const text = (at: number, length: number) =>
    new TextDecoder().decode(tar.subarray(at, at + length)).split("\0")[0];
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const path = text(at, 100), type = text(at + 156, 1);
    const size = parseInt(text(at + 124, 12), 8);
    const from = at + BLOCK;
    if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) || path.split("/").includes("..")) {
      throw new RangeError(`The image holds the path "${path}"`);
    }
    if ((type !== FILE && type !== FOLDER) || !(from + size <= tar.length)) {
      throw new RangeError(`The image is damaged at "${path}"`);
    }
    yield { path, data: type === FILE ? tar.subarray(from, from + size) : null };
    at = from + BLOCK * blocksOf(size);
  }
}
