/** Rules of every operator, sourcetypes and lines, for tests that stop runs and go on. */
import { streamOf } from "../../agent/run/checkpoint.ts";
import { createEngine, type Engine } from "../../agent/engine/engine.ts";
import { run, type RunOptions } from "../../agent/run/run.ts";
import { emptySummary, type Summary } from "../../agent/run/progress.ts";
import { findInputs } from "../../agent/sources/files.ts";
import { stdinStream } from "../../agent/sources/files.ts";
import type { Store } from "../../agent/store/mod.ts";
import {
  agg,
  atLeast,
  events,
  field,
  gap,
  is,
  keys,
  program,
  rule,
  signal,
  step,
  where,
} from "../../agent/engine/testing/streams.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import { root } from "../run.ts";
import { seeded } from "../../agent/simulate/random.ts";

const MIN = 60_000;
const failure = is("action", "failure"), success = is("action", "success");

/** One rule for each operator, and chains of them. */
export const RULES: IrProgram = program(
  rule("admin", events(is("user", "admin")), []),
  rule("count", events(failure), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("dc", "users", field("user")),
        agg("avg", "every", gap),
        agg("values", "names", field("user")),
      ],
      by: keys("src"),
      window: { kind: "sliding", ms: 5 * MIN },
    },
    where(atLeast("c", 5)),
    { kind: "throttle", ms: 20 * MIN, by: keys("src") },
  ]),
  rule("tumbling", events(failure), [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "tumbling", ms: 2 * MIN },
    },
    { kind: "baseline", field: "c", history: 60 * MIN, min: 3 },
    where(atLeast("c", 6)),
  ], { entity: ["src"] }),
  rule("session", events(success), [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("user"),
      window: { kind: "session", ms: MIN, max: 15 * MIN },
    },
    where(atLeast("c", 6)),
  ]),
  rule("dedup", events(success), [{ kind: "dedup", by: keys("src", "user"), within: 60 * MIN }]),
  rule("seen", events(success), [
    { kind: "first_seen", by: keys("src"), history: 30 * MIN, warmup: 5 * MIN },
  ]),
  rule("quiet", events(failure), [
    { kind: "absent", by: keys("src"), ms: 10 * MIN, expect: null, clock: false },
  ]),
  rule("seq", {
    kind: "sequence",
    by: keys("src"),
    within: 20 * MIN,
    steps: [step(signal("count")), step(events(success), false, "login")],
    until: null,
  }),
  rule("left", {
    kind: "sequence",
    by: keys("src"),
    within: 4 * MIN,
    steps: [step(events(is("user", "oracle"))), step(events(success), true)],
    until: null,
  }),
  rule("both", {
    kind: "together",
    by: keys("src"),
    within: 2 * MIN,
    steps: [step(events(is("user", "oracle"))), step(events(is("user", "admin")))],
    until: null,
  }),
);

/** Lines of two hosts' auth logs with the same times, so that order between files matters. */
export function authLines(n: number, host: string, seed: number): string {
  const random = seeded(seed);
  const users = ["root", "admin", "oracle", "alice", "bob", "carol"];
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  let time = Date.UTC(2026, 2, 28, 22);
  let out = "";
  for (let i = 0; i < n; i++) {
    time += random.int(0, 3) * 1000;
    const d = new Date(time);
    const stamp = `${months[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${
      d.toISOString().slice(11, 19)
    }`;
    const user = users[random.int(0, users.length - 1)];
    const src = `203.0.113.${random.int(1, 40)}`;
    const pid = 1000 + i % 30000;
    const roll = random.int(0, 19);
    const text = roll === 0
      ? `Accepted password for ${user} from ${src} port ${random.int(1024, 65535)} ssh2`
      : roll === 1
      ? `what is this \u0001 ${i}`
      : `Failed password for ${user} from ${src} port ${random.int(1024, 65535)} ssh2`;
    out += `${stamp} ${host} sshd[${pid}]: ${text}\n`;
  }
  return out;
}

export interface Work {
  readonly files: readonly string[];
  readonly rowsPerWrite?: number;
  /** With every transaction unless told. */
  readonly checkpointEvery?: number;
  readonly rules?: IrProgram;
  readonly stdin?: string;
  /** Threads that rules run in. Default: 1 */
  readonly threads?: number;
  /** Stops the run after this many batches, as Ctrl-C does. */
  readonly stopAfter?: number;
}

export interface Worked {
  readonly engine: Engine;
  readonly summary: Summary;
  readonly notices: string[];
}

const folder = new URL("sourcetypes/", root);
const compiled = compileSourcetypes(
  ["linux_secure.yaml", "syslog.yaml"].map((name) => ({
    name,
    text: Deno.readTextFileSync(new URL(name, folder)),
  })),
);

/** Runs the pipeline over files into a store, going on from what an earlier run left. */
export async function work(store: Store, options: Work): Promise<Worked> {
  const engine = createEngine(options.rules ?? RULES, compiled.catalogue);
  const { found } = await findInputs(options.files);
  const summary = emptySummary();
  const notices: string[] = [];
  const stop = new AbortController();
  let batches = 0;
  const settings: RunOptions = {
    found,
    stdin: () => options.stdin === undefined ? stdinStream() : pipe(options.stdin),
    sourcetype: null,
    parse: { compiled, year: 2026 },
    lateness: 0,
    updates: true,
    maxLine: 1 << 20,
    engine,
    store,
    stream: streamOf(options.files, {}),
    threads: options.threads ?? 1,
    splitAfter: 0,
    rowsPerWrite: options.rowsPerWrite ?? 1000,
    checkpointEvery: options.checkpointEvery ?? 0,
    signal: stop.signal,
    summary,
    notice: (text) => notices.push(text),
    progress() {
      if (++batches === options.stopAfter) stop.abort();
    },
  };
  await run(settings);
  return { engine, summary, notices };
}

/** A text as a pipe brings it. */
function pipe(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += 1 << 16));
    },
  });
}

/** All that a run leaves, without the times of writing. */
export async function leavings(store: Store): Promise<Record<string, unknown[]>> {
  const all = async <T extends object>(
    page: (cursor?: { time: number; id: string }) => Promise<
      { items: readonly T[]; next: { time: number; id: string } | null }
    >,
  ) => {
    const out: object[] = [];
    let next: { time: number; id: string } | null | undefined;
    do {
      const { items, next: after } = await page(next ?? undefined);
      for (const item of items) {
        const kept = { ...item } as Record<string, unknown>;
        for (const name of ["updated", "ingested"]) delete kept[name];
        out.push(kept);
      }
      next = after;
    } while (next);
    return out;
  };
  return {
    events: await all((cursor) => store.events({ limit: 1000, cursor })),
    alerts: await all((cursor) => store.alerts({ limit: 1000, cursor })),
    incidents: await all((cursor) => store.incidents({ limit: 1000, cursor })),
    health: await all((cursor) => store.health({ limit: 1000, cursor })),
  };
}
