/**
 * What an event costs, by stage: processor time of bytes to lines, lines to events, events through rules
 * and the alerts that end, beside bare JSON.parse of the same lines in the same process. The first 20,000
 * events, in which most code is made, do not count.
 *
 *     deno run -A bench/event_stages.ts RULES EVENTS.json
 */
import { cpuUsage } from "node:process";
import { load } from "../agent/content/load.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { InputHandle } from "../agent/input.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { createParser, recognise } from "../compiler/sourcetype/mod.ts";

const CHUNK = 1 << 18, WARM = 20_000;
const STAGES = ["lines", "JSON.parse", "parse", "detect", "alerts"] as const;

const [rules, events] = Deno.args;
if (events === undefined) {
  console.error("error: RULES and EVENTS.json, the lines of bench/windows_events.ts, are missing");
  Deno.exit(2);
}

function main(program: Awaited<ReturnType<typeof load>>): void {
  const { sourcetypes } = program;
  const file = Deno.openSync(events);
  const buffer = new Uint8Array(CHUNK);
  const cpu = () => {
    const { user, system } = cpuUsage();
    return user + system;
  };
  const input = new InputHandle({ name: "bench", modified: Date.UTC(2026, 2, 20) });
  const reader = new LineReader(input);
  const engine = createEngine(program.program, sourcetypes.catalogue);
  engine.openInput(input);
  let parser: ReturnType<typeof createParser> | null = null;
  let times = STAGES.map(() => 0), n = 0, matched = 0, all = 0, last = 0;
  const took = (stage: typeof STAGES[number]) => {
    const now = cpu();
    times[STAGES.indexOf(stage)] += now - last;
    last = now;
  };
  for (let got = file.readSync(buffer); got !== null; got = file.readSync(buffer)) {
    last = cpu();
    const text = reader.push(buffer.subarray(0, got), 0);
    took("lines");
    if (text === null) continue;
    for (const line of text.lines) JSON.parse(line);
    took("JSON.parse");
    parser ??= createParser(sourcetypes, recognise(text.lines, sourcetypes).sourcetype!, {
      mixed: true,
    });
    const batch = parser(text);
    took("parse");
    for (const hit of engine.detect(batch)) if (hit !== 0) matched++;
    took("detect");
    engine.takeChanges("ended");
    took("alerts");
    n += text.lines.length;
    all += text.lines.length;
    if (all < WARM || all - text.lines.length >= WARM) continue;
    times = STAGES.map(() => 0);
    n = matched = 0;
  }
  const [, bare, ...rest] = times;
  const sum = times[0] + rest.reduce((a, b) => a + b, 0);
  STAGES.forEach((stage, i) => console.log(`${stage.padEnd(12)}${(times[i] / n).toFixed(2)} us`));
  console.log(
    `${n} events, ${matched} matched; all but JSON.parse: ${(sum / bare).toFixed(2)} of it`,
  );
}

main(await load({ rules: [rules], sourcetypes: [] }));
