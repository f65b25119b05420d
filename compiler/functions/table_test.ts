import assert from "node:assert/strict";
import { callFunction, FUNCTIONS } from "./table.ts";
import { localTime } from "./zone.ts";

Deno.test("a missing argument gives a missing result unless the function looks at it", () => {
  for (const spec of FUNCTIONS.values()) {
    const given = callFunction(spec, spec.params.map(() => undefined));
    if (spec.missing === undefined) assert.equal(given, undefined, spec.name);
  }
});

Deno.test("string functions take any text without throwing", () => {
  const odd = ["", "%", "%%", "%u", "%u12", "%c0", "%ff%fe", "\\", "\u0000", "\ud800", "=", "+"];
  for (const name of ["urldecode", "base64decode", "lower", "trim", "len", "tonumber"]) {
    for (const text of odd) callFunction(FUNCTIONS.get(name)!, [text]);
  }
  assert.equal(callFunction(FUNCTIONS.get("urldecode")!, ["%ff"]), "\u00ff");
});

Deno.test("local time follows daylight saving", () => {
  const before = Date.UTC(2026, 2, 29, 0, 59, 59);
  assert.equal(localTime(before, "Europe/Berlin") - before, 3_600_000);
  const after = Date.UTC(2026, 2, 29, 1, 0, 0);
  assert.equal(localTime(after, "Europe/Berlin") - after, 7_200_000);
});
