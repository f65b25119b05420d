/**
 * One bench a stage, over 50,000 lines of sshd and 20,000 of a web server: bytes to lines, lines to
 * events, events through all shipped rules, and the three together. "recognised" is what lines to
 * events costs when the sourcetype was not named: first lines and each line that says little looked
 * at by the rules of every sourcetype; against "parse" it should be 1.1 at most. Lines a second are the number
 * in the name divided by the time. Run: deno bench bench/stages_bench.ts
 */
import { compile } from "../agent/content/compile.ts";
import { createEngine } from "../agent/engine/engine.ts";
import type { EventBatch } from "../agent/event.ts";
import { LineReader, type TextBatch } from "../agent/stages/lines.ts";
import { createParser, recognise } from "../compiler/sourcetype/mod.ts";
import { accessLog } from "../tests/samples/access_log.ts";
import { sshdLines } from "./auth_lines.ts";
import { SDL, YAML } from "./shipped.gen.ts";
import { InputHandle } from "../agent/input.ts";

const CHUNK = 1 << 18;
const SSHD_LINES = 50_000;
const WEB_LINES = 20_000;
const SYSTEM_LINES = 20_000;

const loaded = await compile(YAML, SDL, { shipped: () => Promise.resolve(SDL) });
const { sourcetypes, program } = loaded;

function input(sourcetype: string): InputHandle {
  return new InputHandle({
    name: "bench",
    sourcetype,
    modified: Date.UTC(2026, 2, 20),
  });
}

function webText(): Uint8Array {
  const sample = accessLog().trimEnd().split("\n");
  const out: string[] = [];
  for (let i = 0; i < WEB_LINES; i++) out.push(sample[i % sample.length]);
  return new TextEncoder().encode(out.join("\n") + "\n");
}

/** Lines of the machine's own log, most of which no pattern has a word for. */
function systemText(): Uint8Array {
  const words = [
    "Started Session",
    "Reached target Network",
    "usb 1-1: new device",
    "eth0: link up",
  ];
  const out: string[] = [];
  for (let i = 0; i < SYSTEM_LINES; i++) {
    const second = String(i % 60).padStart(2, "0");
    out.push(`Mar 20 10:00:${second} web1 systemd[${i % 900}]: ${words[i % 4]} ${i}.`);
  }
  return new TextEncoder().encode(out.join("\n") + "\n");
}

const logs = [
  {
    name: `${SSHD_LINES} lines of sshd`,
    sourcetype: "linux_secure",
    bytes: new TextEncoder().encode([...sshdLines(SSHD_LINES)].join("")),
  },
  { name: `${WEB_LINES} lines of a web server`, sourcetype: "access_combined", bytes: webText() },
  { name: `${SYSTEM_LINES} lines of a system`, sourcetype: "syslog", bytes: systemText() },
];

function toLines(bytes: Uint8Array, of: InputHandle): TextBatch[] {
  const reader = new LineReader(of);
  const out: TextBatch[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const batch = reader.push(bytes.subarray(at, at + CHUNK), 0);
    if (batch) out.push(batch);
  }
  const last = reader.end();
  if (last) out.push(last);
  return out;
}

function toEvents(batches: readonly TextBatch[], of: InputHandle, mixed = false): EventBatch[] {
  const sourcetype = mixed ? recognise(batches[0].lines, sourcetypes).sourcetype : of.sourcetype;
  const parser = createParser(sourcetypes, sourcetype!, { mixed });
  return batches.map((batch) => parser(batch));
}

/** Alerts that opened or closed: to be sure that the rules had something to do. */
function detect(batches: readonly EventBatch[], of: InputHandle): number {
  const engine = createEngine(program, sourcetypes.catalogue);
  engine.openInput(of);
  let changes = 0;
  for (const batch of batches) {
    engine.detect(batch);
    changes += engine.takeChanges().length;
  }
  engine.closeInput(of);
  engine.end();
  return changes + engine.takeChanges().length;
}

for (const { name, sourcetype, bytes } of logs) {
  const of = input(sourcetype);
  const batches = toLines(bytes, of);
  const events = toEvents(batches, of);
  Deno.bench(`lines: ${name}`, { group: name }, () => {
    toLines(bytes, input(sourcetype));
  });
  Deno.bench(`parse: ${name}`, { group: name }, () => {
    toEvents(batches, of);
  });
  Deno.bench(`recognised: ${name}`, { group: name }, () => {
    toEvents(batches, of, true);
  });
  Deno.bench(`detect: ${name}, ${program.rules.length} rules`, { group: name }, () => {
    if (detect(events, of) === 0 && sourcetype !== "syslog") throw new Error("No rule fired");
  });
  Deno.bench(`whole: ${name}`, { group: name, baseline: true }, () => {
    const fresh = input(sourcetype);
    detect(toEvents(toLines(bytes, fresh), fresh), fresh);
  });
}
