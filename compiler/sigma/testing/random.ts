/** Random Sigma rules and events over a few fields and letters, so that they meet. */
import fc from "fast-check";
import { stringify } from "yaml";
import type { PlainEvent } from "./evaluate.ts";

/** `Count` is a number in the event that is compiled for. */
const FIELDS = ["a", "b", "c", "Count"];

const text = (letters: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { maxLength }).map((l) => l.join(""));

const eventText = text(["x", "X", "y", "1", "-", "/", "*", "?", "\\", " "], 5);

/** Fields are there or not; the whole text has all of them, one a line. */
export const event: fc.Arbitrary<PlainEvent> = fc.record(
  Object.fromEntries(
    FIELDS.map((f) => [
      f,
      fc.option(f === "Count" ? fc.integer({ min: -2, max: 21 }).map(String) : eventText, {
        nil: undefined,
        freq: 4,
      }),
    ]),
  ),
).map((fields) => {
  const own = Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
  return { ...own, _raw: Object.values(own).join("\n") } as PlainEvent;
});

const written = text(["x", "y", "1", "-", "/", "*", "?", "\\", "\\*", "\\?", "\\\\", " "], 4);

const plain: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: written },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 1, arbitrary: fc.boolean() },
);

/** One value or some. */
const some = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }));

const entryOf = (modifiers: fc.Arbitrary<readonly string[]>, values: fc.Arbitrary<unknown>) =>
  fc.tuple(fc.constantFrom(...FIELDS), modifiers, values).map(([field, mods, value]) =>
    [[field, ...mods].join("|"), value] as const
  );

const flags = (...names: readonly string[]) => fc.subarray([...names]);

const joined = (...parts: readonly fc.Arbitrary<readonly string[]>[]) =>
  fc.tuple(...parts).map((lists) => lists.flat());

const place = fc.constantFrom([], ["contains"], ["startswith"], ["endswith"]);

const entry = fc.oneof(
  {
    weight: 6,
    arbitrary: entryOf(joined(place, flags("all", "cased", "windash", "neq")), some(plain)),
  },
  { weight: 1, arbitrary: entryOf(fc.constant([]), fc.constantFrom(null, [null, "x"], "")) },
  { weight: 1, arbitrary: entryOf(fc.constant(["exists"]), fc.boolean()) },
  {
    weight: 1,
    arbitrary: entryOf(
      joined(fc.constant(["re"]), flags("i", "m", "s")),
      some(fc.constantFrom("^x", "y$", "x.y", "^[xy]{1,9}$", "\\d", "")),
    ),
  },
  {
    weight: 1,
    arbitrary: entryOf(
      fc.constantFrom(["lt"], ["lte"], ["gt"], ["gte"]),
      fc.integer({ min: -1, max: 12 }),
    ),
  },
  {
    weight: 1,
    arbitrary: entryOf(joined(fc.constant(["fieldref"]), place), fc.constantFrom(...FIELDS)),
  },
  {
    weight: 1,
    arbitrary: entryOf(
      joined(
        fc.constantFrom(["base64"], ["wide", "base64"], ["base64offset"], ["wide", "base64offset"]),
        place,
      ),
      text(["x", "y", "1"], 3),
    ),
  },
);

const map = fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries) =>
  Object.fromEntries(entries)
);

const selection = fc.oneof(
  { weight: 4, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(plain, map), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ "|all": fc.array(plain, { minLength: 1, maxLength: 2 }) }) },
);

const NAMES = ["sel_a", "sel_b", "filter", "_own"];

const { condition } = fc.letrec<{ condition: string; unary: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("unary"),
    fc.tuple(tie("condition"), fc.constantFrom("and", "or"), tie("condition"))
      .map((parts) => parts.join(" ")),
    tie("condition").map((c) => `(${c})`),
  ),
  unary: fc.tuple(
    fc.constantFrom("", "", "not "),
    fc.constantFrom(
      ...NAMES,
      "1 of sel_*",
      "all of sel_*",
      "all of them",
      "any of them",
      "2 of them",
      "1 of _*",
      "1 of *e*",
    ),
  ).map((parts) => parts.join("")),
}));

/** A rule as YAML. */
export const rule: fc.Arbitrary<string> = fc.record({
  selections: fc.tuple(...NAMES.map(() => selection)),
  condition: fc.oneof(
    { weight: 5, arbitrary: condition },
    { weight: 1, arbitrary: fc.array(condition, { minLength: 1, maxLength: 2 }) },
  ),
}).map(({ selections, condition }) =>
  stringify({
    title: "Random",
    logsource: { product: "test", service: "log" },
    detection: { ...Object.fromEntries(NAMES.map((n, i) => [n, selections[i]])), condition },
  })
);
