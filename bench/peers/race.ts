/** Runs programs in turn, so that a slow minute of the machine hits all of them, and takes medians. */

/** One run of a program: seconds by the clock, and of processor time where that is known. */
export interface Times {
  readonly wall: number;
  readonly cpu: number;
}

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  /** What the program reads from stdin; nothing when left out. */
  readonly stdin?: string;
  /** The same on next to no input: what it takes is start, and is taken off. */
  readonly start?: { readonly command: readonly string[]; readonly stdin?: string };
  /** It prints JSON with its own `cpu` in seconds, of the work alone. */
  readonly own?: boolean;
}

export interface Result {
  readonly name: string;
  /** Medians; start taken off where that is known. */
  readonly wall: number;
  readonly cpu: number;
  readonly start: number;
  /** Why there is none. */
  readonly failed?: string;
}

/** `time` of the shell tells a child's processor time, which no function here does. */
const TIMED = 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null';

async function run(command: readonly string[], stdin: string | undefined, own: boolean) {
  const child = new Deno.Command("bash", {
    args: ["-c", TIMED, "bash", ...command],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    env: { LC_ALL: "C", NO_COLOR: "1" },
  }).spawn();
  const feeding = stdin === undefined
    ? Promise.resolve()
    : Deno.open(stdin).then((f) => f.readable.pipeTo(child.stdin)).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await feeding;
  const [wall, user, system] = new TextDecoder().decode(stderr).trim().split("\n").at(-1)!
    .split(" ").map(Number);
  // Some end with 1 when they found something.
  if (code > 1 || !(wall >= 0)) throw new Error(`ended with ${code}`);
  if (own) {
    const told = JSON.parse(new TextDecoder().decode(stdout)) as { cpu: number };
    return { wall: told.cpu, cpu: told.cpu };
  }
  return { wall, cpu: user + system };
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Everybody in turn, once to warm up and then `runs` times. One that fails is told and left out. */
export async function race(contestants: readonly Contestant[], runs: number): Promise<Result[]> {
  const whole = new Map<string, Times[]>(), starts = new Map<string, Times[]>();
  const failed = new Map<string, string>();
  for (let round = 0; round <= runs; round++) {
    for (const c of contestants) {
      if (failed.has(c.name)) continue;
      try {
        const times = await run(c.command, c.stdin, c.own === true);
        const start = c.start
          ? await run(c.start.command, c.start.stdin, false)
          : { wall: 0, cpu: 0 };
        if (round === 0) continue;
        whole.set(c.name, [...whole.get(c.name) ?? [], times]);
        starts.set(c.name, [...starts.get(c.name) ?? [], start]);
      } catch (error) {
        failed.set(c.name, (error as Error).message);
      }
    }
  }
  return contestants.map(({ name }) => {
    const why = failed.get(name);
    if (why !== undefined) return { name, wall: NaN, cpu: NaN, start: NaN, failed: why };
    const of = (key: keyof Times) =>
      median(whole.get(name)!.map((t) => t[key])) - median(starts.get(name)!.map((t) => t[key]));
    const start = median(starts.get(name)!.map((t) => t.cpu));
    return { name, wall: of("wall"), cpu: of("cpu"), start };
  });
}
