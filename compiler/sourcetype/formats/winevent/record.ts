/**
 * The flat record that every rendering of a Windows event gives: what stands in `System` under the
 * names below, and EventData and UserData under the names that the provider gave. One record for
 * EVTX, EventXML, JSON and text is what makes one mapping serve them all.
 */
import type { Value } from "../../../schema/types.ts";
import { markAmbiguous } from "../json/ambiguous.ts";
import { type Keyed, MAX_KEYS } from "../json/json.ts";

/** What `System` says, by name; undefined where it does not. Numbers are numbers. */
export interface WindowsSystem {
  Provider_Name: string | undefined;
  Provider_Guid: string | undefined;
  EventSourceName: string | undefined;
  EventID: number | undefined;
  Qualifiers: number | undefined;
  Version: number | undefined;
  Level: number | undefined;
  Task: number | undefined;
  Opcode: number | undefined;
  Keywords: string | undefined;
  TimeCreated: string | undefined;
  EventRecordID: number | undefined;
  ActivityID: string | undefined;
  RelatedActivityID: string | undefined;
  ProcessID: number | undefined;
  ThreadID: number | undefined;
  Channel: string | undefined;
  Computer: string | undefined;
  UserID: string | undefined;
}

/** Fields of System whose values are numbers. */
export const SYSTEM_NUMBERS: ReadonlySet<string> = new Set([
  "EventID",
  "Qualifiers",
  "Version",
  "Level",
  "Task",
  "Opcode",
  "EventRecordID",
  "ProcessID",
  "ThreadID",
]);

interface Fields extends WindowsSystem {
  [name: string]: Value;
}

/**
 * Properties of System come first and always, so that all records of one kind of event share a hidden
 * class. Nothing is inherited: names come from the log.
 */
const Bag = function (this: Fields) {
  this.EventID = undefined;
  this.Channel = undefined;
  this.Computer = undefined;
  this.Provider_Name = undefined;
  this.Provider_Guid = undefined;
  this.EventSourceName = undefined;
  this.Qualifiers = undefined;
  this.Version = undefined;
  this.Level = undefined;
  this.Task = undefined;
  this.Opcode = undefined;
  this.Keywords = undefined;
  this.TimeCreated = undefined;
  this.EventRecordID = undefined;
  this.ActivityID = undefined;
  this.RelatedActivityID = undefined;
  this.ProcessID = undefined;
  this.ThreadID = undefined;
  this.UserID = undefined;
} as unknown as new () => Fields;
Bag.prototype = Object.create(null);

export const SYSTEM_NAMES: ReadonlySet<string> = new Set(Object.keys(new Bag()));

/** A record from what the reader of EVTX gives. `data` has names of its own, without limits of ours. */
export function windowsRecord(
  system: WindowsSystem,
  data: Readonly<Record<string, string>>,
): Keyed {
  const out = new Bag();
  out.EventID = system.EventID;
  out.Channel = system.Channel;
  out.Computer = system.Computer;
  out.Provider_Name = system.Provider_Name;
  out.Provider_Guid = system.Provider_Guid;
  out.EventSourceName = system.EventSourceName;
  out.Qualifiers = system.Qualifiers;
  out.Version = system.Version;
  out.Level = system.Level;
  out.Task = system.Task;
  out.Opcode = system.Opcode;
  out.Keywords = system.Keywords;
  out.TimeCreated = system.TimeCreated;
  out.EventRecordID = system.EventRecordID;
  out.ActivityID = system.ActivityID;
  out.RelatedActivityID = system.RelatedActivityID;
  out.ProcessID = system.ProcessID;
  out.ThreadID = system.ThreadID;
  out.UserID = system.UserID;
  for (const name in data) out[SYSTEM_NAMES.has(name) ? "Data_" + name : name] = data[name];
  return out;
}

/** Elements of System whose text is their value, in the order in which Windows writes them. */
export const SYSTEM_TEXTS: ReadonlySet<string> = new Set([
  "EventID",
  "Version",
  "Level",
  "Task",
  "Opcode",
  "Keywords",
  "EventRecordID",
  "Channel",
  "Computer",
]);

/** Fills a record from text. Names repeat as `x[2]`, `x[3]`; Data without a name is `#0`, `#1`. */
export class RecordFilling {
  readonly record: Fields = new Bag();
  #unnamed = 0;
  #keys = 0;
  #dropped = 0;
  #repeats: Map<string, number> | null = null;
  #seen: Map<string, string> | null = null;

  /** The first value of a name stays; one that should be a number and is none is missing. */
  system(name: string, value: string | undefined): void {
    if (value === undefined || value === "" || this.record[name] !== undefined) return;
    if (!SYSTEM_NUMBERS.has(name)) this.record[name] = value;
    else {
      const n = +value;
      if (Number.isFinite(n)) this.record[name] = n;
    }
  }

  /** A value of EventData or UserData; `""` for one without a name. */
  data(name: string, value: Value): void {
    let key = name === "" ? `#${this.#unnamed++}` : SYSTEM_NAMES.has(name) ? "Data_" + name : name;
    if (this.record[key] !== undefined) key = this.#nextKey(key);
    this.#put(key, value);
  }

  /** A value beside the event's own, under a name that may be System's; the first one stays. */
  other(name: string, value: Value): void {
    if (SYSTEM_NAMES.has(name)) {
      if (typeof value !== "object") this.system(name, value === undefined ? value : String(value));
    } else if (this.record[name] === undefined) this.#put(name, value);
  }

  /**
   * The same of a text whose values nobody escapes. A name that comes again with another value has none,
   * since one of them may stand in what a client wrote; `keys_ambiguous` counts such names.
   */
  once(name: string, value: string): void {
    if (SYSTEM_NAMES.has(name)) return this.system(name, value);
    const seen = this.#seen ??= new Map();
    const before = seen.get(name);
    if (before === undefined) {
      if (seen.size < MAX_KEYS) seen.set(name, value);
      this.other(name, value);
    } else if (before !== value && this.record[name] !== undefined) {
      markAmbiguous(this.record, name);
    }
  }

  #put(key: string, value: Value): void {
    if (this.#keys++ < MAX_KEYS) this.record[key] = value;
    else this.record.keys_dropped = ++this.#dropped;
  }

  #nextKey(key: string): string {
    const repeats = this.#repeats ??= new Map();
    let n = repeats.get(key) ?? 1;
    let next: string;
    do next = `${key}[${++n}]`; while (this.record[next] !== undefined);
    repeats.set(key, n);
    return next;
  }
}
