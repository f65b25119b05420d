import assert from "node:assert/strict";
import fc from "fast-check";
import { Answers, ROOM } from "./answers.ts";
import { QuickReject } from "./quick.ts";

Deno.test("what is remembered is what was put, and its values are bounded", () => {
  const room = { values: ROOM };
  const all = Array.from({ length: 4 }, () => new Answers<string>(room));
  let known = 0;
  for (let i = 0; i < 120_000; i++) {
    const answers = all[i & 3];
    // Five in six come again, in no order, of more values than there is room for at first.
    const value = i % 6 === 0 ? `once ${i}` : Math.imul(i, 0x9e3779b1) >>> 21;
    const answer = answers.get(value);
    if (answer !== undefined) {
      assert.equal(answer, String(value));
      known++;
    } else if (answers.wanted) answers.put(value, String(value));
    assert.equal(room.values >= 0, true);
  }
  assert.equal(known > 50_000, true, `only ${known} were known`);
  assert.equal(room.values < ROOM, true);
  for (const answers of all) answers.release();
  assert.equal(room.values, ROOM);
});

Deno.test("values that never come again are not remembered, until they do", () => {
  const answers = new Answers<number>({ values: ROOM });
  let put = 0;
  const ask = (value: string) => {
    const answer = answers.get(value);
    if (answer === undefined && answers.wanted) {
      answers.put(value, 1);
      put++;
    }
    return answer;
  };
  for (let i = 0; i < 20_000; i++) ask(`new ${i}`);
  assert.equal(put < 9000, true);
  for (let i = 0; i < 80_000; i++) ask("again");
  assert.equal(ask("again"), 1);
});

Deno.test("a text that is one of the texts in any case is never rejected", () => {
  const piece = fc.constantFrom(
    ..."a Z 1 \\ / - i \u0130 \u0307 \u212a k ß ǅ Σ é @ ` [ {".split(" "),
  );
  const text = fc.array(piece, { maxLength: 6 }).map((p) => p.join(""));
  fc.assert(fc.property(fc.array(text, { maxLength: 5 }), text, (texts, asked) => {
    const lowered = texts.map((t) => t.toLowerCase());
    const quick = new QuickReject(lowered);
    for (const t of [...texts, ...texts.map((x) => x.toUpperCase()), asked]) {
      if (lowered.includes(t.toLowerCase())) assert.equal(quick.maybe(t, 0), true, t);
    }
    const bases = lowered.map((t) => "\\" + t);
    const base = new QuickReject(bases, 1);
    for (const t of [...texts, asked]) {
      if (bases.includes("\\" + t.toLowerCase())) {
        assert.equal(base.maybe(`C:\\${t}`, 2), true, t);
      }
    }
  }));
});
