/**
 * The agent over topics of Kafka, against a broker: what a file gives, a topic gives, and kills of the
 * agent and of the broker change nothing. `PICKET_KILLS` and `PICKET_LINES` raise the numbers.
 */
import assert from "node:assert/strict";
import { openStore } from "../agent/store/mod.ts";
import { startKafka } from "./kafka/broker.ts";
import { fill, sendLines } from "./kafka/fill.ts";
import { agent, PROCESS } from "./live/process.ts";
import { needs, testNeeding } from "./needs.ts";
import { root, runDeno, withFolder } from "./run.ts";
import { authLines, leavings } from "./resume/work.ts";
import { until } from "./waiting.ts";

const KILLS = Number(Deno.env.get("PICKET_KILLS") ?? 2);
const LINES = Number(Deno.env.get("PICKET_LINES") ?? 20_000);
const PARTITIONS = 3;

/** What a run left, without what names the input or counts from it. */
async function left(data: string) {
  const store = await openStore({ data });
  const { events, alerts, incidents } = await leavings(store);
  await store.close();
  const OWN = [
    "id",
    "source",
    "eventIds",
    "change",
    "incident",
    "alerts",
    "no",
    "first_alert",
    "alert",
    "headline",
  ];
  // Of one moment, rules stand in the order of their alerts' ids, which name the input; the alert that
  // speaks for an incident is, among equals, the first of these.
  const bare = (key: string, value: unknown) =>
    OWN.includes(key)
      ? undefined
      : key === "rules" && Array.isArray(value)
      ? value.toSorted()
      : value;
  const plain = (items: unknown[]) => items.map((item) => JSON.stringify(item, bare)).sort();
  return { events: plain(events), alerts: plain(alerts), incidents: plain(incidents) };
}

async function runs(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runDeno(["run", "-q", ...PROCESS, "agent", ...args]);
  assert.equal(code, 0, stderr);
}

testNeeding(
  needs.kafka,
  "kafka: a topic of three partitions gives what a file gives",
  async (t) => {
    const broker = await startKafka([]);
    try {
      for (const sample of ["auth", "access", "windows_processes"]) {
        await t.step(sample, () =>
          withFolder(async (folder) => {
            const path = new URL(`tests/samples/${sample}.log`, root).pathname;
            const lines = (await Deno.readTextFile(path)).replace(/\n$/, "").split("\n");
            await fill(broker, sample, lines, PARTITIONS);
            await runs([path, "--data", `${folder}/file`, "--year", "2026"]);
            await runs([
              `kafka://${broker.plain}/${sample}?to=latest`,
              ...["--data", `${folder}/topic`, "--year", "2026"],
            ]);
            const file = await left(`${folder}/file`), topic = await left(`${folder}/topic`);
            assert.equal(file.events.length, lines.length);
            assert.deepEqual(topic, file);
          }));
      }
    } finally {
      await broker.stop();
    }
  },
);

testNeeding(
  needs.kafka,
  "kafka: files that share a partition give what they give as files, one after the other",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka([]);
      try {
        const files: string[] = [];
        for (const [i, lines] of [LINES / 4, LINES / 40, LINES / 8].entries()) {
          files.push(`${folder}/${i}.log`);
          await Deno.writeTextFile(files[i], authLines(lines, `web${i}`, 7 + i));
        }
        const topic = `kafka://${broker.plain}/shared`;
        // One after the other: rows of one second stand in the order in which they were sent.
        for (const file of files) {
          await runs(["--forward", `${topic}?create=1`, "--data", `${folder}/sent`, file]);
        }
        await runs([...files, "--data", `${folder}/file`, "--year", "2026"]);
        await runs([`${topic}?to=latest`, "--data", `${folder}/topic`, "--year", "2026"]);
        const want = await left(`${folder}/file`), got = await left(`${folder}/topic`);
        assert.ok(want.alerts.length > 100);
        assert.deepEqual(got, want);
      } finally {
        await broker.stop();
      }
    }),
);

