/** What a pattern is refused for, where in it, and what to do. */
export class PatternError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
    readonly help: string,
  ) {
    super(message);
  }
}
