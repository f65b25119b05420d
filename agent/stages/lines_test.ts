import assert from "node:assert/strict";
import type { Input } from "../event.ts";
import { lines } from "./content.ts";
import { decodeLines, PIECE } from "./decode.ts";
import { LineReader, type TextBatch } from "./lines.ts";
import { InputHandle } from "../input.ts";

function input(): InputHandle {
  return new InputHandle({ name: "t" });
}

interface Read {
  readonly lines: string[];
  readonly offsets: number[];
  readonly reader: LineReader;
}

function read(chunks: readonly Uint8Array[], maxLine?: number): Read {
  const reader = new LineReader(input(), { maxLine });
  const out: Read = { lines: [], offsets: [], reader };
  const take = (batch: TextBatch | null) =>
    batch?.lines.forEach((line, i) => {
      out.lines.push(line);
      out.offsets.push(batch.offset(i));
    });
  for (const chunk of chunks) take(reader.push(chunk, 0));
  take(reader.end());
  return out;
}

const bytes = (text: string) => new TextEncoder().encode(text);

function utf16(text: string, little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length + 2));
  view.setUint16(0, 0xfeff, little);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + 2 * i, text.charCodeAt(i), little);
  return new Uint8Array(view.buffer);
}

/** Whole, cut in two at every place, and byte by byte. */
function everyWay(data: Uint8Array, expected: string[], offsets: number[], maxLine?: number) {
  const ways = [[data], [...data].map((b) => Uint8Array.of(b))];
  for (let i = 0; i <= data.length; i++) ways.push([data.subarray(0, i), data.subarray(i)]);
  for (const way of ways) {
    const got = read(way, maxLine);
    const where = way.map((c) => c.length).join("+");
    assert.deepEqual(got.lines, expected, where);
    assert.deepEqual(got.offsets, offsets, where);
    assert.equal(got.reader.counters.bytes, data.length);
    assert.equal(got.reader.counters.lines, expected.length);
  }
}

Deno.test("a large block is decoded in pieces: lines and offsets are the same", () => {
  let state = 7;
  const random = () => (state = Math.imul(state, 1103515245) + 12345 >>> 0) / 2 ** 32;
  for (const [letter, end] of [["a", "\n"], ["ö", "\n"], ["a", "\r\n"], ["€", "\r\n"]]) {
    const texts = Array.from({ length: 900 }, (_, i) =>
      // Some lines are longer than a piece, some are empty.
      letter.repeat(random() < 0.01 ? PIECE + 5 : random() < 0.1 ? 0 : (random() * 400) | 0) + i);
    texts.push("", "last", "");
    const offsets: number[] = [];
    let at = 0;
    for (const text of texts) {
      offsets.push(at);
      at += bytes(text + end).length;
    }
    const got = read([bytes(texts.join(end) + end)]);
    assert.deepEqual(got.lines, texts);
    assert.deepEqual(got.offsets, offsets);
    const body = bytes(texts.join("\n"));
    assert.deepEqual(decodeLines(body)!.lines, texts);
    assert.equal(decodeLines(body)!.ascii, letter === "a");
    assert.ok(body.length > 5 * PIECE);
  }
  // Cut exactly at the end of a piece, and one byte before and behind it.
  for (const length of [PIECE - 1, PIECE, PIECE + 1]) {
    for (const rest of ["", "b", "\nb"]) {
      const text = "a".repeat(length) + "\n" + rest;
      assert.deepEqual(decodeLines(bytes(text))!.lines, text.split("\n"));
    }
  }
  assert.equal(decodeLines(bytes("a".repeat(PIECE) + "\nb\0")), null);
});

Deno.test("lines are the same wherever the chunks are cut", () => {
  everyWay(bytes("a\nbö€\r\n\n😀x\rY\r\nhalf"), ["a", "bö€", "", "😀x\rY", "half"], [
    0,
    2,
    10,
    11,
    20,
  ]);
  everyWay(bytes("one\ntwo\n"), ["one", "two"], [0, 4]);
  everyWay(bytes(""), [], []);
  everyWay(bytes("\n"), [""], [0]);
});

