/** Exceptions that people took from alerts, which the store has, beside those of `agent.yaml`. */
import type { Exception, Tuning } from "../../compiler/ir/tuning.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { parseExpression } from "../../grammar/mod.ts";
import { CODES } from "./section.ts";

/** As the store gives them. */
export interface TakenException {
  readonly id: string;
  readonly rule: string;
  readonly condition: string;
  readonly reason: string;
  readonly who: string;
  readonly until: number | null;
}

/** How counts, diagnostics and `explain` call one. */
export const exceptionName = (id: string): string => `exception ${id.slice(0, 8)}`;

/**
 * The tuning with the store's exceptions. Those fitted when they were taken: one that does not fit the
 * rules as they are now is a warning, and is left out.
 */
export function withTaken(tuning: Tuning, taken: readonly TakenException[]): Tuning {
  if (taken.length === 0) return tuning;
  const except: Exception[] = [];
  const mistakes: Diagnostic[] = [];
  for (const { id, rule, condition, reason, who, until } of taken) {
    const file = exceptionName(id);
    const place = { file, span: { start: 0, end: condition.length }, line: 1 };
    const { expr, diagnostics } = parseExpression(condition, 0, file);
    for (const d of diagnostics) {
      mistakes.push({ ...d, code: CODES.bad_condition, level: "warning" });
    }
    if (!expr || diagnostics.some((d) => d.level === "error")) continue;
    except.push({
      ...place,
      id: file,
      rules: [{ ...place, text: rule }],
      where: { ...place, expr, text: condition, placeOf: (span) => span },
      reason,
      until,
      by: who,
      lenient: true,
    });
  }
  return {
    ...tuning,
    except: [...tuning.except, ...except],
    mistakes: [...tuning.mistakes, ...mistakes],
    texts: new Map([
      ...tuning.texts,
      ...taken.map((t) => [exceptionName(t.id), t.condition] as const),
    ]),
  };
}
