/** What detection costs per line: sshd failures under twelve rules, five of them windowed. */
import type { IrRule } from "../../compiler/ir/program.ts";
import { createEngine } from "./engine.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  events,
  field,
  input,
  is,
  keys,
  program,
  rule,
  signal,
  step,
  type TestRow,
  where,
} from "./testing/streams.ts";

const cat = catalogue(
  { src: "host", dest: "host", user: "string", pid: "int" },
  { app: "sshd", action: "failure" },
);
const sliding = (ms: number) => ({ kind: "sliding" as const, ms });
const failed = events({
  type: "bool",
  span: { start: 0, end: 0 },
  op: "and",
  args: [is("action", "failure"), {
    type: "bool",
    span: { start: 0, end: 0 },
    op: "in",
    negated: true,
    value: field("src", "host"),
    set: { kind: "cidrs", cidrs: ["127.0.0.0/8", "10.0.0.0/8"] },
  }],
});

function windowed(
  name: string,
  by: string[],
  ms: number,
  distinct: boolean,
  least: number,
): IrRule {
  return rule(name, failed, [
    {
      kind: "stats",
      aggs: [agg("count", "failures"), ...(distinct ? [agg("dc", "users", field("user"))] : [])],
      by: keys(...by),
      window: sliding(ms),
    },
    where(atLeast(distinct ? "users" : "failures", least)),
    { kind: "throttle", ms: 3_600_000, by: keys("src") },
  ]);
}

const rules = program(
  windowed("brute_force", ["src", "dest"], 60_000, true, 5),
  windowed("spraying", ["src"], 1_800_000, true, 20),
  windowed("stuffing", ["src"], 3_600_000, true, 3),
  windowed("slow", ["src", "dest"], 3_600_000, false, 30),
  windowed("per_user", ["user"], 300_000, false, 10),
  rule("chain", {
    kind: "sequence",
    by: keys("src", "dest"),
    within: 900_000,
    steps: [step(signal("brute_force")), step(events(is("action", "success")))],
    until: null,
  }),
  ...Array.from({ length: 6 }, (_, i) => rule(`other${i}`, events(is("action", `other${i}`)))),
);

const COUNT = 100_000;
function rows(sources: number): TestRow[] {
  let seed = 1;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  return Array.from({ length: COUNT }, (_, i) => {
    const s = Math.floor(random() * sources);
    return {
      t: 1_767_225_600_000 + i * 20,
      offset: i * 100,
      src: `203.${s >> 16 & 255}.${s >> 8 & 255}.${s & 255}`,
      dest: "web1",
      user: `user${Math.floor(random() * 500)}`,
      pid: i,
    };
  });
}

for (const sources of [200, 1_000, 1_000_000]) {
  const source = input();
  const data = batch(source, cat, rows(sources));
  Deno.bench(`100,000 failed logins, ${sources} sources`, { n: 10, warmup: 2 }, () => {
    const engine = createEngine(rules, cat);
    engine.detect(data);
    engine.takeChanges();
  });
}
