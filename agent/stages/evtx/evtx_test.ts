import assert from "node:assert/strict";
import { type EvtxBatch, isEvtx, readChunk, readEvtx } from "./mod.ts";
import { around, event, eventData, EVERY_TYPE, SID, TIME } from "./testing/sample_events.ts";
import {
  element,
  integer,
  nothing,
  sampleChunk,
  sampleChunks,
  sampleFile,
  type SampleRecord,
  type SampleValue,
  sign,
  string,
  utf16,
} from "./testing/write_sample.ts";

const EMPTY = eventData(1, {});

function read(record: SampleRecord) {
  const { records, damaged } = readChunk(sampleChunk([record]));
  assert.deepEqual(damaged, { chunks: 0, records: 0, reasons: {} });
  assert.equal(records.length, 1);
  return records[0];
}

function simple(count: number, from = 1): SampleRecord[] {
  return Array.from(
    { length: count },
    (_, i) => event(from + i, { template: LOGON, values: [string(`user${from + i}`)] }),
  );
}
const LOGON = eventData(2, { TargetUserName: nothing }).template;

async function readAll(file: Uint8Array, step = 50_000): Promise<EvtxBatch[]> {
  const parts = ReadableStream.from((function* () {
    for (let at = 0; at < file.length; at += step) yield file.subarray(at, at + step);
  })());
  const batches: EvtxBatch[] = [];
  for await (const batch of readEvtx(parts)) batches.push(batch);
  return batches;
}

const total = (batches: EvtxBatch[]) => batches.reduce((n, b) => n + b.records.length, 0);
const users = (batches: EvtxBatch[]) =>
  batches.flatMap((b) => b.records.map((r) => r.data.TargetUserName));

Deno.test("System fields are read, and absent ones left out", () => {
  const record = read(event(77, EMPTY));
  assert.equal(record.id, 77);
  assert.equal(record.time, TIME);
  assert.deepEqual(record.fields(), {
    Provider_Name: "Sample-Provider",
    Provider_Guid: "{03020100-0504-0706-0809-0A0B0C0D0E0F}",
    EventID: 4624,
    Qualifiers: 16384,
    Version: 2,
    Level: 4,
    Keywords: "0x8020000000000000",
    TimeCreated: "2026-03-29T00:02:15.1234567Z",
    EventRecordID: 77,
    ActivityID: "{03020100-0504-0706-0809-0A0B0C0D0E0F}",
    ProcessID: 600,
    ThreadID: 720,
    Channel: "Sample/Operational",
    Computer: "host.example",
    UserID: "S-1-5-21-1-2",
  });
  const bare = read(event(1, EMPTY, true)).fields();
  for (const name of ["Qualifiers", "Version", "ProcessID", "ActivityID", "UserID"]) {
    assert.equal(Object.hasOwn(bare, name), false, name);
  }
});

Deno.test("every value type has its text", () => {
  const values = Object.fromEntries(EVERY_TYPE.map(([name, value]) => [name, value]));
  const record = read(event(1, eventData(3, values)));
  assert.deepEqual(
    { ...record.data },
    Object.fromEntries(EVERY_TYPE.map(([name, _, text]) => [name, text])),
  );
});

Deno.test("the style of libevtx pads hexadecimal integers and writes sizes as decimals", () => {
  const chunk = sampleChunk([
    event(
      1,
      eventData(3, {
        a: integer(0x15, 8, 0x3e7),
        b: integer(0x14, 4, 1),
        c: integer(0x10, 4, 600),
      }),
    ),
  ]);
  assert.deepEqual({ ...readChunk(chunk, { style: "libevtx" }).records[0].data }, {
    a: "0x00000000000003e7",
    b: "0x00000001",
    c: "600",
  });
});

Deno.test("array values repeat their element", () => {
  const sids = new Uint8Array([...SID, ...SID]);
  const unnamed = around(
    4,
    element(
      "EventData",
      {},
      element("Data", {}, { slot: 0, optional: false }),
      element("Data", { Name: ["n"] }, { slot: 1, optional: false }),
      element("Data", { Name: ["s"] }, { slot: 2, optional: false }),
      element("Data", { Name: ["none"] }, { slot: 3, optional: false }),
    ),
    { type: 0x81, bytes: utf16("one\0\0three\0") },
    { type: 0x86, bytes: new Uint8Array([1, 0, 2, 0, 3, 0]) },
    { type: 0x93, bytes: sids },
    { type: 0x88, bytes: new Uint8Array() },
  );
  const record = read(event(1, unnamed));
  assert.deepEqual({ ...record.data }, {
    "#0": "one",
    "#1": "",
    "#2": "three",
    n: "1",
    "n[2]": "2",
    "n[3]": "3",
    s: "S-1-5-21-1-2",
    "s[2]": "S-1-5-21-1-2",
    none: "",
  });
  assert.match(
    record.xml(),
    /<Data>one<\/Data><Data\/><Data>three<\/Data><Data Name="n">1<\/Data>/,
  );
  assert.deepEqual(record.json(), {
    Event: {
      ...(record.json() as { Event: object }).Event,
      EventData: {
        Data: { "#text": ["one", "", "three"] },
        n: [1, 2, 3],
        s: ["S-1-5-21-1-2", "S-1-5-21-1-2"],
        none: "",
      },
    },
  });
});

