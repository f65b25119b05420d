import assert from "node:assert/strict";
import { load } from "./load.ts";
import type { Loaded } from "./loaded.ts";
import { type Package, packShipped, shippedRules, shippedSourcetypes } from "./shipped.ts";

const loaded = await load({ rules: [], sourcetypes: [] });

/** What is plain in what was loaded. */
function plain(of: Pick<Loaded, "program" | "sourcetypes" | "diagnostics" | "ruleCount">) {
  const { catalogue, layouts, parents, unsure, recogniser, diagnostics } = of.sourcetypes;
  return {
    program: { ...of.program, rules: of.program.rules.map((r) => ({ ...r, tests: [] })) },
    sourcetypes: [...layouts],
    ...{ catalogue, parents, unsure, diagnostics, rules: recogniser.rules },
    ...{ ruleCount: of.ruleCount, of: of.diagnostics },
  };
}

async function inPackage(
  root: URL,
  work: (from: Package, folder: string) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const build = "a build";
    for (const [name, pieces] of packShipped(loaded, build)) {
      await Deno.writeFile(`${folder}/${name}`, await new Blob(pieces as BlobPart[]).bytes());
    }
    work({ build, compiled: new URL(`file://${folder}/`), root }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All texts that have the name of a shipped file in them; of data that several share, once. */
function namesIn(value: unknown, seen: Set<unknown> = new Set()): string[] {
  if (typeof value === "string") {
    return /(?:rules|sourcetypes)\/[\w/-]+\.(?:sdl|yaml)\b/.test(value) ? [value] : [];
  }
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value)) return [];
  const inner = value instanceof Map ? [...value].flat() : Object.values(value);
  return inner.flatMap((v) => namesIn(v, seen));
}

function read(from: Package) {
  return { ...shippedRules(from)!, sourcetypes: shippedSourcetypes(from)! };
}

Deno.test("what a package brings compiled is what is compiled of its files", async () => {
  await inPackage(new URL("../../", import.meta.url), (from) => {
    const brought = read(from);
    assert.ok(brought.program.rules.length > 100);
    assert.deepEqual(plain(brought), plain(loaded));
  });
});

Deno.test("names of files are those of the folder that the package is in", async () => {
  await inPackage(new URL("file:///opt/picket/"), (from) => {
    const brought = read(from);
    const names = namesIn(plain(brought));
    assert.ok(names.length > 300);
    const other = names.find((n) => !/^\/opt\/picket\/(?:rules|sourcetypes)\//.test(n));
    assert.equal(other, undefined);
    const own = names.map((n) => n.replace("/opt/picket/", ""));
    assert.deepEqual(own.sort(), namesIn(plain(loaded)).sort());
  });
});

Deno.test("nothing is taken of another build, or of a file that is damaged", async () => {
  await inPackage(new URL("file:///opt/picket/"), (from, folder) => {
    const other = { ...from, build: "another" };
    assert.equal(shippedRules(other), null);
    assert.equal(shippedSourcetypes(other), null);
    const file = `${folder}/rules.cache`;
    const bytes = Deno.readFileSync(file);
    bytes[bytes.length >> 1] ^= 1;
    Deno.writeFileSync(file, bytes);
    assert.equal(shippedRules(from), null);
    Deno.removeSync(file);
    assert.equal(shippedRules(from), null);
    assert.notEqual(shippedSourcetypes(from), null);
  });
});

Deno.test("a clone brings nothing compiled", () => {
  assert.equal(shippedRules(), null);
  assert.equal(shippedSourcetypes(), null);
});
