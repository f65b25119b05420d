/** What a client is told of an error. */
import { StoreError } from "../../../agent/store/mod.ts";
import { ApiError } from "../http/error.ts";

/** What the client is told of an error; what is not its fault is told to `onError` instead. */
export function failed(error: unknown, onError: (error: unknown) => void = () => {}): ApiError {
  if (error instanceof ApiError) return error;
  onError(error);
  if (error instanceof StoreError && error.code === "invalid") {
    return new ApiError(400, "invalid_request", error.message);
  }
  if (error instanceof StoreError && error.code === "too_long") {
    return new ApiError(504, "timeout", "The answer takes too long; ask for less");
  }
  return error instanceof StoreError
    ? new ApiError(503, "store_unavailable", "The store does not answer; retry")
    : new ApiError(500, "internal", "The request failed");
}
