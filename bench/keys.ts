/**
 * What the number of keys costs: a brute-force rule and a sequence over failed logins, fed with the
 * same number of events from 1,000 sources, from 1,000,000, and from 10,000,000 under a cap of keys.
 * Lines are parsed by the shipped sourcetype, a chunk at a time, so that keys are slices of chunks
 * as they are in a run; parsing is timed apart. Cases are interleaved and the least time of each is
 * taken: whatever else the machine does only adds.
 *
 *     deno task bench:keys [--events 4000000] [--runs 3]
 *
 * The thresholds are never reached: what is measured is state, not alerts.
 */
import { parseArgs } from "node:util";
import { compile } from "../agent/content/compile.ts";
import { loadSourcetypes } from "../agent/content/files.ts";
import { createEngine, type Engine } from "../agent/engine/engine.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";
import { InputHandle } from "../agent/input.ts";

const RULES = {
  count: `rule brute_force {
    from Authentication where action == "failure"
    | stats count() as failures by src over 5m
    | where failures >= 1000000
  }`,
  sequence: `rule guess_then_login {
    sequence by src within 5m {
      Authentication where action == "failure"
      Authentication where action == "success"
    }
  }`,
} as const;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    events: { type: "string", default: "4000000" },
    runs: { type: "string", default: "3" },
    spread: { type: "string", default: "10" },
  },
});
const EVENTS = whole(values.events), RUNS = whole(values.runs), MINUTES = whole(values.spread);
/** Lines of one chunk, as a file's are. */
const LINES = 2_500;

function whole(text: string): number {
  const n = Number(text);
  if (Number.isSafeInteger(n) && n > 0) return n;
  console.error(`error: "${text}" is not a number above 0`);
  Deno.exit(2);
}

interface Case {
  readonly rule: keyof typeof RULES;
  readonly keys: number;
  /** Cap of keys; the default when not given. */
  readonly cap?: number;
  readonly detect: number[];
  readonly whole: number[];
  heap: number;
  rss: number;
  evicted: number;
}

const cases: Case[] = (["count", "sequence"] as const).flatMap((rule) => [
  { rule, keys: 1_000 },
  { rule, keys: 1_000_000 },
  { rule, keys: 10_000_000, cap: 1_000_000 },
]).map((c) => ({ ...c, detect: [], whole: [], heap: 0, rss: 0, evicted: 0 }));

const yaml = await loadSourcetypes([]);
const programs = new Map<string, Awaited<ReturnType<typeof compile>>>();
for (const [name, text] of Object.entries(RULES)) {
  programs.set(name, await compile(yaml, [{ name: `${name}.sdl`, text }]));
}
/** Collects garbage, so that what is left is what is held. */
const collect = (globalThis as { gc?: () => void }).gc;

for (let run = 0; run < RUNS; run++) for (const c of cases) measure(c);
report();
for (const keys of [1_000, 1_000_000]) checkpoint(keys);

/** Lines with sources drawn evenly: an xorshift, for a random number must cost next to nothing. */
function* drawn(keys: number): Generator<Uint8Array> {
  let x = 88172645;
  yield* chunks(EVENTS, (i) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return { key: (x >>> 0) % keys, second: i * MINUTES * 60 / EVENTS };
  });
}

function* chunks(
  events: number,
  line: (i: number) => { key: number; second: number },
): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const start = Date.UTC(2026, 2, 9) / 1000;
  for (let made = 0; made < events;) {
    let text = "";
    for (let i = 0; i < LINES && made < events; i++, made++) {
      const { key: k, second } = line(made);
      const at = new Date((start + Math.floor(second)) * 1000).toISOString().slice(11, 19);
      text += `Mar  9 ${at} web1 sshd[911]: Failed password for root from ` +
        `${11 + (k >>> 24)}.${k >>> 16 & 255}.${k >>> 8 & 255}.${k & 255} port 40001 ssh2\n`;
    }
    yield encoder.encode(text);
  }
}

