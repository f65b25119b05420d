/**
 * Windows events: `parse FILE.evtx` as a whole process beside Debian's evtxexport (libevtx-utils) and
 * evtx_dump.py (python3-evtx), interleaved, each writing what it reads to /dev/null; then the parser
 * alone on each rendering of the same events. Who is not installed is left out, and told.
 *
 *     deno task bench:windows [--log FILE.evtx] [--records 50000] [--python 2000] [--runs 3]
 *
 * The log is made by repeating the chunks of FILE, or without it of a log of our own writing, until
 * there are enough records. python3-evtx reads a smaller one: compare records/s.
 */
import { parseArgs } from "node:util";
import { readChunk, readEvtx } from "../agent/stages/evtx/mod.ts";
import { event, eventData } from "../agent/stages/evtx/testing/sample_events.ts";
import { sampleChunk, sampleFile, string } from "../agent/stages/evtx/testing/write_sample.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";
import { shipped } from "../compiler/sourcetype/testing/shipped.ts";
import { median } from "./process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    log: { type: "string" },
    records: { type: "string", default: "50000" },
    python: { type: "string", default: "2000" },
    runs: { type: "string", default: "3" },
  },
});
const wanted = whole("records"), forPython = whole("python"), runs = whole("runs");

const CHUNK = 65_536;
const root = new URL("..", import.meta.url).pathname;
const folder = Deno.makeTempDirSync({ prefix: "picket-bench-" });
try {
  await main();
} finally {
  Deno.removeSync(folder, { recursive: true });
}

function whole(name: "records" | "python" | "runs"): number {
  const n = Number(values[name]);
  if (Number.isSafeInteger(n) && n > 0) return n;
  console.error(`error: --${name} "${values[name]}" is not a number above 0`);
  Deno.exit(2);
}

async function main() {
  const log = values.log === undefined ? ownLog() : Deno.readFileSync(values.log);
  const big = repeated(log, wanted, "big.evtx");
  const small = repeated(log, forPython, "small.evtx");
  const size = (Deno.statSync(big.path).size / 1e6).toFixed(1);
  console.log(
    `${big.records} records (${size} MB) of ${
      values.log ?? "our own writing"
    }; python3-evtx reads ` +
      `${small.records}; ${runs} runs each, interleaved; medians\n`,
  );
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-read"];
  const parse = [...deno, "--allow-env", `${root}main.ts`, "parse", "--quiet"];
  const all = [
    { name: "evtxexport", command: ["evtxexport", big.path], records: big.records },
    {
      name: "evtxexport -f xml",
      command: ["evtxexport", "-f", "xml", big.path],
      records: big.records,
    },
    { name: "evtx_dump.py", command: ["evtx_dump.py", small.path], records: small.records },
    { name: "picket parse", command: [...parse, big.path], records: big.records },
    { name: "picket parse, small log", command: [...parse, small.path], records: small.records },
  ];
  const times = new Map<string, number[]>(all.map((c) => [c.name, []]));
  for (let round = 0; round < runs; round++) {
    for (const { name, command } of all) {
      const seconds = await time(command);
      if (seconds !== null) times.get(name)!.push(seconds);
    }
  }
  console.log(`${"".padEnd(26)}${"seconds".padStart(9)}${"records/s".padStart(12)}  of evtxexport`);
  const rate = (name: string) => {
    const known = times.get(name)!;
    return known.length === 0 ? NaN : all.find((c) => c.name === name)!.records / median(known);
  };
  for (const { name } of all) {
    if (times.get(name)!.length === 0) console.log(`${name.padEnd(26)} is not installed`);
    else row(name, median(times.get(name)!), rate(name), rate("evtxexport"));
  }
  await renderings(big.path);
}

