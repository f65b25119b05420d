/**
 * Picket as a whole process beside others that read the same log on the same machine in the same
 * minutes: `wc -l`, `grep -c`, mawk doing the same extraction (bench/sshd.awk), and for storage a
 * bare COPY into PGlite. Interleaved, so that a slow minute of the machine hits all of them; medians
 * and ratios are printed. Absolute times say little on another machine, ratios do.
 *
 *     deno task bench:e2e [--lines 1000000] [--stored 1000000] [--runs 3] [--log FILE]
 *
 * Without --log the log is made from our own generator. With it, FILE is a small sample of an sshd
 * log that is repeated with other addresses and times until there are enough lines.
 */
import { parseArgs } from "node:util";
import { sshdLines, variedLines } from "./auth_lines.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    lines: { type: "string", default: "1000000" },
    stored: { type: "string", default: "1000000" },
    runs: { type: "string", default: "3" },
    log: { type: "string" },
  },
});
const lines = whole("lines"), stored = whole("stored"), runs = whole("runs");

const root = new URL("..", import.meta.url).pathname;
const folder = Deno.makeTempDirSync({ prefix: "picket-bench-" });
try {
  await main();
} finally {
  Deno.removeSync(folder, { recursive: true });
}

function whole(name: "lines" | "stored" | "runs"): number {
  const n = Number(values[name]);
  if (!Number.isSafeInteger(n) || n < 1) {
    console.error(`error: --${name} "${values[name]}" is not a number above 0`);
    Deno.exit(2);
  }
  return n;
}

async function main() {
  const sample = values.log === undefined ? null : Deno.readTextFileSync(values.log);
  const make = (n: number) => sample === null ? sshdLines(n) : variedLines(sample, n);
  const big = write("big.log", make(lines));
  const small = write("small.log", make(stored));
  const one = write("one.log", make(1));
  const megabytes = (Deno.statSync(big).size / 1e6).toFixed(1);
  console.log(
    `${lines} lines (${megabytes} MB) ${
      sample === null ? "from the generator" : `varied from ${values.log}`
    }, ${stored} of them stored; ${runs} runs each, interleaved; medians\n`,
  );

  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "-A", `${root}main.ts`, "agent"];
  const agent = [...deno, "--sourcetype", "linux_secure", "--year", "2026", "--no-store"];
  await race("Without a store", lines, [
    { name: "wc -l", command: ["wc", "-l", big] },
    { name: "grep -c", command: ["grep", "-c", "Failed password", big] },
    { name: "mawk, same extraction", command: ["mawk", "-f", `${root}bench/sshd.awk`, big] },
    { name: "picket agent --no-store", command: [...agent, big] },
  ], "mawk, same extraction");

  const copy = [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "-A",
    `${root}bench/bare_copy.ts`,
  ];
  const store = (log: string) => () => [
    ...deno,
    ...["--sourcetype", "linux_secure", "--year", "2026", "--data"],
    Deno.makeTempDirSync({ dir: folder }),
    log,
  ];
  const times = await race("With the embedded store", stored, [
    {
      name: "bare COPY into PGlite",
      command: () => [...copy, small, "picket", Deno.makeTempDirSync({ dir: folder })],
      // It measures itself: what comes before COPY is not to be compared.
      seconds: (stdout) => JSON.parse(stdout).seconds,
    },
    { name: "picket agent", command: store(small) },
    { name: "picket agent, one line", command: store(one) },
  ], "bare COPY into PGlite");
  const start = times.get("picket agent, one line")!;
  const net = times.get("picket agent")! - start;
  row("picket agent without its start", net, stored, times.get("bare COPY into PGlite")!);
  console.log(
    "\nThe last row takes the time for a log of one line (start, making the data folder) off.",
  );
}

function write(name: string, text: Iterable<string>): string {
  const path = `${folder}/${name}`;
  const file = Deno.openSync(path, { write: true, create: true });
  const encoder = new TextEncoder();
  for (const piece of text) {
    for (let bytes = encoder.encode(piece); bytes.length > 0;) {
      bytes = bytes.subarray(file.writeSync(bytes));
    }
  }
  file.close();
  return path;
}

interface Contestant {
  readonly name: string;
  readonly command: readonly string[] | (() => readonly string[]);
  /** Seconds from what it printed; the time of the whole process when left out. */
  readonly seconds?: (stdout: string) => number;
}

/** Runs everybody in turn, once to warm up and then `runs` times. Returns medians in seconds. */
async function race(
  title: string,
  count: number,
  contestants: readonly Contestant[],
  base: string,
): Promise<Map<string, number>> {
  const all = new Map<string, number[]>(contestants.map((c) => [c.name, []]));
  for (let round = 0; round <= runs; round++) {
    for (const c of contestants) {
      const seconds = await time(c);
      if (round > 0) all.get(c.name)!.push(seconds);
    }
  }
  const medians = new Map([...all].map(([name, times]) => [name, median(times)]));
  console.log(
    `${title}\n${"".padEnd(32)}${"seconds".padStart(9)}${"lines/s".padStart(12)}  of ${base}`,
  );
  for (const [name, seconds] of medians) {
    row(name, seconds, name.endsWith("one line") ? 1 : count, medians.get(base)!);
  }
  console.log();
  return medians;
}

async function time(c: Contestant): Promise<number> {
  const [program, ...args] = typeof c.command === "function" ? c.command() : c.command;
  const command = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    cwd: root,
    env: { LC_ALL: "C", NO_COLOR: "1" },
  });
  const start = performance.now();
  const { code, stdout, stderr } = await command.output();
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) {
    throw new Error(`${c.name} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  return c.seconds ? c.seconds(new TextDecoder().decode(stdout)) : seconds;
}

/** Speed relative to the base: 0.55 is a little more than half as fast. */
function row(name: string, seconds: number, count: number, base: number) {
  const rate = Math.round(count / seconds).toLocaleString("en");
  console.log(
    `${name.padEnd(32)}${seconds.toFixed(3).padStart(9)}${rate.padStart(12)}  ${
      (base / seconds).toFixed(3)
    }`,
  );
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
