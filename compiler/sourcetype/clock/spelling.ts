/**
 * The spellings of times that programs write, brought into one that the clock reads: an ISO text, an RFC
 * 3164 text where the year is missing, digits of an epoch. Which of two numbers is the day is decided
 * where one of them cannot be a month; else by what stands between them, which countries differ in.
 */

/** A time found in a text. */
export interface Spelled {
  /** As `Clock.any` reads it. */
  readonly text: string;
  /** Where the time ends in the text that was searched. */
  readonly end: number;
}

const CLOCK = String.raw`(\d{1,2}:\d\d(?::\d\d(?:[.,:]\d{1,9})?)?)(?: ?([AaPp])\.?[Mm]\b\.?)?`;
const ZONE = String.raw`(?: ?(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b|C?EST\b|CET\b|[ECMP][SD]T\b))?`;
const MONTH = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\\.?";
const WEEKDAY = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?";

interface Spelling {
  readonly regex: RegExp;
  /** ISO or RFC 3164 from the expression's groups; null when they are no time. */
  readonly read: (m: RegExpExecArray) => string | null;
}

const spelling = (source: string, read: Spelling["read"]): Spelling => ({
  regex: new RegExp(source, "iy"),
  read,
});

const SPELLINGS: readonly Spelling[] = [
  // 2026-11-28T10:15:01.5Z, 2026/11/28 10:15:01, 2026.11.28-10:15:01, 2026-11-28 - 10:15:01
  spelling(
    String.raw`(\d{4})([-/.:])(\d{1,2})\2(\d{1,2})(?:[T \t,_:-]|, | {2}| - )${CLOCK}${ZONE}`,
    (m) => iso(m[1], +m[3], +m[4], m[5], m[6], m[7]),
  ),
  // 28/Nov/2026:10:15:01 +0100, 28-Nov-2026 10:15:01, 28 Nov 2026 10:15:01, Sat, 28 Nov 2026 10:15:01 +0100
  spelling(
    String
      .raw`${WEEKDAY}(\d{1,2})[-/. ]?${MONTH}[-/. ]?(\d{4}|\d\d)(?:[T ,:]|, | {2}| - )${CLOCK}${ZONE}`,
    (m) => iso(year(m[3]), month(m[2]), +m[1], m[4], m[5], m[6]),
  ),
  // 2026 Nov 28 10:15:01, 2026-Nov-28 10:15:01
  spelling(
    String.raw`(\d{4})[-/ ]${MONTH}[-/ ] ?(\d{1,2}),? ${CLOCK}${ZONE}`,
    (m) => iso(m[1], month(m[2]), +m[3], m[4], m[5], m[6]),
  ),
  // Sat Nov 28 10:15:01 2026, Nov 28 10:15:01 CET 2026
  spelling(
    String.raw`${WEEKDAY}${MONTH} {1,2}(\d{1,2}) ${CLOCK}(?: ([A-Z]{3,4}))? (\d{4})\b(?!:)`,
    (m) => iso(m[6], month(m[1]), +m[2], m[3], m[4], m[5]),
  ),
  // Nov 28, 2026 10:15:01 AM, Nov 28 2026 10:15:01, Nov-28-26 10:15:01
  spelling(
    String
      .raw`${WEEKDAY}${MONTH}[- ] ?(\d{1,2})(?:, ?|[- ])(\d{4}|\d\d(?= ))(?:,? |[:T]| at )${CLOCK}${ZONE}`,
    (m) => iso(year(m[3]), month(m[1]), +m[2], m[4], m[5], m[6]),
  ),
  // Nov 28 10:15:01.5, Sat Nov 28 10:15:01
  spelling(
    String.raw`${WEEKDAY}${MONTH} {1,2}(\d{1,2}),? ${CLOCK}`,
    (m) => yearless(month(m[1]), +m[2], m[3], m[4]),
  ),
  // 28 Nov 10:15:01
  spelling(
    String.raw`${WEEKDAY}(\d{1,2})[ -/]${MONTH}[ :] ?${CLOCK}`,
    (m) => yearless(month(m[2]), +m[1], m[3], m[4]),
  ),
  // klog: I1128 10:15:01.123456
  spelling(
    String.raw`[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{1,9})`,
    (m) => yearless(+m[1], +m[2], m[3], undefined),
  ),
  // 28.11.2026 10:15:01 is of Europe; 11/28/2026 by the number that is no month
  spelling(
    String.raw`(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:,? {1,2}|[T:,-]| - )${CLOCK}${ZONE}`,
    (m) => numbered(+m[1], m[2], +m[3], m[4], m[5], m[6], m[7]),
  ),
  // 26/11/28 10:15:01
  spelling(
    String.raw`(\d\d)([-/.])(\d\d)\2(\d\d)(?:,? {1,2}|[T:,]| - )${CLOCK}${ZONE}`,
    (m) => shortYear(m),
  ),
  // 20261128T101501Z, 20261128 10:15:01, 261128 10:15:01
  spelling(
    String
      .raw`((?:19|20)\d\d)(\d\d)(\d\d)[T :-]?(\d\d):?(\d\d):?(\d\d)(?!\d)(?:[.,](\d{1,9}))?${ZONE}`,
    (m) =>
      iso(m[1], +m[2], +m[3], `${m[4]}:${m[5]}:${m[6]}${m[7] ? "." + m[7] : ""}`, undefined, m[8]),
  ),
  spelling(
    String.raw`(\d\d)(\d\d)(\d\d) {1,2}(\d{1,2}:\d\d:\d\d)\b`,
    (m) => iso(year(m[1]), +m[2], +m[3], m[4], undefined, undefined),
  ),
  // 11-28 10:15:01.123 as Android has it
  spelling(
    String.raw`(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)`,
    (m) => yearless(+m[1], +m[2], m[3], undefined),
  ),
  // Seconds since 1970 with a fraction, or milli-, micro-, nanoseconds: of the years 2001 to 2096
  spelling(
    String.raw`([1-3]\d{9}(?:[.,]\d{1,9})?|[1-3]\d{12}|[1-3]\d{15}|[1-3]\d{18})(?![\w.-]|:(?! ))`,
    (m) => m[1].replace(",", "."),
  ),
  spelling(String.raw`(@[0-9a-f]{24})\b`, (m) => m[1]),
];