Deno.test("a missing optional value leaves its element out, a missing normal one leaves it empty", () => {
  const data = around(
    5,
    element(
      "EventData",
      {},
      element("Data", { Name: ["a"] }, { slot: 0, optional: true }),
      element("Data", { Name: ["b"] }, { slot: 0, optional: false }),
      element("Data", { Name: ["c"] }, { slot: 9, optional: true }),
    ),
    nothing,
  );
  const record = read(event(1, data));
  assert.deepEqual({ ...record.data }, { b: "" });
  assert.match(record.xml(), /<EventData><Data Name="b"\/><\/EventData>/);
});

Deno.test("UserData gives its leaves, through nested templates", () => {
  const inner = around(7, element("Inner", {}, element("Deep", {}, { slot: 0 })), string("x"));
  const data = around(
    6,
    element(
      "UserData",
      {},
      element("LogFileCleared", { xmlns: ["urn:x"] }, element("SubjectUserName", {}, "bob"), {
        slot: 0,
        type: 0x21,
      }, inner),
    ),
    around(8, element("More", {}, element("Other", {}, { slot: 0 })), string("y")),
  );
  const record = read(event(1, data));
  assert.deepEqual({ ...record.data }, { SubjectUserName: "bob", Other: "y", Deep: "x" });
  assert.match(record.xml(), /<UserData><LogFileCleared xmlns="urn:x"><SubjectUserName>bob</);
});

Deno.test("text in all its forms is joined, and written to XML so that it reads back", () => {
  const data = around(
    9,
    element(
      "EventData",
      {},
      element("Data", { Name: ["t"] }, "a<", { cdata: "b&" }, { charRef: 0x43 }, { entity: "gt" }, {
        slot: 0,
      }),
      { target: "note", data: "inside ?>" },
      element("Data", { Name: ['q"'] }, "\u0001"),
    ),
    string("<script>"),
  );
  const record = read(event(1, data));
  assert.deepEqual({ ...record.data }, { t: "a<b&C><script>", 'q"': "\u0001" });
  const xml = record.xml();
  assert.match(xml, />a&lt;b&amp;C&gt;&lt;script&gt;<\/Data><\?note inside \? >\?>/);
  assert.match(xml, /<Data Name="q&quot;">\ufffd<\/Data>/);
});

Deno.test("names from the file cannot write markup, nor reach a prototype", () => {
  const data = around(
    10,
    element(
      "UserData",
      {},
      element(
        "x",
        {},
        element("a><b", {}, "1"),
        element("__proto__", {}, "2"),
        element("", {}, "3"),
      ),
    ),
  );
  const record = read(event(1, data));
  assert.equal(Object.getPrototypeOf(record.data), Object.prototype);
  assert.deepEqual(Object.entries(record.data), [["a><b", "1"], ["__proto__", "2"], ["#0", "3"]]);
  assert.match(record.xml(), /<x><a__b>1<\/a__b><__proto__>2<\/__proto__><_>3<\/_><\/x>/);
  assert.deepEqual(Object.entries(record.fields()).slice(-3).map(([, value]) => value), [
    "1",
    "2",
    "3",
  ]);
});

Deno.test("a data field of a System field's name is kept apart", () => {
  const record = read(event(1, eventData(11, { ProcessID: string("7"), Level: string("x") })));
  const fields = record.fields();
  assert.deepEqual([fields.ProcessID, fields.Data_ProcessID, fields.Data_Level], [600, "7", "x"]);
});

Deno.test("a record without a template is read", () => {
  const content = element(
    "Event",
    {},
    element("System", {}, element("EventID", {}, "12"), element("Channel", {}, "C")),
    element("EventData", {}, element("Data", {}, "v")),
  );
  const record = read({ id: 3, time: 116444736000000000n, content });
  assert.deepEqual(record.fields(), { EventID: 12, Channel: "C", "#0": "v" });
  assert.equal(record.time, 0);
});

