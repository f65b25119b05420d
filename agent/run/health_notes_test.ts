import assert from "node:assert/strict";
import { HealthLog } from "../engine/health.ts";
import { HealthNotes } from "./health_notes.ts";

const late = (host: string, rows: number, behind: number) => {
  const log = new HealthLog();
  for (let i = 0; i < rows; i++) log.late("udp://:514", host, behind);
  return log.take(7);
};

Deno.test("late rows of a host are told at once, then together once a minute", () => {
  const notes = new HealthNotes();
  const counts = (now: number, ...of: Parameters<typeof late>[]) =>
    notes.take(of.flatMap((x) => late(...x)), now).map((n) => [n.subject, n.detail.count]);
  assert.deepEqual(counts(0, ["web1", 3, 9000]), [["web1", 3]]);
  assert.deepEqual(counts(100, ["web1", 2, 9000], ["web2", 1, 9000]), [["web2", 1]]);
  assert.deepEqual(counts(59_000, ["web1", 2, 90_000]), []);
  const [note] = notes.take([], 60_000);
  assert.deepEqual([note.subject, note.detail.count, note.detail.behind_ms], ["web1", 4, 90_000]);
  assert.match(
    note.message,
    /^web1 \(udp:\/\/:514\): 4 rows came up to 90s behind the watermark/,
  );
  assert.deepEqual(counts(61_000, ["web2", 1, 9000]), [["web2", 1]]);
  assert.deepEqual(counts(62_000, ["web2", 5, 9000]), []);
  assert.deepEqual(counts(Infinity), [["web2", 5]]);
});

Deno.test("hosts that are made up are not remembered without a bound, and none is left out", () => {
  const notes = new HealthNotes();
  let told = 0;
  for (let i = 0; i < 5000; i++) told += notes.take(late(`h${i}`, 1, 9000), i).length;
  told += notes.take([], Infinity).length;
  assert.equal(told, 5000);
});
