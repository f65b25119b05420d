import assert from "node:assert/strict";
import { compile } from "./compile.ts";
import { findText, LoadError } from "./files.ts";

const SHIPPED = `list inner = [10.0.0.0/8]
list other = ["x"]
let failed = action == "failure" and src in @inner
rule shipped_rule { title "S" severity low from Authentication where failed }
`;
const shipped = () => Promise.resolve([{ name: "shipped.sdl", text: SHIPPED }]);
const compiled = (text: string) => compile([], [{ name: "mine.sdl", text }], { shipped });

Deno.test("lists and lets of the shipped rules are there, unchecked, with what they use", async () => {
  const { diagnostics, borrowed, program, ruleCount } = await compiled(
    'rule mine { title "M" severity low from Authentication where failed }',
  );
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  assert.ok(diagnostics.every((d) => d.file === "mine.sdl"));
  assert.deepEqual([...borrowed].sort(), ["@inner", "failed"]);
  assert.deepEqual(program.rules.map((r) => r.name), ["mine"]);
  assert.equal(ruleCount, 1);
});

Deno.test("lets that only a message names are there, too", async () => {
  const { diagnostics, borrowed } = await compiled(
    'rule mine { title "M" severity low from Authentication | alert "{user}: {failed ? 1 : 0}" }',
  );
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  assert.deepEqual([...borrowed].sort(), ["@inner", "failed"]);
});

Deno.test("a name of one's own stands for itself", async () => {
  const { diagnostics, borrowed } = await compiled(
    'let failed = action == "x"\nrule mine { title "M" from Authentication where failed }',
  );
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  assert.deepEqual(borrowed, []);
});

Deno.test("a signal of a shipped rule says how to have it", async () => {
  const { diagnostics } = await compiled('rule mine { title "M" from signal shipped_rule }');
  assert.match(diagnostics[0].help!, /shipped_rule is a shipped rule: name `shipped`/);
});

Deno.test("errors and lints stand apart, and broken rules are counted", async () => {
  const { diagnostics, lints, ruleCount } = await compiled(
    "rule a { from Authentication where user == nobody }\nrule b { from Web | sort url }\n" +
      "rule c { from Web where status == 404 }",
  );
  assert.equal(ruleCount, 3);
  assert.ok(diagnostics.length > 0 && diagnostics.every((d) => d.level === "error"));
  const found = lints();
  assert.ok(found.length > 0 && found.every((d) => d.level !== "error"));
});

Deno.test("files are found in any case of their ending, and read as UTF-8 and as UTF-16", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const text = "title: ä\n";
    const units = Uint16Array.from([...text].map((c) => c.charCodeAt(0)));
    const little = new Uint8Array(2 + units.length * 2);
    const big = new Uint8Array(little.length);
    const [l, b] = [new DataView(little.buffer), new DataView(big.buffer)];
    [0xfeff, ...units].forEach((u, i) => {
      l.setUint16(i * 2, u, true);
      b.setUint16(i * 2, u, false);
    });
    await Deno.writeFile(`${folder}/a.YML`, little);
    await Deno.writeFile(`${folder}/b.yml`, big);
    await Deno.writeTextFile(`${folder}/c.Yaml`, text);
    await Deno.writeTextFile(`${folder}/d.yml`, `\ufeff${text}`);
    await Deno.writeTextFile(`${folder}/e.txt`, text);
    const found = findText([folder], [".yml", ".yaml"]);
    assert.deepEqual(found.map((f) => f.text), [text, text, text, text]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file of a folder that cannot be read says what to do with it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.symlink(`${folder}/nothing`, `${folder}/gone.yml`);
    assert.throws(
      () => findText([folder], [".yml"]),
      (e) =>
        e instanceof LoadError && /gone\.yml": no such file/.test(e.message) &&
        e.help === `Make it readable, or take it out of "${folder}"`,
    );
    await Deno.remove(`${folder}/gone.yml`);
    await Deno.symlink("/dev/zero", `${folder}/endless.yml`);
    assert.throws(() => findText([folder], [".yml"]), /endless\.yml": it is no regular file/);
    assert.throws(
      () => findText([`${folder}/nothing`], [".yml"]),
      (e) => e instanceof LoadError && e.help === "Correct the path",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