Deno.test("an event that was forwarded: no template, elements without the dependency identifier", () => {
  const forwarded = (id: number) => ({
    id,
    time: 116444736000000000n,
    bare: true,
    content: element(
      "Event",
      { xmlns: ["http://schemas.microsoft.com/win/2004/08/events/event"] },
      element(
        "System",
        {},
        element("Provider", { Name: ["Microsoft-Windows-Security-Auditing"] }),
        element("EventID", {}, "4625"),
        element("Channel", {}, "Security"),
        element("Computer", {}, "ws1.example"),
      ),
      element("EventData", {}, element("Data", { Name: ["TargetUserName"] }, `bob${id}`)),
      element("RenderingInfo", { Culture: ["en-US"] }, element("Message", {}, "An account failed")),
      { template: { id: 9, root: element("Extra", {}, { slot: 0 }) }, values: [string("x")] },
    ),
  });
  const batch = readChunk(sampleChunk([forwarded(1), forwarded(2), event(3, eventData(11, {}))]));
  assert.deepEqual(batch.damaged.reasons, {});
  assert.deepEqual(batch.records.map((r) => r.fields().TargetUserName), [
    "bob1",
    "bob2",
    undefined,
  ]);
  assert.equal(batch.records[0].fields().EventID, 4625);
  assert.match(batch.records[1].xml(), /<Message>An account failed<\/Message>.*<Extra>x<\/Extra>/s);
});

Deno.test("a file is read whatever the sizes of its parts, empty chunks passed over", async () => {
  const file = sampleFile([
    sampleChunk(simple(50)),
    new Uint8Array(65_536),
    sampleChunk(simple(30, 51)),
  ]);
  assert.ok(isEvtx(file));
  for (const step of [7, 4096, 65_536, 1_000_000]) {
    const batches = await readAll(file, step);
    assert.deepEqual(batches.map((b) => [b.offset, b.records.length, b.damaged.chunks]), [
      [4096, 50, 0],
      [4096 + 2 * 65_536, 30, 0],
    ]);
    assert.deepEqual(users(batches).at(-1), "user80");
  }
});

Deno.test("chunks beyond the header's count are read", async () => {
  const file = sampleFile([sampleChunk(simple(5)), sampleChunk(simple(5, 6))], 1, 1);
  const batches = await readAll(file);
  assert.equal(total(batches), 10);
  assert.deepEqual(batches[0].damaged.reasons, {});
});

Deno.test("a damaged record does not cost the others of its chunk", () => {
  const chunk = sampleChunk(simple(20));
  const { records } = readChunk(chunk);
  const broken = chunk.slice();
  new DataView(broken.buffer).setUint32(records[5].offset + 4, 0, true);
  const read = readChunk(broken);
  assert.equal(read.records.length, 19);
  assert.equal(read.damaged.records, 1);
  assert.deepEqual(read.damaged.reasons, {
    "chunk data checksum is wrong": 1,
    "record size is out of range": 1,
  });
  const strict = readChunk(broken, { recover: false });
  assert.equal(strict.records.length, 5);
  assert.equal(strict.damaged.records, 15);
});

Deno.test("values that cross the end of their record are not read", () => {
  const chunk = sampleChunk(simple(3));
  const [, second] = readChunk(chunk).records;
  // The fragment's header, the instance's, and the number of values come before the sizes.
  const size = second.offset + 24 + 4 + 10 + 4;
  new DataView(chunk.buffer).setUint16(size, 60_000, true);
  const { records, damaged } = readChunk(chunk);
  assert.deepEqual(records.map((record) => record.id), [1, 3]);
  assert.equal(damaged.reasons["values cross the end of the record"], 1);
});

Deno.test("a record whose template was written over gets no wrong names", () => {
  const chunk = sampleChunk(simple(3));
  const at = chunk.findIndex((_, i) =>
    new DataView(chunk.buffer).getUint32(Math.min(i, 65_532), true) === 2 && i > 512
  );
  assert.ok(at > 0);
  // The first place is the first instance's id; all later records refer to a definition of id 2.
  new DataView(chunk.buffer).setUint32(at, 9, true);
  const { records, damaged } = readChunk(chunk);
  assert.deepEqual(records.map((record) => record.id), [2, 3]);
  assert.equal(damaged.reasons["template is out of range"], 1);
});

Deno.test("records behind the header's end are read when they continue its ids", () => {
  const chunk = sampleChunk(simple(10));
  const { records } = readChunk(chunk);
  const view = new DataView(chunk.buffer);
  view.setUint32(48, records[6].offset, true);
  view.setUint32(52, 0, true);
  view.setBigUint64(32, 6n, true);
  view.setBigUint64(16, 6n, true);
  sign(chunk);
  assert.equal(readChunk(chunk).records.length, 10);
  view.setBigUint64(records[6].offset + 8, 900n, true);
  assert.equal(readChunk(chunk).records.length, 6, "left over from another use");
});

