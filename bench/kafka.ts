/**
 * What Kafka costs: processor seconds of the agent over a file, over a topic of the same lines, and of
 * sending the file to a topic, in turn. Takes Java and Kafka's jars (tests/kafka/pom.xml), and bash.
 *
 *     deno task bench:kafka [LINES] [ROUNDS]
 *
 * A start is measured with a tenth of the lines and taken off, so that what is left is for a line.
 */
import { startKafka } from "../tests/kafka/broker.ts";
import { runDeno } from "../tests/run.ts";
import { median, processorSeconds } from "./process.ts";

const LINES = Number(Deno.args[0] ?? 500_000), ROUNDS = Number(Deno.args[1] ?? 5);
const PROCESS = ["run", "-q", "--no-prompt", "-P=agent", "main.ts", "agent"];

const folder = await Deno.makeTempDir({ prefix: "picket-bench-" });
const broker = await startKafka([], { optimised: true });
try {
  const made = await runDeno(
    ["run", "-q", "-A", "main.ts", "simulate", "--streams", "web", "--rate", `${LINES / 86_400}`],
    { cwd: new URL("..", import.meta.url) },
  );
  const all = made.stdout.split("\n").slice(0, -1);
  const sizes = { whole: all, tenth: all.slice(0, all.length / 10) };
  const bytes = made.stdout.length / all.length;
  console.log(`${all.length} lines of ${Math.round(bytes)} bytes, ${ROUNDS} rounds in turn`);
  const kinds: Record<string, (size: string, round: number) => string[]> = {
    // In one thread, as topics are read: a second one parses the lines again.
    "a file": (size) => [
      ...["--no-store", "--threads", "1", "--sourcetype", "access_combined"],
      `${folder}/${size}.log`,
    ],
    "a topic": (size) => [
      "--no-store",
      `kafka://${broker.plain}/${size}?to=latest&sourcetype=access_combined`,
    ],
    "sending": (size, round) => [
      ...["--forward", `kafka://${broker.plain}/to-${size}-${round}?create=1`],
      ...["--data", `${folder}/${size}-${round}`, `${folder}/${size}.log`],
    ],
  };
  for (const [size, lines] of Object.entries(sizes)) {
    await Deno.writeTextFile(`${folder}/${size}.log`, lines.join("\n") + "\n");
    await processorSeconds([
      ...PROCESS,
      ...["--forward", `kafka://${broker.plain}/${size}?create=1`],
      ...["--data", `${folder}/first-${size}`, `${folder}/${size}.log`],
    ]);
  }
  const spent = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, args] of Object.entries(kinds)) {
      for (const size of Object.keys(sizes)) {
        const list = spent.get(`${kind} ${size}`) ?? [];
        spent.set(`${kind} ${size}`, list);
        list.push(await processorSeconds([...PROCESS, ...args(size, round)]));
      }
    }
  }
  const more = sizes.whole.length - sizes.tenth.length;
  const file = median(spent.get("a file whole")!) - median(spent.get("a file tenth")!);
  for (const kind of Object.keys(kinds)) {
    const [whole, tenth] = ["whole", "tenth"].map((size) => median(spent.get(`${kind} ${size}`)!));
    const each = (whole - tenth) / more * 1e6;
    console.log(
      `${kind.padEnd(8)} ${each.toFixed(2)} µs a line, ${
        Math.round(1e6 / each)
      } lines for a second ` +
        `of a processor; ${((whole - tenth) / file).toFixed(2)} of a file`,
    );
  }
} finally {
  await broker.stop();
  await Deno.remove(folder, { recursive: true });
}
