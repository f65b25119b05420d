import assert from "node:assert/strict";
import fc from "fast-check";
import { ExportReader, type JournalEntry } from "./journal_export.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** One entry in the export format: texts as lines, what has a line feed or is no text by its length. */
function entry(fields: readonly (readonly [string, string | Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of fields) {
    if (typeof value === "string" && !value.includes("\n")) parts.push(bytes(`${name}=${value}\n`));
    else {
      const data = typeof value === "string" ? bytes(value) : value;
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
      parts.push(bytes(`${name}\n`), length, data, bytes("\n"));
    }
  }
  parts.push(bytes("\n"));
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}

function read(data: Uint8Array, step = data.length, limit = 1000) {
  const reader = new ExportReader(limit);
  const out: JournalEntry[] = [];
  for (let at = 0; at < data.length; at += step) {
    out.push(...reader.push(data.slice(at, at + step)));
  }
  return { entries: out, cut: reader.cut };
}

const SSHD: [string, string | Uint8Array][] = [
  ["__CURSOR", "s=1;i=2"],
  ["__REALTIME_TIMESTAMP", "1764417600123456"],
  ["MESSAGE", "Failed password"],
  ["_PID", "4711"],
  ["_SYSTEMD_UNIT", "ssh.service"],
  ["_HOSTNAME", "web1"],
];

Deno.test("an entry is JSON with its fields in one order, whatever theirs was", () => {
  const line =
    '{"__REALTIME_TIMESTAMP":"1764417600123456","_HOSTNAME":"web1","_SYSTEMD_UNIT":"ssh.service",' +
    '"_PID":"4711","MESSAGE":"Failed password"}';
  const want = [{ line, cursor: "s=1;i=2", time: 1764417600123.456, own: false }];
  assert.deepEqual(read(entry(SSHD)).entries, want);
  assert.deepEqual(read(entry(SSHD.toReversed())).entries, want);
});

Deno.test("a message of several lines is a text, one that is no UTF-8 a list of bytes", () => {
  const several = read(entry([["MESSAGE", "a=1\n\nb \x1b[0m"]])).entries[0].line;
  assert.deepEqual(JSON.parse(several), { MESSAGE: "a=1\n\nb \x1b[0m" });
  const binary = read(entry([["MESSAGE", new Uint8Array([0x46, 0xff, 10, 61])]])).entries[0].line;
  assert.equal(binary, '{"MESSAGE":[70,255,10,61]}');
  const twice = read(entry([["MESSAGE", "a"], ["MESSAGE", "b"]])).entries[0].line;
  assert.equal(twice, '{"MESSAGE":["a","b"]}');
});

Deno.test("a value over the limit is cut and counted, and what follows is read", () => {
  for (const long of ["x".repeat(5000), "x\n".repeat(2500)]) {
    for (const step of [1, 7, 100, 100_000]) {
      const data = [...entry([["MESSAGE", long], ["_PID", "1"]]), ...entry(SSHD)];
      const { entries, cut } = read(Uint8Array.from(data), step);
      assert.equal(cut, 1);
      const { MESSAGE, _PID } = JSON.parse(entries[0].line);
      assert.equal(MESSAGE, long.slice(0, 1000));
      assert.equal(_PID, "1");
      assert.equal(entries[1].cursor, "s=1;i=2");
      assert.equal(entries.length, 2);
    }
  }
});

Deno.test("something else is refused", () => {
  assert.throws(() => read(bytes("{".repeat(1000))), /not the journal's export format/);
});

Deno.test("what entries hold comes out, however the bytes are cut", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "\n", "=", "a\nb=c\n\n"),
  );
  const one = fc.record({ message: value, exe: value, other: value });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1 }), fc.integer({ min: 1, max: 50 }), (list, step) => {
      const data = list.flatMap(({ message, exe, other }, i) => [
        ...entry([
          ["__CURSOR", `i=${i}`],
          ["_EXE", exe],
          ["COREDUMP", other],
          ["MESSAGE", message],
        ]),
      ]);
      const { entries } = read(Uint8Array.from(data), step);
      assert.deepEqual(
        entries.map((e) => JSON.parse(e.line)),
        list.map(({ message, exe }) => ({ _EXE: exe, MESSAGE: message })),
      );
      assert.deepEqual(entries.map((e) => e.cursor), list.map((_, i) => `i=${i}`));
    }),
  );
});
