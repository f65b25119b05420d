import assert from "node:assert/strict";
import fc from "fast-check";
import { checkRegex, regexSafety } from "./mod.ts";

const unsafe = (source: string, flags = "") => checkRegex(source, flags)?.kind === "unsafe";

Deno.test("patterns that split a text in ever more ways are refused", () => {
  for (
    const source of [
      "(a+)+$",
      "(a*)*b",
      "(a|a)*b",
      "(?:a|aa)+$",
      "^(\\w+\\s?)*$",
      "(x+x+)+y",
      "(?:a?b?)*c",
      "^(([a-z])+.)+[A-Z]([a-z])+$",
      "(?:\\w{1,40}\\s?){0,40}z",
      "(?=(a+)+b)a",
      "^(?:a|b|ab)*c",
      "(.*)*x",
    ]
  ) {
    assert.ok(unsafe(source), source);
    assert.match(checkRegex(source, "")!.message, /more and more ways/, source);
  }
});

Deno.test("two repetitions that can share a text are refused, and a search that starts again", () => {
  for (
    const source of [
      ".*.*.*x",
      "a.*b",
      "\\s+$",
      "^a*a*b",
      "^\\s*(\\w+)\\s*=\\s*(\\d*).*y$",
      "^(.*),(.*),x",
      "select.+from",
      "(?!.*x)y",
      "x(?=.*y)",
      "\\w+@",
    ]
  ) assert.ok(unsafe(source, "i"), source);
});

Deno.test("long ways without loops are refused", () => {
  assert.ok(unsafe("a?".repeat(25) + "a".repeat(25)));
  assert.ok(unsafe("(?:a|a)".repeat(20) + "b"));
  assert.ok(unsafe(".{0,80}x.{0,80}y.{0,80}z"));
  assert.ok(unsafe("(a+)\\1"));
  assert.ok(unsafe("(?<=a+)b"));
});

Deno.test("rounds that may be empty count as so many optionals", () => {
  for (
    const source of [
      "(?:a?){24}a{24}c",
      "^(?:[ab]?){24}[ab]{24}$",
      "(?:a*){12}b",
      "(c|){12}x",
      "(?:a|){30}c",
      "(?:(?:a?){5}){5}c",
      "(?:a?b?){20,}c",
      "(?:a?){24,33}?b",
      "(?:(?=a)a?|b{0,2}){13}c",
      "((?:(?:ab){12,12}||)ab?a){12,19}c",
      "(?:(?:a?|b?)c){9}x",
      "(?:|)".repeat(30) + "x",
    ]
  ) assert.ok(unsafe(source), source);
  for (
    const source of [
      "(?:a?){4}b",
      "^(?:\\d,?){8}$",
      "(?:a?){0,30}b",
      "^(?:a?){5}$",
      "(?:^|\\b)a(?:$|\\b)",
    ]
  ) {
    assert.equal(checkRegex(source, ""), null, source);
  }
});

Deno.test("rounds that read nothing are one round, however often they are asked for", () => {
  const nested = (body: string, depth: number): string =>
    depth === 0 ? body : `(?:${nested(body, depth - 1)}(?=a)){90}`;
  for (
    const source of [
      "(?:\\b){3}",
      "(?:\\b|){1000}x",
      "(?:){1000}x",
      "(?:(?:)?){1000}x",
      "(?:^){0,100000}a",
      "(?:(?=a)){1000}a",
      "(?:(?<=a)){2}b",
      nested("\\b", 40),
    ]
  ) {
    assert.equal(checkRegex(source, ""), null, source);
    // A matcher that ran each round would take 90 to the power of 40.
    assert.equal(new RegExp(source).test("!".repeat(1000)), new RegExp(source).test("!"));
  }
});

Deno.test("many word boundaries in a row are refused: they are compiled ever more often", () => {
  for (
    const source of [
      "a" + "(?:\\b)".repeat(9),
      "(?:".repeat(40) + "a" + "\\b)".repeat(40),
      "a" + "(?:\\b(?=a|\\B)){2}".repeat(5),
      "a(?:" + "\\b(?:|a)".repeat(2) + "\\b(?:)".repeat(7) + ")?",
    ]
  ) {
    assert.match(checkRegex(source, "")?.message ?? "", /word boundaries stand in a row/, source);
  }
  for (const source of ["\\ba\\b|\\bb\\b".repeat(10), "(?:\\b[ab]{1,3}\\b ){4}"]) {
    assert.equal(checkRegex(source, ""), null, source);
  }
});

Deno.test("what may be left out and what is counted multiply", () => {
  for (const source of ["(?:a?){11}a{0,50}c", "(?:a?){5}(?:ab?){0,20}[ab]{0,20}c"]) {
    assert.ok(unsafe(source), source);
  }
  for (const source of ["(?:a?){11}c", "a{0,50}c", "(?:a?){4}a{0,50}c"]) {
    assert.equal(checkRegex(source, ""), null, source);
  }
});

Deno.test("a count that is read again at every place counts, also where it is fixed", () => {
  assert.ok(unsafe("a{3000}b"));
  assert.ok(unsafe("(?:ab){2000}c"));
  assert.ok(unsafe(".{8,28}\\w{5,15}.{30}?c"));
  assert.equal(checkRegex("[0-9a-f]{128}x", ""), null);
});