Deno.test("a byte order mark is no part of the first line, and counts in offsets", () => {
  everyWay(bytes("\ufeffa\nb\ufeff\n"), ["a", "b\ufeff"], [3, 5]);
});

Deno.test("UTF-16 either way round", () => {
  for (const little of [true, false]) {
    everyWay(utf16("aö\r\n😀b\n\u0a00c\nhalf", little), ["aö", "😀b", "\u0a00c", "half"], [
      2,
      10,
      18,
      24,
    ]);
  }
});

Deno.test("invalid bytes and NUL stay visible, a real U+FFFD stays itself", () => {
  const data = Uint8Array.of(
    97,
    0xff,
    98,
    10,
    0xe2,
    0x82,
    10,
    99,
    0,
    10,
    0xef,
    0xbf,
    0xbd,
    10,
    0xc3,
  );
  everyWay(data, ["a\\xffb", "\\xe2\\x82", "c\\x00", "\ufffd", "\\xc3"], [0, 4, 7, 10, 14]);
  assert.equal(read([data]).reader.counters.invalid, 3);
});

Deno.test("a lone surrogate in UTF-16 is escaped", () => {
  const got = read([utf16("a\ud800b\nc", true)]);
  assert.deepEqual(got.lines, ["a\\x00\\xd8b", "c"]);
  assert.equal(got.reader.counters.invalid, 1);
});

Deno.test("a line over the limit is cut at a character, counted and marked", () => {
  const data = bytes("12345\n1234567\r\n12€4567\nok\n");
  everyWay(data, ["12345", "12345", "12€", "ok"], [0, 6, 15, 25], 5);
  const { reader } = read([data], 5);
  assert.equal(reader.counters.truncated, 2);
  assert.deepEqual(new LineReader(input(), { maxLine: 5 }).push(data, 0)!.truncated, [1, 2]);
});

Deno.test("a line of any length takes bounded memory", () => {
  const reader = new LineReader(input(), { maxLine: 1000 });
  const chunk = new Uint8Array(1 << 16).fill(120);
  for (let i = 0; i < 100; i++) assert.equal(reader.push(chunk, 0), null);
  const batch = reader.push(bytes("\nnext\n"), 0)!;
  assert.deepEqual(batch.lines.map((l) => l.length), [1000, 4]);
  assert.equal(batch.offset(1), 100 * chunk.length + 1);
  assert.equal(reader.counters.droppedBytes, 100 * chunk.length - 1000);
});

Deno.test("complete lines come at once and the buffer may be used again", () => {
  const reader = new LineReader(input());
  const buffer = bytes("one\ntw");
  assert.deepEqual(reader.push(buffer, 7)!.lines, ["one"]);
  buffer.fill(120);
  const batch = reader.push(bytes("o\n"), 8)!;
  assert.deepEqual(batch.lines, ["two"]);
  assert.equal(batch.arrival, 8);
  assert.equal(batch.end, 8);
});

Deno.test("the identity is the first line's, however the input is cut", () => {
  const a = read([bytes("first line\nb\n")]).reader.input.identity;
  const b = read([bytes("first"), bytes(" line\nother\n")]).reader.input.identity;
  assert.match(a!, /^[0-9a-f]{16}$/);
  assert.equal(a, b);
  assert.notEqual(a, read([bytes("First line\n")]).reader.input.identity);
});

Deno.test("reading goes on from an offset", () => {
  const reader = new LineReader(input(), { offset: 100 });
  const batch = reader.push(bytes("x\ny\n"), 0)!;
  assert.equal(batch.offset(1), 102);
  assert.equal(batch.end, 104);
});

Deno.test("the stage passes on the last half line of each input", async () => {
  const [one, two] = [input(), input()];
  const chunks = [
    { input: one, data: bytes("a\nb"), arrival: 0 },
    { input: two, data: bytes("c"), arrival: 0 },
  ];
  const got: [Input, string][] = [];
  for await (const batch of ReadableStream.from(chunks).pipeThrough(lines())) {
    for (const line of batch.lines) got.push([batch.input, line]);
  }
  assert.deepEqual(got.map(([i, l]) => [i === one ? 1 : 2, l]), [[1, "a"], [1, "b"], [2, "c"]]);
});
