/** What several answers hold. */
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import {
  about,
  anyOf,
  flag,
  type Infer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  text,
} from "./schema.ts";

export const STATUSES = ["open", "acknowledged", "closed"] as const;

export const Severity = oneOf(SEVERITIES);
export type Severity = Infer<typeof Severity>;
export const Status = oneOf(STATUSES);
export type Status = Infer<typeof Status>;

/** A field's value in an event or alert. */
export const Value = anyOf(text(), number(), flag, list(anyOf(text(), number(), flag)));
export type Value = Infer<typeof Value>;

export const Next = about("`cursor` of the next page; null on the last", nullable(text()));

export const ErrorAnswer = named(
  "Error",
  object({
    error: object(
      {
        code: about("For programs; does not change", text()),
        message: about("For people: what is wrong and what to do", text()),
      },
      { field: about("The parameter or property that it is about", text()) },
    ),
  }),
);
export type ErrorAnswer = Infer<typeof ErrorAnswer>;

/** Text that people write: a comment, a name. */
export const MAX_COMMENT = 4096, MAX_WHO = 200;
