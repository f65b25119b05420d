/**
 * Backtests of a text that somebody writes: its rules over stored events, which the server reads and
 * hands over some at a time. It answers what is to be read.
 */
import { BacktestEngine, readBy, warmupOf, withSignals } from "../../../agent/search/backtest.ts";
import { storedCatalogue } from "../../../agent/search/replay.ts";
import type { LoadedSources } from "../../../agent/content/loaded.ts";
import type { StoredEvent } from "../../../agent/store/mod.ts";
import { describeTechnique } from "../../../compiler/schema/attack/mod.ts";
import { diagnosticJson } from "../route/content.ts";
import type { DraftAlert, DraftAnswer, DraftAsked, DraftSession } from "../route/draft.ts";
import { compileText, NAME } from "./try_rules.ts";

/** A backtest that has begun. */
export interface Draft {
  readonly no: number;
  /** False when it wants no more. */
  take(events: readonly StoredEvent[]): boolean;
  end(): DraftAlert[];
}

/** Begins one; `draft` is null where the text has mistakes or no rule. */
export function draftOf(
  { no, text, from, limit, kinds }: DraftAsked,
  loaded: LoadedSources,
): { readonly draft: Draft | null; readonly answer: DraftAnswer } {
  const { program, diagnostics } = compileText({ text, shipped: true }, loaded);
  const names = new Set(program.rules.filter((r) => r.file === NAME).map((r) => r.name));
  if (diagnostics.some((d) => d.level === "error") || names.size === 0) {
    return {
      draft: null,
      answer: { diagnostics: diagnostics.map((d) => diagnosticJson(d, text)) },
    };
  }
  const needed = withSignals(program, names);
  const engine = new BacktestEngine(needed, names, {
    from,
    limit,
    catalogue: storedCatalogue(kinds, loaded.sourcetypes.catalogue.sourcetypes),
    technique: describeTechnique,
  });
  return {
    draft: {
      no,
      take: (events) => engine.take(events),
      end: () =>
        engine.end().map(({ id, time, severity, message }) => ({ id, time, severity, message })),
    },
    answer: { rules: [...names], rows: readBy(needed.rules), warmup: warmupOf(needed) },
  };
}

/** The same without a process of its own, for tests. */
export function draftHere(asked: Omit<DraftAsked, "no">, loaded: LoadedSources): DraftSession {
  const { draft, answer } = draftOf({ no: 1, ...asked }, loaded);
  return {
    answer,
    take: (events) => Promise.resolve(draft!.take(events)),
    end: () => Promise.resolve(draft!.end()),
  };
}
