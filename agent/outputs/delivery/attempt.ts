/** One attempt to deliver one notification, which ends whatever the destination does. */
import type { ClaimedNotification } from "../../store/mod.ts";
import type { Destination, Outcome } from "../destinations/destination.ts";
import type { Notification } from "../notification.ts";
import type { Clock } from "./clock.ts";

/** What a destination has, after it was told to end, before it is left alone, in ms. */
const GRACE = 1000;

/** Characters of a reason that are kept. */
const REASON = 500;

export interface AttemptOptions {
  readonly destination: Destination;
  readonly timeout: number;
  /** Aborted when the agent ends. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
}

/** Never rejects. */
export async function attempt(
  notification: Notification,
  { destination, timeout, stop, clock }: AttemptOptions,
): Promise<Outcome> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, stop]);
  const cancels: (() => void)[] = [];
  const late = new Promise<Outcome>((resolve) => {
    const reason = `No answer within ${timeout} ms`;
    cancels.push(clock.after(timeout, () => {
      over.abort(new DOMException(reason, "TimeoutError"));
      cancels.push(clock.after(GRACE, () => resolve({ state: "retry", reason })));
    }));
    const stopped = () =>
      cancels.push(
        clock.after(GRACE, () => resolve({ state: "retry", reason: "The agent ended" })),
      );
    if (stop.aborted) stopped();
    else {
      stop.addEventListener("abort", stopped, { once: true });
      cancels.push(() => stop.removeEventListener("abort", stopped));
    }
  });
  try {
    return await Promise.race([destination.deliver(notification, signal), late]);
  } catch (error) {
    const why = over.signal.aborted
      ? `No answer within ${timeout} ms`
      : error instanceof Error
      ? error.message
      : String(error);
    return { state: "retry", reason: why.slice(0, REASON) };
  } finally {
    for (const cancel of cancels) cancel();
  }
}

/** @param dashboard its address, for links; null: none */
export function notificationOf(
  { key, event, bodies, count, created }: ClaimedNotification,
  dashboard: string | null,
): Notification {
  const alerts = bodies.flatMap((b) => "alert" in b ? [b.alert] : [])
    .sort((a, b) => a.time - b.time);
  const edits = bodies.flatMap((b) =>
    "alert" in b && b.edit !== undefined ? [{ alert: b.alert.id, ...b.edit }] : []
  );
  const health = bodies.flatMap((b) => "health" in b ? [b.health] : [])[0] ?? null;
  const page = health ? "/system" : count === 1 ? `/alerts/${alerts[0]?.id ?? ""}` : "/alerts";
  return {
    key,
    event,
    alerts,
    more: count - bodies.length,
    ...edits.length === 0 ? {} : { edits },
    health,
    time: created,
    link: dashboard === null ? null : dashboard + page,
  };
}
