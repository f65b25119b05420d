/** `agent --forward kafka://…`: lines go to a topic as they are, and nothing is detected here. */
import { Buffer } from "../forward/buffer.ts";
import { type Forwarded, Forwarder } from "../forward/forwarder.ts";
import { Positions } from "../forward/positions.ts";
import { Sender } from "../forward/sender.ts";
import { packingOf, PACKINGS } from "../forward/packing.ts";
import { Cluster } from "../kafka/cluster.ts";
import { kafkaLibrary } from "../kafka/library.ts";
import { type ClusterAddress, isKafkaUrl, streamOperand } from "../kafka/url.ts";
import { count, sizeText } from "../outputs/render/text.ts";
import { streamOf } from "../run/checkpoint.ts";
import { reason } from "../sources/files.ts";
import { visible } from "../../grammar/visible.ts";
import { type Args, EXIT, type Io, UsageError } from "./command.ts";
import { machineName } from "./delivering.ts";
import { allInputs } from "./feeds.ts";
import { kafkaCluster } from "./kafka.ts";
import { parseSize, type SizeBounds } from "./shared.ts";

const FOLDER = "picket-forward";

const BUFFER_SIZE: SizeBounds = {
  least: 1024 * 1024,
  most: 2 ** 50,
  help: "Give a size of 1MiB or more, as 500MB or 4GiB",
};

/** What has no sense beside `--forward`: nothing is detected, stored or served. */
const NOTHING_OF = ["serve", "database", "no-store", "store", "keep", "fail-on", "alerts", "rules"];

/** A topic as `--forward` names it. */
interface Target {
  readonly address: ClusterAddress;
  readonly topic: string;
  /** What messages call it, without options. */
  readonly name: string;
  readonly compression: string;
  /** Partitions with which it is made where it is not there; null for what must be there. */
  readonly create: number | null;
}

/** Throws UsageError. */
async function targetOf(url: string, io: Io): Promise<Target> {
  if (!isKafkaUrl(url)) {
    throw new UsageError(`Invalid value "${url}" for --forward`, "Give kafka://HOST:PORT/TOPIC");
  }
  const { parsed, address } = await kafkaCluster(url, io, ["compression", "create"]);
  if (parsed.topics.length !== 1) {
    throw new UsageError(`--forward names ${parsed.topics.length} topics`, "Give one");
  }
  const compression = parsed.options.get("compression") ?? "zstd";
  if (!PACKINGS.includes(compression)) {
    throw new UsageError(
      `Unknown compression "${compression}" in "${url}"`,
      `Give one of ${PACKINGS.join(", ")}`,
    );
  }
  const create = parsed.options.get("create");
  if (create !== undefined && !/^[1-9]\d{0,3}$/.test(create)) {
    throw new UsageError(
      `Invalid number of partitions "${create}" in "${url}"`,
      "Give create=N, from 1 to 9999, or make the topic yourself",
    );
  }
  const [topic] = parsed.topics;
  return {
    address,
    topic,
    name: `kafka://${parsed.brokers[0]}/${topic}`,
    compression,
    create: create === undefined ? null : Number(create),
  };
}

/** Forwards to the end of the inputs, or the signal. Throws UsageError and InputError. */
export async function runForward(args: Args, io: Io): Promise<number> {
  const beside = NOTHING_OF.find((name) => args.flag(name));
  if (beside !== undefined) {
    throw new UsageError(
      `--${beside} is given beside --forward`,
      "--forward hands lines on and detects nothing: who reads the topic does",
    );
  }
  const { address, topic, name, compression, create } = await targetOf(args.get("forward")!, io);
  const limit = parseSize("forward-buffer", args.get("forward-buffer") ?? "1GiB", BUFFER_SIZE);
  const maxLine = parseSize("max-line", args.get("max-line") ?? "1MiB");
  const sourcetype = args.get("sourcetype") ?? null;
  const quiet = args.flag("quiet");
  const notice = (text: string) => {
    if (!quiet || text.startsWith("error")) io.err(visible(text) + "\n");
  };
  const { found, failed, listeners, lateness, follow, named } = await allInputs(args, io, {
    maxLine,
    sourcetype,
    sourcetypes: null,
    notice,
    serves: false,
  });
  const { crc32c, murmur2 } = await kafkaLibrary();
  await io.keep("read", "write", "net", ...args.all("listen").length ? ["run"] as const : []);
  const folder = args.get("data") ?? FOLDER;
  const lock = await hold(folder);
  const sender = new Sender({
    cluster: new Cluster(address),
    topic,
    name,
    crc32c,
    murmur2,
    packing: await packingOf(compression),
    create,
    notice,
  });
  const stream = streamOf(args.operands.map(streamOperand), {
    ...named,
    sourcetype,
    maxLine,
    forward: name,
  });
  const began = performance.now();
  try {
    const buffer = await Buffer.open(`${folder}/buffer`, limit, notice);
    if (buffer.held > 0) notice(`Going on with ${sizeText(buffer.held)} of lines in ${folder}`);
    const forwarder = new Forwarder({
      found,
      stdin: () => io.stdin(),
      sourcetype,
      lateness,
      maxLine,
      signal: io.signal,
      notice,
      listeners,
      follow,
      stream,
      host: await machineName(),
      sender,
      positions: new Positions(folder, stream),
      buffer,
    });
    const ran = await forwarder.run();
    if (!quiet) {
      const of = { name, sender, ran, ms: performance.now() - began };
      for (const line of summaryOf(of)) io.err(line + "\n");
      if (buffer.held > 0) {
        io.err(`${sizeText(buffer.held)} of lines wait in ${visible(folder)} for the next run\n`);
      }
    }
    if (sender.failed !== null) {
      io.err(visible(`error: ${name}: ${sender.failed.message}`) + "\n");
      return EXIT.storage;
    }
    return failed.length + ran.failed.length > 0 ? EXIT.input : EXIT.done;
  } finally {
    lock.close();
  }
}

/** What was sent, what was not, and why. */
function* summaryOf({ name, sender, ran, ms }: {
  readonly name: string;
  readonly sender: Sender;
  readonly ran: Forwarded;
  readonly ms: number;
}): Generator<string> {
  const seconds = Math.max(1e-3, ms / 1000);
  yield `${count(sender.sent, "line")} of ${count(ran.inputs, "input")} sent to ${name} in ` +
    `${seconds.toFixed(1)} s (${count(Math.round(sender.sent / seconds))} lines/s)`;
  for (const [why, n] of Object.entries(ran.dropped)) {
    yield visible(`Dropped: ${count(n, "record")}: ${why}`);
  }
  if (sender.tooLarge > 0) {
    yield `Left out: ${count(sender.tooLarge, "line")} larger than the topic takes`;
  }
}

/** Takes the folder for this process; the lock goes with it. Throws UsageError. */
async function hold(folder: string): Promise<{ close(): void }> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await Deno.open(`${folder}/lock`, { write: true, create: true, mode: 0o600 });
    if (await lock.tryLock(true)) return lock;
    lock.close();
  } catch (error) {
    throw new UsageError(
      `Cannot write to "${folder}": ${reason(error)}`,
      "Name a folder: --data DIR",
    );
  }
  throw new UsageError(
    `Another run forwards from the folder "${folder}"`,
    "Stop it, or name another folder: --data DIR",
  );
}
