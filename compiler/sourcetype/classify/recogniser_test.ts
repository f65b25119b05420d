import assert from "node:assert/strict";
import { Recogniser, recognitionRules } from "./recogniser.ts";
import { shipped } from "../testing/shipped.ts";

const of = (rules: Record<string, readonly (readonly [string, number])[]>) =>
  new Recogniser(recognitionRules(
    Object.entries(rules).map(([name, list]) => ({
      name,
      recognise: list.map(([source, weight]) => ({ regex: new RegExp(source, "sy"), weight })),
    })),
  ));

Deno.test("the greatest weight first, each sourcetype once, from a place on", () => {
  const r = of({
    a: [["x", 1], ["xy", 3]],
    b: [["[xy]y?", 2]],
    c: [["é+z", 1], ["", 0.5]],
  });
  const names = (text: string, at = 0) => r.fits(text, at).map((f) => f.sourcetype).join(" ");
  assert.equal(names("xyz"), "a b c");
  assert.equal(names("xz"), "b a c");
  assert.equal(names("éézé"), "c");
  assert.equal(names("--xy", 2), "a b c");
  assert.equal(names(""), "");
  assert.equal(names("q"), "c");
  // Syntax that only the engine reads is asked of every text.
  assert.deepEqual(of({ d: [["(?i:Q)x", 1]] }).fits("qx").map((f) => f.sourcetype), ["d"]);
});

Deno.test("the index finds what running every rule finds, on the samples cut anywhere", () => {
  const { sourcetypes, recogniser } = shipped();
  const texts = sourcetypes.flatMap((s) => s.samples.map((sample) => sample.line))
    .flatMap((line) => [line, line.slice(3), line.slice(0, 5), ` ${line}`, `<13>${line}`]);
  let fits = 0;
  for (const text of texts) {
    const expected = new Map<string, number>();
    for (const s of sourcetypes) {
      for (const { regex, weight } of s.recognise) {
        regex.lastIndex = 0;
        if (text !== "" && regex.test(text)) {
          expected.set(s.name, Math.max(weight, expected.get(s.name) ?? 0));
        }
      }
    }
    const got = new Map(recogniser.fits(text).map((f) => [f.sourcetype, f.weight]));
    assert.deepEqual([...got].sort(), [...expected].sort(), text);
    fits += got.size;
  }
  assert.ok(fits > 300);
});
