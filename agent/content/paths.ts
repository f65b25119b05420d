/** Paths as people read them. */
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const fromFileUrl = (url: URL): string => fileURLToPath(url);

/** The path below the current folder where it is there, else as given. */
export function relative(file: string): string {
  const short = path.relative(Deno.cwd(), file);
  return short && !short.startsWith("..") ? short : file;
}
