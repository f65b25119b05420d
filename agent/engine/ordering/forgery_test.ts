/**
 * Who can send lines with any times and any names of hosts from an address of his own hides the order
 * of his own events, and nothing of what others do: their alerts are those of a run without his lines.
 */
import { equal, ok } from "node:assert/strict";
import type { Alert, EventBatch, Input } from "../../event.ts";
import { createEngine, type Engine } from "../engine.ts";
import { Random } from "../testing/oracle/random.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  events,
  input,
  is,
  keys,
  program,
  rule,
  step,
  type TestRow,
  where,
} from "../testing/streams.ts";

/** Forgeries; the environment raises them for a long run. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 20);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
const T = Date.UTC(2026, 10, 28, 12);
const SECOND = 1000, HOUR = 3600 * SECOND;
const cat = catalogue({ src: "string", user: "string", k: "string" });
const by = { by: keys("src") };

const RULES = program(
  rule("guessing", events(is("k", "fail")), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      window: { kind: "sliding", ms: 20 * SECOND },
      ...by,
    },
    where(atLeast("n", 4)),
    { kind: "throttle", ms: 60 * SECOND, ...by },
  ]),
  rule("a minute", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      window: { kind: "tumbling", ms: 60 * SECOND },
      ...by,
    },
    where(atLeast("n", 5)),
  ]),
  rule("visit", events(is("k", "login")), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      window: { kind: "session", ms: 15 * SECOND, max: null },
      ...by,
    },
  ]),
  rule("break-in", {
    kind: "sequence",
    within: 30 * SECOND,
    steps: [step(events(is("k", "fail"))), step(events(is("k", "login")))],
    until: null,
    ...by,
  }),
  rule("no logout", {
    kind: "sequence",
    within: 20 * SECOND,
    steps: [step(events(is("k", "login"))), step(events(is("k", "logout")), true)],
    until: null,
    ...by,
  }),
  rule("all three", {
    kind: "together",
    within: 20 * SECOND,
    steps: ["fail", "login", "logout"].map((k) => step(events(is("k", k)))),
    until: null,
    ...by,
  }),
  rule("once", events(is("k", "login")), [{ kind: "dedup", within: 30 * SECOND, ...by }]),
  rule("new user", events(), [
    { kind: "first_seen", by: keys("src", "user"), history: 24 * HOUR, warmup: 0 },
  ]),
  rule("silent", events(), [
    { kind: "absent", ms: 40 * SECOND, expect: null, clock: false, ...by },
  ]),
);

/** A line, and who sent it when. */
interface Sent {
  readonly at: number;
  readonly peer: string;
  readonly input: number;
  readonly row: TestRow;
}

/** Honest hosts: what they are called, where they are, and by how much their clock is off. */
const HOSTS = [
  { host: "web1", peer: "10.0.0.1", input: 0, off: 0 },
  { host: "web2", peer: "10.0.0.2", input: 0, off: 2 * HOUR },
  { host: "db", peer: "10.0.0.3", input: 1, off: -HOUR },
  // Slow, not wrong: all of its rows are late.
  { host: "old", peer: "10.0.0.4", input: 0, off: -430 * SECOND },
];

function honest(r: Random): Sent[] {
  const out: Sent[] = [];
  for (const { host, peer, input, off } of HOSTS) {
    for (let at = T + r.below(2000); at < T + 150 * SECOND; at += 200 + r.below(4000)) {
      const t = at + off - r.below(3) * 900;
      const user = r.pick(["u1", "u2"]);
      const row = {
        t,
        host,
        src: `${host}-${r.below(2)}`,
        user,
        k: r.pick(["fail", "fail", "login", "logout"]),
      };
      out.push({ at, peer, input, row: { ...row, offset: out.length } });
    }
  }
  return out;
}

