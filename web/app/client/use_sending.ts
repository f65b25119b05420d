/** What a form sends: whether it still goes on, and what went wrong. */
import { useState } from "preact/hooks";
import { ApiFailure } from "./fetch.ts";

export interface Sending {
  readonly error: string | null;
  readonly busy: boolean;
  /** Runs what sends it and what comes of that; never throws. */
  sending(run: () => Promise<unknown>): Promise<void>;
}

export function useSending(): Sending {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const sending = async (run: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await run();
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, sending };
}
