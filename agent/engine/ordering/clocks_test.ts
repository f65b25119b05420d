import assert from "node:assert/strict";
import { ClockTracker } from "./clocks.ts";

const T = Date.UTC(2026, 10, 28, 12);
const HOUR = 3_600_000;
const host = (input: string, name: string, peer = "") => ({ slot: 0, input, peer, host: name });

Deno.test("one event far ahead is ordered at its arrival and moves no clock", () => {
  const clocks = new ClockTracker();
  assert.equal(clocks.order(host("udp", "liar"), T + 23 * HOUR, T, true), T);
  assert.equal(clocks.order(host("udp", "liar"), T + 500, T + 1000, true), T + 500);
  assert.deepEqual(clocks.takeNotes(), []);
});

Deno.test("a host that is two hours ahead is named once and ordered by its time less two hours", () => {
  const clocks = new ClockTracker();
  const orders = [];
  for (let i = 0; i < 6; i++) {
    const arrival = T + i * 1000;
    orders.push(clocks.order(host("auth.log", "web1"), arrival + 2 * HOUR - 300, arrival, true));
  }
  assert.deepEqual(orders, [0, 1000, 1700, 2700, 3700, 4700].map((ms) => T + ms));
  assert.deepEqual(clocks.takeNotes(), [{ host: "web1", input: "auth.log", offset: 2 * HOUR }]);
  assert.deepEqual(clocks.takeNotes(), []);
});

Deno.test("a host that is behind by a zone is moved, one that is slow or sends a backlog is not", () => {
  const clocks = new ClockTracker();
  for (let i = 0; i < 8; i++) {
    const arrival = T + i * 1000;
    clocks.order(host("in", "zone"), arrival - HOUR, arrival, true);
    clocks.order(host("in", "slow"), arrival - 7 * 60_000, arrival, true);
    clocks.order(host("in", "backlog"), T - HOUR + i, T, true);
    clocks.order(host("in", "unjudged"), arrival - HOUR, arrival, false);
  }
  assert.deepEqual(clocks.takeNotes(), [{ host: "zone", input: "in", offset: -HOUR }]);
  assert.equal(clocks.order(host("in", "zone"), T, T + HOUR, true), T + HOUR);
  assert.equal(clocks.order(host("in", "slow"), T, T + 1, true), T);
});

Deno.test("a clock that is set right is told and believed again", () => {
  const clocks = new ClockTracker();
  for (let i = 0; i < 6; i++) {
    clocks.order(host("in", "a"), T + i * 1000 + HOUR, T + i * 1000, true);
  }
  clocks.takeNotes();
  for (let i = 10; i < 20; i++) clocks.order(host("in", "a"), T + i * 1000, T + i * 1000, true);
  assert.deepEqual(clocks.takeNotes(), [{ host: "a", input: "in", offset: 0 }]);
  assert.equal(clocks.order(host("in", "a"), T + 30_000, T + 30_000, true), T + 30_000);
});

Deno.test("invented hosts drive out the clocks read longest ago, no more than the cap are kept", () => {
  const clocks = new ClockTracker(100);
  for (let i = 0; i < 1000; i++) clocks.order(host("in", `h${i}`), T, T, true);
  assert.equal(clocks.size, 100);
});

Deno.test("one sender's invented hosts drive out no clock of another sender", () => {
  const clocks = new ClockTracker(1000, 100);
  for (let i = 0; i < 8; i++) {
    const arrival = T + i * 1000;
    clocks.order(host("in", "zone", "10.0.0.1"), arrival - HOUR, arrival, true);
    for (let k = 0; k < 300; k++) {
      clocks.order(host("in", `${i} ${k}`, "10.0.0.2"), arrival - HOUR, arrival, true);
    }
  }
  assert.equal(clocks.size, 101);
  const later = T + 20_000;
  assert.equal(clocks.order(host("in", "zone", "10.0.0.1"), later - HOUR, later, true), later);
  assert.equal(
    clocks.order(host("in", "zone", "10.0.0.2"), later - HOUR, later, true),
    later - HOUR,
  );
});

Deno.test("offsets outlast a checkpoint", () => {
  const clocks = new ClockTracker();
  for (let i = 0; i < 6; i++) {
    clocks.order(host("in", "a"), T + i * 1000 + HOUR, T + i * 1000, true);
  }
  const again = new ClockTracker();
  again.load(JSON.parse(JSON.stringify(clocks.save())));
  assert.equal(again.order(host("in", "a"), T + 10_000 + HOUR, T + 10_000, true), T + 10_000);
});
