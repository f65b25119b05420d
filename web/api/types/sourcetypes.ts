/** Sourcetypes, the validator, and pushing lines in. */
import {
  about,
  anyOf,
  count,
  flag,
  type Infer,
  integer,
  list,
  map,
  named,
  nullable,
  object,
  oneOf,
  text,
} from "../schema.ts";
import { Value } from "./shared.ts";

const sourcetype = {
  name: text(),
  summary: text(),
  parent: about("The sourcetype whose headers and general patterns it shares", nullable(text())),
  file: text(),
  open: about("Whether its events may have fields that it does not name", flag),
  patterns: count,
  datasets: list(text()),
  samples: count,
  events: about("Stored, in the range asked for", count),
  parse_errors: count,
};

export const Sourcetype = named("Sourcetype", object(sourcetype));
export type Sourcetype = Infer<typeof Sourcetype>;

export const SourcetypeList = named(
  "SourcetypeList",
  object({ sourcetypes: list(Sourcetype) }),
);
export type SourcetypeList = Infer<typeof SourcetypeList>;

export const SourcetypeDetail = named(
  "SourcetypeDetail",
  object({
    sourcetype: Sourcetype,
    source: about("Its YAML", text()),
    fields: list(object({ name: text(), type: text() })),
    patterns: list(object({
      name: text(),
      datasets: list(text()),
      constants: map(Value),
      captures: list(text()),
    })),
    samples: list(object({ line: text(), expect: map(nullable(Value)), passed: flag })),
    rules: about("Rules that it can feed", list(text())),
  }),
);
export type SourcetypeDetail = Infer<typeof SourcetypeDetail>;

export const MAX_VALIDATE = 262_144;

/** Lines to hold against the CIM. */
export const ValidateRequest = named(
  "ValidateRequest",
  object({ lines: text({ minLength: 1, maxLength: MAX_VALIDATE }) }, {
    sourcetype: about("What the lines are; recognised when left out", text({ maxLength: 100 })),
  }),
);
export type ValidateRequest = Infer<typeof ValidateRequest>;

export const ValidateAnswer = named(
  "ValidateAnswer",
  object({
    sourcetype: nullable(text()),
    recognised: about("Whether the sourcetype was recognised rather than named", flag),
    lines: count,
    parse_errors: count,
    events: about(
      "The first 1,000",
      list(object({
        line: integer({ minimum: 1 }),
        raw: text(),
        pattern: text(),
        datasets: list(text()),
        fields: map(Value),
        error: about("Why no pattern took it", nullable(text())),
        findings: list(object({
          level: oneOf(["error", "warning"]),
          dataset: text(),
          field: text(),
          message: text(),
        })),
      })),
    ),
  }),
);
export type ValidateAnswer = Infer<typeof ValidateAnswer>;

/** What may be pushed in; see sourcetypes and `format` for what each is taken for. */
export const IngestAnswer = named(
  "IngestAnswer",
  object({ accepted: about("Lines or records taken", count) }, {
    rejected: about("Those that were not, with the reason", list(map(anyOf(text(), count)))),
    partial: flag,
  }),
);
export type IngestAnswer = Infer<typeof IngestAnswer>;
