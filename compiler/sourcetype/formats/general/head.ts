/** How a line begins: its time, level, host, program and process in whatever order they stand. */
import { timeAt } from "../../clock/spelling.ts";
import { begunBySuccess, outcomeOf } from "./outcome.ts";
import { tokensOf } from "./tokens.ts";
import * as words from "./words.ts";

export interface Head {
  time?: string;
  level?: string;
  host?: string;
  program?: string;
  pid?: string;
  logger?: string;
  /** Where the message begins. */
  at: number;
}

const MARKS = /[\s|,;:>-]*/y;
const OPEN = /[[(<]?/y;
const PRI = /<\d{1,3}>(?:1 )?/y;
const WORD =
  /(?:[[(<]|lvl=|level=|severity=)?([A-Za-z]{1,13})(?:[\])>]|\[\d{1,10}\](?:\[[\w-]{1,32}\])?|(?=[\s:|/-]|$)):?/y;
const SHORT_LEVEL = /[[(<]([DIWECFNT])[\])>]|([DIWECFNT])(?=,? \[?\d{4}-)/y;
/** A thread, a process, a class between brackets: nothing in it is an address. */
const BRACKET =
  /\[((?:[A-Za-z_@#][\w .:@#/$-]{0,80}|#?\d{1,10}|\d{1,10}[:#]\d{1,10}))\]|\(((?:[A-Z][\w-]{2,40}))\)/y;
const PROGRAM =
  /(?:([\w.-]{1,64}) )?([A-Za-z_][\w./@-]{0,64})(?:\[(\d{1,10})\]|\((\d{1,10})\))?: /y;
/** BusyBox writes facility and level behind the host. */
const BUSYBOX =
  /([\w.-]{1,64}) (?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\.(emerg|alert|crit|err|warn|warning|notice|info|debug) ([\w./@-]{1,64})(?:\[(\d{1,10})\])?: /y;
/** Zabbix writes its process before the time: `811:20260329:101501.123`. */
const PROCESS_FIRST = /(\d{1,10}):(?=\d{8}:\d{6}\b)/y;
const DOTTED_ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}/;

/** How far into a line its time is looked for, in UTF-16 units. */
const MAX_BEFORE_TIME = 128;
/** At most this many parts before the message. */
const MAX_PARTS = 8;

export function headOf(text: string): Head {
  const head: Head = { at: 0 };
  let at = skip(MARKS, text, 0);
  at = skip(PRI, text, at);
  const process = exec(PROCESS_FIRST, text, at);
  if (process !== null) {
    head.pid = process[1];
    at = PROCESS_FIRST.lastIndex;
  }
  for (let i = 0; i < MAX_PARTS; i++) {
    const next = part(text, at, head);
    if (next < 0) break;
    at = skip(MARKS, text, next);
  }
  head.at = at;
  if (head.time === undefined) head.time = laterTime(text);
  return head;
}

/** A time that stands behind the first words, before anything in quotes. */
function laterTime(text: string): string | undefined {
  const end = Math.min(text.length, MAX_BEFORE_TIME);
  for (let at = 0, i = 0; at < end && i < MAX_PARTS * 2; i++) {
    const gap = /[ =|]/g;
    gap.lastIndex = at;
    if (gap.exec(text) === null) break;
    at = gap.lastIndex;
    if (text.charCodeAt(at) === 34) break;
    const found = timeAt(text, skip(OPEN, text, at));
    if (found !== null) return found.text;
  }
  // `Started GET "/" for 192.0.2.1 at 2026-03-29 10:15:01 +0000`: behind all quotes, where the line ends.
  const last = text.length > 1024 ? -1 : text.lastIndexOf(" at ");
  if (last < 0 || text.indexOf('"', last) >= 0) return undefined;
  return timeAt(text, last + 4)?.text;
}

/** Reads one part of the head; gives where it ends, -1 when the message begins here. */
function part(text: string, at: number, head: Head): number {
  if (head.time === undefined) {
    const from = skip(OPEN, text, at);
    const found = timeAt(text, from);
    if (found !== null) {
      head.time = found.text;
      return from > at ? closed(text, found.end) : found.end;
    }
  }
  if (head.level === undefined) {
    const m = exec(WORD, text, at);
    if (m !== null && words.LEVEL.has(m[1].toLowerCase())) {
      head.level = m[1];
      return WORD.lastIndex;
    }
    const short = exec(SHORT_LEVEL, text, at);
    if (short !== null) {
      head.level = short[1] ?? short[2];
      return SHORT_LEVEL.lastIndex;
    }
  }
  const bracket = exec(BRACKET, text, at);
  if (bracket !== null && !/\d\.\d{1,3}\.\d|[\da-f]{0,4}:[\da-f]{0,4}:[\da-f]/i.test(bracket[0])) {
    const inner = bracket[1] ?? bracket[2];
    // "[DENIED LOGIN] for …" is what happened.
    if (/[ _-]/.test(inner) && (outcomeOf(tokensOf(inner)) !== null || begunBySuccess(inner))) {
      return -1;
    }
    if (/^#?\d{1,10}$/.test(inner)) head.pid ??= inner.replace("#", "");
    else head.logger ??= inner;
    return BRACKET.lastIndex;
  }
  if (head.program === undefined && head.time !== undefined) {
    const busybox = exec(BUSYBOX, text, at);
    if (busybox !== null) {
      [head.host, head.level, head.program, head.pid] = busybox.slice(1, 5);
      return BUSYBOX.lastIndex;
    }
    const m = exec(PROGRAM, text, at);
    if (m !== null && !DOTTED_ADDRESS.test(m[2]) && !isVerdict(m)) {
      if (m[1] === undefined || !words.LEVEL.has(m[1].toLowerCase())) head.host ??= m[1];
      head.program = m[2];
      head.pid ??= m[3] ?? m[4];
      return PROGRAM.lastIndex;
    }
  }
  return -1;
}

/** "FAIL LOGIN: ", "POLICY-DROP: ", "PHP Warning: " is what happened, no host with a program. */
function isVerdict([, host, program, pid]: RegExpExecArray): boolean {
  const parts = program.toLowerCase().split(/[-_.]/);
  if (pid === undefined && parts.some((p) => words.BLOCK.has(p))) return true;
  if (host !== undefined && SEVERITY.test(program)) return true;
  if (host === undefined || pid !== undefined || !words.AUTHENTICATION.has(program.toLowerCase())) {
    return false;
  }
  const word = host.toLowerCase();
  return words.REFUSAL.has(word) || words.SUCCESS.has(word);
}

const SEVERITY = /^(?:warning|error|notice|critical|fatal|deprecated)$/i;

/** Goes past the bracket that a time stands in, and a thread's number before it. */
function closed(text: string, at: number): number {
  const m = exec(/ ?(?:UTC|GMT)?(?: #\d{1,10})?[\])>]/y, text, at);
  return m === null ? at : at + m[0].length;
}

function exec(regex: RegExp, text: string, at: number): RegExpExecArray | null {
  regex.lastIndex = at;
  return regex.exec(text);
}

function skip(regex: RegExp, text: string, at: number): number {
  const m = exec(regex, text, at);
  return m === null ? at : at + m[0].length;
}
