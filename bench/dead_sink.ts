/**
 * What a receiver that does not answer costs: the same log with no sink, with one that refuses connections,
 * and with one that takes them and says nothing, with and without a store. Interleaved, medians, as ratios
 * to the run without a sink. The time is that of the input; the end of a run waits for what is under way.
 * The processor's time is that of the whole process, and says more where the machine does other work.
 *
 *     deno task bench:sinks [--lines 300000] [--runs 5]
 */
import { parseArgs } from "node:util";
import { median, processorSeconds } from "./process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    lines: { type: "string", default: "300000" },
    runs: { type: "string", default: "5" },
  },
});
const lines = Number(values.lines), runs = Number(values.runs);
const folder = Deno.makeTempDirSync({ prefix: "picket-bench-" });

/** A line in so many is a login, which raises an alert. */
const EACH = 2000;

/** Failed logins of many accounts with a login now and then. */
function* log(): Generator<string> {
  for (let i = 0; i < lines; i++) {
    const at = new Date(Date.UTC(2026, 2, 28) + i * 100).toISOString();
    const word = i % EACH === 0 ? "Accepted" : "Failed";
    yield `${at} web1 sshd[${1000 + i % 9000}]: ${word} password for user${i % 5000} from ` +
      `203.0.113.${i % 250} port ${1024 + i % 60_000} ssh2\n`;
  }
}

/** An address where nobody listens, and one where somebody does and says nothing. */
function receivers() {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  (async () => {
    for await (const c of silent) held.push(c);
  })().catch(() => {});
  return {
    refuses: `http://127.0.0.1:${port}/`,
    hangs: `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}/`,
    close() {
      silent.close();
      for (const c of held) c.close();
    },
  };
}

function config(name: string, url: string): string {
  const path = `${folder}/${name}.yaml`;
  Deno.writeTextFileSync(
    path,
    `sinks: {hook: {type: webhook, url: "${url}", allow_private: true, min_severity: low, ` +
      `throttle: 0s}}\n`,
  );
  return path;
}

interface Cost {
  /** Seconds from the first line to the last. */
  readonly seconds: number;
  /** Processor seconds of the process. */
  readonly processor: number;
  /** What was to be sent and is not. */
  readonly waiting: number;
}

async function time(sink: string | null, stored: boolean): Promise<Cost> {
  const data = Deno.makeTempDirSync({ dir: folder });
  const summary = `${folder}/summary.json`;
  const processor = await processorSeconds([
    ...["run", "-q", "--no-prompt", "-A", "main.ts", "agent", "--quiet", "--summary", summary],
    ...["--threads", "1", "--sourcetype", "linux_secure", "--rules", `${folder}/each.sdl`],
    ...(stored ? ["--data", data] : ["--no-store"]),
    ...(sink === null ? [] : ["--config", sink, "--deliver-past"]),
    `${folder}/auth.log`,
  ]);
  Deno.removeSync(data, { recursive: true });
  const { seconds, alerts, deliveries } = JSON.parse(Deno.readTextFileSync(summary));
  if (alerts !== Math.ceil(lines / EACH)) throw new Error(`${alerts} alerts`);
  return { seconds, processor, waiting: deliveries?.waiting ?? 0 };
}

const { refuses, hangs, close } = receivers();
try {
  const file = Deno.openSync(`${folder}/auth.log`, { write: true, create: true });
  const encoder = new TextEncoder();
  for (const line of log()) file.writeSync(encoder.encode(line));
  file.close();
  Deno.writeTextFileSync(
    `${folder}/each.sdl`,
    'rule each_login {\n  severity high\n  from Authentication where action == "success"\n}\n',
  );
  const sinks = [null, config("refuses", refuses), config("hangs", hangs)];
  const names = ["no sink", "refuses connections", "says nothing"];
  console.log(
    `${lines} lines, ${Math.ceil(lines / EACH)} alerts; medians of ${runs}, interleaved\n`,
  );
  for (const stored of [false, true]) {
    const all: Cost[][] = sinks.map(() => []);
    let waiting = 0;
    for (let round = 0; round <= runs; round++) {
      for (const [i, sink] of sinks.entries()) {
        const cost = await time(sink, stored);
        if (round > 0) all[i].push(cost);
        waiting = Math.max(waiting, cost.waiting);
      }
    }
    console.log(
      `${stored ? "With the embedded store" : "Without a store"}, ${waiting} left waiting`,
    );
    for (const [i, name] of names.entries()) {
      const of = (what: "seconds" | "processor") => {
        const value = median(all[i].map((c) => c[what]));
        const ratio = value / median(all[0].map((c) => c[what]));
        return `${value.toFixed(2).padStart(8)} s ${ratio.toFixed(3)}`;
      };
      console.log(`${name.padEnd(22)}${of("seconds")}   processor${of("processor")}`);
    }
  }
} finally {
  close();
  Deno.removeSync(folder, { recursive: true });
}
