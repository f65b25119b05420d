/** What a rule would have raised over stored events. */
import { Severity } from "./shared.ts";
import {
  about,
  count,
  flag,
  hexId,
  type Infer,
  list,
  moment,
  named,
  nullable,
  object,
  text,
} from "./schema.ts";

export const BacktestDraft = named(
  "BacktestDraft",
  object({ text: about("One or more rules, SDL or Sigma", text({ maxLength: 65_536 })) }),
);
export type BacktestDraft = Infer<typeof BacktestDraft>;

export const BacktestAnswer = named(
  "BacktestAnswer",
  object({
    from: moment,
    to: moment,
    events: about("Events that the rule's conditions let through to be looked at", count),
    alerts: count,
    more: about("There were more alerts than are counted", flag),
    reached: about("The time was up at this event time; null: all was read", nullable(moment)),
    days: list(object({ day: moment, alerts: count })),
    verdicts: about(
      "What people judged those of these alerts that are stored",
      object({ true_positive: count, false_positive: count, benign: count, none: count }),
    ),
    not_stored: about("Alerts that no run has raised", count),
    examples: list(object({ id: hexId, time: moment, severity: Severity, message: text() })),
  }),
);
export type BacktestAnswer = Infer<typeof BacktestAnswer>;
