/** Lines whose sender names their sourcetypes: each is read as that, in the order of the batch. */
import assert from "node:assert/strict";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import type { EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";
import type { TextBatch } from "./lines.ts";
import { Parsers } from "./parse.ts";
import { recognise } from "./recognise.ts";

const compiled = shipped();
const ARRIVAL = Date.UTC(2026, 2, 30);

const SSH = (i: number) =>
  `Mar 29 10:00:${10 + i} web1 sshd[${
    900 + i
  }]: Failed password for root from 192.0.2.${i} port 22 ssh2`;
const ZEEK = [
  "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state",
  "1774779301.123456\tCa\t203.0.113.9\t50122\t192.0.2.2\t22\ttcp\tREJ",
  "1774779302.123456\tCb\t203.0.113.9\t50123\t192.0.2.2\t23\ttcp\tREJ",
];

function batch(input: InputHandle, made: readonly (readonly [string, string])[], from = 0) {
  return {
    input,
    lines: made.map(([, line]) => line),
    sourcetypes: made.map(([name]) => name),
    arrival: ARRIVAL,
    offset: (i) => from + i,
    truncated: null,
    end: from + made.length,
    encoding: "utf-8",
    peers: made.map((_, i) => `192.0.2.${100 + from + i}`),
  } satisfies TextBatch;
}

const input = () => new InputHandle({ name: "kafka://test/t/0", modified: ARRIVAL });

const told = ({ events, extractions, extractionIds, lineOf, lines }: EventBatch) =>
  events.map((e, i) => [
    lineOf(i),
    extractions[extractionIds[i]].sourcetype,
    e._raw === lines.lines[lineOf(i)],
    e.src,
    new Date(e._time).toISOString().slice(11, 19),
    e.host,
  ]);

Deno.test("named lines: each is read as its sender says, over batches and a checkpoint", () => {
  const parsers = new Parsers({ compiled });
  const of = input();
  const first = parsers.parse(
    batch(of, [["linux_secure", SSH(0)], ["csv", ZEEK[0]], ["linux_secure", SSH(1)], [
      "csv",
      ZEEK[1],
    ]]),
    null,
  );
  assert.deepEqual(told(first.events), [
    [0, "linux_secure", true, "192.0.2.0", "10:00:10", "web1"],
    [2, "linux_secure", true, "192.0.2.1", "10:00:11", "web1"],
    [3, "csv", true, "203.0.113.9", "10:15:01", "192.0.2.103"],
  ]);
  assert.deepEqual([...first.events.dropped ?? []], [["names of columns", 1]]);
  // A run that goes on elsewhere knows the table's columns.
  const state = JSON.parse(JSON.stringify(first.state));
  const second = new Parsers({ compiled }).parse(
    batch(of, [["csv", ZEEK[2]], ["linux_secure", SSH(2)]], 4),
    state,
  );
  assert.deepEqual(told(second.events), [
    [0, "csv", true, "203.0.113.9", "10:15:02", "192.0.2.104"],
    [1, "linux_secure", true, "192.0.2.2", "10:00:12", "web1"],
  ]);
});

Deno.test("named lines: those without a known name are read as the input is", async () => {
  const of = input();
  const notes: string[] = [];
  const made = batch(of, [
    ["csv", ZEEK[0]],
    ["no such", SSH(0)],
    ["", SSH(1)],
    ["no such", SSH(2)],
    ["csv", ZEEK[1]],
  ]);
  const out = ReadableStream.from([made]).pipeThrough(recognise({
    compiled: () => compiled,
    onRecognised: (input, { reason }) => notes.push(`${input.sourcetype}: ${reason}`),
    onUnknown: (_input, name) => notes.push(name),
  })).getReader();
  const { value } = await out.read();
  assert.deepEqual(notes, ["no such", "linux_secure: 3 of the first 3 lines read as linux_secure"]);
  const { events } = new Parsers({ compiled }).parse(value!, null);
  assert.deepEqual(
    told(events).map(([line, sourcetype]) => [line, sourcetype]),
    [[1, "linux_secure"], [2, "linux_secure"], [3, "linux_secure"], [4, "csv"]],
  );
});

Deno.test("named lines: an input of nothing else is not recognised, and unknown names are bounded", async () => {
  const of = input();
  const unknown: string[] = [];
  let recognised = 0;
  const many = Array.from({ length: 1000 }, (_, i) => [`x${i}`, SSH(i % 50)] as const);
  const batches = [batch(of, [["csv", ZEEK[0]]]), batch(of, many, 1)];
  const out = ReadableStream.from(batches).pipeThrough(recognise({
    compiled: () => compiled,
    onRecognised: () => recognised++,
    onUnknown: (_input, name) => unknown.push(name),
  })).getReader();
  await out.read();
  assert.equal(of.sourcetype, null);
  assert.equal(recognised, 0);
  await out.read();
  assert.equal(of.sourcetype, "linux_secure");
  assert.equal(unknown.length, 10);
});

Deno.test("named lines: a line that was cut is known by its place", () => {
  const made = batch(input(), [["csv", ZEEK[0]], ["linux_secure", SSH(0)], [
    "linux_secure",
    SSH(1),
  ]]);
  const { events } = new Parsers({ compiled }).parse({ ...made, truncated: [2] }, null).events;
  assert.deepEqual(events.map((e) => e.more?.line_truncated), [undefined, true]);
});
