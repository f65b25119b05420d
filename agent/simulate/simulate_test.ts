import assert from "node:assert/strict";
import { ATTACKS, type Line, type SimulateOptions, Simulation, STREAMS } from "./mod.ts";

const DAY = 86_400_000;
const OPTIONS: SimulateOptions = {
  seed: 7,
  start: Date.parse("2026-03-02T00:00:00Z"),
  end: Date.parse("2026-03-03T00:00:00Z"),
  rate: 0.2,
  streams: STREAMS,
  attacks: ATTACKS,
  every: null,
  malformed: 0,
  disorder: 0,
  step: 60_000,
};

function all(options: Partial<SimulateOptions> = {}) {
  const simulation = new Simulation({ ...OPTIONS, ...options });
  const lines: Line[] = [];
  for (const step of simulation.steps()) lines.push(...step.lines);
  return { lines, truth: simulation.truth };
}

Deno.test("one seed gives the same lines, another gives others", () => {
  const text = (seed: number) => all({ seed }).lines.map((l) => l.text).join("\n");
  assert.equal(text(7), text(7));
  assert.notEqual(text(7), text(8));
});

Deno.test("lines come in the order of their times, each counted", () => {
  const { lines, truth } = all();
  for (let i = 1; i < lines.length; i++) assert.ok(lines[i].time >= lines[i - 1].time);
  const counted = Object.values(truth.lines).reduce((a, b) => a + b);
  assert.equal(counted, lines.length);
  assert.ok(lines.length > 0.5 * 0.2 * 86_400, `only ${lines.length} lines`);
});

Deno.test("attacks are the same at any rate, whoever else is there", () => {
  const attack = (rate: number) =>
    all({ rate }).lines.filter((l) => l.attack).map((l) => l.text).sort();
  assert.deepEqual(attack(0.1), attack(1));
});

Deno.test("an attack that does not fit is left out with its reason", () => {
  const { truth } = all();
  assert.deepEqual(truth.left_out.map((l) => l.attack).sort(), [
    "dns_tunneling",
    "first_root_login",
    "logging_disabled",
    "unusual_login_hour",
  ]);
  for (const { reason } of truth.left_out) {
    assert.match(reason, /needs \d+ hours; make --duration longer/);
  }
  assert.deepEqual(all({ end: OPTIONS.start + 10 * DAY, rate: 0.01 }).truth.left_out, []);
});

Deno.test("damage and disorder keep to their bounds and leave attacks alone", () => {
  const { lines, truth } = all({ malformed: 0.05, disorder: 5_000 });
  const innocent = lines.filter((l) => !l.attack).length;
  assert.ok(truth.malformed > 0.03 * innocent && truth.malformed < 0.07 * innocent);
  let newest = 0;
  let late = 0;
  for (const { time } of lines) {
    if (time < newest) late++;
    assert.ok(newest - time <= 5_000);
    newest = Math.max(newest, time);
  }
  assert.ok(late > 0);
  const whole = all().lines.filter((l) => l.attack).map((l) => l.text).sort();
  assert.deepEqual(lines.filter((l) => l.attack).map((l) => l.text).sort(), whole);
});

Deno.test("attacks that follow one another each have an attacker", () => {
  const { truth } = all({ every: 600_000, end: OPTIONS.start + DAY / 4 });
  assert.equal(truth.attacks.length, 36 - 1);
  assert.ok(new Set(truth.attacks.map((a) => a.attack)).size > 10);
});
