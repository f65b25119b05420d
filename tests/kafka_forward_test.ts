/**
 * `agent --forward` against a broker: every line is there, those of a source in order, whatever is
 * killed. `PICKET_KILLS` and `PICKET_LINES` raise the numbers.
 */
import assert from "node:assert/strict";
import { startKafka, type TestBroker } from "./kafka/broker.ts";
import { agent, PROCESS } from "./live/process.ts";
import { needs, testNeeding } from "./needs.ts";
import { freePort } from "./postgres.ts";
import { withFolder } from "./run.ts";
import { until } from "./waiting.ts";

const KILLS = Number(Deno.env.get("PICKET_KILLS") ?? 2);
const LINES = Number(Deno.env.get("PICKET_LINES") ?? 10_000);

interface Sent {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** All records of a topic, those of each partition in order. */
async function records({ plain }: TestBroker, topic: string): Promise<Sent[]> {
  const { Consumer, stringDeserializers } = await import("@platformatic/kafka");
  const consumer = new Consumer({
    clientId: "reader",
    groupId: `reader-${crypto.randomUUID()}`,
    bootstrapBrokers: [plain],
    deserializers: stringDeserializers,
    retries: 10,
  });
  const ends = await consumer.listOffsets({ topics: [topic] });
  let left = ends.get(topic)!.reduce((n, end) => n + Number(end), 0);
  const out: Sent[] = [];
  if (left > 0) {
    const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
    for await (const { partition, key, value, headers } of stream) {
      out.push({ partition, key, value, headers });
      if (--left === 0) break;
    }
    await stream.close();
  }
  await consumer.close(true);
  return out;
}

/** Lines of one source without repeats; fails where one is missing or comes before an earlier one. */
function ofSource(all: readonly Sent[], source: string): string[] {
  const mine = all.filter((r) => r.headers.get("source") === source);
  assert.ok(new Set(mine.map((r) => r.partition)).size <= 1, "a source stays in one partition");
  const out: string[] = [];
  let last = -1;
  for (const { value, headers } of mine) {
    const offset = Number(headers.get("offset"));
    if (offset <= last) continue;
    out.push(value);
    last = offset;
  }
  return out;
}

/** When positions were last written, with their text. */
async function noted(folder: string): Promise<string> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json")) return await Deno.readTextFile(`${folder}/${name}`);
    }
  } catch {
    // It is being made.
  }
  return "";
}

const numbered = (n: number, name: string) => Array.from({ length: n }, (_, i) => `${name} ${i}`);

testNeeding(
  needs.kafka,
  "forward: files, through kills of the agent and of the broker",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka(["raw"], { partitions: 3 });
      try {
        const files: [string, string[]][] = [];
        for (const name of ["a", "b", "c"]) {
          const lines = numbered(LINES, name).map((line) => `${line} ${"x".repeat(300)}`);
          files.push([`${folder}/${name}.log`, lines]);
          await Deno.writeTextFile(`${folder}/${name}.log`, lines.join("\n") + "\n");
        }
        const args = [
          ...["--forward", `kafka://${broker.plain}/raw`, "--data", `${folder}/state`],
          ...files.map(([path]) => path),
        ];
        let kills = 0;
        while (kills < KILLS) {
          const run = agent(args, PROCESS);
          let ended = false;
          const end = run.end().finally(() => ended = true);
          // Killed soon after it has begun to send: positions are noted every half second.
          const before = await noted(`${folder}/state`);
          const moved = async () => ended || await noted(`${folder}/state`) !== before;
          await until(moved, "positions that go on");
          await new Promise((done) => setTimeout(done, Math.random() * 300));
          if (!ended) run.kill("SIGKILL");
          if (await end === 0) break;
          kills++;
        }
        const run = agent(args, PROCESS);
        await broker.kill();
        await run.said(/lines wait until it answers|lines of \d+ inputs? sent|Going on/);
        await broker.again();
        assert.equal(await run.end(), 0);
        const all = await records(broker, "raw");
        for (const [path, lines] of files) {
          const sent = ofSource(all, path);
          assert.equal(sent.length, lines.length, path);
          assert.deepEqual(sent, lines);
        }
        console.log(
          `${kills} kills: ${all.length - 3 * LINES} of ${all.length} records are repeats`,
        );
        // What has grown is sent, and nothing else.
        await Deno.writeTextFile(files[0][0], "one more\n", { append: true });
        assert.equal(await agent(args, PROCESS).end(), 0);
        const after = await records(broker, "raw");
        assert.equal(after.length, all.length + 1);
        assert.deepEqual(ofSource(after, files[0][0]), [...files[0][1], "one more"]);
      } finally {
        await broker.stop();
      }
    }),
);

testNeeding(
  needs.kafka,
  "forward: what comes by sockets waits on disk while the broker is away",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka(["raw"]);
      try {
        const port = freePort();
        const args = [
          ...["--forward", `kafka://${broker.plain}/raw`, "--data", `${folder}/state`],
          ...["--listen", `tcp://127.0.0.1:${port}?sourcetype=syslog`],
        ];
        const send = async (lines: readonly string[]) => {
          for (let tries = 0;; tries++) {
            try {
              const conn = await Deno.connect({ hostname: "127.0.0.1", port });
              await conn.write(new TextEncoder().encode(lines.join("\n") + "\n"));
              conn.close();
              return;
            } catch (error) {
              if (tries > 400) throw error;
              await new Promise((done) => setTimeout(done, 50));
            }
          }
        };
        const held = async (bytes: number) => {
          for (let tries = 0; tries < 400; tries++) {
            let size = 0;
            for await (const e of Deno.readDir(`${folder}/state/buffer`)) {
              size += (await Deno.stat(`${folder}/state/buffer/${e.name}`)).size;
            }
            if (size > bytes) return;
            await new Promise((done) => setTimeout(done, 50));
          }
          assert.fail("nothing came into the buffer");
        };
        await broker.kill();
        const first = agent(args, PROCESS);
        await send(numbered(500, "before"));
        await held(500 * 20);
        await first.said(/lines wait until it answers/);
        first.kill("SIGKILL");
        await first.end();
        const second = agent(args, PROCESS);
        await second.said(/Going on with .* of lines/);
        await send(numbered(500, "after"));
        await held(1000 * 20);
        await broker.again();
        await until(async () => (await records(broker, "raw")).length >= 1000, "all lines");
        second.kill("SIGTERM");
        assert.equal(await second.end(), 0);
        const all = await records(broker, "raw");
        assert.deepEqual(all.map((r) => r.value), [
          ...numbered(500, "before"),
          ...numbered(500, "after"),
        ]);
        assert.equal(all[0].headers.get("host"), "127.0.0.1");
        assert.equal(all[0].headers.get("sourcetype"), "syslog");
        assert.equal(all[0].headers.get("source"), `tcp://127.0.0.1:${port}`);
        const left = [...Deno.readDirSync(`${folder}/state/buffer`)].map((e) => e.name);
        assert.deepEqual(left, [], "the buffer is empty");
      } finally {
        await broker.stop();
      }
    }),
);
