import assert from "node:assert/strict";
import { samples } from "./generate.ts";

Deno.test("the sample logs are what the generator writes", () => {
  for (const [name, text] of Object.entries(samples())) {
    assert.equal(
      Deno.readTextFileSync(new URL(name, import.meta.url)),
      text,
      `${name} has drifted`,
    );
  }
});

Deno.test("the sample logs use only documentation and private addresses", () => {
  const allowed =
    /^(192\.0\.2|198\.51\.100|203\.0\.113|10\.\d+\.\d+|192\.168\.\d+|127\.0\.0)\.\d+$/;
  for (const text of Object.values(samples())) {
    for (const line of text.split("\n")) {
      // Versions in user agents look like addresses; only what stands before the last quoted text is looked at.
      for (const [ip] of line.replace(/"[^"]*"$/, "").matchAll(/\b\d{1,3}(\.\d{1,3}){3}\b/g)) {
        assert.match(ip, allowed);
      }
    }
  }
});
