/**
 * Mutated lines through every shipped sourcetype: nothing throws, every line is one event with its raw
 * text, and an event without a pattern says why. PICKET_RUNS=1000000 is the long run; it also times
 * lines: none may take 50 ms.
 */
import assert from "node:assert/strict";
import { createParser, toFlat } from "./mod.ts";
import { shipped } from "./testing/shipped.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 400);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? 1);
/** Names, with commas; all unless told. */
const ONLY = Deno.env.get("PICKET_SOURCETYPES")?.split(",");
const TIMED = RUNS >= 100_000;
const BATCH = 100;
const LIMIT = 50;
const LONGEST = 32_768;
const MODIFIED = Date.UTC(2026, 5, 30);

const BITS = [
  " from 10.0.0.1 port 22 ssh2",
  "user=",
  '"',
  "'",
  "\\",
  "[",
  "]",
  "(",
  ")",
  "<",
  ">",
  ",",
  ": ",
  "=",
  "%",
  "{",
  "}",
  "\t",
  "\u0000",
  "\u202e",
  "\ud800",
  "é",
  "::ffff:10.0.0.1",
  "99999999999999999999",
  "-1",
  "Feb 30 25:61:61",
  "__proto__",
  '{"a":',
  "rhost=",
  " - - [",
  "message repeated 5 times: [ ",
];

/** A small generator of random numbers, so that a failure can be had again. */
function random(seed: number): () => number {
  return () => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (seed >>> 0) / 2 ** 32;
  };
}

Deno.test(`${RUNS} mutated lines a sourcetype`, () => {
  const compiled = shipped();
  const samples = compiled.sourcetypes.flatMap((s) => s.samples.map((x) => x.line));
  const slow: string[] = [];
  const counts: string[] = [];
  for (const { name, samples: own } of compiled.sourcetypes) {
    if (ONLY && !ONLY.includes(name)) continue;
    const next = random(SEED + name.length * 7919 + name.charCodeAt(0));
    const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)];
    const lines = own.length > 0 ? own.map((s) => s.line) : samples;
    const mutate = (): string => {
      let line = next() < 0.9 ? pick(lines) : pick(samples);
      for (let i = 1 + Math.floor(next() * 4); i > 0; i--) {
        const at = Math.floor(next() * (line.length + 1));
        const to = Math.min(line.length, at + Math.floor(next() * 12));
        const kind = next();
        if (kind < 0.2) line = line.slice(0, at) + line.slice(to);
        else if (kind < 0.4) line = line.slice(0, at) + pick(BITS) + line.slice(at);
        else if (kind < 0.5) line = line.slice(0, at) + pick(BITS) + line.slice(to);
        else if (kind < 0.6) line = line.slice(0, to) + line.slice(at);
        else if (kind < 0.7) {
          line = line.slice(0, at) + String.fromCharCode(32 + next() * 95) + line.slice(at + 1);
        } else if (kind < 0.8) {
          const other = pick(samples);
          line = line.slice(0, at) + other.slice(Math.floor(next() * other.length));
        } else if (kind < 0.85) line = line.slice(0, at);
        else if (kind < 0.999) {
          line = line.slice(0, at) + line.slice(at, to).repeat(1 + Math.floor(next() * 5)) +
            line.slice(to);
        } else {
          const bit = line.slice(at, Math.max(to, at + 1)) || "a";
          const times = Math.floor(next() * LONGEST / bit.length);
          line = line.slice(0, at) + bit.repeat(times) + line.slice(to);
        }
      }
      return line.slice(0, LONGEST);
    };
    const parser = createParser(compiled, name);
    const mixed = createParser(compiled, name, { mixed: true });
    let errors = 0;
    for (let done = 0; done < RUNS; done += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, RUNS - done) }, mutate);
      for (const parse of done % (4 * BATCH) === 0 ? [parser, mixed] : [parser]) {
        const input = { input: { modified: MODIFIED }, lines: batch, arrival: MODIFIED };
        const started = TIMED ? performance.now() : 0;
        const { events, extractionIds, extractions } = parse(input);
        if (TIMED && performance.now() - started > LIMIT) {
          for (const line of batch) {
            // The least of several: the machine has other things to do as well.
            let least = Infinity;
            for (let i = 0; i < 4 && least > LIMIT / 2; i++) {
              const from = performance.now();
              parse({ ...input, lines: [line] });
              least = Math.min(least, performance.now() - from);
            }
            if (least > LIMIT) slow.push(`${name}: ${least.toFixed(0)} ms: ${line.slice(0, 300)}`);
          }
        }
        assert.equal(events.length, batch.length);
        for (let i = 0; i < batch.length; i++) {
          const event = events[i];
          assert.equal(event._raw, batch[i]);
          assert.ok(Number.isFinite(event._time), `${name}: no time: ${batch[i]}`);
          toFlat(event, extractions[extractionIds[i]], "fuzz");
          if (!extractions[extractionIds[i]].parseError) continue;
          errors++;
          assert.equal(typeof event.parse_error_reason, "string", batch[i]);
        }
      }
    }
    counts.push(`${name} ${RUNS} lines, ${errors} parse errors`);
  }
  if (TIMED) console.log(counts.join("\n"));
  assert.deepEqual(slow.slice(0, 20), []);
});
