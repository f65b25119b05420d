import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import type { Keyed } from "../json/json.ts";
import { flatRecord, readEventJson } from "./json.ts";

const NAMES =
  "EventID event_id Id Channel LogName Computer host.name Provider_Name Source TimeCreated Time Level Keywords ProcessID process_id Image CommandLine __proto__ constructor toString 0 é \u2028 \"'`"
    .split(" ");

/** Values as JSON has them, those that a flat record does not take among them. */
const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "", "12", "-0", "1e400", "/Date(1500000000000)/") },
  { weight: 4, arbitrary: fc.constantFrom("0", "7", "-1.5", "1e999", "true", "false", "null") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("9007199254740993", "12345678901234567890", "{}", "[1]", '{"a":1}'),
  },
);
const TEXTS = new Set(["a", "", "12", "-0", "1e400", "/Date(1500000000000)/"]);
const written = (v: string) => TEXTS.has(v) ? JSON.stringify(v) : v;

Deno.test("records of a known shape are those that are read name by name", () => {
  const shape = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      shape,
      fc.array(fc.array(value, { minLength: 9, maxLength: 9 }), { minLength: 8, maxLength: 8 }),
      (names, rows) => {
        for (const row of rows) {
          const text = `{${
            names.map((n, i) => `${JSON.stringify(n)}:${written(row[i])}`).join(",")
          }}`;
          const exact = JSON.parse(
            text,
            (_, v, context?: { source?: string }) =>
              typeof v === "number" && Number.isInteger(v) && !Number.isSafeInteger(v)
                ? context!.source
                : v,
          ) as Record<string, unknown>;
          if (Object.values(exact).some((v) => typeof v === "object" && v !== null)) continue;
          const plain = flatRecord(exact);
          const expected = plain?.EventID === undefined ? null : plain;
          const got = readEventJson(text);
          deepEqual(own(got), own(expected), text);
        }
      },
    ),
    { numRuns: 400 },
  );
});

/** Own members in order: what `__proto__` is set to is one of them. */
const own = (record: Keyed | null) => record === null ? null : Object.entries(record);

Deno.test("shapes that a log invents are bounded, and read all the same", () => {
  for (let i = 0; i < 3000; i++) {
    for (let k = 0; k < 5; k++) {
      const record = readEventJson(`{"EventID":${k},"n${i}":"x","Level":"3"}`)!;
      equal(record.EventID, k);
      equal(record[`n${i}`], "x");
      equal(record.Level, 3);
    }
  }
});
