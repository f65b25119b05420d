/**
 * Rules and sourcetypes are anybody's text. Whatever names and values they hold, the code written from
 * them differs in string literals alone: the rest is identifiers that the generators made.
 */
import assert from "node:assert/strict";
import { compile } from "../agent/content/compile.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { encoderOf } from "../agent/store/write/encoder.ts";
import { Plan } from "../compiler/plan/plan.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";

/**
 * Ends of strings, templates, comments and lines; what is a property of every object. Each has a letter:
 * text without one has no case, and is compared once.
 */
const HOSTILE = [
  '"];globalThis.pwned=1;["',
  "'+(globalThis.pwned=1)+'",
  "${globalThis.pwned=1}`",
  "*/globalThis.pwned=1;/*",
  "x\\",
  'x\\"',
  "\u2028globalThis.pwned=1\u2029",
  "x\u00010\u0002",
  "__proto__",
  "constructor",
  "</script>",
];

/** Text of SDL, which has no escapes for characters by number. */
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

const sdl = (value: string) => {
  const q = quoted(value);
  return `rule r {
  title ${q}
  from anybody where app == ${q} or user in (${q}, "b") or msg contains any (${q}, "c") or src startswith ${q}cs
  | eval extra = user + ${q}
  | stats count() as n, values(extra) as all_of by user over 5m
  | where n > 0 and user != ${q}
  | alert ${quoted(value.replace(/[{}]/g, "$&$&"))} entity user
}
`;
};

const yaml = (value: string) => {
  const q = JSON.stringify(value);
  return `name: anybody
summary: Records of anybody
recognise:
  - regex: '\\{'
    weight: 1
fields: { msg: string, user: string, app: string }
patterns:
  - name: all
    regex: '(?<keyed>\\{.*\\})'
    read: json
    when: { kind: [${q}, "x"], other: [${q}, "*"] }
    take: { user: [${q}, user], app: [app, ${q}], msg: [msg], src: [src] }
    map: { app: { ${q}: ${q}, other: ${q} } }
    set: { vendor_product: ${q}, action: ${q} }
`;
};

/** A rule whose every text is the value, those of wildcards and of a field's name too. */
const sigma = (value: string) => {
  const text = JSON.stringify(value.replace(/[\\*?]/g, "\\$&"));
  const name = JSON.stringify("name of " + value.replaceAll("|", ""));
  const q = JSON.stringify(value);
  return `title: ${q}
id: ${q}
description: ${q}
author: ${q}
tags: [${q}]
logsource: { product: anybody }
detection:
  selection:
    ${name}: [${text}, "b"]
    user|cased: ${text}
    msg|contains|all: [${text}, "c"]
    app|startswith: ${text}
    src: [${JSON.stringify("*")}, "x*y"]
    other|fieldref: ${name}
  keywords: [${JSON.stringify('"<' + value.replace(/[\\*?]/g, "\\$&"))}]
  condition: selection or keywords
level: low
`;
};

/**
 * Code by what it does, each string in it written as S. Names that every object has are read in a
 * longer way. How many fields an index reads depends on the values: some can be looked for, some not.
 */
function skeleton(code: string): string {
  return code.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "S")
    .replaceAll("(Object.hasOwn(k, S) ? k[S] : undefined)", "k[S]")
    .replaceAll("H.field(e,S)", "(e.more??N)[S]")
    .replace(
      /(?:o\[\d+\]=w\[\d+\]===0\?undefined:(?:[ek]|\(e\.more\?\?N\))\[S\];)*(?=\}$)/,
      "READS",
    );
}

/** All code that was made into functions while `work` ran. */
async function recorded(work: () => Promise<void>): Promise<string[]> {
  const codes: string[] = [];
  const { Function: real } = globalThis;
  globalThis.Function = new Proxy(real, {
    construct(target, args: string[]) {
      codes.push(args.at(-1)!);
      return Reflect.construct(target, args);
    },
  });
  try {
    await work();
  } finally {
    globalThis.Function = real;
  }
  return codes;
}

async function codesFor(value: string): Promise<string[]> {
  return await recorded(async () => {
    const loaded = await compile(
      [{ name: "anybody.yaml", text: yaml(value) }],
      [{ name: "r.sdl", text: sdl(value) }],
      {
        shipped: () => Promise.resolve([]),
        sigma: [{ name: `${value}.yml`, text: sigma(value) }],
      },
    );
    assert.deepEqual(loaded.left.map((d) => d.message), [], JSON.stringify(value));
    const errors = loaded.diagnostics.filter((d) => d.level === "error");
    assert.deepEqual(errors.map((d) => d.message), [], JSON.stringify(value));
    const { catalogue } = loaded.sourcetypes;
    // Code is made for what is needed: make all of it, in one function for a kind and one for each rule.
    const { plan } = createEngine(loaded.program, catalogue).rules;
    const values = { H: {}, C: plan.constants, O: [[{}], [{}]], S: [{}, {}], X: {} };
    for (const p of plan.rules) plan.tailOf(p.index).tie(values);
    for (const x of catalogue.extractions) {
      const kind = plan.kindOf(x);
      kind.detector(values);
      kind.entries.forEach((_, i) => kind.codeOf(i)?.tie(values));
    }
    const indexed = new Plan(loaded.program, catalogue, { indexed: 1 });
    for (const x of catalogue.extractions) indexed.kindOf(x).detector(values);
    for (const x of catalogue.extractions) encoderOf(x);
    createParser(loaded.sourcetypes, "anybody");
  });
}

Deno.test("names and values of rules and sourcetypes are string literals in generated code", async () => {
  const plain = (await codesFor("benign")).map(skeleton);
  assert.ok(plain.length >= 4, `only ${plain.length} pieces of code were seen`);
  for (const what of ["O0_0.row", "O1_0.row", "clock", "w.text"]) {
    assert.ok(plain.some((code) => code.includes(what)), `no code with ${what}`);
  }
  for (const value of HOSTILE) {
    const codes = await codesFor(value);
    assert.deepEqual(codes.map(skeleton), plain, JSON.stringify(value));
  }
  assert.equal("pwned" in globalThis, false);
});

Deno.test("one file makes functions of text", async () => {
  const found: string[] = [];
  const look = async (folder: URL): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory && !["node_modules", "static", "testing"].includes(entry.name)) {
        await look(new URL(`${entry.name}/`, folder));
      } else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith("_test.ts")) {
        const url = new URL(entry.name, folder);
        if (/\bnew Function\b|\beval\(/.test(await Deno.readTextFile(url))) {
          found.push(url.pathname);
        }
      }
    }
  };
  for (const part of ["agent/", "compiler/", "grammar/", "web/"]) {
    await look(new URL(`../${part}`, import.meta.url));
  }
  assert.deepEqual(found.map((f) => f.slice(f.lastIndexOf("/compiler/"))), [
    "/compiler/codegen/function.ts",
  ]);
});
