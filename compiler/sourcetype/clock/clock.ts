/**
 * Reads the times of one input's lines. No wall clock: what is missing from a line (its year, its
 * zone) comes from the input's date and the options, so that the same input gives the same times.
 */
import { timeAt } from "./spelling.ts";
import type { Zone } from "./zone.ts";

const DAY = 86_400_000;
/**
 * Hours ahead of UTC of the zones' short names that programs write and that mean one zone only; others
 * (IST, BST, CST in China) are left to the options.
 */
const SHORT_ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  JST: 9,
  AEST: 10,
  AEDT: 11,
  EST: -5,
  EDT: -4,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
/** Characters of the longest spelling of a time. */
const LONGEST = 64;
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** ms that a time has to step back to be of the second hour of two in autumn. */
const AUTUMN_STEP = 10 * 60_000;

export class Clock {
  /** Lines come in order of time: a step back tells years and the autumn's second hour apart. */
  ordered = true;
  /** A time without a zone was read. */
  zoneless = false;
  /** Time of the last event whose time was read. */
  last = NaN;
  /** What the year of a line without one is taken from, and the limit of times to come. */
  reference = 0;
  limit = Infinity;
  #year: number | null;
  #zone: Zone;
  #day = "";
  #dayStart = NaN;
  #text = "";
  #time = NaN;
  #offset = "";
  #offsetMs = 0;

  constructor(zone: Zone, year: number | null) {
    this.#zone = zone;
    this.#year = year;
  }

  /** Takes another zone for times that name none. */
  set zone(zone: Zone) {
    if (zone === this.#zone) return;
    this.#zone = zone;
    this.#text = "";
    this.#day = "";
  }

  /** UTC of a wall clock time without a zone. */
  #local(wall: number): number {
    this.zoneless = true;
    const time = wall - this.#zone(wall);
    // `last` is NaN before the first line.
    if (time < this.last - AUTUMN_STEP && this.ordered) return wall - this.#zone(wall, true);
    return time;
  }

  /**
   * Before each batch. `reference`: the latest moment that the batch can speak of, by the input's own
   * date. `limit`: times beyond it are held to be a wrong clock's.
   */
  begin(reference: number, limit: number): void {
    // A new day of reference may change the year that a month is taken to be of.
    if (Math.floor(reference / DAY) !== Math.floor(this.reference / DAY)) {
      this.#day = "";
      this.#text = "";
    }
    this.reference = reference;
    this.limit = this.#year === null ? limit : Infinity;
  }