/** The parser alone, on the events as binary records, XML, JSON and pairs. */
async function renderings(path: string) {
  const xml: string[] = [], json: string[] = [], pairs: string[] = [];
  const file = await Deno.open(path);
  for await (const { records } of readEvtx(file.readable)) {
    for (const record of records) {
      if (xml.length === 20_000) continue;
      xml.push(record.xml());
      json.push(JSON.stringify(record.json()));
      pairs.push(
        Object.entries({ ...record.fields(), Host: record.system.Computer })
          .map(([k, v]) => `${k}="${String(v).replace(/[\r\n"]/g, " ")}"`).join(" "),
      );
    }
  }
  const compiled = shipped();
  console.log(`\nThe parser alone, ${xml.length} events${"".padEnd(5)}${"records/s".padStart(12)}`);
  for (const [name, lines] of Object.entries({ xml, json, pairs })) {
    const parser = createParser(compiled, "windows");
    const seconds: number[] = [];
    for (let round = 0; round <= runs; round++) {
      const from = performance.now();
      for (let at = 0; at < lines.length; at += 500) {
        parser({ input: { modified: 0 }, lines: lines.slice(at, at + 500), arrival: 2e12 });
      }
      if (round > 0) seconds.push((performance.now() - from) / 1000);
    }
    const bytes = lines.reduce((n, l) => n + l.length, 0) / lines.length;
    const perSecond = Math.round(lines.length / median(seconds)).toLocaleString("en");
    console.log(
      `${`${name}, ${Math.round(bytes)} characters`.padEnd(35)}${perSecond.padStart(12)}`,
    );
  }
}

/** Chunks of 40 logons each. */
function ownLog(): Uint8Array {
  const names =
    "SubjectUserSid SubjectUserName SubjectDomainName TargetUserName TargetDomainName " +
    "TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName IpAddress";
  const data = (i: number) =>
    Object.fromEntries(
      names.split(" ").map((n, k) => [n, string(`${n.slice(0, 8)}${i * k % 97}`)]),
    );
  const chunks = Array.from({ length: 8 }, (_, c) =>
    sampleChunk(
      Array.from({ length: 40 }, (_, i) => event(c * 40 + i + 1, eventData(1, data(i)))),
    ));
  return sampleFile(chunks);
}

/** A log with the chunks of `log` again and again. */
function repeated(log: Uint8Array, records: number, name: string) {
  const header = log.slice(0, 4096);
  const chunks: Uint8Array[] = [];
  for (let at = 4096; at + CHUNK <= log.length; at += CHUNK) {
    if (log[at] === 0x45) chunks.push(log.subarray(at, at + CHUNK));
  }
  const path = `${folder}/${name}`;
  const file = Deno.openSync(path, { write: true, create: true, read: true });
  let written = 0;
  let count = 0;
  file.writeSync(header);
  while (count < records) {
    const chunk = chunks[written++ % chunks.length];
    file.writeSync(chunk);
    count += readChunk(chunk).records.length;
  }
  // The number of chunks, which other readers believe; and no checksum, which then would be wrong.
  const view = new DataView(header.buffer);
  view.setUint16(42, Math.min(written, 0xffff), true);
  view.setBigUint64(16, BigInt(written - 1), true);
  view.setUint32(124, 0, true);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(header);
  file.close();
  return { path, records: count };
}

/** Seconds, or null when the program is not there. */
async function time([program, ...args]: readonly string[]): Promise<number | null> {
  const start = performance.now();
  try {
    const { code, stderr } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      cwd: root,
      env: { LC_ALL: "C", NO_COLOR: "1" },
    }).output();
    if (code !== 0) throw new Error(`${program}: ${new TextDecoder().decode(stderr).slice(-300)}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return (performance.now() - start) / 1000;
}

function row(name: string, seconds: number, rate: number, base: number) {
  console.log(
    `${name.padEnd(26)}${seconds.toFixed(3).padStart(9)}${
      Math.round(rate).toLocaleString("en").padStart(12)
    }  ${(rate / base).toFixed(2)}`,
  );
}
