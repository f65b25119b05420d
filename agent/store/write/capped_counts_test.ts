import assert from "node:assert/strict";
import { seeded } from "../../simulate/random.ts";
import { type Buckets, CappedCounts, type Count } from "./capped_counts.ts";

const HOUR = 3600, DAY = 86_400;
const CAP = { all: 30, most: 5, rest: "" };

/** Hour and name of each event. */
type Events = readonly (readonly [number, string])[];

function buckets(events: Events): Buckets {
  const out = new Map<number, Map<string, Count>>();
  for (const [hour, name] of events) {
    const counts = out.get(hour * HOUR) ?? new Map<string, Count>();
    out.set(hour * HOUR, counts);
    counts.set(name, { events: (counts.get(name)?.events ?? 0) + 1 });
  }
  return out;
}

/** What a store has after the events came in so many portions; after some a new process goes on. */
function stored(events: Events, cuts: readonly number[], restart: () => boolean) {
  const rows = new Map<string, number>();
  let counts = new CappedCounts([HOUR, DAY], CAP);
  let from = 0;
  for (const to of [...cuts, events.length]) {
    counts.add(buckets(events.slice(from, to)), (width, bucket, name, n) => {
      const key = `${width} ${bucket} ${name}`;
      const sum = (rows.get(key) ?? 0) + n;
      assert.ok(sum >= 0, key);
      if (sum === 0) rows.delete(key);
      else rows.set(key, sum);
    });
    from = to;
    if (!restart()) continue;
    counts = new CappedCounts([HOUR, DAY], CAP);
    for (const [bucket, names] of buckets(events.slice(0, to))) {
      for (const [name, { events }] of names) counts.seed(bucket, name, events);
    }
  }
  return Object.fromEntries([...rows].sort());
}

Deno.test("what is stored of counts does not depend on where they are cut", () => {
  const r = seeded(8);
  let lumped = 0, apart = 0;
  for (let run = 0; run < 200; run++) {
    const names = r.pick([3, 28, 33, 90]), hours = r.int(1, 30);
    const events = Array.from({ length: r.int(1, 300) }, () =>
      [
        r.int(0, hours - 1),
        r.chance(0.4) ? `busy${r.int(0, 6)}` : `n${r.int(0, names)}`,
      ] as const);
    const whole = stored(events, [], () => false);
    const cuts = [...new Set(Array.from({ length: r.int(1, 20) }, () => r.int(0, events.length)))]
      .sort((a, b) => a - b);
    assert.deepEqual(stored(events, cuts, () => r.chance(0.3)), whole);
    const days = Object.entries(whole).filter(([key]) => key.startsWith(`${DAY} `));
    const rows = new Map<string, number>();
    for (const [key, n] of days) {
      const day = key.split(" ")[1];
      rows.set(day, (rows.get(day) ?? 0) + n);
      if (key.endsWith(" ")) lumped++;
      else apart++;
    }
    assert.equal([...rows.values()].reduce((a, b) => a + b, 0), events.length);
  }
  assert.ok(lumped > 20 && apart > 500, `${lumped} ${apart}`);
});