  /** `Mar  3 00:17:22`, `Mar 3 00:17:22`, with a fraction or a year before the clock at will. */
  rfc3164(text: string): number {
    if (text === this.#text) return this.#time;
    const n = text.length;
    // The clock takes the last 8 characters: all but the rarest lines.
    if (n > 15 || n < 14) return this.#rfc3164Long(text);
    const day = text.slice(0, n - 8);
    if (day !== this.#day) {
      const start = this.#yearless(day);
      if (start !== start) return NaN;
      this.#day = day;
      this.#dayStart = start;
    }
    const ms = clock(text, n - 8);
    const wall = this.#dayStart + ms;
    this.#text = text;
    return this.#time = this.#local(wall);
  }

  #rfc3164Long(text: string): number {
    const m =
      /^(?:[A-Z][a-z]{2} |([A-Z]{3,5}) )?([A-Z][a-z]{2}) +(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?(?: (\d{4}))?$/
        .exec(text);
    if (!m) return NaN;
    const [, short, name, day, yearBefore, time, digits, yearAfter] = m;
    const year = yearBefore ?? yearAfter;
    const start = year === undefined
      ? this.#yearless(`${name} ${day} `)
      : dayStart(+year, month(name), +day);
    return this.#zoned(start + clock(time, 0) + fraction(digits), short ?? "");
  }

  /** Start of a day without a year, as if the zone were UTC. */
  #yearless(text: string): number {
    const m = month(text.slice(0, 3));
    const day = parseInt(text.slice(4), 10);
    if (m < 0 || !(day >= 1 && day <= 31)) return NaN;
    let year: number;
    if (this.#year !== null) year = this.#followed(m);
    else {
      const last = this.ordered && this.last === this.last ? this.last : -Infinity;
      const latest = Math.max(this.reference, last) + DAY;
      year = new Date(latest).getUTCFullYear();
      if (dayStart(year, m, day) - this.#zone(dayStart(year, m, day)) > latest) year--;
    }
    // 29 February is of the last leap year; eight years hold one.
    for (let back = 0; back < 8; back++) {
      const start = dayStart(year - back, m, day);
      if (start === start) return start;
      if (this.#year !== null && this.last !== this.last) break;
    }
    return NaN;
  }

  /** With a year given, it is the first line's, and December to January is the next. */
  #followed(m: number): number {
    if (this.last !== this.last || !this.ordered) return this.#year!;
    const last = new Date(this.last + this.#zone(this.last));
    const step = m - last.getUTCMonth();
    return last.getUTCFullYear() + (step < -6 ? 1 : step > 6 ? -1 : 0);
  }

  /** `2026-03-29T00:02:11.123456+02:00`, with a space for the T, without a zone, with `,` before the fraction. */
  iso(text: string): number {
    if (text === this.#text) return this.#time;
    this.#text = text;
    return this.#time = this.#iso(text);
  }

  #iso(text: string): number {
    const day = text.slice(0, 10);
    if (day !== this.#day) {
      const m = /^(\d{4})[-/](\d\d)[-/](\d\d)$/.exec(day);
      if (!m) return NaN;
      this.#day = day;
      this.#dayStart = dayStart(+m[1], +m[2] - 1, +m[3]);
    }
    let ms = clock(text, 11);
    let at = 19;
    const mark = text.charCodeAt(at);
    if (mark === 46 || mark === 44) {
      const from = ++at;
      while (isDigit(text.charCodeAt(at))) at++;
      ms += fraction(text.slice(from, at));
    }
    if (text.charCodeAt(at) === 32) at++;
    return this.#zoned(this.#dayStart + ms, text.slice(at));
  }

  /** `29/Mar/2026:00:02:11 +0200`, `29-Mar-2026 00:02:11.123`. */
  clf(text: string): number {
    if (text === this.#text) return this.#time;
    if (!isDigit(text.charCodeAt(1))) text = "0" + text;
    this.#text = text;
    const day = text.slice(0, 11);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayStart = dayStart(+text.slice(7, 11), month(text.slice(3, 6)), +text.slice(0, 2));
    }
    const wall = this.#dayStart + clock(text, 12);
    if (text.charCodeAt(20) !== 46) return this.#time = this.#zoned(wall, text.slice(21));
    const digits = /^\d{1,9}/.exec(text.slice(21))?.[0] ?? "";
    const rest = text.slice(21 + digits.length).trimStart();
    return this.#time = this.#zoned(wall + fraction(digits), rest);
  }

  /** `Sun Mar 29 00:02:11.123456 2026`. */
  asctime(text: string): number {
    return text === this.#text
      ? this.#time
      : (this.#text = text, this.#time = this.#rfc3164Long(text));
  }

  /** Seconds since 1970, with a fraction at will; 13 digits are milliseconds, 16 microseconds, 19 nanoseconds. */
  epoch(text: string): number {
    const n = +text;
    return Math.floor(n < 1e11 ? n * 1000 : n < 1e14 ? n : n < 1e17 ? n / 1000 : n / 1e6);
  }

  /** TAI64N as daemontools and s6 write it: `@` and 24 hex digits. */
  tai64n(text: string): number {
    const m = /^@([0-9a-f]{16})([0-9a-f]{8})$/i.exec(text);
    if (!m) return NaN;
    // Seconds since 1970 TAI, which is ten ahead of UTC as these programs count it.
    const seconds = Number(BigInt("0x" + m[1]) - 0x4000_0000_0000_000an);
    return seconds * 1000 + Math.floor(parseInt(m[2], 16) / 1e6);
  }

  /** Whichever of the other formats the text is in. */
  any(text: string): number {
    if (/^\d{9,}(?:\.\d*)?$/.test(text)) return this.epoch(text);
    if (/^\d{4}[-/]\d\d[-/]\d\d[T \t][ \d]\d:\d\d:\d\d/.test(text)) return this.iso(text);
    // FortiOS: the day and the clock are values of two keys.
    if (/^\d{4}-\d\d-\d\d time=\d\d:/.test(text)) return this.iso(text.replace(" time=", " "));
    if (/^\d{6} [ \d]\d:\d\d:\d\d$/.test(text)) {
      return this.iso(`20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4)}`);
    }
    if (/^\d\d[-/][A-Z][a-z]{2}[-/]\d{4}[: ]/.test(text)) return this.clf(text);
    const numbered = /^(\d\d)-(\d\d) (\d\d:.*)$/.exec(text);
    if (numbered) {
      const name = MONTHS.slice(3 * +numbered[1] - 3, 3 * +numbered[1]);
      return this.#rfc3164Long(`${name} ${numbered[2]} ${numbered[3]}`);
    }
    const time = this.#rfc3164Long(text);
    return time === time ? time : this.#spelled(text);
  }

  /** `08/02/2026, 7:32:47 PM`, `28.11.2026 10:15:01` and other spellings, where they are all of the text. */
  #spelled(text: string): number {
    if (text.length > LONGEST) return NaN;
    const plain = text.replace("\u202f", " ").trim();
    const found = timeAt(plain, 0);
    return found === null || found.end < plain.length || found.text === text
      ? NaN
      : this.any(found.text);
  }

  #zoned(wall: number, text: string): number {
    if (text === "") return this.#local(wall);
    if (text !== this.#offset) {
      const m = /^(?:Z|([+-])(\d\d):?(\d\d)?)$/i.exec(text);
      if (!m) {
        const hours = SHORT_ZONES[text];
        if (hours !== undefined) return wall - hours * 3_600_000;
        return /^[A-Z]{3,5}$/.test(text) ? this.#local(wall) : NaN;
      }
      this.#offset = text;
      const ms = (+(m[2] ?? 0) * 60 + +(m[3] ?? 0)) * 60_000;
      this.#offsetMs = m[1] === "-" ? -ms : ms;
    }
    return wall - this.#offsetMs;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

/** ms of `hh:mm:ss` at `at`, NaN when it is none. */
function clock(text: string, at: number): number {
  const h = two(text, at);
  const m = two(text, at + 3);
  const s = two(text, at + 6);
  return h < 24 && m < 60 && s < 61 ? ((h * 60 + m) * 60 + s) * 1000 : NaN;
}

function two(text: string, at: number): number {
  const a = text.charCodeAt(at) - 48;
  const b = text.charCodeAt(at + 1) - 48;
  if (!(b >= 0 && b <= 9)) return NaN;
  // MySQL pads hours with a blank.
  return a >= 0 && a <= 9 ? a * 10 + b : a === -16 ? b : NaN;
}

function fraction(digits: string | undefined): number {
  return digits ? Math.floor(+digits.slice(0, 3).padEnd(3, "0")) : 0;
}

function month(name: string): number {
  const at = MONTHS.indexOf(name);
  return at >= 0 && at % 3 === 0 && name.length === 3 ? at / 3 : -1;
}

/** UTC start of a day; NaN when the month has no such day. */
function dayStart(year: number, m: number, day: number): number {
  if (m < 0 || m > 11) return NaN;
  const ms = Date.UTC(year, m, day);
  return new Date(ms).getUTCMonth() === m && day >= 1 ? ms : NaN;
}
