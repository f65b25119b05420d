/** Rules, what they find, and the ATT&CK techniques that they cover. */
import {
  about,
  count,
  flag,
  hexId,
  type Infer,
  integer,
  list,
  moment,
  named,
  nullable,
  number,
  object,
  oneOf,
  text,
} from "./schema.ts";
import { Alert, RuleMetadata, Technique } from "./alerts.ts";
import { Event, Reasoning } from "./events.ts";
import { Severity } from "./shared.ts";

const rule = {
  name: text(),
  title: text(),
  description: text(),
  severity: about("Null when computed for each alert", nullable(Severity)),
  mitre: list(Technique),
  tags: list(text()),
  id: about("The author's identifier; empty without one", text()),
  status: about("How far its author trusts it; empty when unsaid", text()),
  file: text(),
  reads: about("Datasets, sourcetypes and `signal RULE` that it reads", list(text())),
  sourcetypes: about("Those with a pattern that can match", list(text())),
  stateful: about("Whether it keeps state across events", flag),
  tests: about("How many it carries", count),
  plan_hash: text(),
  alerts: about("Of the range asked for", count),
  last_alert: about("When it last fired, in the range asked for", nullable(moment)),
  degraded: about(
    "What the operator should know of it, newest first; null when all is well",
    nullable(text()),
  ),
};

export const Rule = named("Rule", object(rule));
export type Rule = Infer<typeof Rule>;

export const RuleList = named("RuleList", object({ rules: list(Rule) }));
export type RuleList = Infer<typeof RuleList>;

/** Lines and columns count from 1, columns in UTF-16 units; the end is one past the last. */
const place = {
  line: integer({ minimum: 1 }),
  column: integer({ minimum: 1 }),
  end_line: integer({ minimum: 1 }),
  end_column: integer({ minimum: 1 }),
};

export const Diagnostic = named(
  "Diagnostic",
  object({
    code: about("Permanent: E… for errors, L… for lints", text()),
    level: oneOf(["error", "warning"]),
    ...place,
    start: about("Offset of the span in UTF-16 units", count),
    end: count,
    message: text(),
  }, {
    lint: about("The lint's name, by which a rule silences it", text()),
    help: text(),
    suggestion: about("A replacement for the text of the span", text()),
  }),
);
export type Diagnostic = Infer<typeof Diagnostic>;

export const TestOutcome = named(
  "TestOutcome",
  object({
    rule: text(),
    test: text(),
    line: integer({ minimum: 1 }),
    passed: flag,
    error: nullable(text()),
    expectations: list(object({ expected: text(), actual: text(), passed: flag })),
  }),
);
export type TestOutcome = Infer<typeof TestOutcome>;

export const RuleDetail = named(
  "RuleDetail",
  object({
    rule: Rule,
    source: about("The rule's text as its file has it", text()),
    condition: about("Its pipeline, up to the alert; of a Sigma rule the detection", text()),
    plan: about("What `explain` prints", text()),
    line: about("Where the rule begins in its file", integer({ minimum: 1 })),
    metadata: RuleMetadata,
    lints: list(Diagnostic),
    recent: about("Its newest alerts", list(Alert)),
    changes: about(
      "What settings and exceptions change of it, each with its place",
      list(object({ where: text(), what: text() })),
    ),
    excepted: about(
      "Matches that exceptions held back in the agent that runs here; null where none does",
      nullable(count),
    ),
    verdicts: about(
      "Alerts of it by verdict",
      object({
        true_positive: count,
        false_positive: count,
        benign: count,
      }),
    ),
  }, { tests: about("Results of its tests, when requested", list(TestOutcome)) }),
);
export type RuleDetail = Infer<typeof RuleDetail>;

/** Text of rules, and lines to hold against them. */
export const RuleCheck = named(
  "RuleCheck",
  object({ text: about("In SDL or Sigma", text({ maxLength: 65_536 })) }, {
    lines: about("Raw lines, at most 1,000", text({ maxLength: 262_144 })),
    sourcetype: about("Sourcetype of the lines; detected when left out", text({ maxLength: 100 })),
    event: about("Id of a stored event whose line is taken instead of `lines`", hexId),
    tests: about("Run the tests that the rules carry", flag),
    shipped: about("Let the rules refer to the loaded ones (signals, lists)", flag),
  }),
);
export type RuleCheck = Infer<typeof RuleCheck>;

export const RuleCheckAnswer = named(
  "RuleCheckAnswer",
  object({
    ok: about("Whether there is no error; warnings may be there", flag),
    diagnostics: list(Diagnostic),
    formatted: about(
      "The text as `fmt` writes it; null with errors, and for Sigma",
      nullable(text()),
    ),
    rules: list(object({ name: text(), title: text(), plan: text() })),
  }, {
    run: about(
      "What came of the lines; left out without any or with errors",
      object({
        sourcetype: text(),
        events: list(Event),
        parse_errors: count,
        alerts: list(Alert),
        reasoning: about("Of each event, by its place in `events`", list(list(Reasoning))),
        seconds: number({ minimum: 0 }),
      }),
    ),
    tests: list(TestOutcome),
  }),
);
export type RuleCheckAnswer = Infer<typeof RuleCheckAnswer>;

export const Coverage = named(
  "Coverage",
  object({
    version: about("Release of ATT&CK Enterprise", text()),
    tactics: about(
      "All tactics in the order of the matrix, each with the techniques that rules name",
      list(object({
        id: text(),
        name: text(),
        techniques: about("How many the tactic has, without sub-techniques", count),
        covered: list(object({
          id: text(),
          name: text(),
          url: text(),
          rules: list(text()),
          alerts: about("Of these rules, in the range asked for", count),
        })),
      })),
    ),
    techniques: about("Covered, over all tactics, each once", count),
    unknown: about("Ids that rules name and this release does not have", list(text())),
  }),
);
export type Coverage = Infer<typeof Coverage>;
