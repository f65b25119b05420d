/** What is said between the server and the process that backtests a text: see trials/draft.ts. */
import type { StoredEvent, StoredKind } from "../../../agent/store/mod.ts";
import type { IrRows, Severity } from "../../../compiler/ir/program.ts";
import type { RuleCheckAnswer } from "../types/mod.ts";

/** A text to backtest. */
export interface DraftAsked {
  /** Its number: what follows names it. */
  readonly no: number;
  readonly text: string;
  /** Alerts of this time and later count, epoch ms. */
  readonly from: number;
  /** Alerts that are counted, at most. */
  readonly limit: number;
  readonly kinds: readonly StoredKind[];
}

/** Mistakes of the text; or what is to be read, and from how long before. */
export type DraftAnswer =
  | { readonly diagnostics: RuleCheckAnswer["diagnostics"] }
  | { readonly rules: readonly string[]; readonly rows: IrRows; readonly warmup: number };

/** An alert that a text would have raised. */
export interface DraftAlert {
  readonly id: string;
  readonly time: number;
  readonly severity: Severity;
  readonly message: string;
}

/** A backtest of a text: what it wants to read, and where that goes. */
export interface DraftSession {
  readonly answer: DraftAnswer;
  /** False when it wants no more. */
  take(events: readonly StoredEvent[]): Promise<boolean>;
  end(): Promise<readonly DraftAlert[]>;
}
