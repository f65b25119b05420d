/** Explain, lints, errors and the API say of every pattern what the plan does. */
import assert from "node:assert/strict";
import { load } from "../agent/content/load.ts";
import { parse } from "../grammar/mod.ts";
import { ERRORS } from "../compiler/check/codes.ts";
import { lint } from "../compiler/check/lint/mod.ts";
import { check } from "../compiler/check/mod.ts";
import type { IrProgram, IrRule } from "../compiler/ir/program.ts";
import { inputsOf } from "../compiler/ir/walk.ts";
import { ConstantFolder } from "../compiler/plan/fold.ts";
import { plan } from "../compiler/plan/plan.ts";
import { tablesByName } from "../compiler/plan/scope.ts";
import { shipped } from "../compiler/sourcetype/testing/shipped.ts";
import { explain } from "../compiler/explain/mod.ts";

const { catalogue } = shipped();
const bounds = { keysPerRule: 1, keysInAll: 1, rowsPerKey: 1, exact: 1 };

function rule(source: string) {
  const parsed = parse(`rule r {\n  ${source}\n}\n`, "r.sdl");
  const checked = check([parsed.file], { catalogue, syntaxErrors: parsed.diagnostics });
  return { checked, found: [...parsed.diagnostics, ...checked.diagnostics] };
}

const explained = (r: IrRule) =>
  explain(r, { catalogue, tables: [], rules: [r] }, bounds, () => "").match(
    /(\d+) of (\d+) patterns/,
  )?.[1];

/** For each input of each rule, the extractions that the plan has code for. */
function planned(program: IrProgram, of = catalogue): number[][][] {
  const made = plan(program, of);
  const kinds = made.rules.map((p) => inputsOf(p.rule).map((): number[] => []));
  for (const x of of.extractions) {
    const kind = made.kindOf(x);
    kind.entries.forEach((e, i) => {
      if (kind.codeOf(i) !== null) kinds[e.rule.index][e.input].push(x.id);
    });
  }
  return kinds;
}

for (
  const where of [
    'lower(app) == "zzz"',
    'app contains any ("zzz", "yyy")',
    'app like "zz*"',
    "app matches /^zz/",
  ]
) {
  Deno.test(`patterns of linux_secure that can match ${where} are those of the plan`, () => {
    const { checked, found } = rule(`from linux_secure where ${where}`);
    assert.deepEqual(found, []);
    const [kinds] = planned(checked.program)[0];
    const all = catalogue.extractions.filter((x) => x.sourcetype === "linux_secure");
    assert.ok(
      kinds.length > 0 && kinds.length < all.length / 2,
      `${kinds.length} of ${all.length}`,
    );
    assert.equal(explained(checked.program.rules[0]), String(kinds.length));
  });
}

Deno.test("a condition that every pattern's constants refute is an error, computed or not", () => {
  const { found } = rule('from linux_secure where lower(sourcetype) == "zzz"');
  assert.deepEqual(found.map((d) => d.code), [ERRORS.never_fires]);
  // Another sourcetype may feed a dataset: that is a lint.
  const { checked } = rule('from Authentication where upper(sourcetype) contains "ZZZ"');
  assert.deepEqual(checked.diagnostics, []);
  assert.ok(lint(checked).some((d) => d.lint === "no_sourcetype"));
});

Deno.test("a condition behind fields that commands set counts too", () => {
  const { checked } = rule('from linux_secure | eval a = upper(app) | where a == "SSHD"');
  const [kinds] = planned(checked.program)[0];
  assert.equal(explained(checked.program.rules[0]), String(kinds.length));
});

Deno.test("the folder and the plan agree on every input of every shipped rule", async () => {
  const { program, sourcetypes } = await load({ rules: [], sourcetypes: [] });
  const folder = new ConstantFolder(tablesByName(program.tables));
  const { extractions } = sourcetypes.catalogue;
  const made = planned(program, sourcetypes.catalogue);
  let inputs = 0;
  for (const [index, rule] of program.rules.entries()) {
    inputsOf(rule).forEach((_, input) => {
      const wanted = extractions.filter((x) => folder.canMatch(rule, input, x)).map((x) => x.id);
      assert.deepEqual(made[index][input], wanted, `${rule.name}, input ${input}`);
      inputs++;
    });
  }
  assert.ok(inputs >= 85, `only ${inputs}`);
});
