/** Lines that a sourcetype drops are no events, and are counted by what they are. */
import assert from "node:assert/strict";
import { inProcess } from "../../tests/in_process.ts";

const ZEEK = [
  "#separator \\x09",
  "#set_separator\t,",
  "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state",
  "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring",
  "1774779301.123456\tCa\t203.0.113.9\t50122\t192.0.2.2\t22\ttcp\tREJ",
  "1774779302.123456\tCb\t203.0.113.9\t50123\t192.0.2.2\t23\ttcp\tREJ",
  "#close\t2026-03-29-10-20-00",
].join("\n") + "\n";

Deno.test("comments and names of columns are dropped by name, the rest are events of their lines", async () => {
  const ran = await inProcess(["parse"], ZEEK);
  assert.equal(ran.code, 0, ran.stderr);
  const events = ran.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(events.map((e) => [e._raw.split("\t")[1], e.dest_port, e.action]), [
    ["Ca", 22, "blocked"],
    ["Cb", 23, "blocked"],
  ]);
  assert.match(ran.stderr, /7 lines .*, 2 events, 0 parse errors/);
  assert.match(ran.stderr, /Dropped: 4 records: comment\n/);
  assert.match(ran.stderr, /Dropped: 1 record: names of columns\n/);
  assert.match(ran.stderr, /2 of 2 events mean something/);
});

Deno.test("an input of nothing but comments has no event and no error", async () => {
  const ran = await inProcess(["agent", "--no-store"], ZEEK.split("\n").slice(0, 4).join("\n"));
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /4 lines .*, 0 events, 0 parse errors/);
});
