/** Public recordings, against what two other readers made of them. */
import assert from "node:assert/strict";
import { needs, sharedUrl, testNeeding } from "../../../tests/needs.ts";
import { type EvtxRecord, readEvtx } from "./mod.ts";

const LOGS = sharedUrl("data/logs/");

interface Expected {
  readonly records: number | null;
  readonly records_by_reader: Record<string, number>;
  readonly counts: Record<string, number>;
  readonly events: readonly {
    readonly record_id: number;
    readonly event_id: number;
    readonly provider: string;
    readonly channel: string;
    readonly computer: string;
    readonly level: string;
    readonly time: string;
    readonly process_id?: string;
    readonly user_sid?: string;
    readonly data: Record<string, string>;
    readonly differ?: Record<string, readonly [string | null, string | null]>;
  }[];
}

interface Figures {
  files: number;
  records: number;
  expectedRecords: number;
  values: number;
  wrong: number;
  wrongCounts: number;
}

function* evtxFiles(folder: URL): Generator<URL> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.isDirectory) yield* evtxFiles(new URL(`${entry.name}/`, folder));
    else if (entry.name.endsWith(".evtx")) yield new URL(encodeURIComponent(entry.name), folder);
  }
}

/** As the expectations write values; with `recover`, also behind damaged records. */
async function readAll(
  file: URL,
  recover: boolean,
): Promise<{ records: EvtxRecord[]; damaged: number }> {
  const records: EvtxRecord[] = [];
  let damaged = 0;
  const opened = await Deno.open(file);
  for await (const batch of readEvtx(opened.readable, { style: "libevtx", recover })) {
    records.push(...batch.records);
    damaged += batch.damaged.records;
  }
  return { records, damaged };
}

/** What the expectation's fields are called here. */
function systemOf({ system }: EvtxRecord): Record<string, string | number | undefined> {
  return {
    event_id: system.EventID,
    provider: system.Provider_Name,
    channel: system.Channel,
    computer: system.Computer,
    level: system.Level?.toString(),
    time: system.TimeCreated,
    process_id: system.ProcessID?.toString(),
    user_sid: system.UserID,
  };
}

async function compare(folder: string, figures: Figures): Promise<string[]> {
  const problems: string[] = [];
  for (const file of evtxFiles(new URL(folder, LOGS))) {
    const name = decodeURIComponent(file.pathname).split("/").pop()!;
    const expected: Expected = JSON.parse(
      await Deno.readTextFile(
        file.href.replace(/\.evtx$/, ".expected.json").slice(7)
          .replace(/^/, "").split("/").map(decodeURIComponent).join("/"),
      ),
    );
    const { records, damaged } = await readAll(file, true);
    const others = (await readAll(file, false)).records.length;
    figures.files++;
    figures.records += records.length;
    const count = expected.records ?? Math.max(...Object.values(expected.records_by_reader));
    figures.expectedRecords += count;
    if (others !== count || records.length < others) figures.wrongCounts++;
    if (records.length !== count || damaged > 0 || others !== count) {
      problems.push(
        `${name}: ${count} records by other readers; here as many as they stop: ${others}, ` +
          `recovered: ${records.length - others}, unreadable: ${damaged}`,
      );
    }
    const byId = new Map(records.map((record) => [record.system.EventRecordID, record]));
    for (const event of expected.events) {
      const record = byId.get(event.record_id);
      const check = (field: string, is: unknown, should: unknown) => {
        figures.values++;
        if (is === should) return;
        figures.wrong++;
        problems.push(
          `${name} ${event.record_id} ${field}: ${JSON.stringify(is)}, not ${
            JSON.stringify(should)
          }`,
        );
      };
      const system = record === undefined ? {} : systemOf(record);
      for (const field of Object.keys(systemOf({ system: {} } as EvtxRecord))) {
        const should = event[field as keyof typeof event];
        if (should !== undefined) check(field, system[field], should);
      }
      for (const [field, should] of Object.entries(event.data)) {
        check(field, record?.data[field], should);
      }
      for (const field of Object.keys(record?.data ?? {})) {
        if (!(field in event.data) && !(field in (event.differ ?? {}))) {
          check(field, record!.data[field], undefined);
        }
      }
    }
  }
  return problems;
}

for (const folder of ["evtx-parser/", "evtx-attack/", "sigma/regression/"]) {
  testNeeding(needs.shared(`data/logs/${folder}`), `records and fields of ${folder}`, async () => {
    const figures: Figures = {
      files: 0,
      records: 0,
      expectedRecords: 0,
      values: 0,
      wrong: 0,
      wrongCounts: 0,
    };
    const problems = await compare(folder, figures);
    const { files, records, expectedRecords, values, wrong } = figures;
    console.log(
      `${folder} ${files} files, ${records} of ${expectedRecords} records, ` +
        `${values - wrong} of ${values} values equal`,
    );
    for (const problem of problems.slice(0, 40)) console.log("  " + problem);
    assert.equal(figures.wrongCounts, 0);
    assert.ok(wrong <= values * 0.001, `${wrong} of ${values} values differ`);
  });
}