Deno.test("linear patterns are accepted", () => {
  for (
    const source of [
      "abc",
      "^a.*b",
      "a[^a]*b",
      "foo.{0,80}bar",
      "^(?!.*foo).*bar",
      "^\\s*(\\w+)\\s*=\\s*(.*)",
      "(?:\\d{1,3}\\.){3}\\d{1,3}",
      "(['\"])\\w{1,9}\\1",
      "^(a|ab)*c",
      "\\.(?:css|js|png)$",
      "union\\s+(all\\s+)?select|'\\s*or\\s*'?1'?\\s*=\\s*'?1",
      "^/(?:[\\w.-]{1,40}/){0,6}\\.env",
      "(?<=\\d{1,3})x",
      "a.*",
      "^",
      "",
    ]
  ) assert.deepEqual(checkRegex(source, ""), null, source);
});

Deno.test("with y the search for a place does not count, with s a last .* never fails", () => {
  assert.equal(regexSafety("a.*b", "s").safe, false);
  assert.equal(regexSafety("a.*b", "sy").safe, true);
  assert.equal(regexSafety("(?<k>[^=]*)=\\s*(?<v>.*)$", "sy").safe, true);
  assert.equal(regexSafety("(?<k>[^=]*)=\\s*(?<v>.*)$", "y").safe, false);
  const two = regexSafety("for (.*) from (.*) port", "sy");
  assert.equal(two.safe, false);
  assert.match(two.reason!, /share the same text/);
});

Deno.test("a mistake is told with its place and what to do", () => {
  const cases: [string, number, RegExp, RegExp][] = [
    ["*foo", 0, /nothing to repeat/, /wildcard/],
    ["a(b", 1, /no "\)"/, /\\\(/],
    ["ab)", 2, /closes no group/, /\\\)/],
    ["x[abc", 1, /no "\]"/, /\\\[/],
    ["[z-a]", 1, /runs backwards/, /round/],
    ["a++", 2, /another repetition/, /possessive/],
    ["x{3,1}", 1, /at least 3 and at most 1/, /\{1,3\}/],
    ["(?i)abc", 0, /opens no group/, /behind the pattern/],
    ["(?P<a>b)", 0, /opens no group/, /\(\?<name>/],
    ["(?>a)", 0, /opens no group/, /atomic/],
    ["ab\\", 2, /ends in/, /\\\\/],
  ];
  for (const [source, start, message, help] of cases) {
    const problem = checkRegex(source, "")!;
    assert.equal(problem?.kind, "invalid", source);
    assert.equal(problem.at?.start, start, source);
    assert.match(problem.message, message);
    assert.match(problem.help, help);
  }
  assert.match(checkRegex("a", "g")!.message, /Unknown regex flag "g"/);
  assert.match(checkRegex("a", "ii")!.message, /twice/);
});

Deno.test("any text is judged, and what the engine refuses is refused", () => {
  const piece = fc.constantFrom(
    ..."a b [ab] [^a] . \\d \\w \\s ( (?: (?= (?! (?<n> ) | * + ? {2} {1,3} {2,} ^ $ \\b - ] \\1"
      .split(" "),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom("", "i", "s", "m"),
      (p, flags) => {
        const source = p.join("");
        const problem = checkRegex(source, flags);
        let reads = true;
        try {
          new RegExp(source, flags);
        } catch {
          reads = false;
        }
        assert.equal(problem?.kind === "invalid", !reads, source);
      },
    ),
    { numRuns: 3000 },
  );
});

/** Steps of a matcher that backtracks, as a count that no clock takes part in. */
function steps(source: string, text: string, limit: number): number {
  let count = 0;
  const tokens = [...source.matchAll(/(\.|\[[^\]]*\]|[a-z])([*+?]?)/g)].map((m) => ({
    has: (c: string) => m[1] === "." || m[1].includes(c),
    many: m[2] === "*" || m[2] === "+",
    none: m[2] === "*" || m[2] === "?",
  }));
  const run = (i: number, at: number, began: boolean): boolean => {
    if (++count > limit) return true;
    if (i === tokens.length) return true;
    const t = tokens[i];
    if (at < text.length && t.has(text[at])) {
      if (t.many && run(i, at + 1, true)) return true;
      if (!t.many && run(i + 1, at + 1, false)) return true;
    }
    return (t.none || (t.many && began)) && run(i + 1, at, false);
  };
  for (let at = 0; at <= text.length; at++) if (run(0, at, false)) break;
  return count;
}

Deno.test("the steps of an accepted pattern grow with the text and no faster", () => {
  const atom = fc.tuple(
    fc.constantFrom("a", "b", "[ab]", "[bc]", "."),
    fc.constantFrom("", "*", "+", "?"),
  ).map(([a, q]) => a + q);
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(atom, { minLength: 1, maxLength: 5 }), word, (atoms, unit) => {
      const source = atoms.join("") + "x";
      if (checkRegex(source, "") !== null) return;
      const [short, long] = [40, 160].map((n) => steps(source, unit.repeat(n), 1e6));
      assert.ok(long <= short * 4 * 1.3 + 50, `${source} on ${unit}: ${short} then ${long}`);
    }),
    { numRuns: 2000 },
  );
});
