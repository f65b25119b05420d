/** What was compiled and kept: a run is the same with it, and nothing is taken that is not sure. */
import assert from "node:assert/strict";
import { CacheFolder } from "../agent/content/cache/folder.ts";
import { load, loadCached, type LoadOptions } from "../agent/content/load.ts";
import type { Loaded } from "../agent/content/loaded.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { lineBatch } from "../agent/stages/line_batch.ts";
import { toFlat } from "../compiler/sourcetype/mod.ts";
import { inProcess } from "./in_process.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";
import { root, withFolder } from "./run.ts";

const SAMPLES = new URL("tests/samples/", root).pathname;
const cacheIn = (folder: string) =>
  CacheFolder.open((name) => name === "XDG_CACHE_HOME" ? folder : undefined)!;
const kept = (folder: string) =>
  [...Deno.readDirSync(`${folder}/picket`)].map((e) => `${folder}/picket/${e.name}`).sort();

/** All of what is loaded that a run can see, texts by way of diagnostics. */
function visibleTo(loaded: Loaded) {
  const { program, sourcetypes, diagnostics, left, rejected, unfed, ruleCount, texts } = loaded;
  const { catalogue, layouts, parents, unsure, recogniser } = sourcetypes;
  return {
    rules: program.rules.map((r) => ({ ...r, tests: [] })),
    tables: program.tables,
    catalogue,
    layouts: [...layouts],
    sourcetypes: [...sourcetypes.sourcetypes],
    parents,
    unsure,
    recognition: recogniser.rules,
    diagnostics,
    left,
    rejected: left.map((d) => rejected.get(d)),
    unfed,
    ruleCount,
    texts: [...left, ...unfed].map((d) => texts.get(d.file)?.slice(d.span.start, d.span.end)),
  };
}

/** Loads three times: without the cache, into it, and from it. */
async function threeTimes(folder: string, options: LoadOptions): Promise<Loaded[]> {
  const cache = cacheIn(folder);
  return [await load(options), await loadCached(options, cache), await loadCached(options, cache)];
}

async function assertSame(folder: string, options: LoadOptions): Promise<Loaded[]> {
  const all = await threeTimes(folder, options);
  assert.ok("lints" in all[0] && !("lints" in all[2]), "the third is from the cache");
  for (const other of all.slice(1)) assert.deepEqual(visibleTo(other), visibleTo(all[0]));
  return all;
}

Deno.test("what is loaded from the cache is what was compiled, and reads all samples alike", async () => {
  await withFolder(async (folder) => {
    const [compiled, , cached] = await assertSame(folder, { rules: [], sourcetypes: [] });
    let events = 0;
    for (const s of compiled.sourcetypes.sourcetypes) {
      const text = s.samples.map((sample) => sample.line).join("\n");
      const [a, b] = [compiled, cached].map((loaded) => {
        const batch = lineBatch(loaded.sourcetypes, s.name, text, Date.UTC(2026, 2, 29))!;
        const engine = createEngine(loaded.program, loaded.sourcetypes.catalogue);
        const matched = [...engine.detect(batch)];
        engine.end();
        const { extractions } = batch;
        return {
          events: batch.events.map((e, i) =>
            toFlat(e, extractions[batch.extractionIds[i]], "test")
          ),
          matched,
          alerts: engine.takeChanges(),
          plans: loaded.program.rules.map((r) => [r.name, r.planHash]),
        };
      });
      assert.deepEqual(b, a, s.name);
      events += a.events.length;
    }
    assert.ok(events > 300);
  });
});

Deno.test("commands print the same with and without the cache, over all samples", async () => {
  await withFolder(async (folder) => {
    const logs = [...Deno.readDirSync(SAMPLES)].map((e) => e.name)
      .filter((name) => /\.log$/.test(name));
    let printed = 0;
    const rules = ["shipped", `${SAMPLES}sigma_whoami.yml`, `${SAMPLES}root_login.sdl`];
    for (const log of logs) {
      const commands = [
        ["agent", "--no-store", "--format", "ndjson", ...rules.flatMap((r) => ["--rules", r])],
        ["parse"],
        ["validate", "--format", "json"],
      ];
      for (const command of commands) {
        const args = [...command, "--tz", "UTC", "--quiet", SAMPLES + log];
        const runs = [
          await inProcess([...args, "--no-cache"], "", { XDG_CACHE_HOME: folder }),
          await inProcess(args, "", { XDG_CACHE_HOME: folder }),
          await inProcess(args, "", { XDG_CACHE_HOME: folder }),
        ];
        if (runs[0].stdout !== "") printed++;
        for (const run of runs.slice(1)) assert.deepEqual(run, runs[0], `${command[0]} ${log}`);
      }
    }
    assert.ok(printed > 2 * logs.length);
    assert.equal(kept(folder).length, 2);
  });
});

