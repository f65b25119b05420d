/** Public Windows recordings as events: every record, its values, and the same from every rendering. */
import assert from "node:assert/strict";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { needs, sharedUrl, testNeeding } from "../needs.ts";
import { filesBelow, parseBytes } from "./windows.ts";

const compiled = shipped();

interface Expected {
  readonly records: number | null;
  readonly records_by_reader: Readonly<Record<string, number>>;
  readonly events: readonly (Readonly<Record<string, string | number>> & {
    readonly record_id: number;
    readonly data: Readonly<Record<string, string>>;
  })[];
}

/** What an expectation calls System's fields. */
const SYSTEM = {
  event_id: "EventID",
  provider: "Provider_Name",
  channel: "Channel",
  computer: "Computer",
  level: "Level",
  time: "TimeCreated",
  process_id: "ProcessID",
  user_sid: "UserID",
} as const;

/** `0x00000000000003e7` as Windows itself writes it; the other readers pad. */
const unpadded = (text: string) => text.replace(/^0x0+(?=[0-9a-f])/, "0x");
const same = (got: Value, wanted: string) => {
  const text = got === undefined ? "" : String(got);
  // A size is hexadecimal in the XML of Windows and decimal in libevtx's.
  return text === wanted || text === unpadded(wanted) ||
    /^0x[0-9a-f]+$/.test(text) && /^\d+$/.test(wanted) && BigInt(text) === BigInt(wanted);
};

for (const folder of ["sigma/regression", "evtx-attack", "evtx-parser"]) {
  const path = `data/logs/${folder}/`;
  testNeeding(
    needs.shared(path),
    `binary recordings of ${folder}: every record an event, with its values`,
    () => {
      const url = sharedUrl(path);
      let files = 0, records = 0, values = 0;
      const wrong: string[] = [];
      const short: string[] = [];
      for (const file of filesBelow(url, ".evtx")) {
        const name = decodeURIComponent(file.pathname);
        const expected: Expected = JSON.parse(
          Deno.readTextFileSync(name.replace(/\.evtx$/, ".expected.json")),
        );
        const { flat, counters, parseErrors } = parseBytes(compiled, name, Deno.readFileSync(file));
        files++;
        records += flat.length;
        assert.equal(parseErrors, 0, name);
        const wanted = expected.records ?? Math.max(...Object.values(expected.records_by_reader));
        if (flat.length < wanted) short.push(`${name}: ${flat.length} of ${wanted}`);
        if (counters.damagedChunks === 0) assert.equal(flat.length, wanted, name);
        const byId = new Map(flat.map((e) => [e.EventRecordID, e]));
        for (const event of expected.events) {
          const got = byId.get(event.record_id) ?? {};
          const check = (field: string, is: Value, should: string) => {
            values++;
            if (!same(is, should)) {
              wrong.push(`${name} ${event.record_id} ${field}: ${is}, ${should}`);
            }
          };
          for (const [theirs, ours] of Object.entries(SYSTEM)) {
            if (event[theirs] !== undefined) check(ours, got[ours], String(event[theirs]));
          }
          for (const [field, value] of Object.entries(event.data)) {
            const own = "Data_" + field;
            check(field, got[Object.hasOwn(got, own) ? own : field], value);
          }
        }
      }
      console.log(
        `${folder}: ${files} files, ${records} events, ${
          values - wrong.length
        } of ${values} values equal`,
      );
      for (const line of wrong.slice(0, 10)) console.log("  " + line);
      assert.ok(files > 5);
      assert.deepEqual(short, []);
      assert.ok(wrong.length <= values / 1000, `${wrong.length} of ${values} values differ`);
    },
  );
}

/** An event but for what names its rendering. */
function meaning(flat: Record<string, Value>): Record<string, Value> {
  const { _raw, source: _, _time_from: __, ...rest } = flat;
  return rest;
}

/** XML 1.0 has no place for most control characters. */
function writable(flat: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(flat).map(([name, value]) => [
      name,
      // deno-lint-ignore no-control-regex -- these are the characters meant
      typeof value === "string" ? value.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "\ufffd") : value,
    ]),
  );
}

