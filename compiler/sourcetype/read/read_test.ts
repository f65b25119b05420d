import assert from "node:assert/strict";
import { compileSourcetypes } from "../compile/compile.ts";
import { checkSamples, createParser } from "../mod.ts";

const GOOD = `name: app
summary: An app
fields: { color: string }
patterns:
  - name: line
    regex: '(?<time>[^ ]+) (?<color>\\w+) (?<src>[^ ]+)$'
    time: iso
    datasets: [Web]
samples:
  - line: '2026-01-01T00:00:00Z red 192.0.2.1'
    expect: { color: red, src: 192.0.2.1 }
`;

/** Code, quoted text and suggestion of each diagnostic. */
function mistakes(text: string) {
  return compileSourcetypes([{ name: "app.yaml", text }]).diagnostics.map((d) =>
    [d.code, text.slice(d.span.start, d.span.end), d.suggestion] as const
  );
}

Deno.test("a sourcetype without a mistake", () => {
  const compiled = compileSourcetypes([{ name: "app.yaml", text: GOOD }]);
  assert.deepEqual(compiled.diagnostics, []);
  assert.ok(checkSamples(compiled).every((s) => s.passed));
});

Deno.test("mistakes are found at their place", () => {
  const change = (from: string, to: string) => {
    assert.ok(GOOD.includes(from));
    return mistakes(GOOD.replace(from, to));
  };
  assert.deepEqual(change("patterns:", "paterns:")[0], ["E0202", "paterns", "patterns"]);
  assert.deepEqual(change("[Web]", "[Webb]"), [["E0207", "[Webb]", "Web"]]);
  assert.deepEqual(change("time: iso", "time: isoo"), [["E0210", "isoo", "iso"]]);
  assert.equal(change("(?<color>\\w+)", "(?<colour>\\w+)")[0][0], "E0206");
  assert.equal(change("(?<color>\\w+)", "(?<color>\\w+")[0][0], "E0205");
  assert.deepEqual(change("(?<color>\\w+)", "(?<color>(?:\\w+)*x)").map(([code]) => code), [
    "E0211",
  ]);
  const codes = change("summary: An app", "extends: syslok").map(([code]) => code);
  assert.deepEqual(codes.sort(), ["E0203", "E0208"]);
  assert.equal(change("name: app", "name: [app")[0][0], "E0201");
  assert.equal(mistakes("- a list")[0][0], "E0204");
  assert.equal(mistakes("")[0][0], "E0204");
});

Deno.test("a map or part over what nothing captures is told at its place", () => {
  const over = (extra: string) =>
    compileSourcetypes([{ name: "app.yaml", text: GOOD.replace("    time: iso", extra) }]);
  const of = (extra: string) =>
    over(extra).diagnostics.map((d) => [d.code, d.message, d.help, d.suggestion]);
  assert.deepEqual(of("    time: iso\n    map: { action: { of: status, '2*': success } }"), [[
    "E0216",
    'The map "action" is over "status", which no pattern captures',
    "Capture it in the regex, (?<status>…), and declare it under fields if the CIM lacks it",
    undefined,
  ]]);
  assert.deepEqual(
    of("    time: iso\n    part: { user: { of: src_, regex: '(.)' } }")[0][3],
    "src",
  );
  assert.deepEqual(of("    time: iso\n    part: { user: { of: src, regex: '(.)' } }"), []);
  assert.deepEqual(of("    time: iso\n    map: { color: { red: green } }"), []);
  assert.deepEqual(of("    time: iso\n    map: { action: { red: green } }")[0][0], "E0216");
  // Declared and read as a key, but not taken.
  const keyed = `name: kv
summary: Keys
fields: { level: string }
patterns:
  - name: line
    regex: '(?<keyed>\\{.*\\})$'
    read: json
    map: { severity: { of: level, warn: medium } }
`;
  const said = compileSourcetypes([{ name: "kv.yaml", text: keyed }]).diagnostics;
  assert.deepEqual(said.map((d) => [d.code, keyed.slice(d.span.start, d.span.end)]), [
    ["E0216", "level"],
  ]);
  assert.match(said[0].help!, /^Take it, take: \{ level: \[level\] \}/);
  const taken = keyed.replace("    map:", "    take: { level: [level] }\n    map:");
  assert.deepEqual(compileSourcetypes([{ name: "kv.yaml", text: taken }]).diagnostics, []);
  // Nobody declared it at all.
  const [unknown] = compileSourcetypes([{
    name: "kv.yaml",
    text: keyed.replace("fields: { level: string }\n", "").replace("of: level", "of: lvl"),
  }]).diagnostics;
  assert.equal(unknown.code, "E0206");
  assert.match(unknown.help!, /eclare it: fields: \{ lvl: string \}/);
});