testNeeding(
  needs.shared("data/logs/sigma/"),
  "Sigma rules from the cache are what was compiled",
  async () => {
    await withFolder(async (folder) => {
      const at = (path: string) => sharedUrl(`data/logs/sigma/${path}`).pathname;
      const [compiled] = await assertSame(folder, {
        rules: [at("rules/windows/process_creation"), at("unsupported")],
        sourcetypes: [],
        sigmaThrottle: 60_000,
      });
      assert.ok(compiled.program.rules.length > 500 && compiled.left.length > 0);
    });
  },
);

Deno.test("a change in a rule, a list's file, a sourcetype or an option is seen", async () => {
  await withFolder(async (folder) => {
    const own = `${folder}/own`;
    await Deno.mkdir(own);
    const write = (name: string, text: string) => Deno.writeTextFile(`${own}/${name}`, text);
    await write("bad.txt", "alice\n");
    const rule = (more: string) =>
      `list bad = file "bad.txt"\nrule r {\n  from authentication\n  | where user in @bad${more}\n` +
      `  | alert "{user}"\n}\n`;
    await write("r.sdl", rule(""));
    await write("s.yaml", "name: mine\nsummary: Mine\nrecognise: [{ regex: 'mine ' }]\n");
    const options = { rules: [`${own}/r.sdl`], sourcetypes: [] as string[] };
    const hashes = new Set<string>();
    const look = async (o: LoadOptions = options) => {
      const [compiled, , cached] = await threeTimes(folder, o);
      assert.deepEqual(compiled.diagnostics, []);
      assert.ok(!("lints" in cached));
      assert.deepEqual(visibleTo(cached), visibleTo(compiled));
      hashes.add(JSON.stringify(compiled.program) + compiled.sourcetypes.parents.size);
    };
    await look();
    await write("bad.txt", "alice\nbob\n");
    await look();
    await write("r.sdl", rule(' and app == "sshd"'));
    await look();
    assert.equal(hashes.size, 3);
  });
});

