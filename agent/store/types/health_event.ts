/** What a run says of itself. Times are epoch ms. */

/** Something that the operator should know: late rows, evicted state, a gap in an input. */
export interface HealthEvent {
  readonly time: number;
  readonly kind: string;
  /** The rule or source that it is about. */
  readonly subject: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
