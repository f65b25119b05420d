/** Where secrets come from that options and settings name: the environment, and files. */
import type { SecretSource } from "../outputs/delivery/open_sinks.ts";
import { reason } from "../sources/files.ts";
import { type Io, UsageError } from "./command.ts";

/** What rooms that need secrets are given; `readFile` rejects with an error whose message says why. */
export function secretsOf(io: Io): SecretSource {
  return {
    env: (name) => io.env(name),
    async readFile(path) {
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        throw new Error(reason(error));
      }
    },
  };
}

/** `NAME`, or what the file that `NAME_FILE` names holds; undefined without either. Throws UsageError. */
export async function secret(io: Io, name: string): Promise<string | undefined> {
  const file = io.env(`${name}_FILE`);
  if (!file) return io.env(name) || undefined;
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch {
    throw new UsageError(`Cannot read "${file}", which ${name}_FILE names`, "Correct the variable");
  }
}
