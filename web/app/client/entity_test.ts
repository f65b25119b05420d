import assert from "node:assert/strict";
import { entityHref, kindOf, term, wordsOf } from "./entity.ts";

Deno.test("addresses, accounts and hosts have pages, processes have none", () => {
  assert.equal(kindOf("src", "203.0.113.9"), "address");
  assert.equal(kindOf("dest", "2001:db8::1"), "address");
  assert.equal(kindOf("dest", "web1"), "host");
  assert.equal(kindOf("user", "10.0.0.1"), "account");
  assert.equal(kindOf("login.dest", "web1"), "host");
  assert.equal(kindOf("ppid", "500049"), null);
  assert.equal(kindOf("constructor", "x"), null);
});

Deno.test("a value is written so that an address and a search read it back", () => {
  assert.equal(entityHref("account", "CORP\\a b/c"), "/entities/CORP%5Ca%20b%2Fc?kind=account");
  assert.equal(term("src", "203.0.113.9"), "src:203.0.113.9");
  assert.equal(term("user", 'j "x" smith'), 'user:"j \\"x\\" smith"');
});

Deno.test("filters are words of a search", () => {
  assert.deepEqual(wordsOf({ src: "10.0.0.1", "user!": "root", "status>": "500", q: "a b" }), [
    "src:10.0.0.1",
    "-user:root",
    "status>=500",
    '"a b"',
  ]);
});
