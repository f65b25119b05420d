import assert from "node:assert/strict";
import { visible, visibleJson, visibleLines, visibleValue } from "./visible.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** All that acts on a terminal or page, or leaves no mark. */
const HIDDEN = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  0xad, // soft hyphen
  0x34f, // combining grapheme joiner
  0x61c, // Arabic letter mark
  ...range(0x115f, 0x1160), // Hangul fillers
  ...range(0x17b4, 0x17b5),
  ...range(0x180b, 0x180f), // Mongolian variation selectors and vowel separator
  ...range(0x200b, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2060, 0x206f),
  0x3164,
  ...range(0xfe00, 0xfe0f), // variation selectors
  0xfeff,
  0xffa0,
  ...range(0xfff0, 0xfffb),
  ...range(0x1bca0, 0x1bca3),
  ...range(0x1d173, 0x1d17a),
  ...range(0xe0000, 0xe0fff), // tags, more variation selectors
];
const LONE = [0xd800, 0xdbff, 0xdc00, 0xdfff];
const written = (n: number) =>
  n < 256 ? `\\x${n.toString(16).padStart(2, "0")}` : `\\u{${n.toString(16)}}`;

Deno.test("every hidden character is written out, at any place of a text", () => {
  for (const n of [...HIDDEN, ...LONE]) {
    const c = String.fromCodePoint(n);
    const shown = written(n);
    assert.equal(visible(c), shown);
    assert.equal(visible(`ad${c}min`), `ad${shown}min`);
    assert.equal(visible(`${c}é日${c}`), `${shown}é日${shown}`);
    assert.equal(visibleLines(`a${c}b`), c === "\t" || c === "\n" ? `a${c}b` : `a${shown}b`);
  }
});

Deno.test("JSON keeps the value and shows no hidden character", () => {
  for (const n of [...HIDDEN, ...LONE]) {
    const value = { [`k${String.fromCodePoint(n)}`]: [`\\${String.fromCodePoint(n)}"x`] };
    const text = visibleJson(value);
    assert.deepEqual(JSON.parse(text), value);
    assert.match(text, /^[\x20-\x7e]*$/, written(n));
  }
  assert.equal(visibleJson({ user: "ad\u202enimda" }), '{"user":"ad\\u202enimda"}');
  assert.equal(visibleJson("\u{e0041}"), '"\\udb40\\udc41"');
  assert.equal(visibleJson({ a: [1, null] }, 2), JSON.stringify({ a: [1, null] }, null, 2));
});

Deno.test("ordinary text stays as it is", () => {
  for (
    const text of [
      "plain C:\\Users\\x \"quoted\" 'and' <b> & ~",
      "café cafe\u0301 Žluťoučký ΑΒΓ привет",
      "日本語 한국어 中文 عربي עברית हिन्दी ไทย",
      "😀 🇩🇪 👍🏽 𝒳",
      "\u00a0\u2003\u3000 spaces",
      "\u0600\u06dd signs that are seen",
    ]
  ) {
    assert.equal(visible(text), text);
    assert.equal(visibleJson(text), JSON.stringify(text));
  }
  assert.equal(visible("👩\u200d💻"), "👩\\u{200d}💻");
});

Deno.test("no character is left out that Unicode calls a format control without a mark", () => {
  // The Prepended_Concatenation_Marks and two signs of the same kind are seen; the rest of Cf is not.
  const seen = new Set([
    ...range(0x600, 0x605),
    0x6dd,
    0x70f,
    0x890,
    0x891,
    0x8e2,
    0x110bd,
    0x110cd,
    ...range(0x13430, 0x1343f),
  ]);
  for (let n = 0; n <= 0x10ffff; n++) {
    const c = String.fromCodePoint(n);
    if (!/^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]$/u.test(c)) continue;
    assert.equal(visible(c) === c, seen.has(n), written(n));
  }
});

Deno.test("values are made visible all through, names too", () => {
  assert.deepEqual(
    visibleValue({ "a\u200b": ["\0", 1, null, { b: true, c: "\u061c" }] }),
    { "a\\u{200b}": ["\\x00", 1, null, { b: true, c: "\\u{61c}" }] },
  );
});

Deno.test("a long text takes time in proportion", () => {
  const started = performance.now();
  assert.equal(visible("\u202e".repeat(200_000)).length, 1_600_000);
  assert.equal(visible("a".repeat(5_000_000)).length, 5_000_000);
  assert.ok(performance.now() - started < 5_000);
});
