/**
 * Picket beside the programs that are found on this machine, on the same input in the same minutes.
 * It installs nothing: what is not there is named and left out.
 *
 *     deno task bench:peers [--runs 5] [--lines 1000000] [--events 200000]
 *       [--rules SIGMA_DIR --recordings DIR [--rival PATH]] [--access FILE] [--evtx FILE]
 *       [--compare REV] [--only sshd,access,evtx,sigma] [--format table|markdown|json]
 *
 * `--rules` and `--recordings` are Sigma rules and recorded Windows events as JSON, from which events are
 * varied; `--rival` is the binary of another engine that takes rsigma's options. `--compare` adds Picket
 * as it was at a revision. docs/performance.md has the method.
 */
import { parseArgs } from "node:util";
import { race } from "./race.ts";
import { jsonTable, markdownTable, plainTable, type Table } from "./report.ts";
import {
  access,
  evtx,
  type Picket,
  sigma,
  sshd,
  type Surroundings,
  type Workload,
} from "./workloads.ts";

const PROGRAMS = "wc grep rg mawk fail2ban-regex sec crowdsec goaccess evtxexport".split(" ");
const FORMATS = { table: plainTable, markdown: markdownTable, json: jsonTable };

const { values } = parseArgs({
  args: Deno.args,
  options: {
    runs: { type: "string", default: "5" },
    lines: { type: "string", default: "1000000" },
    events: { type: "string", default: "200000" },
    rules: { type: "string" },
    recordings: { type: "string" },
    rival: { type: "string" },
    access: { type: "string" },
    evtx: { type: "string" },
    compare: { type: "string" },
    only: { type: "string" },
    format: { type: "string", default: "table" },
  },
});

function stop(message: string): never {
  console.error(`error: ${message}`);
  Deno.exit(2);
}

function whole(name: "runs" | "lines" | "events"): number {
  const n = Number(values[name]);
  return Number.isSafeInteger(n) && n > 0
    ? n
    : stop(`--${name} "${values[name]}" is not a number above 0`);
}

const found = (program: string): boolean =>
  (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });

async function git(...args: string[]): Promise<void> {
  const root = new URL("../..", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command("git", { args: ["-C", root, ...args] }).output();
  if (code !== 0) stop(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

function workloads(around: Surroundings): Workload[] {
  const wanted = new Set((values.only ?? "sshd,access,evtx,sigma").split(","));
  const out: Workload[] = [];
  if (wanted.has("sshd")) out.push(sshd(around, whole("lines")));
  if (wanted.has("access") && values.access !== undefined) out.push(access(around, values.access));
  if (wanted.has("evtx") && values.evtx !== undefined) out.push(evtx(around, values.evtx));
  const { rules, recordings, rival } = values;
  if (wanted.has("sigma") && rules !== undefined && recordings !== undefined) {
    const options = { rules, recordings, rival, events: whole("events") };
    out.push(sigma(around, options), sigma(around, { ...options, eventId: "1" }));
  }
  return out;
}

async function main(): Promise<void> {
  const runs = whole("runs");
  if (!Object.hasOwn(FORMATS, values.format)) {
    stop(`--format "${values.format}" is none of ${Object.keys(FORMATS).join(", ")}`);
  }
  if (!found("bash")) stop("bash, whose `time` measures processor time, is not on the path");
  const format = FORMATS[values.format as keyof typeof FORMATS];
  const folder = Deno.makeTempDirSync({ prefix: "picket-peers-" });
  const pickets: Picket[] = [{
    name: "picket",
    main: new URL("../../main.ts", import.meta.url).pathname,
  }];
  try {
    if (values.compare !== undefined) {
      await git("worktree", "add", "--detach", `${folder}/before`, values.compare);
      pickets.push({ name: `picket at ${values.compare}`, main: `${folder}/before/main.ts` });
    }
    const has = new Set(PROGRAMS.filter(found));
    const missing = PROGRAMS.filter((p) => !has.has(p));
    if (missing.length > 0) console.error(`Not here, and left out: ${missing.join(", ")}`);
    for (const w of workloads({ folder, pickets, has: (p) => has.has(p) })) {
      const table: Table = { ...w, results: await race(w.contestants, runs) };
      console.log(format(table));
    }
  } finally {
    if (values.compare !== undefined) {
      await git("worktree", "remove", "--force", `${folder}/before`);
    }
    Deno.removeSync(folder, { recursive: true });
  }
}

await main();
