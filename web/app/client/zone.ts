/** The zone in which times are shown: the viewer's own, or UTC. One setting, kept by the browser. */
import { useEffect, useState } from "preact/hooks";

export type Zone = "local" | "utc";
let current: Zone = "local";
const watchers = new Set<() => void>();

/** The zone in force. */
export const zone = (): Zone => current;

export function setZone(to: Zone): void {
  current = to;
  localStorage.setItem("zone", to);
  for (const tell of [...watchers]) tell();
}

/** Takes the other zone, and keeps it. */
export const toggleZone = () => setZone(current === "utc" ? "local" : "utc");

/** Takes the zone that was kept. */
export function startZone(): void {
  if (localStorage.getItem("zone") === "utc") current = "utc";
}

/** The zone, and a new rendering when it changes. */
export function useZone(): Zone {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return current;
}

/** How far the zone's clock is ahead of UTC at a time, in minutes. */
export const offset = (ms: number): number =>
  current === "utc" ? 0 : -new Date(ms).getTimezoneOffset();

/** `UTC`, `UTC+2`, `UTC+5:30`, `UTC−3`: how the zone's clock is ahead of UTC at a time. */
export function zoneName(ms: number): string {
  const minutes = offset(ms), all = Math.abs(minutes);
  if (all === 0) return "UTC";
  const rest = all % 60 === 0 ? "" : `:${String(all % 60).padStart(2, "0")}`;
  return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(all / 60)}${rest}`;
}

/** The zone as the API takes it; nothing where its clock is UTC's. */
export function zoneQuery(): { readonly tz?: string } {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return current === "utc" || /^(?:Etc\/)?(?:UTC|GMT|Z)$/i.test(name) ? {} : { tz: name };
}
