/** Who does something, as it is recorded. */
import type { Caller } from "../security/access.ts";

/** A token says who it is; without one it is who they say they are. */
export function whoOf(caller: Caller | null, said: string | undefined): string {
  return caller?.name ?? said ?? "api";
}
