/** Kafka's topics among a run's operands. */
import { Cluster } from "../kafka/cluster.ts";
import { addressOf, KafkaUrlError, parseKafkaUrl } from "../kafka/url.ts";
import { kafkaCodecs } from "../sources/kafka/codecs.ts";
import { type From, KafkaSource } from "../sources/kafka/source.ts";
import { type Io, UsageError } from "./command.ts";
import { secretsOf } from "./secrets.ts";

export interface KafkaInputs {
  /** The sourcetype that an option names; null when there is none of that name. */
  readonly sourcetypeNamed: (name: string) => string | null;
  readonly duration: (text: string) => number | null;
  /** Of inputs whose URL names none. */
  readonly sourcetype: string | null;
  /** ms */
  readonly lateness: number;
  readonly maxLine: number;
  /** ms, see `KafkaSourceOptions.hold`; of URLs that say no other. */
  readonly hold: number;
  /** See `KafkaSourceOptions.owns`. */
  readonly owns?: (identity: string) => boolean;
  readonly notice: (text: string) => void;
}

const OPTIONS = ["sourcetype", "lateness", "from", "to", "hold", "group"];

/** Kafka takes any text; these are safe in every tool that shows them. */
const GROUP = /^[\w.-]{1,249}$/;

/** The source of a Kafka URL. Throws UsageError. */
export async function kafkaSource(
  url: string,
  io: Io,
  inputs: KafkaInputs,
): Promise<KafkaSource> {
  const { parsed, address } = await kafkaCluster(url, io, OPTIONS);
  const { options } = parsed;
  const { sourcetypeNamed, duration, notice, maxLine } = inputs;
  const wrong = (name: string, help: string) =>
    new UsageError(`Invalid ${name} "${options.get(name)}" in "${url}"`, help);
  const sourcetype = options.get("sourcetype");
  const named = sourcetype === undefined ? inputs.sourcetype : sourcetypeNamed(sourcetype);
  if (sourcetype !== undefined && named === null) {
    throw wrong("sourcetype", "See the folder sourcetypes");
  }
  const ms = (name: string, otherwise: number) => {
    const given = options.get(name);
    const value = given === undefined ? otherwise : duration(given);
    if (value === null) throw wrong(name, `Give a duration with its unit, as ?${name}=10s`);
    return value;
  };
  const from = fromOf(options.get("from") ?? "earliest");
  if (from === null) {
    throw wrong("from", "Give earliest, latest, or a time as 2026-03-29T00:00:00Z");
  }
  const group = options.get("group") ?? null;
  if (group !== null && !GROUP.test(group)) {
    throw wrong("group", "Give letters, digits, . _ and -");
  }
  const to = options.get("to");
  if (to !== undefined && to !== "latest") {
    throw wrong("to", "Give to=latest to read what is there now and end, or leave it out to go on");
  }
  return new KafkaSource({
    cluster: new Cluster(address),
    codecs: await kafkaCodecs(),
    topics: parsed.topics,
    name: `kafka://${parsed.brokers[0]}`,
    from,
    ends: to !== undefined,
    sourcetype: named,
    lateness: ms("lateness", inputs.lateness),
    hold: ms("hold", inputs.hold),
    group,
    owns: inputs.owns,
    // One of several agents does not end for a broker that is away: it has other work, and comes back.
    ...inputs.owns === undefined ? {} : { patience: Infinity },
    maxLine,
    notice,
    signal: io.signal,
  });
}

/** A URL with the files and variables that say how its cluster is reached. Throws UsageError. */
export async function kafkaCluster(url: string, io: Io, known: readonly string[]) {
  try {
    const parsed = parseKafkaUrl(url, known);
    const address = await addressOf(parsed, secretsOf(io));
    return { parsed, address };
  } catch (error) {
    if (error instanceof KafkaUrlError) throw new UsageError(error.message, error.help);
    throw error;
  }
}

function fromOf(text: string): From | null {
  if (text === "earliest" || text === "latest") return text;
  const time = /^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : time;
}
