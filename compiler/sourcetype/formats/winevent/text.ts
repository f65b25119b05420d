/**
 * Windows events as one line of pairs: `2026-03-29 00:02:11 Host=DC1 EventID=4625 User="NT AUTHORITY\SYSTEM"`.
 * A value in quotes ends at a quote that a blank or the end follows; one without ends where the next
 * `Name=` begins, so that it may hold blanks. The first of two equal names
 * of System counts; any other that comes again with another value has none.
 */
import { markAmbiguous } from "../json/ambiguous.ts";
import type { Keyed } from "../json/json.ts";
import { RecordFilling } from "./record.ts";

const PAIR = /(?:^|[\s,;|])([A-Za-z_][\w.-]*)=/g;
/** What a pair looks like from its first blank on. */
const NEXT = /[\s,;|]+[A-Za-z_][\w.-]*=|[\s,;|]*$/y;

const ISO = /(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)/y;
const BSD = /([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)/y;
/** As Windows shows times in the United States, and Splunk in front of its events. */
const AMERICAN = /(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2})(:\d\d:\d\d(?:\.\d{1,9})?)(?: ?([AP])M)?/y;

const NAMES: ReadonlyMap<string, string> = new Map([
  ["EventID", ["eventid", "eventcode", "event_id", "event_code", "id"]],
  ["Channel", ["channel", "logname", "log_name", "log", "eventlog"]],
  ["Computer", ["computer", "host", "hostname", "computername", "computer_name"]],
  [
    "Provider_Name",
    ["provider_name", "provider", "providername", "sourcename", "source_name", "source"],
  ],
  [
    "TimeCreated",
    ["timecreated", "time", "timestamp", "_time", "systemtime", "eventtime", "timegenerated"],
  ],
  ["EventRecordID", ["eventrecordid", "recordnumber", "recordid", "record_number"]],
  ["Level", ["level"]],
  ["Keywords", ["keywords"]],
].flatMap(([name, all]) => (all as string[]).map((one) => [one, name as string] as const)));

/** Null for a line that does not say which event it is. */
export function readEventText(text: string): Keyed | null {
  const filling = new RecordFilling();
  const line: Line = { text, unclosed: false };
  PAIR.lastIndex = 0;
  let m = PAIR.exec(text);
  if (m === null) return null;
  const time = leadingTime(text.slice(0, m.index).trimStart());
  while (m !== null) {
    const from = PAIR.lastIndex;
    const [value, end] = valueAt(line, from);
    const name = NAMES.get(m[1].toLowerCase());
    if (name !== undefined) filling.system(name, value);
    if (name === undefined || name !== m[1]) filling.once(m[1], value);
    PAIR.lastIndex = end;
    m = PAIR.exec(text);
  }
  const { record } = filling;
  if (record.EventID === undefined) return null;
  record.TimeCreated = time ?? record.TimeCreated;
  oneSource(record);
  if (record.Channel === undefined && record.Provider_Name === undefined) {
    record.Channel = usualChannel(record.EventID);
  }
  return record;
}

/** Names by which renderings call the address that a request came from. */
const SOURCES = [
  "IpAddress",
  "SourceIP",
  "SourceIp",
  "Source_Network_Address",
  "SourceNetworkAddress",
  "SourceAddress",
  "ClientAddress",
  "ClientIP",
  "src_ip",
  "src",
];

/** A text has one of these: of two that differ one may stand in what a client wrote. */
function oneSource(record: Keyed): void {
  const given = SOURCES.filter((name) => record[name] !== undefined);
  if (new Set(given.map((name) => record[name])).size < 2) return;
  for (const name of given) markAmbiguous(record, name);
}

/** A line while it is read. */
interface Line {
  readonly text: string;
  /** No quote that could end a value is left, so that it is not looked for again and again. */
  unclosed: boolean;
}

/** The value that begins at `from`, and where the next pair is looked for. */
function valueAt(line: Line, from: number): [string, number] {
  const { text } = line;
  if (text.charCodeAt(from) === 34 && !line.unclosed) {
    for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
      // A path may end in a backslash, so one before a quote does not always escape it.
      const escaped = text.charCodeAt(at - 1) === 92;
      if (escaped ? pairFollows(text, at + 1) : blankFollows(text, at + 1)) {
        return [text.slice(from + 1, at).replaceAll('\\"', '"'), at + 1];
      }
    }
    line.unclosed = true;
  }
  PAIR.lastIndex = from;
  const next = PAIR.exec(text);
  const end = next === null ? text.length : next.index;
  let to = end;
  while (to > from && " \t\r\n,;|".includes(text[to - 1])) to--;
  return [text.slice(from, to), end];
}

function pairFollows(text: string, at: number): boolean {
  NEXT.lastIndex = at;
  return NEXT.test(text);
}

function blankFollows(text: string, at: number): boolean {
  return at >= text.length || /[\s,;|]/.test(text[at]);
}

function leadingTime(text: string): string | undefined {
  for (const format of [ISO, BSD]) {
    format.lastIndex = 0;
    const m = format.exec(text);
    if (m !== null) return m[1];
  }
  AMERICAN.lastIndex = 0;
  const m = AMERICAN.exec(text);
  if (m === null) return undefined;
  const [, month, day, year, hour, rest, half] = m;
  const hours = half === undefined ? +hour : +hour % 12 + (half === "P" ? 12 : 0);
  const two = (n: string | number) => String(n).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(hours)}${rest}`;
}

/** The log that events of this id are in, for those that are known by their id alone. */
function usualChannel(id: number): string | undefined {
  if (id >= 4608 && id <= 6424 || id >= 1100 && id <= 1108) return "Security";
  if (id === 104 || id >= 7000 && id <= 7045 || id >= 6005 && id <= 6013) return "System";
  return undefined;
}
