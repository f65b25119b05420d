/** What benchmarks of whole processes share: the processor's time of a run, and medians. */

/**
 * User and system seconds of a run of this Deno, by bash's `time`. Its stdout goes nowhere. Rejects with
 * what it wrote to stderr where it fails.
 */
export async function processorSeconds(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const command = `TIMEFORMAT='cpu %U %S'; time "$@" >/dev/null`;
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", command, "bash", Deno.execPath(), ...args],
    cwd: new URL("..", import.meta.url),
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const found = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(text);
  if (code !== 0 || !found) throw new Error(text);
  return Number(found[1]) + Number(found[2]);
}

/** The one in the middle; of an even number the greater of two. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