Deno.test("wrong and missing checksums do not keep records from being read", async () => {
  const chunk = sampleChunk(simple(10));
  const view = new DataView(chunk.buffer);
  view.setUint32(124, 1, true);
  assert.deepEqual(readChunk(chunk).damaged.reasons, { "chunk header checksum is wrong": 1 });
  assert.equal(readChunk(chunk).records.length, 10);
  view.setUint32(124, 0, true);
  view.setUint32(52, 0, true);
  assert.deepEqual(readChunk(chunk).damaged.reasons, {});
  view.setUint32(124, 1, true);
  const [batch] = await readAll(sampleFile([chunk], 4));
  assert.deepEqual([batch.records.length, batch.damaged.reasons], [10, {}]);
});

Deno.test("a file that is cut off gives what is left, and a count of the rest", async () => {
  const file = sampleFile([sampleChunk(simple(10)), sampleChunk(simple(10, 11))]);
  const cut = 4096 + 65_536 + readChunk(sampleChunk(simple(10, 11))).records[4].offset + 30;
  const batches = await readAll(file.subarray(0, cut));
  assert.equal(total(batches), 14);
  assert.equal(batches[1].damaged.records, 6);
  assert.equal(batches[1].damaged.reasons["chunk is cut off"], 1);
});

Deno.test("lost bytes between chunks: the next chunk is found", async () => {
  const file = sampleFile([
    sampleChunk(simple(10)),
    sampleChunk(simple(10, 11)),
    sampleChunk(simple(10, 21)),
  ]);
  const hole = new Uint8Array(file.length - 5000);
  hole.set(file.subarray(0, 4096 + 60_000));
  hole.set(file.subarray(4096 + 65_000), 4096 + 60_000);
  const batches = await readAll(hole);
  assert.deepEqual(users(batches).slice(-10), users(await readAll(file)).slice(-10));
  assert.equal(total(batches), 30);
});

Deno.test("chunks without a file header are read, other input is refused with one reason", async () => {
  assert.equal(total(await readAll(sampleChunk(simple(10)))), 10);
  const other = new TextEncoder().encode("Nov 21 05:00:00 host sshd[1]: hello\n".repeat(5000));
  const batches = await readAll(other);
  assert.equal(total(batches), 0);
  assert.equal(batches.length, 1);
  assert.equal(batches[0].damaged.reasons["not an event log"], 1);
  assert.equal((await readAll(new Uint8Array(10)))[0].damaged.reasons["not an event log"], 1);
  assert.ok(!isEvtx(other));
  const [head] = await readAll(sampleFile([]).subarray(0, 100));
  assert.deepEqual(head.damaged.reasons, { "file header is damaged": 1 });
  assert.deepEqual(await readAll(sampleFile([])), []);
});

Deno.test("templates that expand without end are stopped", () => {
  let value: SampleValue = string("x".repeat(1000));
  // Ten levels of elements that each say the level below twelve times.
  for (let level = 0; level < 10; level++) {
    const slots = Array.from({ length: 12 }, () => element("e", {}, { slot: 0, type: 0x21 }));
    value = around(20 + level, element("n", {}, ...slots), value);
  }
  const root = element("UserData", {}, { slot: 0, type: 0x21 });
  const { records, damaged } = readChunk(
    sampleChunk([event(1, around(99, root, value)), ...simple(3, 2)]),
  );
  assert.deepEqual(records.map((record) => record.id), [2, 3, 4]);
  assert.deepEqual([damaged.records, damaged.reasons], [1, { "expands too far": 1 }]);
});

Deno.test("many records that all say a long template are stopped together", () => {
  const slots = Array.from({ length: 700 }, () => element("e", {}, { slot: 0 }));
  const long = around(
    20,
    element("UserData", {}, element("n", {}, ...slots)),
    string("x".repeat(500)),
  );
  const { records, damaged } = readChunk(
    sampleChunk(Array.from({ length: 40 }, (_, i) => event(i + 1, long))),
  );
  assert.equal(records.length + damaged.records, 40);
  const xml = records.map((record) => record.xml());
  assert.ok(xml.reduce((n, text) => n + text.length, 0) <= 16 * 1024 * 1024);
  assert.ok(xml[0].length > 350_000);
  assert.equal(records[0].xml(), xml[0]);
});

Deno.test("samples that fill a chunk go on in the next; more than one chunk holds is an error", async () => {
  const values = Object.fromEntries(EVERY_TYPE.map(([name, value]) => [name, value]));
  const records = Array.from({ length: 60 }, (_, i) => event(i + 1, eventData(1, values)));
  const chunks = sampleChunks(records);
  assert.ok(chunks.length > 1);
  const read = (await readAll(sampleFile(chunks))).flatMap((b) => b.records.map((r) => r.id));
  assert.deepEqual(read, records.map((r) => r.id));
  assert.throws(() => sampleChunk([...records, ...records]), /more than one chunk/);
});
