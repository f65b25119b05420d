/** Sigma rules beside SDL, as commands load them. */
import assert from "node:assert/strict";
import { LoadError } from "./files.ts";
import { load } from "./load.ts";

const SIGMA = (condition: string) =>
  `title: Shell\nlogsource: {product: windows, category: process_creation}\n` +
  `detection:\n  selection: {Image|endswith: '\\cmd.exe'}\n  condition: ${condition}\n`;

async function loaded(files: Readonly<Record<string, string>>, ...pipelines: string[]) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    return await load({
      rules: [folder],
      sourcetypes: [],
      pipelines: pipelines.map((name) => `${folder}/${name}`),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a folder gives SDL and Sigma, and other YAML in it is no rule", async () => {
  const { program, diagnostics, left, ruleCount } = await loaded({
    "a.sdl": 'rule mine { title "M" severity low from Web where status == 404 }',
    "b.yml": SIGMA("selection"),
    "c.sdl":
      'rule both { title "B" severity low from signal b | stats count() as n by host over 1h | where n > 3 }',
    "info.yml": "id: x\ndescription: not a rule\n",
  });
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  assert.deepEqual(left, []);
  assert.deepEqual(program.rules.map((r) => r.name), ["b", "mine", "both"]);
  assert.equal(ruleCount, 3);
  // An SDL rule takes the signals of a Sigma rule.
  assert.deepEqual(program.rules[2].signals, ["b"]);
});

Deno.test("thirty broken files are left out, each with its reason", async () => {
  const broken = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`broken${i}.yml`, SIGMA("nobody")]),
  );
  const { program, diagnostics, left, ruleCount } = await loaded({
    ...broken,
    "good.yaml": SIGMA("selection"),
  });
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  assert.equal(left.length, 30);
  assert.ok(left.every((d) => d.code === "E0308"));
  assert.deepEqual(program.rules.map((r) => r.name), ["good"]);
  assert.equal(ruleCount, 31);
});

Deno.test("a folder without a rule is wrong use", async () => {
  await assert.rejects(loaded({ "info.yml": "id: x\n" }), LoadError);
});

const WITH_PLACEHOLDER = SIGMA("selection").replace("Image|endswith", "Image|endswith|expand")
  .replace("\\cmd.exe", "\\%shell%");

Deno.test("--pipeline gives placeholders their values; what is wrong in it is an error", async () => {
  const files = {
    "a.yml": WITH_PLACEHOLDER,
    "p.yml": "name: p\nvars: {shell: [cmd.exe]}\ntransformations: [{type: value_placeholders}]\n",
    "bad.yml": "transformations: [{type: value_placeholder}]\n",
    "b.yml": SIGMA("selection"),
  };
  // A pipeline beside rules is none that was asked for.
  const without = await loaded(files);
  assert.deepEqual(without.left.map((d) => d.code), ["E0311"]);
  const { program, left } = await loaded(files, "p.yml");
  assert.deepEqual(left, []);
  assert.equal(program.rules[0].planHash, program.rules[1].planHash);
  const { diagnostics } = await loaded(files, "bad.yml");
  const [error] = diagnostics.filter((d) => d.level === "error");
  assert.equal(error.message, 'Unknown transformation "value_placeholder"');
  await assert.rejects(loaded(files, "none.yml"), LoadError);
});
