/**
 * Fifty searches as analysts ask them, over a store that is there: how long each takes until all its
 * rows are known and until the first are, how long a stop takes, and of PGlite the longest slice, in
 * ms. Each is run many times, over a day or over all. With the process id of a server on this machine,
 * also what a search takes of the processors, by this process and the server's: on a busy machine it
 * changes less than the time by the clock.
 *
 *     deno task bench:searches FOLDER|postgres://… [RUNS] [--only TEXT] [--server PID]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { load } from "../agent/content/load.ts";
import { compileSearch, spanFor } from "../agent/search/compile.ts";
import { runSearch } from "../agent/search/search.ts";
import { openStore, type Store } from "../agent/store/mod.ts";

/** A day's, unless a search says "all". */
const SEARCHES: readonly (readonly ["day" | "all", string])[] = [
  // Words and phrases in the raw text.
  ["day", "*"],
  ["all", '"failed password"'],
  ["all", "failed password -root"],
  ["all", "mimikatz"],
  ["all", "powershell or certutil"],
  ["all", "198.51.100.213"],
  ["all", "203.0.113."],
  ["all", '"invalid user admin"'],
  ["all", "/etc/shadow"],
  ["all", "union select"],
  ["all", "sqlmap"],
  ["all", '"session opened for user root"'],
  ["all", "sudo command"],
  ["all", "NXDOMAIN"],
  ["all", '"segfault" or "out of memory"'],
  // Fields.
  ["day", "user:root"],
  ["day", "action:failure"],
  ["day", "action!=success"],
  ["day", "src:203.0.113.0/24"],
  ["day", "status>=500"],
  ["day", "status:404 url:*admin*"],
  ["day", "dest_port:22"],
  ["day", "dest_port in (22, 23, 3389, 445)"],
  ["day", "user:svc*"],
  ["day", "sourcetype:linux_secure"],
  ["day", "sourcetype:linux_firewall action:blocked"],
  ["day", "user:root or user:admin"],
  ["day", "action:failure -user:root"],
  ["day", "http_method:POST status:200"],
  ["day", "bytes_out>100000"],
  // Counts.
  ["day", "* | stats count() as n"],
  ["day", "* | stats count() as n by sourcetype"],
  ["day", "* | stats count() as n by host"],
  ["day", "action:failure | top 10 src"],
  ["day", "action:failure | top 10 user"],
  ["day", "action:failure | stats count() as n, dc(user) as users by src | where n > 5"],
  ["day", "status>=500 | stats count() as n by url"],
  ["day", "* | timechart count() as n span 1h"],
  ["day", "* | timechart count() as n by sourcetype span 1h"],
  ["day", "sourcetype:access_combined | stats sum(bytes_out) as bytes by src | sort -bytes"],
  ["day", "sourcetype:linux_firewall | stats dc(dest_port) as ports by src | sort -ports"],
  ["day", "sourcetype:named | top 20 query"],
  ["day", "dest_port:22 | stats count() as n by src, dest"],
  ["all", '"failed password" | stats count() as n by src | sort -n'],
  // From a dataset, in the language's full form.
  ["day", 'from Authentication where action == "failure"'],
  ["day", 'from Authentication where action == "success" | stats count() as n by user, src'],
  ["day", "from Web where status >= 400 | stats count() as n by status"],
  [
    "day",
    'from Authentication where action == "failure" | stats count() as n, dc(user) as users by src over tumbling 1h | where n > 5',
  ],
  ["day", 'from Authentication where action == "success" | dedup user | fields _time, user, src'],
  ["day", "from Network_Traffic | stats count() as n by dest_port | sort -n | limit 10"],
];

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: { only: { type: "string", default: "" }, server: { type: "string" } },
  allowPositionals: true,
});
const [place, times = "20"] = positionals;
const wanted = values.only, runs = Number(times);
const loaded = await load({ rules: null, sourcetypes: [] });
const { catalogue } = loaded.sourcetypes;
let longest = 0;
const store = timed(await openStore(place.includes("://") ? { database: place } : { data: place }));
try {
  await measure();
} finally {
  await store.close();
}