testNeeding(
  needs.kafka,
  "kafka: records are read as the sourcetype that their senders name",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka([]);
      try {
        const topic = `kafka://${broker.plain}/named`;
        const files: [string, string, string[]][] = [
          ["auth", "linux_secure", []],
          // Nothing in these lines says that they are of syslog.
          ["users", "syslog", ["user=anna action=created", "user=otto action=deleted"]],
          ["other", "", ['192.0.2.1 - - [29/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5']],
        ];
        files[0][2] = authLines(40, "web1", 7).trim().split("\n");
        for (const [name, sourcetype, lines] of files) {
          const path = `${folder}/${name}.log`;
          await Deno.writeTextFile(path, lines.join("\n") + "\n");
          const to = ["--forward", `${topic}?create=1`, "--data", `${folder}/sent`];
          await runs([...to, ...sourcetype === "" ? [] : ["--sourcetype", sourcetype], path]);
        }
        const read = async (data: string, also: string) => {
          await runs([
            `${topic}?to=latest${also}`,
            "--year",
            "2026",
            "--data",
            `${folder}/${data}`,
          ]);
          const store = await openStore({ data: `${folder}/${data}` });
          const { events } = await leavings(store);
          await store.close();
          return events.map((e) => {
            const { raw, sourcetype } = e as { raw: string; sourcetype: string };
            return `${sourcetype} ${raw}`;
          }).sort();
        };
        const want = files.flatMap(([, sourcetype, lines]) =>
          lines.map((line) => `${sourcetype || "access_combined"} ${line}`)
        ).sort();
        assert.deepEqual(await read("named", ""), want);
        // What the URL says counts for all of them.
        const csv = (await read("url", "&sourcetype=csv")).filter((e) => e.includes("action="));
        assert.deepEqual(csv, files[1][2].map((line) => `csv ${line}`));
      } finally {
        await broker.stop();
      }
    }),
);

testNeeding(
  needs.kafka,
  "kafka: kill -9 of the agent at random moments",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka([]);
      try {
        const lines = authLines(LINES, "web1", 7).replace(/\n$/, "").split("\n");
        await fill(broker, "killed", lines, PARTITIONS);
        const args = (data: string) => [
          `kafka://${broker.plain}/killed?to=latest&sourcetype=linux_secure`,
          ...["--data", `${folder}/${data}`, "--year", "2026"],
        ];
        await runs(args("unbroken"));
        let kills = 0, resumed = 0;
        while (kills < KILLS) {
          const run = agent(args("broken"), PROCESS);
          await run.said(/Reading 3 partitions/);
          let ended = false;
          const end = run.end().finally(() => ended = true);
          // In the middle of its work: alerts are printed as they open.
          const least = Math.floor(Math.random() * 400);
          await until(() => ended || run.out.split("\n").length > least, `${least} alerts`);
          if (!ended) run.kill("SIGKILL");
          const code = await end;
          if (/Going on from offset [1-9]/.test(await run.said(/Reading/))) resumed++;
          if (code === 0) break;
          kills++;
        }
        await runs(args("broken"));
        const unbroken = await openStore({ data: `${folder}/unbroken` });
        const broken = await openStore({ data: `${folder}/broken` });
        const [a, b] = [await leavings(unbroken), await leavings(broken)];
        await unbroken.close();
        await broken.close();
        assert.equal(a.events.length, LINES);
        assert.ok(a.alerts.length > 20, `${a.alerts.length} alerts`);
        for (const name of ["events", "alerts", "incidents"]) {
          assert.deepEqual(b[name], a[name], name);
        }
        console.log(`${kills} kills, ${resumed} runs went on: ${a.alerts.length} alerts`);
      } finally {
        await broker.stop();
      }
    }),
);

testNeeding(
  needs.kafka,
  "kafka: a broker that is killed while the agent reads on",
  () =>
    withFolder(async (folder) => {
      const broker = await startKafka([]);
      const lines = authLines(3000, "web1", 8).replace(/\n$/, "").split("\n");
      try {
        await fill(broker, "away", lines.slice(0, 2000), PARTITIONS);
        const args = [`kafka://${broker.plain}/away?sourcetype=linux_secure`, "--year", "2026"];
        let run = agent([...args, "--data", `${folder}/a`], PROCESS);
        await run.said(/Reading 3 partitions/);
        await broker.kill();
        await run.said(/does not answer|no broker answers/);
        await broker.again();
        await run.said(/answers again after/);
        await sendLines(broker, "away", lines.slice(2000), PARTITIONS, 2000);
        // A busy machine may take some starts to come to the end.
        for (let read = 0, tries = 0; read < 3000;) {
          assert.ok(tries++ < 20, `${read} lines are read`);
          await new Promise((done) => setTimeout(done, 3000));
          run.kill("SIGTERM");
          assert.equal(await run.end(), 0);
          read = (await left(`${folder}/a`)).events.length;
          if (read < 3000) run = agent([...args, "--data", `${folder}/a`], PROCESS);
        }
        assert.equal((await left(`${folder}/a`)).events.length, 3000);
      } finally {
        await broker.stop();
      }
    }),
);
