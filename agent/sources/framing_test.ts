import assert from "node:assert/strict";
import { newLineCounters } from "../stages/lines.ts";
import { Framing } from "./framing.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Records of a stream that is cut at every place. */
function everyWay(text: string, maxLine = 1 << 16): string[] {
  const bytes = encode(text);
  const read = (chunks: Uint8Array[]) => {
    const framing = new Framing(maxLine, newLineCounters());
    const out = chunks.flatMap((c) => framing.push(c)?.lines ?? []);
    return [...out, ...framing.end()?.lines ?? []];
  };
  const whole = read([bytes]);
  assert.deepEqual(read([...bytes].map((b) => Uint8Array.of(b))), whole);
  for (let i = 1; i < bytes.length; i++) {
    assert.deepEqual(read([bytes.subarray(0, i), bytes.subarray(i)]), whole);
  }
  return whole;
}

Deno.test("framing: lines", () => {
  assert.deepEqual(everyWay("<34>one\n<34>two\r\n<34>half"), ["<34>one", "<34>two", "<34>half"]);
  assert.deepEqual(everyWay(""), []);
});

Deno.test("framing: octets counted, with line feeds inside and after", () => {
  assert.deepEqual(everyWay("7 <34>one8 <34>t\nwo"), ["<34>one", "<34>t\nwo"]);
  assert.deepEqual(everyWay("8 <34>one\n\n8 <34>two\n"), ["<34>one", "<34>two"]);
  assert.deepEqual(everyWay("9 <34>\u00fcber"), ["<34>\u00fcber"]);
  // The connection ended within a message: what there is of it is a record.
  assert.deepEqual(everyWay("20 <34>cut off"), ["<34>cut off"]);
});

Deno.test("framing: a line that begins with a number is a line", () => {
  for (const line of ["2026-03-29T00:02:11Z web1 up", "203.0.113.7 - - [x]", "12 apples", "7"]) {
    assert.deepEqual(everyWay(line + "\n" + line + "\n"), [line, line]);
    assert.deepEqual(everyWay(line), [line]);
  }
});

Deno.test("framing: a length that is none ends the connection, after what came before", () => {
  const framing = new Framing(100, newLineCounters());
  assert.deepEqual(framing.push(encode("7 <34>onexyz"))?.lines, ["<34>one"]);
  assert.equal(framing.broken, true);
  assert.equal(framing.push(encode("7 <34>two")), null);
});

Deno.test("framing: a long message is cut and counted, and takes no more memory than that", () => {
  for (
    const text of [`5000 <34>${"x".repeat(4996)}7 <34>two`, `<34>${"x".repeat(4996)}\n<34>two\n`]
  ) {
    const counters = newLineCounters();
    const framing = new Framing(100, counters);
    const records = framing.push(encode(text))!;
    assert.deepEqual(records.lines.map((l) => l.length), [100, 7]);
    assert.deepEqual(records.truncated, [0]);
    assert.equal(counters.droppedBytes, 4900);
  }
});

Deno.test("framing: a record that is cut gives its memory back, and its rest is dropped", () => {
  for (
    const [first, rest, next] of [["<34>aaaa", "bb\n", "<34>next\n"], [
      "12 <34>aaaa",
      "bbbb",
      "8 <34>next",
    ]]
  ) {
    const counters = newLineCounters();
    const framing = new Framing(1 << 20, counters);
    assert.equal(framing.push(encode(first)), null);
    assert.ok(framing.held > 0);
    assert.deepEqual(framing.cut(), { lines: ["<34>aaaa"], truncated: [0] });
    assert.equal(framing.cut(), null);
    assert.equal(framing.push(encode(rest)), null);
    assert.deepEqual(framing.push(encode(next))?.lines, ["<34>next"]);
    assert.equal(counters.truncated, 1);
    assert.ok(counters.droppedBytes >= 2);
  }
});

Deno.test("framing: what a long record took is given back after it", () => {
  const framing = new Framing(1 << 20, newLineCounters());
  framing.push(encode("x".repeat(500_000)));
  assert.ok(framing.held >= 500_000);
  framing.push(encode("\n"));
  assert.ok(framing.held <= 4096);
});
