/**
 * A topic of Apache Kafka, by @platformatic/kafka, which is loaded when the first message is sent. A
 * message's key is the record's id, so that a repeat is known by it. It counts as delivered when all
 * replicas in sync have it.
 */
import type { Producer } from "@platformatic/kafka";
import { causes, kafkaLibrary } from "../../kafka/library.ts";
import { type ClusterAddress, isTopic, parseBroker, SASL } from "../../kafka/url.ts";
import { RECORD_FORMS, recordsOf } from "../forms/forms.ts";
import {
  type DestinationContext,
  type DestinationSpec,
  type Notification,
  type Outcome,
  SettingError,
  type SettingValues,
} from "./destination.ts";
import { AddressRefused } from "./guard.ts";
import { reasonOf, words } from "./reason.ts";
import { CA, certificates, required } from "./setup.ts";

/** ms that a broker may take; the attempt's own time is what its signal says. */
const TIMEOUT = 8000;

interface Cluster extends ClusterAddress {
  readonly topic: string;
  readonly form: string;
}

type Client = Producer<string, string, string, string>;

export const kafka: DestinationSpec = {
  type: "kafka",
  summary: "A topic of Apache Kafka",
  records: true,
  settings: [
    {
      name: "brokers",
      kind: "texts",
      required: true,
      summary: "Some of its brokers, as HOST:PORT",
    },
    { name: "topic", kind: "text", required: true, summary: "The topic, which must exist" },
    {
      name: "form",
      kind: "text",
      choices: RECORD_FORMS,
      default: "json",
      summary: "What a message is",
    },
    { name: "tls", kind: "switch", default: false, summary: "Connections are encrypted" },
    {
      name: "sasl",
      kind: "text",
      choices: Object.keys(SASL),
      summary: "How the user is asked for",
    },
    { name: "user", kind: "text", summary: "User, with `sasl`" },
    { name: "password", kind: "secret", summary: "Password of `user`" },
    CA,
  ],
  async make(settings, context) {
    const topic = new KafkaTopic(await clusterOf(settings), context);
    return {
      deliver: (notification, signal) => topic.deliver(notification, signal),
      close: () => topic.close(),
    };
  },
};

async function clusterOf(settings: SettingValues): Promise<Cluster> {
  const brokers = settings.texts("brokers").map((text) => text.trim());
  for (const broker of brokers) {
    if (parseBroker(broker)?.port) continue;
    throw new SettingError("brokers", `"${broker}" is no broker`, "Write it as HOST:PORT");
  }
  if (brokers.length === 0) throw new SettingError("brokers", '"brokers" names none');
  const topic = required(settings, "topic");
  if (!isTopic(topic)) {
    throw new SettingError("topic", `"${topic}" is no name of a topic`);
  }
  const ca = await certificates(settings);
  const tls = settings.flag("tls");
  if (ca !== undefined && !tls) throw new SettingError("ca", '"ca" is of use with "tls: true"');
  const form = settings.text("form") ?? "json";
  return { brokers, topic, form, tls: tls ? { ca } : null, sasl: saslOf(settings) };
}

function saslOf(settings: SettingValues): Cluster["sasl"] {
  const sasl = settings.text("sasl") as keyof typeof SASL | undefined;
  const user = settings.text("user"), password = settings.text("password")?.trim();
  const given = { sasl, user, password };
  const missing = Object.entries(given).filter(([, v]) => v === undefined).map(([k]) => k);
  if (missing.length === 3) return undefined;
  if (missing.length > 0) {
    const have = Object.keys(given).find((k) => !missing.includes(k))!;
    throw new SettingError(have, `"${have}" is given without "${missing.join('" and "')}"`);
  }
  return { mechanism: SASL[sasl!], username: user!, password: password! };
}

class KafkaTopic {
  readonly #cluster: Cluster;
  readonly #context: DestinationContext;
  #client: Client | null = null;

  constructor(cluster: Cluster, context: DestinationContext) {
    this.#cluster = cluster;
    this.#context = context;
  }

