import assert from "node:assert/strict";
import { checkSamples, createParser, explainLine, recognise, toFlat } from "./mod.ts";
import { shipped } from "./testing/shipped.ts";

const compiled = shipped();
const all = checkSamples(compiled);

Deno.test("the shipped sourcetypes compile without a diagnostic", () => {
  assert.deepEqual(compiled.diagnostics, []);
});

for (const { name, samples } of compiled.sourcetypes) {
  Deno.test(`samples of ${name}`, () => {
    const results = all.filter((r) => r.sourcetype === name);
    assert.equal(results.length, samples.length);
    assert.ok(results.length > 0);
    for (const r of results) {
      assert.ok(r.passed, [r.line, ...r.diagnostics.map((d) => d.message)].join("\n"));
    }
  });
}

Deno.test("extractions say what their events have", () => {
  for (const s of compiled.sourcetypes) {
    const parse = createParser(compiled, s.name);
    for (const sample of s.samples) {
      const parsed = parse({ input: { modified: 0 }, lines: [sample.line], arrival: 0 });
      const event = parsed.events[0];
      const extraction = parsed.extractions[parsed.extractionIds[0]];
      assert.equal(extraction.id, parsed.extractionIds[0]);
      // Some are own properties, some are worked out when they are asked for.
      const names: string[] = [];
      for (const name in event) if (!Object.hasOwn(extraction.constants, name)) names.push(name);
      assert.deepEqual(
        names.sort(),
        [
          "_raw",
          "_time",
          "host",
          "_time_from",
          "more",
          ...extraction.captures.map((c) => c.name),
        ].sort(),
      );
      for (const c of extraction.captures) {
        const value = event[c.name];
        if (c.always) assert.notEqual(value, undefined, `${c.name} of ${sample.line}`);
        assert.notEqual(value, "");
        assert.ok(!Number.isNaN(value as number), `${c.name} of ${sample.line}`);
      }
      for (const [name, value] of Object.entries(extraction.constants)) {
        assert.equal(event[name], value);
      }
    }
  }
});

Deno.test("the batches' sizes change nothing", () => {
  const secure = compiled.sourcetypes.find((s) => s.name === "linux_secure")!;
  const lines = [
    "Feb 12 04:09:18 h sshd[5]: Connection from 192.0.2.77 port 51353",
    ...secure.samples.map((s) => s.line),
    "Feb 12 04:09:21 h sshd[5]: Disconnecting: Too many authentication failures [preauth]",
  ];
  const input = { modified: Date.UTC(2026, 5, 1) };
  const whole = createParser(compiled, "linux_secure")({ input, lines, arrival: 0 });
  const single = createParser(compiled, "linux_secure");
  let other = createParser(compiled, "linux_secure");
  lines.forEach((line, i) => {
    assert.deepEqual({ ...single({ input, lines: [line], arrival: 0 }).events[0] }, {
      ...whole.events[i],
    });
    // And again with a parser that is made anew from what the one before remembered.
    assert.deepEqual({ ...other({ input, lines: [line], arrival: 0 }).events[0] }, {
      ...whole.events[i],
    });
    const state = JSON.parse(JSON.stringify(other.snapshot()));
    other = createParser(compiled, "linux_secure");
    other.restore(state);
  });
  assert.equal(whole.events.at(-1)!.src, "192.0.2.77");
});

Deno.test("a general syslog input hands the lines of known programs to their sourcetype", () => {
  const lines = [
    "Mar 29 00:02:10 web1 kernel: usb 1-1: new device",
    "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 40001 ssh2",
  ];
  const parsed = createParser(compiled, "syslog")({ input: { modified: 0 }, lines, arrival: 0 });
  assert.deepEqual([...parsed.extractionIds].map((k) => parsed.extractions[k].sourcetype), [
    "syslog",
    "linux_secure",
  ]);
});

Deno.test("recognition by the first lines", () => {
  const of = (lines: string[]) => recognise(lines, compiled).sourcetype;
  assert.equal(of(["Mar 29 00:02:10 web1 kernel: x"]), "linux_kernel");
  assert.equal(of(["Mar 29 00:02:10 web1 systemd[1]: x"]), "syslog");
  assert.equal(of(["Mar 29 00:02:10 web1 sshd[1]: x"]), "linux_secure");
  assert.equal(of(['203.0.113.9 - - [29/Mar/2026:00:02:11 +0200] "-" 408 -']), "access_combined");
  assert.equal(of(["what is this"]), null);
  assert.equal(of([]), null);
});

