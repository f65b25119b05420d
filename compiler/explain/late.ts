/** What a rule does with late rows: rows behind what has been passed in order. */
import { durationText } from "../../grammar/literals.ts";
import type { IrCommand, IrRule } from "../ir/program.ts";
import { hasGap, isStateful } from "../ir/walk.ts";

/** One line, about the rule's first stage with state. */
export function lateText(rule: IrRule): string {
  const { source } = rule;
  const first = rule.commands.find(isStateful);
  if (source.kind !== "from") {
    return "late rows: " +
      covered(source.within, "complete matches at their own time, behind rows not after them");
  }
  return `late rows: ${first === undefined ? "judged at once, as all others" : stage(first)}`;
}

const BEYOND = "others are judged with late rows of their host alone";

/** @param ms behind what has been passed, up to which a row is covered */
const covered = (ms: number, does: string): string =>
  `those less than ${durationText(ms)} late ${does}; ${BEYOND}`;

function stage(c: IrCommand): string {
  switch (c.kind) {
    case "stats": {
      const { kind, ms } = c.window;
      if (c.aggs.some((a) => a.arg !== null && hasGap(a.arg))) {
        return `judged with late rows of their host alone, because gap() needs rows in order`;
      }
      if (kind === "sliding") {
        return covered(ms, "are put in the window by their time, and its condition is asked anew");
      }
      return `those whose ${
        kind === "tumbling" ? "window" : "session"
      } is not over count in it; ${BEYOND}`;
    }
    case "dedup":
      return covered(c.within, "are held back as others are, by later rows too");
    case "throttle":
      return covered(c.ms, "are held back as others are, by later rows too");
    case "first_seen":
      return covered(c.history, "are news unless their key is known, from later rows too");
    case "baseline":
      return covered(c.history, "are compared with what is known, from later rows too");
    default:
      return "a sign of life, unless a newer one is known or the silence is over";
  }
}
