import assert from "node:assert/strict";
import { readSettings } from "./settings.ts";

const read = (text: string) =>
  readSettings("agent.yaml", text, ["format", "quiet", "listen", "year"]);

Deno.test("settings: options as written, switches on and off, files", () => {
  const { options, files, diagnostics } = read(
    "format: text\nquiet: true\nlisten: [udp://:1, 'tcp://:2']\nyear: 02026\nfiles: a.log\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(files, ["a.log"]);
  assert.deepEqual([...options].map(([name, o]) => [name, o.values]), [
    ["format", ["text"]],
    ["quiet", "on"],
    ["listen", ["udp://:1", "tcp://:2"]],
    ["year", ["02026"]],
  ]);
  assert.equal(read("quiet: false\n").options.get("quiet")!.values, "off");
  assert.equal(read("").options.size, 0);
});

Deno.test("settings: every mistake is told at its place, in the order of the text", () => {
  const text = "formt: text\nformat: {a: 1}\nlisten: [[x]]\n";
  const found = read(text).diagnostics.map((d) => [d.code, text.slice(d.span.start, d.span.end)]);
  assert.deepEqual(found, [["E0602", "formt"], ["E0604", "{a: 1}"], ["E0604", "[[x]]"]]);
  assert.equal(
    read("- a\n").diagnostics[0].message,
    "The file must be a mapping of keys to values",
  );
  assert.equal(read("a: [\n").diagnostics[0].code, "E0601");
});