Deno.test("names of the event and of every object are no fields", () => {
  for (
    const name of ["_raw", "_time", "_time_from", "more", "__proto__", "constructor", "prototype"]
      .concat("toString", "hasOwnProperty", "valueOf")
  ) {
    const tries = [
      GOOD.replace("color: string", `color: string, ${name}: string`),
      GOOD.replace("?<color>", `?<${name}>`),
      GOOD.replace("    time: iso", `    time: iso\n    set: { ${name}: x }`),
      GOOD.replace("    time: iso", `    time: iso\n    alias: { ${name}: src }`),
    ];
    for (const text of tries) {
      assert.ok(mistakes(text).some(([code, at]) => code === "E0215" && at.includes(name)), text);
    }
  }
  assert.deepEqual(
    mistakes(GOOD.replace("    time: iso", "    time: iso\n    alias: { dest: host }")),
    [],
  );
});

Deno.test("a Sigma rule is no sourcetype", () => {
  const [d, ...more] = compileSourcetypes([{
    name: "r.yaml",
    text: "title: x\nlogsource: { product: windows }\ndetection: { condition: a }\n",
  }]).diagnostics;
  assert.equal(d.message, "This is a Sigma rule, not a sourcetype");
  assert.deepEqual(more, []);
});

Deno.test("a sample that does not give what it says", () => {
  const text = GOOD.replace("{ color: red,", "{ color: blue,");
  const [sample] = checkSamples(compileSourcetypes([{ name: "app.yaml", text }]));
  assert.ok(!sample.passed);
  assert.equal(sample.diagnostics[0].message, 'The sample gives color "red", not "blue"');
});

Deno.test("a sample may be of any day", () => {
  for (const day of ["2026-01-01", "2026-11-30", "2031-02-03"]) {
    const text = GOOD.replaceAll("2026-01-01", day)
      .replace("{ color: red,", `{ _time: "${day}T00:00:00.000Z",`);
    const [sample] = checkSamples(compileSourcetypes([{ name: "app.yaml", text }]));
    assert.deepEqual(sample.diagnostics, [], day);
  }
});

Deno.test("what a sample lacks is told by its cause", () => {
  const help = (text: string) =>
    checkSamples(compileSourcetypes([{ name: "app.yaml", text }]))[0].diagnostics.map((d) =>
      d.help
    );
  assert.match(
    help(
      GOOD.replace("{ color: red,", '{ _time: "2026-01-01T00:00:00.000Z",')
        .replace("time: iso", "time: epoch"),
    )[0]!,
    /"line" of app, which reads no time of it: give the group "time" and, in "time:", its format/,
  );
  assert.match(help(GOOD.replace("{ color: red,", "{ colour: red,"))[0]!, /Did you mean "color"\?/);
  assert.match(
    help(GOOD.replace("red 192.0.2.1'", "red on 192.0.2.1'"))[0]!,
    /No pattern of app takes the line/,
  );
});

Deno.test("of what is no YAML the first mistake is told", () => {
  const [d, ...more] = compileSourcetypes([{
    name: "app.yaml",
    text: GOOD.replace("'(?<time>[^ ]+) (?<color>\\w+) (?<src>[^ ]+)$'", '"\\[(?<time>\\S+)\\]$"'),
  }]).diagnostics;
  assert.match(d.message, /not valid YAML: Invalid escape sequence/);
  assert.match(d.help!, /between single quotes/);
  assert.deepEqual(more, []);
});

Deno.test("two files of one name, and one that extends itself", () => {
  const twice = compileSourcetypes([{ name: "a.yaml", text: GOOD }, {
    name: "b.yaml",
    text: GOOD,
  }]);
  assert.deepEqual(twice.diagnostics.map((d) => [d.file, d.code]), [["b.yaml", "E0209"]]);
  const self = compileSourcetypes([{
    name: "a.yaml",
    text: GOOD.replace("summary", "extends: app\nsummary"),
  }]);
  assert.deepEqual(self.diagnostics.map((d) => d.code), ["E0208"]);
});

Deno.test("names in a file never become code", () => {
  const evil = 'x"];globalThis.hit=1;//\\u2028';
  const text = GOOD.replace(
    "fields: { color: string }",
    `fields: { color: string, '${evil}': string }`,
  )
    .replace("time: iso", `time: iso\n    set: { '${evil}': '${evil}' }`);
  const compiled = compileSourcetypes([{ name: "a.yaml", text }]);
  const parsed = createParser(compiled, "app")({
    input: { modified: 0 },
    lines: ["2026-01-01T00:00:00Z red 192.0.2.1"],
    arrival: Date.UTC(2026, 5, 1),
  });
  assert.equal(parsed.events[0][evil], evil);
  assert.ok(!("hit" in globalThis));
});