Deno.test("each sourcetype's samples are recognised as it, or as one of its family", () => {
  const family = (name: string): string => {
    const parent = compiled.sourcetypes.find((s) => s.name === name)!.parent;
    return parent === null ? name : family(parent);
  };
  for (const s of compiled.sourcetypes) {
    const lines = s.samples.filter((x) => x.expect.get("parse_error") !== true).map((x) => x.line);
    // Nothing is recognised as what only others leave.
    if (s.name === "general") continue;
    const found = recognise(lines, compiled).sourcetype;
    assert.ok(found !== null, s.name);
    assert.equal(family(found), family(s.name), `${s.name} is recognised as ${found}`);
    // The parser of what it is recognised as gives its events that name.
    const parsed = createParser(compiled, found)({ input: { modified: 0 }, lines, arrival: 0 });
    assert.ok(
      [...parsed.extractionIds].some((k) => parsed.extractions[k].sourcetype === s.name),
      `No sample of ${s.name} is read as such by ${found}`,
    );
  }
});

Deno.test("no shipped pattern takes long over a hostile line", () => {
  const bits = [
    "a",
    " ",
    "1",
    ".",
    ":",
    "[",
    "]",
    "(",
    "<",
    '"',
    "'",
    "=",
    ", ",
    "\\\\",
    "/",
    "a ",
    "1.",
    "::",
    "a=b ",
    '="',
    "%",
    "|",
    "{",
    "x\n",
    "[a] ",
    "user=<",
    " from ",
  ];
  const patterns = new Map<string, RegExp>();
  for (const s of compiled.sourcetypes) {
    const own = [...s.headers, ...s.patterns, ...s.programs.flatMap((p) => p.patterns)];
    for (const p of own) patterns.set(p.regex.source, new RegExp(p.regex.source, "sy"));
  }
  assert.ok(patterns.size > 150);
  for (const [source, regex] of patterns) {
    // The longest beginning of a sample that leads into the pattern, then a long repeat.
    const heads = [""];
    for (const text of literals(source)) heads.push(text);
    let worst = 0;
    let by = "";
    for (const head of heads) {
      for (const bit of bits) {
        const line = head + bit.repeat(Math.ceil(4000 / bit.length)) + "\0";
        const from = performance.now();
        regex.lastIndex = 0;
        regex.exec(line);
        const ms = performance.now() - from;
        if (ms > worst) {
          worst = ms;
          by = bit;
        }
      }
    }
    assert.ok(worst < 1000, `${Math.round(worst)} ms for ${JSON.stringify(by)}: ${source}`);
  }
});

/** The fixed text that a pattern begins with, if any: what has to stand before a repeat to reach further. */
function literals(source: string): string[] {
  const plain = /^(?:[A-Za-z0-9 :,-]|\\[.()[\]/])+/.exec(source)?.[0] ?? "";
  return plain === "" ? [] : [plain.replaceAll("\\", "")];
}

Deno.test("explaining a line names the pattern and how far the others came", () => {
  const line = "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port x";
  const told = explainLine(compiled, "linux_secure", line);
  assert.equal(told.pattern, "ssh_message");
  assert.equal(told.header, "rfc3164");
  const near = told.tried.find((t) => t.pattern === "ssh_failed")!;
  assert.ok(!near.matched && near.reached >= "Failed password for root from ".length);
});

Deno.test("a time of a wrong clock is clamped and marked, and moves no other", () => {
  const lines = [
    "2026-03-29T00:00:00Z h app: a",
    "2036-03-29T00:00:00Z h app: b",
    "h app[1]: c",
    "2026-03-29T00:00:01Z h app: d",
  ];
  const arrival = Date.UTC(2026, 2, 30);
  const { events } = createParser(compiled, "syslog")({
    input: { modified: arrival },
    lines,
    arrival,
  });
  assert.deepEqual(events.map((e) => [e._time - Date.UTC(2026, 2, 29), e._time_from]), [
    [0, undefined],
    [0, "clamped"],
    [0, "previous"],
    [1000, undefined],
  ]);
});

Deno.test("patterns are not tried on lines of great length, keys are read", () => {
  const long = "x".repeat(40_000);
  const read = (sourcetype: string, line: string) => {
    const parsed = createParser(compiled, sourcetype)({
      input: { modified: 0 },
      lines: [line],
      arrival: 0,
    });
    return toFlat(parsed.events[0], parsed.extractions[parsed.extractionIds[0]], "");
  };
  const event = read("linux_secure", `Mar 29 00:02:11 h sshd[9]: Failed password for ${long}`);
  assert.equal(event.parse_error_reason, "Line longer than 32768 characters");
  assert.equal(event.host, "h");
  assert.equal(read("json", `{"user":"bob","x":"${long}"}`).user, "bob");
  assert.equal(
    read("linux_audit", `type=USER_AUTH msg=audit(1774742531.2:3): acct="bob" x="${long}"`).user,
    "bob",
  );
});

Deno.test("a line that was cut says so", () => {
  const parsed = createParser(compiled, "syslog")({
    input: { modified: 0 },
    lines: ["a[1]: x", "a[1]: y"],
    truncated: [1],
    arrival: 0,
  });
  assert.deepEqual(parsed.events.map((e) => e.more), [null, { line_truncated: true }]);
});
