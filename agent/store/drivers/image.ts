/**
 * The files of a database that was just made and has the newest schema, packed: unpacking them takes a
 * tenth of the time of making them (PostgreSQL's initdb and the migrations), and a user's first run
 * waits for it. `deno task store:image` writes it anew, for another version of PGlite or of the schema;
 * an image of an older schema is brought up to date as any store is.
 */
import { zstdDecompressSync } from "node:zlib";
import { readTar, type TarEntry } from "./tar.ts";

/** The image, and the version of PGlite that made it. */
export const IMAGE = new URL("./fresh_pglite_0.5.16.tar.zst", import.meta.url);

/**
 * Databases that others are made from: nobody makes one here. They are the same files twice more, and
 * the server opens without them.
 */
export const LEFT_OUT: readonly string[] = ["base/1", "base/4"];

/** A file of the log; all are of one size, and the image has no zeros at their ends. */
const LOG_FILE = /^pg_wal\/[0-9A-F]{24}$/;
const LOG_FILE_SIZE = 16 * 1024 * 1024;

/** A file as the image has it. */
export function packedFile(path: string, data: Uint8Array): Uint8Array {
  if (!LOG_FILE.test(path)) return data;
  return data.subarray(0, data.findLastIndex((byte) => byte !== 0) + 1);
}

/** What the image holds; null where it is not there or does not read: the files are then made. */
export async function readImage(from: URL = IMAGE): Promise<readonly TarEntry[] | null> {
  try {
    return [...readTar(zstdDecompressSync(await Deno.readFile(from)))];
  } catch {
    return null;
  }
}

/** Writes the files into a folder that is not there yet; for its owner alone. */
export function writeImage(folder: string, image: readonly TarEntry[]): void {
  Deno.mkdirSync(folder, { mode: 0o700 });
  for (const { path, data } of image) {
    if (data === null) Deno.mkdirSync(`${folder}/${path}`, { mode: 0o700 });
    else {
      Deno.writeFileSync(`${folder}/${path}`, data, { createNew: true, mode: 0o600 });
      if (LOG_FILE.test(path)) Deno.truncateSync(`${folder}/${path}`, LOG_FILE_SIZE);
    }
  }
}