Deno.test("rules with an error are not kept", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/r.sdl`, 'rule r {\n  from nothing\n  alert high "x"\n}\n');
    const options = { rules: [`${folder}/r.sdl`], sourcetypes: [] };
    for (const loaded of await threeTimes(folder, options)) {
      assert.equal(loaded.program.rules.length, 0);
      assert.ok(loaded.diagnostics.some((d) => d.level === "error"));
    }
    assert.equal(kept(folder).length, 1);
  });
});

Deno.test("a file that is damaged, cut, or another's is made anew without a word", async () => {
  await withFolder(async (folder) => {
    const options = { rules: [], sourcetypes: [] };
    const [compiled] = await threeTimes(folder, options);
    const expected = visibleTo(compiled);
    const files = kept(folder);
    assert.equal(files.length, 2);
    const whole = files.map((f) => Deno.readFileSync(f));
    const damages: ((bytes: Uint8Array, other: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(0),
      (b) => b.slice(0, 10),
      (b) => b.slice(0, -1),
      (b) => b.map((byte, i) => i === 20 ? byte ^ 1 : byte),
      (b) => b.map((byte, i) => i === b.length - 1000 ? byte ^ 1 : byte),
      (b) => new Uint8Array([...b, 0]),
      // Whole, and of this program, but under the other's name.
      (_, other) => other,
    ];
    for (const damage of damages) {
      files.forEach((f, i) => Deno.writeFileSync(f, damage(whole[i], whole[1 - i])));
      assert.deepEqual(visibleTo(await loadCached(options, cacheIn(folder))), expected);
      const again = await loadCached(options, cacheIn(folder));
      assert.ok(!("lints" in again), "it was written anew");
      assert.deepEqual(visibleTo(again), expected);
    }
  });
});

Deno.test("nothing is read that another user could have written", async () => {
  await withFolder((folder) => {
    const cache = () => cacheIn(folder);
    const bytes = new TextEncoder().encode("x");
    cache().write("a", [bytes]);
    const [file] = kept(folder);
    assert.deepEqual(cache().read("a"), bytes);
    assert.equal(Deno.statSync(file).mode! & 0o777, 0o600);
    assert.equal(Deno.statSync(`${folder}/picket`).mode! & 0o777, 0o700);
    const refuses = (path: string, mode: number) => {
      const before = Deno.statSync(path).mode!;
      Deno.chmodSync(path, mode);
      assert.equal(cache().read("a"), null, `${path} ${mode.toString(8)}`);
      Deno.chmodSync(path, before);
      assert.deepEqual(cache().read("a"), bytes);
    };
    refuses(file, 0o620);
    refuses(file, 0o602);
    refuses(`${folder}/picket`, 0o720);
    refuses(`${folder}/picket`, 0o702);
    refuses(folder, 0o777);
    // A link, a folder and a pipe are no files of ours.
    Deno.renameSync(file, `${folder}/elsewhere`);
    Deno.symlinkSync(`${folder}/elsewhere`, file);
    assert.equal(cache().read("a"), null);
    Deno.removeSync(file);
    Deno.mkdirSync(file);
    assert.equal(cache().read("a"), null);
    cache().write("a", [bytes]);
    assert.equal(cache().read("a"), null);
    return Promise.resolve();
  });
});

Deno.test({
  name: "what belongs to another user is not read",
  // Only root can give files away.
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFolder((folder) => {
      cacheIn(folder).write("a", [new Uint8Array(1)]);
      const [file] = kept(folder);
      for (const path of [file, `${folder}/picket`, folder]) {
        Deno.chownSync(path, 65534, 65534);
        assert.equal(cacheIn(folder).read("a"), null, path);
        Deno.chownSync(path, 0, 0);
        assert.notEqual(cacheIn(folder).read("a"), null, path);
      }
      return Promise.resolve();
    }),
});

Deno.test("as many files are kept as were used last", async () => {
  await withFolder((folder) => {
    const cache = cacheIn(folder);
    for (let i = 0; i < 16; i++) {
      cache.write(`f${i}`, [new Uint8Array(1)]);
      Deno.utimeSync(`${folder}/picket/f${i}.cache`, i + 1, i + 1);
    }
    // The oldest, used again.
    assert.notEqual(cache.read("f0"), null);
    cache.write("new", [new Uint8Array(1)]);
    assert.equal(kept(folder).length, 16);
    assert.notEqual(cache.read("f0"), null);
    assert.equal(cache.read("f1"), null);
    return Promise.resolve();
  });
});

Deno.test("where there is no home, and where nothing may be written, runs go on without", async () => {
  await withFolder(async (folder) => {
    for (const env of [{}, { HOME: "" }, { HOME: "here" }, { XDG_CACHE_HOME: "there" }]) {
      assert.equal(CacheFolder.open((name) => (env as Record<string, string>)[name]), null);
    }
    // A file stands where the folder would be.
    await Deno.writeTextFile(`${folder}/picket`, "");
    const args = ["parse", "--quiet", `${SAMPLES}windows_processes.log`];
    const ran = await inProcess(args, "", { XDG_CACHE_HOME: folder });
    assert.deepEqual({ ...ran, stdout: "" }, { code: 0, stdout: "", stderr: "" });
  });
});

Deno.test("backtest of a file compiles it once, and no other rules", async () => {
  await withFolder(async (folder) => {
    const args = ["backtest", "--data", `${folder}/data`, `${SAMPLES}root_login.sdl`];
    const ran = await inProcess(args, "", { XDG_CACHE_HOME: folder });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^root_login: 0 alerts$/m);
    const once = kept(folder);
    assert.equal(once.length, 2, "the sourcetypes, and one set of rules");
    // That set is of the file alone.
    const rules = [`${SAMPLES}root_login.sdl`];
    const loaded = await loadCached({ rules, sourcetypes: [], instead: rules }, cacheIn(folder));
    assert.equal(loaded.ruleCount, 1);
    assert.deepEqual(kept(folder), once);
  });
});
