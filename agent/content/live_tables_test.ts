import assert from "node:assert/strict";
import { check } from "../../compiler/check/mod.ts";
import { parse } from "../../grammar/mod.ts";
import { runTests } from "./rule_tests.ts";

const catalogue = { extractions: [], sourcetypes: [] };

function compile(text: string) {
  const { file, diagnostics: syntaxErrors } = parse(text, "example.sdl");
  const { program, diagnostics } = check([file], { catalogue, tables: [], syntaxErrors });
  const errors = [...syntaxErrors, ...diagnostics].filter((d) => d.level === "error");
  return { program, errors: errors.map((d) => `${d.message}: ${d.help}`) };
}

Deno.test("live tables: a lookup gives what the run knows, and `in` asks for it", () => {
  const { program, errors } = compile(`
    rule r {
      title "x" severity low mitre T1078
      from any where src in threat_lists or dest in assets
      | lookup geography(src) as place
      | lookup threat_lists(src) as t
      | lookup assets(dest) as a
      | lookup identities(user)
      | where not exists a.priority or a.priority >= high
      | alert "{place.city}, {t.list}: {t.description}; {a.name} of {a.owner}; {identities.priority}"
      test "known" {
        at 0s { src: 203.0.113.66, dest: "DB1", user: "root" }
        expect 1 alert { place.country: "US", place.asn: 64498, t.list: "examples", a.priority: "critical", identities.owner: "ops@example.org" }
      }
      test "unknown" {
        at 0s { src: 203.0.113.67, dest: "h1", user: "root" }
        expect none
      }
    }`);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    new Set(program.tables.map((t) => t.name)),
    new Set([
      "threat_lists",
      "assets",
      "geography",
      "identities",
    ]),
  );
  const results = runTests(program, catalogue, () => null);
  assert.deepEqual(results.map((r) => [r.test, r.passed]), [["known", true], ["unknown", true]]);
  assert.equal(
    results[0].alerts[0].message,
    "New York, examples: an example; db1 of dba@example.org; high",
  );
});

Deno.test("live tables: a list of that name comes first, and nobody waits for all of them", () => {
  const own = compile(`
    list assets = ["web1"]
    rule r { title "x" severity low mitre T1078 from any where dest in @assets | alert "x" }`);
  assert.deepEqual(own.errors, []);
  assert.deepEqual(own.program.tables.map((t) => t.rows), [[["web1"]]]);
  const { errors, program } = compile(`
    rule r { title "x" severity low mitre T1078
      from any | absent 15m by host expect lookup assets | alert "x" }`);
  assert.match(errors[0], /"assets" cannot be gone through: .* declare a list/);
  assert.deepEqual(program.tables, []);
});