testNeeding(
  needs.shared("data/logs/"),
  "a record's XML, read as a line or over several, is the same event",
  () => {
    const url = sharedUrl("data/logs/");
    let events = 0;
    for (const file of filesBelow(url, ".evtx")) {
      const name = decodeURIComponent(file.pathname);
      const binary = parseBytes(compiled, name, Deno.readFileSync(file)).flat;
      if (binary.length === 0) continue;
      const raws = binary.map((e) => e._raw as string);
      const exports = [
        raws.join("\n"),
        `<?xml version="1.0" encoding="utf-8"?>\r\n<Events>${
          raws.map((x) => x.replaceAll("><", ">\r\n<")).join("")
        }</Events>`,
      ];
      exports.forEach((text, i) => {
        const read = parseBytes(compiled, name, new TextEncoder().encode(text), 10_007);
        assert.equal(read.flat.length, binary.length, name);
        read.flat.forEach((e, k) => {
          const got = meaning(e), wanted = writable(meaning(binary[k]));
          // A value that holds tags itself was spread over lines with them.
          if (i === 1 && /&lt;|>\s+</.test(JSON.stringify(wanted))) return;
          assert.deepEqual(got, wanted, `${name} ${k}`);
        });
      });
      events += binary.length;
    }
    console.log(`${events} records, each as a line of XML and in one export, are the same events`);
  },
);

testNeeding(
  needs.shared("data/logs/sigma/regression/"),
  "SigmaHQ's JSON of a recording gives the fields that the recording gives",
  () => {
    const url = sharedUrl("data/logs/sigma/regression/");
    let values = 0, events = 0;
    const wrong: string[] = [];
    for (const file of filesBelow(url, ".json")) {
      const name = decodeURIComponent(file.pathname);
      if (name.endsWith(".expected.json") || !/[0-9a-f]{12}\.json$/.test(name)) continue;
      const binary = parseBytes(
        compiled,
        name,
        Deno.readFileSync(name.replace(/\.json$/, ".evtx")),
      );
      const json = parseBytes(compiled, name, Deno.readFileSync(file), 4099);
      assert.equal(json.parseErrors, 0, name);
      const byId = new Map(binary.flat.map((e) => [e.EventRecordID, e]));
      events += json.flat.length;
      for (const got of json.flat) {
        const wanted = byId.get(got.EventRecordID);
        if (!wanted) continue;
        for (const [field, value] of Object.entries(meaning(wanted))) {
          values++;
          // GUIDs stand without braces there, times with one digit less, and blanks at the end are cut.
          const plain = (v: Value) =>
            String(v ?? "").replace(/^\{(.*)\}$/, "$1").replace(/^(20.{24})\dZ$/, "$1Z")
              .toLowerCase()
              .trimEnd();
          if (plain(got[field]) !== plain(value)) {
            wrong.push(`${name} ${field}: ${got[field]}, ${value}`);
          }
        }
      }
    }
    console.log(`${events} events, ${values - wrong.length} of ${values} values equal`);
    for (const line of wrong.slice(0, 20)) console.log("  " + line);
    assert.ok(events > 100);
    assert.ok(wrong.length <= values / 1000, `${wrong.length} of ${values} values differ`);
  },
);

testNeeding(
  needs.shared("data/logs/otrf/"),
  "OTRF's JSON lines: every line an event of its channel",
  () => {
    const url = sharedUrl("data/logs/otrf/");
    const counts: Record<string, number> = {};
    let lines = 0;
    for (const file of filesBelow(url, ".jsonl")) {
      const bytes = Deno.readFileSync(file);
      const { flat, parseErrors } = parseBytes(compiled, file.pathname, bytes);
      assert.equal(parseErrors, 0, file.pathname);
      const texts = new TextDecoder().decode(bytes).trimEnd().split("\n");
      assert.equal(flat.length, texts.length);
      lines += texts.length;
      texts.forEach((text, i) => {
        const given = JSON.parse(text) as Record<string, unknown>;
        for (const [name, value] of Object.entries(given)) {
          if (typeof value === "object") continue;
          assert.equal(String(flat[i][name]), String(value), `${file.pathname} ${i} ${name}`);
        }
        assert.equal(flat[i].Computer, given.Hostname);
        assert.equal(flat[i]._time_from, undefined, text);
        counts[String(flat[i].sourcetype)] = (counts[String(flat[i].sourcetype)] ?? 0) + 1;
      });
    }
    console.log(`${lines} lines: ${JSON.stringify(counts)}`);
    assert.ok(counts.windows_sysmon > 100 && counts.windows_security > 50);
    assert.equal(counts.json, undefined);
  },
);