/** An engine with one of the rules, and how lines come to it. */
function prepare(rule: keyof typeof RULES, cap?: number) {
  const { program, sourcetypes } = programs.get(rule)!;
  const input = new InputHandle({
    name: "bench",
    identity: "bench",
    sourcetype: "linux_secure",
    modified: Date.UTC(2026, 2, 20),
  });
  const limits = cap === undefined ? {} : { keysPerRule: cap };
  const engine: Engine = createEngine(program, sourcetypes.catalogue, { limits });
  return {
    engine,
    reader: new LineReader(input),
    parser: createParser(sourcetypes, "linux_secure"),
  };
}

function measure(c: Case): void {
  collect?.();
  const before = Deno.memoryUsage().heapUsed;
  const { engine, reader, parser } = prepare(c.rule, c.cap);
  let all = 0, detecting = 0, rss = 0, events = 0;
  for (const bytes of drawn(c.keys)) {
    const t0 = performance.now();
    const lines = reader.push(bytes, 0);
    if (lines === null) continue;
    const batch = parser(lines);
    const t1 = performance.now();
    engine.detect(batch);
    const t2 = performance.now();
    events += batch.events.length;
    detecting += t2 - t1;
    all += t2 - t0;
    rss = Math.max(rss, Deno.memoryUsage().rss);
  }
  if (events !== EVENTS) throw new Error(`${events} events of ${EVENTS} lines`);
  collect?.();
  c.detect.push(detecting * 1e6 / EVENTS);
  c.whole.push(all * 1e6 / EVENTS);
  c.heap = Deno.memoryUsage().heapUsed - before;
  c.rss = Math.max(c.rss, rss);
  c.evicted = engine.counters().evicted;
}

function report(): void {
  console.log(
    `${EVENTS} events over ${MINUTES} minutes, window 5 minutes, ${RUNS} runs interleaved, the least of each\n`,
  );
  console.log(
    "rule      keys      cap      engine ns/event   x    whole ns/line   x    state MB  RSS MB  evicted",
  );
  for (const c of cases) {
    const base = cases.find((b) => b.rule === c.rule)!;
    const [d, w] = [Math.min(...c.detect), Math.min(...c.whole)];
    const x = (a: number, b: number) => (a / b).toFixed(2).padStart(5);
    console.log([
      c.rule.padEnd(9),
      String(c.keys).padEnd(9),
      String(c.cap ?? "-").padEnd(8),
      d.toFixed(0).padStart(12),
      x(d, Math.min(...base.detect)).padStart(9),
      w.toFixed(0).padStart(10),
      x(w, Math.min(...base.whole)).padStart(9),
      String(Math.round(c.heap / 1e6)).padStart(8),
      String(Math.round(c.rss / 1e6)).padStart(8),
      String(c.evicted).padStart(9),
    ].join(""));
  }
}

/** What the state that a transaction carries costs when 1,000 keys changed, however many are held. */
function checkpoint(keys: number): void {
  const { engine, reader, parser } = prepare("count");
  engine.takeDirty();
  let lines = 0;
  for (const bytes of chunks(keys, (i) => ({ key: i, second: i / 10_000 }))) {
    const batch = reader.push(bytes, 0);
    if (batch) engine.detect(parser(batch));
    if ((lines += LINES) % 100_000 === 0) engine.takeDirty();
  }
  engine.takeDirty();
  const took: number[] = [];
  let size = 0, entries = 0;
  // The same thousand again and again: only a row more each time.
  for (let i = 0; i < 9; i++) {
    for (const bytes of chunks(1_000, (key) => ({ key, second: 110 }))) {
      const batch = reader.push(bytes, 0);
      if (batch) engine.detect(parser(batch));
    }
    const from = performance.now();
    const dirty = engine.takeDirty();
    size = JSON.stringify(dirty).length;
    took.push(performance.now() - from);
    entries = dirty.rules[0].stages[0].entries.length;
  }
  console.log(
    `checkpoint with ${keys} keys held: ${entries} changed, ` +
      `${Math.min(...took).toFixed(1)} ms, ${Math.round(size / 1e3)} kB`,
  );
}
