/**
 * Syslog at a steady rate over loopback: what arrives, what is lost and who says so.
 *
 *   deno task bench:syslog [--rate 10000] [--seconds 60] [--transport tcp,udp] [--store]
 */
import { parseArgs } from "node:util";
import { sshdLines } from "./auth_lines.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rate: { type: "string", default: "10000" },
    seconds: { type: "string", default: "60" },
    transport: { type: "string", default: "tcp,udp" },
    store: { type: "boolean", default: false },
  },
});
const rate = Number(values.rate), seconds = Number(values.seconds);
const total = rate * seconds;
/** Messages are sent in so many bursts a second. */
const BURSTS = 500;
/** Distinct messages, sent in turn. */
const POOL = 20_000;

const encoder = new TextEncoder();
const pool = [...sshdLines(POOL)].join("").split("\n").slice(0, POOL).map((l) => `<38>${l}\n`);

type Send = (from: number, to: number) => Promise<void>;

async function tcp(port: number): Promise<{ send: Send; close(): void }> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  return {
    async send(from, to) {
      let text = "";
      for (let i = from; i < to; i++) text += pool[i % POOL];
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    },
    close: () => conn.close(),
  };
}

function udp(port: number): { send: Send; close(): void } {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  const messages = pool.map((m) => encoder.encode(m));
  return {
    async send(from, end) {
      for (let i = from; i < end; i++) await socket.send(messages[i % POOL], to);
    },
    close: () => socket.close(),
  };
}

async function steady(send: Send): Promise<number> {
  const began = performance.now();
  let sent = 0;
  while (sent < total) {
    const due = Math.min(
      total,
      Math.ceil((performance.now() - began) / 1000 * BURSTS) * rate / BURSTS,
    );
    if (due > sent) await send(sent, sent = due);
    await new Promise((done) => setTimeout(done, 1000 / BURSTS));
  }
  return (performance.now() - began) / 1000;
}

async function run(transport: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  const agent = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-net"],
      ...["--allow-run=cat", "--allow-env", "main.ts", "agent", "--listen", `${transport}://:0`],
      ...["--summary", `${folder}/summary.json`],
      ...(values.store ? ["--data", `${folder}/data`] : ["--no-store"]),
    ],
    cwd: new URL("../", import.meta.url),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = agent.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!/Listening on \S+:(\d+)/.test(said)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(said);
    said += value;
  }
  const port = Number(/Listening on \S+:(\d+)/.exec(said)![1]);
  const sender = transport === "tcp" ? await tcp(port) : udp(port);
  const took = await steady(sender.send);
  sender.close();
  await new Promise((done) => setTimeout(done, 2000));
  const usage = await memory(agent.pid);
  agent.kill("SIGTERM");
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    said += value;
  }
  await agent.status;
  const summary = JSON.parse(await Deno.readTextFile(`${folder}/summary.json`));
  await Deno.remove(folder, { recursive: true });
  const dropped = Object.entries(summary.dropped as Record<string, number>);
  const told = dropped.reduce((sum, [, n]) => sum + n, 0);
  console.log(
    `${transport}: sent ${total} in ${took.toFixed(1)} s (${Math.round(total / took)}/s), ` +
      `taken ${summary.lines}, parse errors ${summary.parse_errors}, ` +
      `told lost ${told}${dropped.map(([why, n]) => ` (${why} ${n})`).join("")}, ` +
      `unaccounted ${total - summary.lines - told}${usage}`,
  );
}

async function memory(pid: number): Promise<string> {
  const ps = new Deno.Command("ps", { args: ["-o", "rss=,time=", "-p", String(pid)] });
  const out = await ps.output().catch(() => null);
  const [rss, time] = new TextDecoder().decode(out?.stdout).trim().split(/\s+/);
  return rss ? `, ${Math.round(Number(rss) / 1024)} MB, ${time} of CPU` : "";
}

for (const transport of values.transport!.split(",")) await run(transport);