/** The attacker's lines: any times, any hosts, many or few, through either input. */
function forged(r: Random): Sent[] {
  const out: Sent[] = [];
  const times: ((at: number) => number)[] = [
    () => 0,
    () => -1e12,
    () => 8e15,
    (at) => at,
    (at) => at + 59 * SECOND,
    (at) => at + 61 * SECOND,
    (at) => at - r.below(120 * SECOND),
    (at) => at + (r.below(200) - 100) * HOUR,
    (at) => at + 2 * HOUR,
    (at) => at - HOUR,
    (at) => at - 400 * SECOND,
  ];
  const some = r.some(times, 4);
  const names = r.pick([["web1", "web2", "db", "old"], ["db"], ["old"], ["evil"], []]);
  // Invented names come in bursts, more than there is room for.
  const every = names.length > 0 ? r.pick([50, 300, 3000]) : 2000;
  const burst = names.length > 0 ? 1 : 70;
  const input = r.pick([0, 1, 2]);
  for (let at = T; at < T + 150 * SECOND; at += 1 + r.below(2 * every)) {
    for (let i = 0; i < burst; i++) {
      const row = {
        t: r.pick(some)(at),
        host: names.length > 0 ? r.pick(names) : `h${r.below(1e6)}`,
        src: `evil${r.below(3)}`,
        user: "u1",
        k: r.pick(["fail", "login", "logout"]),
        ...(r.chance(0.05) ? { _time_from: "arrival" } : {}),
      };
      out.push({ at, peer: "10.6.6.6", input, row: { ...row, offset: 1e6 + out.length } });
    }
  }
  return out;
}

/** Alerts about the honest hosts, whole. */
function alertsOf(sent: readonly Sent[], quiet: readonly number[]): string[] {
  const engine = createEngine(RULES, cat);
  const inputs = [0, 1, 2].map((i) => input(i, 5 * SECOND));
  for (const i of inputs) engine.openInput(i, { live: true });
  engine.setIdle(inputs[2], true);
  const alerts = new Map<string, Alert>();
  const take = () => {
    for (const { alert } of engine.takeChanges()) alerts.set(alert.id, alert);
  };
  // Lines that come within 100 ms in one input are one batch.
  const batches = Map.groupBy(
    [...sent].sort((a, b) => a.at - b.at),
    (x) => `${Math.floor(x.at / 100)} ${x.input}`,
  );
  const turns = [...quiet];
  for (const lines of batches.values()) {
    const arrival = Math.floor(lines[0].at / 100) * 100 + 100;
    while (turns.length > 0 && turns[0] < arrival) engine.advanceQuiet(turns.shift()!);
    detect(engine, inputs[lines[0].input], arrival, lines);
    take();
  }
  for (const turn of turns) engine.advanceQuiet(turn);
  engine.end();
  take();
  return [...alerts.values()].filter((a) => !String(a.entity.src).startsWith("evil"))
    .map((a) => JSON.stringify(a)).sort();
}

function detect(engine: Engine, source: Input, arrival: number, lines: readonly Sent[]): void {
  const made = batch(source, cat, lines.map((x) => x.row));
  const withPeers = { ...made.lines, arrival, peers: lines.map((x) => x.peer) };
  engine.detect({ ...made, lines: withPeers } as EventBatch, true);
}

Deno.test("forged times and hosts change no alert about other hosts", () => {
  let alerts = 0;
  for (let i = 0; i < RUNS; i++) {
    const r = new Random((SEED * 1_000_003 + i) * 53);
    const own = honest(r);
    const quiet = Array.from({ length: r.below(200) }, () => T + r.below(150 * SECOND)).sort();
    // The first line of all and the last are of an honest host whose clock is right: what comes in
    // front of every other line is late for nobody, and silence behind the last is the input's end.
    const whole = (at: number, offset: number): Sent => ({
      at,
      peer: HOSTS[0].peer,
      input: 0,
      row: { t: at, host: "web1", src: "web1-0", user: "u1", k: "none", offset },
    });
    own.push(whole(T - SECOND, 900_000), whole(T + 400 * SECOND, 900_001));
    const want = alertsOf(own, quiet);
    const evil = forged(r);
    const got = alertsOf([...own, ...evil], quiet);
    alerts += want.length;
    const only = (a: string[], b: string[]) => a.filter((x) => !b.includes(x)).join("\n");
    equal(
      got.join("\n"),
      want.join("\n"),
      `forgery ${i} of seed ${SEED}, ${evil.length} lines, e.g. ${
        JSON.stringify(evil.slice(0, 3))
      }\nwith them:\n${only(got, want)}\nwithout:\n${only(want, got)}`,
    );
  }
  ok(alerts > 10 * RUNS, `${alerts} alerts of ${RUNS} runs say little`);
});
