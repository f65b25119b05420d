/** Events for tests: one template with the whole of System, and one for data of every kind. */
import {
  element,
  fileTime,
  integer,
  nothing,
  type SampleElement,
  type SampleInstance,
  type SampleRecord,
  type SampleTemplate,
  type SampleValue,
  string,
  utf16,
} from "./write_sample.ts";

const slot = (index: number, optional = true) => ({ slot: index, optional });

/** Values 0 to 10 are System's; 11 is the data, as binary XML. */
export const EVENT: SampleTemplate = {
  id: 0xe1e2e3e4,
  root: element(
    "Event",
    { xmlns: ["http://schemas.microsoft.com/win/2004/08/events/event"] },
    element(
      "System",
      {},
      element("Provider", { Name: ["Sample-Provider"], Guid: [slot(0)] }),
      element("EventID", { Qualifiers: [slot(1)] }, slot(2)),
      element("Version", {}, slot(3)),
      element("Level", {}, slot(4)),
      element("Keywords", {}, slot(5)),
      element("TimeCreated", { SystemTime: [slot(6)] }),
      element("EventRecordID", {}, slot(7)),
      element("Correlation", { ActivityID: [slot(0)] }),
      element("Execution", { ProcessID: [slot(8)], ThreadID: [slot(9)] }),
      element("Channel", {}, "Sample/Operational"),
      element("Computer", {}, "host.example"),
      element("Security", { UserID: [slot(10)] }),
    ),
    slot(11, false),
  ),
};

export const GUID = Uint8Array.from({ length: 16 }, (_, i) => i);
/** S-1-5-21-1-2 */
export const SID = new Uint8Array([1, 3, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
/** 2026-03-29T00:02:15.123Z */
export const TIME = Date.UTC(2026, 2, 29, 0, 2, 15, 123);

/** A record whose data is the given instance; `missing` leaves out what is optional in System. */
export function event(id: number, data: SampleValue, missing = false): SampleRecord {
  const time = fileTime(TIME) + 4567n;
  const optional = (value: SampleValue) => missing ? nothing : value;
  const values = [
    optional({ type: 0x0f, bytes: GUID }),
    optional(integer(0x06, 2, 16384)),
    integer(0x06, 2, 4624),
    optional(integer(0x04, 1, 2)),
    integer(0x04, 1, 4),
    integer(0x15, 8, 0x8020000000000000n),
    integer(0x11, 8, time),
    integer(0x0a, 8, id),
    optional(integer(0x08, 4, 600)),
    optional(integer(0x08, 4, 720)),
    optional({ type: 0x13, bytes: SID }),
    data,
  ];
  return { id, time, content: { template: EVENT, values } };
}

/** `<EventData>` with one `Data` for each name and value. */
export function eventData(id: number, values: Readonly<Record<string, SampleValue>>) {
  const names = Object.keys(values);
  const template: SampleTemplate = {
    id,
    root: element(
      "EventData",
      {},
      ...names.map((name, i) => element("Data", { Name: [name] }, slot(i, false))),
    ),
  };
  return { template, values: Object.values(values) } satisfies SampleInstance;
}

/** A template around any element. */
export function around(id: number, root: SampleElement, ...values: SampleValue[]): SampleInstance {
  return { template: { id, root }, values };
}

const bytes = (...n: number[]) => new Uint8Array(n);

/** Every value type: its name, the value, and its text as Windows writes it. */
export const EVERY_TYPE: readonly (readonly [string, SampleValue, string])[] = [
  ["string", string("naïve 漢字 😀"), "naïve 漢字 😀"],
  ["padded", { type: 1, bytes: utf16("cmd.exe\0\0x") }, "cmd.exe"],
  ["lines", string("a\r\nb\rc\n"), "a\nb\nc\n"],
  ["ansi", { type: 2, bytes: bytes(0x61, 0xe9, 0) }, "aé"],
  ["int8", integer(0x03, 1, -5), "-5"],
  ["uint8", integer(0x04, 1, 250), "250"],
  ["int16", integer(0x05, 2, -300), "-300"],
  ["uint16", integer(0x06, 2, 65535), "65535"],
  ["int32", integer(0x07, 4, -70000), "-70000"],
  ["uint32", integer(0x08, 4, 4294967295), "4294967295"],
  ["int64", integer(0x09, 8, -9007199254740993n), "-9007199254740993"],
  ["uint64", integer(0x0a, 8, 18446744073709551615n), "18446744073709551615"],
  ["float", { type: 0x0b, bytes: new Uint8Array(new Float32Array([0.1]).buffer) }, "0.1"],
  ["double", { type: 0x0c, bytes: new Uint8Array(new Float64Array([-1.5]).buffer) }, "-1.5"],
  ["infinite", { type: 0x0c, bytes: new Uint8Array(new Float64Array([1 / 0]).buffer) }, "1.#INF"],
  ["bool", integer(0x0d, 4, 1), "true"],
  ["no", integer(0x0d, 4, 0), "false"],
  ["oddBool", integer(0x0d, 4, 0x10), "true"],
  ["binary", { type: 0x0e, bytes: bytes(0xde, 0xad) }, "DEAD"],
  ["guid", { type: 0x0f, bytes: GUID }, "{03020100-0504-0706-0809-0A0B0C0D0E0F}"],
  ["size", integer(0x10, 4, 600), "0x258"],
  ["fileTime", integer(0x11, 8, fileTime(TIME)), "2026-03-29T00:02:15.123000000Z"],
  [
    "systemTime",
    { type: 0x12, bytes: new Uint8Array(new Uint16Array([2026, 3, 0, 29, 0, 2, 15, 7]).buffer) },
    "2026-03-29T00:02:15.007Z",
  ],
  ["sid", { type: 0x13, bytes: SID }, "S-1-5-21-1-2"],
  ["hex32", integer(0x14, 4, 0xc000006d), "0xc000006d"],
  ["hex64", integer(0x15, 8, 0x3e7), "0x3e7"],
  ["hex64Long", integer(0x15, 8, 0x1000000ffn), "0x1000000ff"],
  ["shortGuid", { type: 0x0f, bytes: bytes(1, 2) }, "0102"],
  ["unknown", { type: 0x7e, bytes: bytes(7) }, "07"],
];