/** What this process and the server's have taken of the processors, ms; as far as those of Linux tell. */
function cpu(): number {
  const own = process.cpuUsage();
  let ms = (own.user + own.system) / 1000;
  if (values.server === undefined) return ms;
  const shown = (...paths: readonly string[]) =>
    new TextDecoder().decode(
      new Deno.Command("cat", { args: [...paths], stderr: "null" }).outputSync().stdout,
    );
  // Those that ended are in their parent's times, in hundredths of a second.
  const stat = shown(`/proc/${values.server}/stat`).replace(/^.*\) /s, "").split(" ");
  ms += 10 * (Number(stat[13]) + Number(stat[14]));
  const children = shown(`/proc/${values.server}/task/${values.server}/children`).trim().split(" ");
  for (const line of shown(...children.map((pid) => `/proc/${pid}/schedstat`)).split("\n")) {
    ms += Number(line.split(" ")[0]) / 1e6;
  }
  return ms;
}

/** The store, whose longest question is noted. */
function timed(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const began = performance.now();
        try {
          return await value.apply(target, args);
        } finally {
          longest = Math.max(longest, performance.now() - began);
        }
      };
    },
  });
}

/** A run's times: until the first rows, and until all. */
async function once(
  text: string,
  range: { from: number; to: number },
  signal?: AbortSignal,
): Promise<{ first: number; all: number; rows: number }> {
  const language = { catalogue, tables: loaded.program.tables, files: [] };
  const { search, diagnostics } = compileSearch(text, language, spanFor(range.to - range.from));
  if (search === null) throw new Error(`${text}: ${diagnostics[0]?.message}`);
  const began = performance.now();
  let first = 0;
  const { rows } = await runSearch(store, search, {
    range,
    limit: 100,
    signal,
    sourcetypes: catalogue.sourcetypes,
    rows: () => first ||= performance.now() - began,
  });
  const all = performance.now() - began;
  return { first: first || all, all, rows: rows.length };
}

async function measure(): Promise<void> {
  const { events, first, last } = await store.stats();
  if (first === null || last === null) throw new Error("The store is empty");
  const ranges = {
    all: { from: first, to: last + 1 },
    day: { from: last - 86_400_000, to: last + 1 },
  };
  const days = Math.round((last - first) / 86_400_000);
  console.log(`${store.kind}: ${events} events, ${days} days; ${runs} runs each, ms\n`);
  console.log("  first p95   median      p95  longest      cpu  rows  search");
  const every: number[] = [], firsts: number[] = [], cpus: number[] = [];
  for (const [over, text] of SEARCHES) {
    if (!text.includes(wanted)) continue;
    longest = 0;
    const done: Awaited<ReturnType<typeof once>>[] = [];
    await once(text, ranges[over]);
    longest = 0;
    const before = cpu();
    for (let i = 0; i < runs; i++) done.push(await once(text, ranges[over]));
    const each = (cpu() - before) / runs;
    cpus.push(each);
    const at = (of: "first" | "all", share: number) => quantile(done.map((d) => d[of]), share);
    every.push(...done.map((d) => d.all));
    if (over === "all") firsts.push(...done.map((d) => d.first));
    const cells = [at("first", 0.95), at("all", 0.5), at("all", 0.95), longest, each];
    console.log(
      cells.map((c, i) => c.toFixed(1).padStart(i === 0 ? 11 : 9)).join("") +
        String(done[0].rows).padStart(6) + `  ${text}${over === "all" ? "  (all)" : ""}`,
    );
  }
  console.log(
    `\nall: p95 ${quantile(every, 0.95).toFixed(1)}; first rows of raw texts: p95 ${
      quantile(firsts, 0.95).toFixed(1)
    }; processors a search: p95 ${quantile(cpus, 0.95).toFixed(1)}`,
  );
  await stops(ranges.all);
}

/** How long a search goes on that is stopped, which reads all of the range. */
async function stops(range: { from: number; to: number }): Promise<void> {
  const took: number[] = [];
  for (let i = 0; i < runs; i++) {
    const stop = new AbortController();
    const running = once("user:nobody* bytes_in>1e12 or zq", range, stop.signal).then(
      () => null,
      () => performance.now(),
    );
    await new Promise((done) => setTimeout(done, 40 + 13 * i));
    const began = performance.now();
    stop.abort();
    const ended = await running;
    if (ended !== null) took.push(ended - began);
  }
  console.log(`stopped ${took.length} times: p95 ${quantile(took, 0.95).toFixed(1)}`);
}

function quantile(all: readonly number[], share: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