/** The time that stands in `text` at `at`; null when there is none. */
export function timeAt(text: string, at: number): Spelled | null {
  const unit = text.charCodeAt(at);
  // Times begin with a digit, a name of a month or a weekday, klog's letter or TAI64N's sign.
  if (!(unit >= 48 && unit <= 57) && !/[A-Za-z@]/.test(text[at] ?? "")) return null;
  for (const { regex, read } of SPELLINGS) {
    regex.lastIndex = at;
    const m = regex.exec(text);
    if (m === null) continue;
    const found = read(m);
    if (found !== null) return { text: found, end: at + m[0].length };
  }
  return null;
}

const NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function month(name: string): number {
  return NAMES.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function year(text: string): string {
  return text.length === 4 ? text : (+text < 70 ? "20" : "19") + text;
}

const two = (n: number) => String(n).padStart(2, "0");

/** `10:15:01.5` of 24 hours; null when it is none. */
function clockOf(text: string, half: string | undefined): string | null {
  const m = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,:](\d{1,9}))?)?$/.exec(text);
  if (m === null) return null;
  let hour = +m[1];
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = hour % 12 + (/p/i.test(half) ? 12 : 0);
  }
  if (hour > 23 || +m[2] > 59 || +(m[3] ?? 0) > 60) return null;
  return `${two(hour)}:${m[2]}:${m[3] ?? "00"}${m[4] === undefined ? "" : "." + m[4]}`;
}

function iso(
  y: string,
  m: number,
  d: number,
  clock: string,
  half: string | undefined,
  zone: string | undefined,
): string | null {
  const time = clockOf(clock, half);
  if (time === null || m < 1 || m > 12 || d < 1 || d > 31) return null;
  return `${y}-${two(m)}-${two(d)} ${time}${zone === undefined ? "" : " " + zone.toUpperCase()}`;
}

function yearless(m: number, d: number, clock: string, half: string | undefined): string | null {
  const time = clockOf(clock, half);
  if (time === null || m < 1 || m > 12 || d < 1 || d > 31) return null;
  const name = NAMES[m - 1];
  const dot = time.indexOf(".");
  const short = dot < 0 ? time : time.slice(0, Math.min(time.length, dot + 7));
  return `${name[0].toUpperCase()}${name.slice(1)} ${two(d)} ${short}`;
}

/** Day and month in the order of a country: the one that is over 12 is the day, and a dot is Europe's. */
function numbered(
  a: number,
  mark: string,
  b: number,
  y: string,
  clock: string,
  half: string | undefined,
  zone: string | undefined,
): string | null {
  if (a > 12) return iso(y, b, a, clock, half, zone);
  if (b > 12) return iso(y, a, b, clock, half, zone);
  // Twelve hours and strokes are written where the month comes first.
  const monthFirst = half !== undefined || mark === "/";
  return monthFirst ? iso(y, a, b, clock, half, zone) : iso(y, b, a, clock, half, zone);
}

/** `26/11/28`, `28/11/26`, `11/28/26`: as year, month and day where that can be, else by what cannot be a month. */
function shortYear(m: RegExpExecArray): string | null {
  const [a, b, c] = [+m[1], +m[3], +m[4]];
  if (a > 31 || a > 12 && b <= 12 && m[2] !== ".") {
    return iso(year(m[1]), b, c, m[5], m[6], m[7]);
  }
  return numbered(a, m[2], b, year(m[4]), m[5], m[6], m[7]);
}