  async deliver(notification: Notification, signal: AbortSignal): Promise<Outcome> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    stopped.catch(() => {});
    try {
      signal.throwIfAborted();
      await Promise.race([this.#send(notification), stopped]);
      return { state: "delivered" };
    } catch (error) {
      // What a client that failed holds is not known; the next attempt begins with a new one.
      await this.close();
      return outcomeOf(error, this.#cluster, signal);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    // It closes in its own time; nobody waits for brokers that do not answer.
    client?.close(true).catch(() => {});
    await Promise.resolve();
  }

  async #send(notification: Notification): Promise<void> {
    const { topic, form, brokers } = this.#cluster;
    await this.#check(brokers.map((b) => b.slice(0, b.lastIndexOf(":"))));
    const client = this.#client ??= await connect(this.#cluster, this.#context);
    // Brokers name each other: those addresses are checked as well.
    const { brokers: named } = await client.metadata({ topics: [topic] });
    await this.#check([...named.values()].map((b) => b.host));
    const { event, time } = notification;
    await client.send({
      messages: recordsOf(notification, form, this.#context.host).map(({ id, alert, text }) => ({
        topic,
        key: id,
        value: text,
        timestamp: BigInt(time),
        headers: { event, ...alert === null ? {} : { rule: alert.rule, severity: alert.severity } },
      })),
    });
  }

  async #check(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) await this.#context.resolve(host);
  }
}

async function connect(
  { brokers, tls, sasl }: Cluster,
  context: DestinationContext,
): Promise<Client> {
  const { Producer, stringSerializers } = await kafkaLibrary();
  // With TLS the socket goes to the address that was checked; without, the library looks names up.
  const lookup = (host: string, options: { all?: boolean }, done: Found) => {
    context.resolve(host).then((address) => {
      const family = address.includes(":") ? 6 : 4;
      if (options.all) done(null, [{ address, family }]);
      else done(null, address, family);
    }, done);
  };
  return new Producer({
    clientId: "picket",
    bootstrapBrokers: [...brokers],
    serializers: stringSerializers,
    acks: -1,
    autocreateTopics: false,
    retries: 1,
    timeout: TIMEOUT,
    connectTimeout: TIMEOUT,
    requestTimeout: TIMEOUT,
    ...tls === null ? {} : { tls: { ...tls, lookup } as object, tlsServerName: true },
    sasl,
  });
}

type Found = (
  error: Error | null,
  address?: string | readonly { address: string; family: number }[],
  family?: number,
) => void;

/** Errors of Kafka that no attempt mends (https://kafka.apache.org/protocol#protocol_error_codes). */
const STAYS =
  /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE|TOPIC_AUTHORIZATION_FAILED|CLUSTER_AUTHORIZATION_FAILED|INVALID_TOPIC_EXCEPTION|UNSUPPORTED_SASL_MECHANISM|SASL_AUTHENTICATION_FAILED|INVALID_RECORD)$/;

function outcomeOf(error: unknown, { topic, sasl }: Cluster, signal: AbortSignal): Outcome {
  if (signal.aborted) return { state: "retry", reason: reasonOf(error, signal) };
  const all = [...causes(error)];
  const refused = all.find((e) => e instanceof AddressRefused);
  if (refused) return { state: "rejected", reason: words(refused.message ?? "") };
  const named = all.find((e) => e.apiId);
  if (named) {
    return {
      state: STAYS.test(named.apiId!) ? "rejected" : "retry",
      reason: `Kafka refuses messages for the topic "${topic}": ${words(named.apiId!, 80)}`,
    };
  }
  if (all.some((e) => e.code === "PLT_KFK_AUTHENTICATION")) {
    return { state: "rejected", reason: "Kafka refuses the user or the password" };
  }
  if (all.some((e) => e.message?.startsWith("Unknown topic"))) {
    return { state: "retry", reason: `Kafka has no topic "${topic}" that this user may see` };
  }
  const reason = reasonOf(all[0] ?? error, signal);
  return {
    state: "retry",
    reason: sasl === undefined ? reason : reason.replaceAll(sasl.password, "…"),
  };
}
