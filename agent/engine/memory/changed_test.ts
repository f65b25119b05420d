import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import type { AlertRecord } from "./records.ts";
import { ChangeCounts, ChangedRecords, type ChangesTaken } from "./changed.ts";

const record = (no: number) =>
  ({ no, dirty: false, reported: false, closed: false }) as unknown as AlertRecord;

Deno.test("each change is taken once, when it is asked for, as by looking through all records", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ touch: fc.nat(7) }) },
    { weight: 2, arbitrary: fc.record({ close: fc.nat(7) }) },
    {
      weight: 3,
      arbitrary: fc.record({ take: fc.constantFrom<ChangesTaken>("all", "opened", "ended") }),
    },
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const counts = new ChangeCounts();
    const changed = new ChangedRecords(counts);
    let next = 8;
    const open = Array.from({ length: 8 }, (_, i) => record(i));
    const waiting = new Set<AlertRecord>();
    for (const s of steps) {
      if ("take" in s) {
        const expected = [...waiting].filter((r) =>
          s.take === "all" || r.closed || (s.take === "opened" && !r.reported)
        );
        if (expected.length > 0) equal(counts.has(s.take), true);
        const got: AlertRecord[] = [];
        changed.take(s.take, (r) => {
          got.push(r);
          (r as { reported: boolean }).reported = true;
        });
        const numbers = (list: readonly AlertRecord[]) => list.map((r) => r.no).sort();
        deepEqual(numbers(got), numbers(expected));
        for (const r of got) waiting.delete(r);
      } else if ("touch" in s) {
        changed.add(open[s.touch]);
        waiting.add(open[s.touch]);
      } else {
        const r = open[s.close];
        r.closed = true;
        changed.add(r);
        waiting.add(r);
        // What is closed is not touched again; another alert takes its place.
        open[s.close] = record(next++);
      }
      equal(changed.size, waiting.size);
      equal(counts.changed, waiting.size);
      deepEqual(new Set(changed), waiting);
    }
    changed.take("all", () => {});
    deepEqual({ ...counts }, { changed: 0, opened: 0, ended: 0 });
  }));
});
