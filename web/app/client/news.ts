/** How many alerts were raised since somebody last looked at them. */
import { useEffect, useState } from "preact/hooks";

let all: number | null = null;
let seen = 0;
const watchers = new Set<() => void>();

const tell = () => [...watchers].forEach((w) => w());

/** @param alerts that are stored now */
export function noteAlerts(alerts: number): void {
  // What was there when the dashboard was opened is no news; a store that was emptied has none.
  if (all === null || alerts < seen) seen = alerts;
  if (alerts === all) return;
  all = alerts;
  tell();
}

/** Everything that is there was looked at. */
export function seeAlerts(): void {
  if (all === null || seen === all) return;
  seen = all;
  tell();
}

/** New alerts, and a new rendering when there are more. */
export function useNews(): number {
  const [, again] = useState(0);
  useEffect(() => {
    const watch = () => again((n) => n + 1);
    watchers.add(watch);
    return () => void watchers.delete(watch);
  }, []);
  return all === null ? 0 : all - seen;
}
