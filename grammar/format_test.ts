import assert from "node:assert/strict";
import { format } from "./format.ts";
import { parse } from "./parse.ts";

function formatted(text: string): string {
  const { file, diagnostics } = parse(text, "a.sdl");
  assert.deepEqual(diagnostics, [], text);
  const once = format(file);
  assert.equal(format(parse(once, "a.sdl").file), once);
  return once;
}

Deno.test("keywords, literals and operators are settled", () => {
  assert.equal(
    formatted('LET  x=A AND b = "\\u{41}\\n" OR 3600s+90s > 10KB*2.0'),
    'let x = A and b == "A\\n" or 1h + 90s > 10kB * 2.0\n',
  );
});

Deno.test("parentheses stay where they mean or group something, and go where not", () => {
  assert.equal(formatted("let x = (a and b) or c"), "let x = (a and b) or c\n");
  assert.equal(formatted("let x = ((a)) and (b == (c))"), "let x = a and b == c\n");
  assert.equal(formatted("let x = a - (b - c) - -(d)"), "let x = a - (b - c) - -d\n");
  assert.equal(formatted("let x = (a == b) == (c)"), "let x = (a == b) == c\n");
  assert.equal(formatted("let x = not (a) and (not b)"), "let x = not a and not b\n");
  assert.equal(formatted("let x = a contains (any)"), "let x = a contains (any)\n");
});

Deno.test("every comment stays beside what it is about", () => {
  const text = `# top
list x = [
  1, # one
  2, # two
]

# two

# three
let a = b # behind

rule r { # open
  # before the title
  title    "x" # behind the title
  from any
  # before the command
  | where (a or b) and c # behind

  # tests
  test "x" { # open
    # inside
    at 0s {} # event
    # end of the test
  } # closed
  # end of the rule
} # closed

# end
`;
  assert.equal(formatted(text), text);
});

Deno.test("a comment inside of a statement moves before it", () => {
  assert.equal(
    formatted("rule r {\n  from any where a == 1 # first\n    and b == 2 # second\n}"),
    "rule r {\n  # first\n  from any where a == 1 and b == 2 # second\n}\n",
  );
});

Deno.test("a long condition is broken at its operators", () => {
  const part = (n: number) => `field_number_${n} == "some value ${n}"`;
  assert.equal(
    formatted(`rule r { from Web where ${part(1)} and (${part(2)} or ${part(3)} or ${part(4)}) }`),
    `rule r {
  from Web where ${part(1)}
             and (${part(2)}
               or ${part(3)}
               or ${part(4)})
}
`,
  );
});

Deno.test("an empty file stays empty, and a file of comments keeps them", () => {
  assert.equal(formatted(""), "");
  assert.equal(formatted("\n\n# a\n\n\n# b"), "# a\n\n# b\n");
});
