/**
 * Writes auth.log and access.log beside this file, always the same bytes. After a change of the
 * story: `deno run --allow-write=tests/samples tests/samples/generate.ts`.
 */
import { accessLog } from "./access_log.ts";
import { authLog } from "./auth_log.ts";

/** The generated files by name. */
export function samples(): Record<string, string> {
  return { "auth.log": authLog(), "access.log": accessLog() };
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(samples())) {
    Deno.writeTextFileSync(new URL(name, import.meta.url), text);
  }
}
