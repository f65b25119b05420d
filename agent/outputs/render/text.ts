/** Times, lengths of time and counts as people read them. Without imports: the browser's bundle may use it. */

/** RFC 3339 in UTC; whole seconds are written without a fraction. `ms` are epoch milliseconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** As {@link rfc3339} with a space between date and time: `2026-03-29 00:02:15Z`. */
export function timeText(ms: number): string {
  return rfc3339(ms).replace("T", " ");
}

/** Writes a time, epoch ms, for people. */
export type TimeWriter = (ms: number) => string;

/**
 * Times of a zone as {@link timeText} writes them, with how far its clock is ahead of UTC:
 * `2026-03-29 03:02:15+02:00`.
 * @param zone a name of IANA's
 * @throws {RangeError} when there is no such zone
 */
export function timesIn(zone: string): TimeWriter {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
    const ahead = parts.timeZoneName.slice("GMT".length);
    const { year, month, day, hour, minute, second } = parts;
    const fraction = /\.\d+(?=Z)/.exec(rfc3339(ms))?.[0] ?? "";
    return `${year}-${month}-${day} ${hour}:${minute}:${second}${fraction}${ahead || "Z"}`;
  };
}

/**
 * A length of time as people write it: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. What SDL writes
 * (`1h30m`) is grammar's `durationText`.
 */
export function elapsedText(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 1) return `${ms} ms`;
  if (s < 120) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 120) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${Math.floor(h / 24)} d`;
}

const number = new Intl.NumberFormat("en-US");

/** `1,234`, `1 alert`, `1,234 alerts`. */
export function count(n: number, one = "", many = one + "s"): string {
  return number.format(n) + (one ? ` ${n === 1 ? one : many}` : "");
}

/** `812 B`, `3.4 MB`, `16 GB`: powers of 1000. */
export function sizeText(bytes: number): string {
  let n = bytes, unit = 0;
  for (; n >= 999.5 && unit < 4; unit++) n /= 1000;
  return `${n < 9.95 && unit > 0 ? n.toFixed(1) : Math.round(n)} ${
    ["B", "kB", "MB", "GB", "TB"][unit]
  }`;
}

/** `4.15 %`; shares that two digits would show as nothing are `under 0.01 %`. */
export function percent(part: number, whole: number): string {
  const x = whole === 0 ? 0 : part / whole;
  return x === 0 ? "0 %" : x < 0.0001 ? "under 0.01 %" : `${(x * 100).toFixed(2)} %`;
}
