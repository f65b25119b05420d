/** Sourcetypes, the validator, and pushing lines in. */
import {
  about,
  count,
  flag,
  type Infer,
  list,
  map,
  moment,
  named,
  nullable,
  number,
  object,
  text,
} from "./schema.ts";
import { DatasetCheck } from "./events.ts";
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
    sourcetype: about("Sourcetype of the lines; detected when left out", text({ maxLength: 100 })),
  }),
);
export type ValidateRequest = Infer<typeof ValidateRequest>;

/** How well one line is mapped to the CIM. */
export const Validation = named(
  "Validation",
  object({
    line: text(),
    sourcetype: about("Sourcetype that parsed the line", nullable(text())),
    recognition: about(
      "What recognition said; null when the sourcetype was named",
      nullable(
        object({
          sourcetype: nullable(text()),
          confidence: number({ minimum: 0 }),
          reason: text(),
        }),
      ),
    ),
    pattern: about("Pattern that matched; null on a parse error", nullable(text())),
    parse_error: about("Reason of the parse error", nullable(text())),
    time: about("Null without a valid timestamp", nullable(moment)),
    host: nullable(text()),
    datasets: list(DatasetCheck),
    tags: list(text()),
    fields: list(object({
      name: text(),
      type: text(),
      value: Value,
      from: about("Where it came from, in the sourcetype's words", text()),
      cim: about("Whether a dataset of the event names it", flag),
    })),
    valid: about("A pattern matched and every dataset is complete", flag),
  }),
);
export type Validation = Infer<typeof Validation>;

export const ValidateAnswer = named(
  "ValidateAnswer",
  object({
    lines: about("Of the first 1,000 lines", list(Validation)),
    valid: count,
    parse_errors: count,
  }),
);
export type ValidateAnswer = Infer<typeof ValidateAnswer>;

export const IngestAnswer = named(
  "IngestAnswer",
  object({ accepted: about("Records accepted", count) }, {
    rejected: about(
      "The first 100 of those that were not",
      list(object({ index: about("From 0", count), reason: text() })),
    ),
    partial: flag,
  }),
);
export type IngestAnswer = Infer<typeof IngestAnswer>;
