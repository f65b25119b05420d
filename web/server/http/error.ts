/** What the API refuses, as the client gets it. */

export type Refusal =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 413
  | 415
  | 421
  | 422
  | 429
  | 500
  | 503
  | 504;

/** A refusal, as the client gets it. */
export class ApiError extends Error {
  constructor(
    readonly status: Refusal,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}
