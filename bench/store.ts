/**
 * What storing costs, on PGlite and on PostgreSQL: rows a second of a bare COPY into the naive schema,
 * of a bare COPY into Picket's, and of the whole agent (read, parse, detect, store), interleaved, in
 * processes of their own. Medians, and ratios to the bare COPY into Picket's schema, in the text format
 * that most programs send and in the binary one that Picket sends.
 *
 *     deno task bench:store [--lines 500000] [--runs 3] [--only pglite|postgresql]
 */
import { parseArgs } from "node:util";
import { startPostgres } from "../tests/postgres.ts";
import { sshdLines } from "./auth_lines.ts";
import { median } from "./process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    lines: { type: "string", default: "500000" },
    runs: { type: "string", default: "3" },
    only: { type: "string" },
  },
});
const lines = Number(values.lines), runs = Number(values.runs);
const root = new URL("..", import.meta.url).pathname;
const folder = Deno.makeTempDirSync({ prefix: "picket-bench-" });
const log = `${folder}/auth.log`;
{
  using file = Deno.openSync(log, { write: true, create: true });
  for (const text of sshdLines(lines)) file.writeSync(new TextEncoder().encode(text));
}
const server = values.only === "pglite" ? null : await startPostgres({ durable: true });
try {
  if (values.only !== "postgresql") {
    const folders: Places = {
      make: () => Promise.resolve(Deno.makeTempDirSync({ dir: folder })),
      remove: (place) => Deno.remove(place, { recursive: true }),
    };
    await race("PGlite", folders);
  }
  if (server) {
    await race("PostgreSQL", {
      make: () => server.database(),
      remove: (place) => server.drop(place),
    });
  }
} finally {
  await server?.stop();
  Deno.removeSync(folder, { recursive: true });
}

/** Empty folders, or addresses of empty databases. */
interface Places {
  make(): Promise<string>;
  /** Autovacuum of what is no longer needed would be measured too. */
  remove(place: string): Promise<void>;
}

async function race(name: string, places: Places): Promise<void> {
  const bare = (schema: string) => async (place: string) => {
    const out = await run(["bench/bare_copy.ts", log, schema, place]);
    return JSON.parse(out).seconds as number;
  };
  const agent = (...more: string[]) => async (place: string) => {
    const summary = `${folder}/summary.json`;
    const ingest = (file: string) =>
      run([
        ...["main.ts", "agent", "--quiet", "--sourcetype", "linux_secure", "--year", "2026"],
        ...["--summary", summary, place.includes("://") ? "--database" : "--data", place],
        ...[...more, file],
      ]);
    // The tables are there before, as they are for a bare COPY.
    await ingest("/dev/null");
    await ingest(log);
    const { seconds, stored } = JSON.parse(Deno.readTextFileSync(summary));
    if (more.length === 0 && stored !== lines) throw new Error(`${stored} of ${lines} were stored`);
    return seconds as number;
  };
  const all = {
    "bare COPY, naive schema": bare("naive"),
    "bare COPY, Picket's, text": bare("text"),
    "bare COPY, Picket's, binary": bare("picket"),
    "agent": agent(),
    "agent --store matched": agent("--store", "matched"),
    "agent --store none": agent("--store", "none"),
  };
  const times = new Map<string, number[]>();
  for (let i = 0; i < runs; i++) {
    for (const [what, time] of Object.entries(all)) {
      const place = await places.make();
      times.set(what, [...times.get(what) ?? [], await time(place)]);
      await places.remove(place);
    }
  }
  const base = (format: string) => median(times.get(`bare COPY, Picket's, ${format}`)!);
  console.log(`\n${name}: ${lines} lines, medians of ${runs}, to bare COPY as text and binary\n`);
  for (const [what, seconds] of times) {
    const m = median(seconds);
    const rate = Math.round(lines / m).toLocaleString("en");
    const each = seconds.map((s) => s.toFixed(2)).join(" ");
    console.log(
      `${what.padEnd(28)}${rate.padStart(9)} rows/s  ${(base("text") / m).toFixed(2)}  ` +
        `${(base("binary") / m).toFixed(2)}  (${each} s)`,
    );
  }
}

async function run(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-A", ...args],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
