/**
 * Tests that are run long now and then: `deno task long:kills`, `long:share`, `long:fuzz`, `long:regex`,
 * `long:streams`, `long:sigma`, `long:search`. Each is a part of the suite with larger sizes; the environment gives
 * others, and `--size 0.01` takes a hundredth of those written here, as CI does.
 */
import { parseArgs } from "node:util";

interface Long {
  readonly files: readonly string[];
  /** Environment's variable → its full size. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Below these a run has too little to say anything. */
  readonly least?: Readonly<Record<string, number>>;
}

const LONG: Readonly<Record<string, Long>> = {
  kills: {
    files: [
      "tests/resume/kill_test.ts",
      "tests/resume/database_kill_test.ts",
      "tests/resume/delivery_kill_test.ts",
    ],
    sizes: { PICKET_KILLS: 300, PICKET_LINES: 200_000 },
    least: { PICKET_KILLS: 3, PICKET_LINES: 12_000 },
  },
  share: {
    files: ["tests/share/kafka_share_test.ts"],
    sizes: { PICKET_KILLS: 50, PICKET_SHARE_LINES: 200_000, PICKET_SLEEP: 30_000 },
    least: { PICKET_KILLS: 2, PICKET_SHARE_LINES: 5000, PICKET_SLEEP: 9000 },
  },
  fuzz: {
    files: [
      "grammar/random_test.ts",
      "compiler/sigma/fuzz_test.ts",
      "compiler/sourcetype/fuzz_test.ts",
      "agent/stages/evtx/fuzz_test.ts",
      "tests/conformance/windows_fuzz_test.ts",
      "web/server/fuzz_test.ts",
    ],
    sizes: { PICKET_RUNS: 40_000, EVTX_FUZZ: 40_000 },
  },
  regex: {
    files: ["compiler/regex/fuzz_test.ts", "compiler/regex/linear/linear_test.ts"],
    sizes: { PICKET_RUNS: 100_000 },
  },
  streams: {
    files: [
      "agent/engine/testing/oracle/oracle_test.ts",
      "agent/engine/testing/oracle/late_test.ts",
      "agent/engine/sorting_test.ts",
      "agent/engine/testing/oracle/permutation_test.ts",
      "agent/engine/invariance_test.ts",
      "agent/engine/alerts/incidents_test.ts",
    ],
    sizes: { PICKET_RUNS: 30_000 },
  },
  sigma: {
    files: ["compiler/sigma/random_test.ts", "tests/sigma_correlations_test.ts"],
    sizes: { PICKET_PAIRS: 1_000_000 },
  },
  search: {
    files: ["agent/search/search_test.ts", "agent/search/backtest_test.ts"],
    // Searches of rows and of groups, on both databases.
    sizes: { PICKET_SEARCHES: 25_000, PICKET_BACKTESTS: 1000 },
  },
};

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { size: { type: "string", default: "1" } },
});
const long = LONG[positionals[0]];
const size = Number(values.size);
if (!long || !(size > 0)) {
  console.error(`usage: long.ts ${Object.keys(LONG).join("|")} [--size 0.01]`);
  Deno.exit(2);
}
const env: Record<string, string> = { PICKET_LONG: "1" };
for (const [name, full] of Object.entries(long.sizes)) {
  const scaled = Math.max(Math.round(full * size), long.least?.[name] ?? 1);
  env[name] = Deno.env.get(name) ?? String(scaled);
}
console.log(Object.keys(long.sizes).map((name) => `${name}=${env[name]}`).join(" "));
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [...[
    "run",
    "-q",
    "--no-prompt",
    "-R",
    "-E=LOG_STREAM,LOG_TOKENS,PICKET_LONG,DENO_V8_FLAGS",
    "--allow-run",
    "tests/task.ts",
  ], ...long.files],
  env,
}).spawn().status;
Deno.exit(code);
