/** The linear engine answers what JavaScript's own does, and takes no longer on hostile text. */
import assert from "node:assert/strict";
import { checkRegex } from "../mod.ts";
import { randomFrom, randomRegex } from "../testing/random_regex.ts";
import { linearTest, NoProgram } from "./mod.ts";
import { MAX_INSTRUCTIONS } from "./program.ts";

const asked = Deno.permissions.querySync({ name: "env", variable: "PICKET_RUNS" });
const RUNS = asked.state === "granted" ? Number(Deno.env.get("PICKET_RUNS") ?? 2000) : 2000;

const FLAGS = ["", "i", "m", "s", "im", "is", "ms", "ims"];
/** Characters that case, lines, words and classes treat in their own ways. */
const LETTERS = [
  ..."aabbccABC x_19-\n\r\u2028\t\u00a0\u00e9\u00c9\u00df\u017f\u212a\u01c5\u03c3\u03c2\ud83d\ude00",
];
const EXTRA = [
  ..."\\d \\D \\s \\S \\W [\\w-] [^\\n] [] [^] \\t \\n é [à-ÿ] [^à-ÿ] ſ s K k \\u212a σ ǅ ß \\cJ \\c"
    .split(" "),
  ..."[\\c_] \\x41 \\101 \\0 [\\b] {a ]".split(" "),
];

/** A pattern like those of {@link randomRegex}, with some of its letters replaced by rarer parts. */
function randomPattern(random: () => number): string {
  return randomRegex(random).replace(
    /(?<!\\)[abc](?![\]b])/g,
    (letter) => random() < 0.3 ? EXTRA[Math.floor(random() * EXTRA.length)] : letter,
  );
}

function randomText(random: () => number, most: number): string {
  const n = Math.floor(random() * (most + 1));
  return Array.from({ length: n }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join("");
}

Deno.test("random patterns hold of the texts of which they hold in JavaScript", () => {
  const random = randomFrom(19);
  let tested = 0, held = 0;
  for (let i = 0; i < RUNS; i++) {
    const source = randomPattern(random);
    const flags = FLAGS[Math.floor(random() * FLAGS.length)];
    let native: RegExp, linear: (text: string) => boolean;
    try {
      native = new RegExp(source, flags);
      linear = linearTest(source, flags);
    } catch (error) {
      assert.ok(error instanceof NoProgram || error instanceof SyntaxError, `${source}: ${error}`);
      continue;
    }
    const safe = checkRegex(source, flags) === null;
    // JavaScript may take for ever on long texts, or on a few letters and counts within counts.
    if (!safe && source.includes("{")) continue;
    const most = safe ? 40 : 9;
    for (let k = 0; k < 12; k++) {
      const text = randomText(random, most);
      const expected = native.test(text);
      assert.equal(linear(text), expected, `/${source}/${flags} on ${JSON.stringify(text)}`);
      tested++;
      if (expected) held++;
    }
  }
  assert.ok(
    tested > RUNS * 4 && held > tested / 5 && held < tested * 4 / 5,
    `${held} of ${tested}`,
  );
});

/** Characters that a scanner reads in the time that a test has for one pattern; far above what is needed. */
const HOSTILE = [
  String.raw`(a+)+c`,
  String.raw`^(\w+\s?)*$`,
  String.raw`^(a|a|b)*c`,
  String.raw`.*a.*a.*a.*a.*a.*c`,
  // Its states are as many as there are texts of 13 letters.
  String.raw`(a|b)*a[ab]{12}c`,
  String.raw`(x.{1,64}y.{1,64}z|a.{1,200}b.{1,100}c!)`,
  String.raw`\ba{0,200}[ab]{300}c`,
];

Deno.test("patterns that stall JavaScript get through long hostile texts", () => {
  const random = randomFrom(23);
  const mixed = Array.from({ length: 16_384 }, () => random() < 0.5 ? "a" : "b").join("");
  for (const source of HOSTILE) {
    const test = linearTest(source, "");
    for (const text of ["a".repeat(65_536), "a ".repeat(32_768), "ab".repeat(32_768), mixed]) {
      assert.equal(test(text + "!"), false, source);
      // Read again, with the states that there are.
      assert.equal(test(text + "!"), false, source);
    }
  }
  assert.equal(linearTest(HOSTILE[4], "")(`${mixed}aaaaaaaaaaaaac`), true);
});

Deno.test("what the engine cannot do, and what would get too long, is refused by name", () => {
  const reason = (source: string) => {
    try {
      linearTest(source, "");
    } catch (error) {
      if (error instanceof NoProgram) return error.message;
      throw error;
    }
    return null;
  };
  assert.equal(reason("(?=a)b"), "it looks ahead");
  assert.equal(reason("(?<!a)b"), "it looks back");
  assert.equal(reason(String.raw`(a*)\1`), "it asks for the same text again");
  const long = `it is longer than ${MAX_INSTRUCTIONS} steps with its repetitions written out`;
  assert.equal(reason("a{1001}"), long);
  assert.equal(reason("(?:(?:a{100}){100}){100}"), long);
  assert.equal(reason("(?:(?:a{0,60}){0,60}){1,}b{9}"), long);
  assert.equal(reason("(?:[ab]{1,999}){1,999999999}"), long);
  // Rounds that read nothing are no steps.
  for (const empty of ["(?:){999999999}", "(?:){0,999999999}b", "(?:(?:){9}){1,999999999}"]) {
    assert.equal(reason(empty), null, empty);
  }
});
