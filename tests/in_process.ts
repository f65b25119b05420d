/** Runs a command within the test's own process: quicker than starting one. */
import type { Io } from "../agent/commands/command.ts";
import { main } from "../main.ts";
import type { Ran } from "./run.ts";

/** Runs `main.ts ARGS`; its permissions stay those of the tests. */
export async function inProcess(
  args: readonly string[],
  stdin = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  let stdout = "", stderr = "";
  const io: Io = {
    out: (text) => {
      stdout += text;
      return true;
    },
    err: (text) => void (stderr += text),
    outIsTerminal: false,
    errIsTerminal: false,
    color: false,
    columns: () => 100,
    stdin: () => new Blob([stdin]).stream(),
    stdinIsTerminal: false,
    stdinGivesNothing: stdin === "",
    env: (name) => env[name],
    keep: () => Promise.resolve(),
    signal: new AbortController().signal,
  };
  const code = await main(args, io);
  return { code, stdout, stderr };
}
