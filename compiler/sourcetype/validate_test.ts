import assert from "node:assert/strict";
import { compileSourcetypes } from "./compile/compile.ts";
import { validateLines } from "./mod.ts";
import { shipped } from "./testing/shipped.ts";

const MODIFIED = Date.UTC(2026, 5, 30);

const compiled = compileSourcetypes([{
  name: "shop.yaml",
  text: `
name: shop
summary: Test
recognise:
  - regex: '\\d{4}-\\d\\d-\\d\\dT[^ ]+ shop '
fields: { cart: int }
patterns:
  - name: login
    regex: '(?<time>[^ ]+) shop login (?<user>[^ ]*) (?<action>\\w+) cart (?<cart>\\d+)(?: src (?<src>.*))?$'
    time: iso
    datasets: [Authentication]
    set: { app: shop, dest: shop1 }
  - name: group
    regex: '(?<time>[^ ]+) shop group (?<object>.*)$'
    time: iso
    datasets: [Change.Account_Management]
    set: { action: created, status: succeeded }
    alias: { user: object }
`,
}]);

Deno.test("present, missing and unexpected fields of a dataset; every extracted field with its origin", () => {
  const [v] = validateLines(
    compiled,
    ["2026-03-29T00:02:11Z shop login bob refused cart 7"],
    { modified: MODIFIED },
  );
  assert.equal(v.sourcetype, "shop");
  assert.equal(v.recognition?.sourcetype, "shop");
  assert.equal(v.pattern, "login");
  assert.equal(v.parse_error, null);
  assert.equal(v.time, "2026-03-29T00:02:11.000Z");
  assert.deepEqual(v.tags, ["authentication"]);
  assert.equal(v.valid, false);
  const [dataset] = v.datasets;
  assert.equal(dataset.name, "Authentication");
  assert.equal(dataset.complete, false);
  const by = new Map(dataset.fields.map((f) => [f.name, f]));
  assert.deepEqual(by.get("action"), {
    name: "action",
    requirement: "required",
    status: "unexpected",
    value: "refused",
    prescribed: ["success", "failure", "pending", "error"],
  });
  assert.deepEqual(by.get("src"), { name: "src", requirement: "required", status: "missing" });
  assert.equal(by.get("src_user")?.requirement, "conditional");
  assert.equal(by.get("reason")?.requirement, "optional");
  assert.equal(by.get("user")?.status, "present");
  assert.deepEqual(
    v.fields.map((f) => [f.name, f.type, f.value, f.from, f.cim]).sort(),
    [
      ["action", "string", "refused", "group", true],
      ["app", "string", "shop", "set", true],
      ["cart", "int", 7, "group", false],
      ["dest", "host", "shop1", "set", true],
      ["user", "string", "bob", "group", true],
    ],
  );
});

Deno.test("a complete line is valid", () => {
  const [v] = validateLines(
    compiled,
    ["2026-03-29T00:02:11Z shop login bob failure cart 7 src 203.0.113.9"],
    { sourcetype: "shop", modified: MODIFIED },
  );
  assert.equal(v.recognition, null);
  assert.equal(v.datasets[0].complete, true);
  assert.equal(v.valid, true);
});

Deno.test("a sub-dataset stands with its parent, each with its own fields", () => {
  const [v] = validateLines(compiled, ["2026-03-29T00:02:11Z shop group ops"], {
    modified: MODIFIED,
  });
  assert.deepEqual(v.datasets.map((d) => d.name), ["Change", "Change.Account_Management"]);
  const [change, account] = v.datasets.map((d) => new Map(d.fields.map((f) => [f.name, f])));
  assert.equal(change.get("status")?.status, "unexpected");
  assert.equal(account.has("status"), false);
  assert.equal(account.get("src_user")?.requirement, "conditional");
  assert.deepEqual(v.tags, ["change", "account"]);
});

Deno.test("what is not read says why", () => {
  const [error] = validateLines(compiled, ["2026-03-29T00:02:11Z shop closes"], {
    modified: MODIFIED,
  });
  assert.equal(error.parse_error, "No pattern of sourcetype shop fits");
  assert.equal(error.pattern, null);
  assert.equal(error.valid, false);
  const [unknown] = validateLines(compiled, ["what is this"], { modified: MODIFIED });
  assert.equal(unknown.sourcetype, null);
  assert.match(unknown.parse_error!, /^None of the first 1 lines fits a sourcetype/);
  assert.throws(
    () => validateLines(compiled, ["x"], { sourcetype: "none", modified: MODIFIED }),
    RangeError,
  );
});

Deno.test("keys that no capture names are fields too; a recalled one says so", () => {
  const all = shipped();
  const [json] = validateLines(all, ['{"time":"2026-03-29T00:02:11Z","x":{"y":["a","b"]}}'], {
    modified: MODIFIED,
  });
  assert.deepEqual(json.fields.find((f) => f.name === "x.y"), {
    name: "x.y",
    type: "list<string>",
    value: ["a", "b"],
    from: "keyed",
    cim: false,
  });
  const ldap = validateLines(all, [
    "Mar 29 00:02:11 l slapd[1]: conn=7 fd=21 ACCEPT from IP=203.0.113.9:45011 (IP=0.0.0.0:636)",
    "Mar 29 00:02:11 l slapd[1]: conn=7 op=1 RESULT tag=97 err=49 text=",
  ], { modified: MODIFIED });
  assert.equal(ldap[1].fields.find((f) => f.name === "src")?.from, "recall");
});
