import assert from "node:assert/strict";
import { metadataFacts, webAddress } from "./metadata.tsx";

Deno.test("only web addresses of a rule become links", () => {
  for (const url of ["https://example.com/a?b=c", "http://192.0.2.1/", "HTTPS://EXAMPLE.COM"]) {
    assert.ok(webAddress(url), url);
  }
  for (
    const url of [
      "javascript:alert(1)",
      "JAVASCRIPT://example.com/%0aalert(1)",
      "data:text/html,x",
      " https://example.com/",
      "https://[",
      "//example.com/",
      "/rules/x",
      "Internal research",
      "",
    ]
  ) assert.ok(!webAddress(url), url);
});

Deno.test("facts of a rule are those that its author gives", () => {
  assert.deepEqual(metadataFacts({}), []);
  const facts = metadataFacts({ author: "A", license: "DRL-1.1", date: "2026-01-02" });
  assert.deepEqual(facts, [["Author", "A"], ["License", "DRL-1.1"], ["Written", "2026-01-02"]]);
  const [[, changed]] = metadataFacts({ date: "2026-01-02", modified: "2026-02-03" });
  assert.equal(changed, "2026-01-02, changed 2026-02-03");
});
