/** The names of the cache's files: digests of all that a compile hangs on. */
import { createHash } from "node:crypto";
import { BUILD, ROOT } from "../../program.ts";

/** Raised when what is put away changes in its shape. */
const FORMAT = 1;

/** What has a part in compiling, the version in deno.json with it. */
const CODE = ["compiler", "grammar", "agent/content", "agent/enrich", "deno.json", "deno.lock"];

/** Digest of texts and bytes; each is preceded by its length, so that none can run into the next. */
export function keyOf(kind: string, ...of: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of [kind, ...of]) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    hash.update(`${bytes.length} `).update(bytes);
  }
  return hash.digest("hex").slice(0, 40);
}

/** Names and contents of files. */
export const filesKey = (
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): string => keyOf("files", ...files.flatMap((f) => [f.name, f.bytes]));

/**
 * This build of Picket, this version of the runtime and of its data's format. A clone's code changes
 * without its version: the size and times of its files stand for what is in them. Null where they cannot
 * be read.
 */
export function programKey(): string | null {
  try {
    const state = BUILD === null
      ? CODE.flatMap((name) => stateBelow(new URL(name, ROOT)))
      : [BUILD];
    const { deno, v8 } = Deno.version;
    return keyOf("program", `${FORMAT} ${deno} ${v8} ${Deno.build.target}`, ...state);
  } catch {
    return null;
  }
}

function stateBelow(url: URL): string[] {
  const stat = Deno.statSync(url);
  if (!stat.isDirectory) {
    return [`${url.pathname} ${stat.size} ${stat.mtime?.getTime()} ${stat.ctime?.getTime()}`];
  }
  return [...Deno.readDirSync(url)]
    .filter(({ name, isDirectory }) =>
      isDirectory ? name !== "testing" : !name.endsWith("_test.ts") && !name.endsWith(".md")
    )
    .map(({ name }) => name).sort()
    .flatMap((name) => stateBelow(new URL(name, `${url}/`)));
}
