/**
 * SigmaHQ's own recordings: each fires its rule, read from EVTX and from JSON, and the rules that are
 * left out are those that cannot be taken yet.
 */
import assert from "node:assert/strict";
import { loadSourcetypes } from "../../agent/content/files.ts";
import { createEngine, type Engine } from "../../agent/engine/engine.ts";
import type { EventBatch } from "../../agent/event.ts";
import { InputHandle } from "../../agent/input.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { isSigma } from "../../compiler/sigma/is_sigma.ts";
import { compileSigma } from "../../compiler/sigma/mod.ts";
import { type PlainEvent, plainRule } from "../../compiler/sigma/testing/evaluate.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import { needs, sharedUrl, testNeeding } from "../needs.ts";
import { filesBelow, parseBytes } from "./windows.ts";

const DATA = "data/logs/sigma/";

interface Case {
  readonly case: string;
  readonly rule_file: string;
  readonly rule_id: string;
  readonly evtx: string;
  readonly json: string;
  readonly expect: { readonly fires: boolean; readonly min_matches: number };
}

const compiled = async (): Promise<Compiled> => compileSourcetypes(await loadSourcetypes([]));

function rulesBelow(folder: string) {
  return [...filesBelow(sharedUrl(DATA + folder), ".yml")]
    .map((url) => ({ name: url.pathname, text: Deno.readTextFileSync(url) }))
    .filter((f) => isSigma(f.text));
}

/** Every match is an alert: nothing is held back. */
const unthrottled = (rules: IrProgram["rules"]): IrProgram => ({
  rules: rules.map((r) => ({ ...r, commands: [] })),
  tables: [],
});

/** Ids of the rules that fire on a recording, each with its number of matches. */
function matches(engine: Engine, batches: readonly EventBatch[], name: string) {
  const input = new InputHandle({ name, modified: Date.UTC(2030, 0, 1) });
  engine.openInput(input);
  for (const batch of batches) engine.detect({ ...batch, lines: { ...batch.lines, input } });
  engine.closeInput(input);
  const out = new Map<string, number>();
  for (const { change, alert } of engine.takeChanges()) {
    if (change === "open") out.set(alert.rule, (out.get(alert.rule) ?? 0) + 1);
  }
  return out;
}

testNeeding(
  needs.shared(DATA + "regression/cases.jsonl"),
  "every recording of SigmaHQ fires its rule, from EVTX and from JSON",
  async () => {
    const sourcetypes = await compiled();
    const { rules, diagnostics } = compileSigma(rulesBelow("regression/"), sourcetypes);
    assert.deepEqual(diagnostics, []);
    const engine = createEngine(unthrottled(rules), sourcetypes.catalogue);
    const nameOf = new Map(rules.map((r) => [r.id, r.name]));
    const cases = Deno.readTextFileSync(sharedUrl(`${DATA}regression/cases.jsonl`)).trimEnd()
      .split("\n").map((l) => JSON.parse(l) as Case);
    assert.ok(cases.length > 100);
    const parsers = new Map();
    const wrong: string[] = [];
    for (const c of cases) {
      const seen = [c.evtx, c.json].map((file) => {
        const url = sharedUrl(`${DATA}regression/${c.case}/${file}`);
        const { batches } = parseBytes(
          sourcetypes,
          file,
          Deno.readFileSync(url),
          undefined,
          parsers,
        );
        return matches(engine, batches, url.pathname);
      });
      const rule = nameOf.get(c.rule_id)!;
      for (const [i, from] of ["EVTX", "JSON"].entries()) {
        const n = seen[i].get(rule) ?? 0;
        const right = c.expect.fires ? n >= c.expect.min_matches : n === 0;
        if (!right) wrong.push(`${rule} from ${from}: ${n} matches`);
      }
      // What else fires does so whatever the recording came as.
      assert.deepEqual([...seen[0]].sort(), [...seen[1]].sort(), c.case);
    }
    assert.deepEqual(wrong, []);
  },
);

const allRules = () => {
  const folders = ["", "-compliance", "-emerging-threats", "-placeholder", "-threat-hunting"];
  return ["regression/", ...folders.map((f) => `rules${f}/`)].flatMap(rulesBelow);
};

testNeeding(
  needs.shared(DATA + "rules"),
  "of all rules those fire on a recorded process that a plain evaluator says",
  async () => {
    const sourcetypes = await compiled();
    const files = allRules();
    const textOf = new Map(files.map((f) => [f.name, f.text]));
    const about = /^logsource:(?=[^]*^ +category: process_creation)(?=[^]*^ +product: windows)/m;
    const rules = compileSigma(files, sourcetypes).rules
      .filter((r) => about.test(textOf.get(r.file)!));
    assert.ok(rules.length > 400);
    const plain = rules.map((r) => ({ name: r.name, holds: plainRule(textOf.get(r.file)!) }));
    const engine = createEngine(unthrottled(rules), sourcetypes.catalogue);
    const parsers = new Map();
    let recordings = 0, fired = 0;
    for (const url of filesBelow(sharedUrl(`${DATA}regression/`), ".evtx")) {
      const bytes = Deno.readFileSync(url);
      const { batches, flat } = parseBytes(sourcetypes, url.pathname, bytes, undefined, parsers);
      const found = matches(engine, batches, url.pathname);
      if (flat.length !== 1 || flat[0].signature !== "Process creation") continue;
      recordings++;
      fired += found.size;
      const event = Object.fromEntries(Object.entries(flat[0]).map(([k, v]) => [k, String(v)]));
      const expected = plain.filter((p) => p.holds(event as PlainEvent)).map((p) => p.name);
      assert.deepEqual([...found.keys()].sort(), expected.sort(), url.pathname);
    }
    assert.ok(recordings > 50 && fired >= recordings, `${fired} on ${recordings} recordings`);
  },
);

testNeeding(needs.shared(DATA + "rules"), "the rules of SigmaHQ are taken", async () => {
  const { catalogue } = await compiled();
  const files = allRules();
  const { rules, diagnostics, ruleCount } = compileSigma(files, { catalogue });
  assert.ok(ruleCount > 1000);
  assert.equal(rules.length + diagnostics.length, ruleCount);
  // Placeholders whose values only a user knows.
  const codes = new Set(diagnostics.map((d) => d.code));
  assert.deepEqual([...codes], ["E0311"]);
  assert.ok(
    diagnostics.length <= 0.01 * ruleCount,
    `${diagnostics.length} of ${ruleCount} left out`,
  );
  assert.equal(new Set(rules.map((r) => r.name)).size, rules.length);
});
