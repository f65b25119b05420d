import assert from "node:assert/strict";
import { highlight, linesOf } from "./code.tsx";

const of = (text: string) => highlight(text).map((m) => [text.slice(m.start, m.end), m.class]);

Deno.test("words of the language, literals and comments have their colours", () => {
  assert.deepEqual(
    of(
      "rule r {\n  from Web where status == 404 and url matches /a+/ # why\n  | stats count() as n by src over 5m\n}",
    ),
    [
      ["rule", "t-word"],
      ["from", "t-word"],
      ["where", "t-word"],
      ["404", "t-number"],
      ["and", "t-word"],
      ["matches", "t-word"],
      ["/a+/", "t-regex"],
      ["# why", "t-comment"],
      ["stats", "t-word"],
      ["count", "t-name"],
      ["as", "t-word"],
      ["by", "t-word"],
      ["over", "t-word"],
      ["5m", "t-number"],
    ],
  );
});

Deno.test("a field that is named like a command is a field", () => {
  assert.ok(!of("where status == 404").some(([text]) => text === "status"));
});

Deno.test("lines put together are the text, whatever it is and however marks overlap", () => {
  for (
    const text of [
      "",
      "\n",
      'a "b\nc',
      "rule \u0000 {",
      '"""x\ny"""\n\n| where',
      "/* never ends",
      "'",
    ]
  ) {
    const marks = [{ start: 0, end: text.length, class: "d-error" }, {
      start: 1,
      end: 3,
      class: "d-warning",
    }];
    for (const extra of [[], marks]) {
      const lines = linesOf(text, extra).map((pieces) => pieces.map((p) => p.text).join(""));
      assert.equal(lines.join("\n"), text);
    }
  }
});
