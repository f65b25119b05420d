/**
 * Requests to the brokers of one cluster, by the client library's connections
 * (https://kafka.apache.org/protocol). Versions are fixed: Kafka 3.1 and later have all of them.
 */
import type { Buffer } from "node:buffer";
import { isIP } from "node:net";
import type { Connection } from "@platformatic/kafka";
import { KafkaError, kafkaError, partial } from "./errors.ts";
import { kafkaLibrary, type Library } from "./library.ts";
import {
  exchange,
  FETCH,
  type Fetched,
  fetchRequest,
  parseFetch,
  parseProduced,
  PRODUCE,
  produceRequest,
  READ_COMMITTED,
  type Wanted,
} from "./messages.ts";
import type { ClusterAddress } from "./url.ts";

export interface PartitionMetadata {
  readonly partition: number;
  /** Node that has it; -1 when none does at the moment. */
  readonly leader: number;
}

export interface TopicMetadata {
  readonly name: string;
  /** UUID; of a topic that was deleted and made anew another. */
  readonly id: string;
  /** Null, or why there are no partitions: `UNKNOWN_TOPIC_OR_PARTITION` … as a number. */
  readonly error: number;
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly cluster: string;
  readonly topics: readonly TopicMetadata[];
}

/** The offset behind the last record that was read of a partition. */
export interface ReadUpTo {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** ms */
const CONNECT_TIMEOUT = 5000, REQUEST_TIMEOUT = 15_000;

export class Cluster {
  #library: Library | null = null;
  /** By HOST:PORT. */
  readonly #connections = new Map<string, Promise<Connection>>();
  #nodes = new Map<number, string>();
  #closed = false;

  constructor(readonly address: ClusterAddress, readonly clientId = "picket") {}

  /** Topics as they are now, from the first broker that answers. Rejects with KafkaError. */
  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const { metadataV12 } = await this.#load();
    const places = [...new Set([...this.#nodes.values(), ...this.address.brokers])];
    let failure: unknown;
    for (const place of places) {
      try {
        const got = await within(
          this.#connect(place).then((connection) => {
            const asked = metadataV12.api.async(connection, [...topics], false, false);
            return asked.catch((error): Awaited<typeof asked> => partial(error));
          }),
        );
        this.#nodes = new Map(got.brokers.map((b) => [b.nodeId, `${bracketed(b.host)}:${b.port}`]));
        return {
          cluster: got.clusterId ?? "",
          topics: got.topics.map((t) => ({
            name: t.name ?? "",
            id: t.topicId,
            error: t.errorCode,
            partitions: t.partitions.map((p) => ({
              partition: p.partitionIndex,
              leader: p.errorCode === 0 || p.leaderId >= 0 ? p.leaderId : -1,
            })),
          })),
        };
      } catch (error) {
        this.#drop(place);
        failure = error;
        // Another broker knows the same users.
        if (this.#error(error).lasting) break;
      }
    }
    throw this.#error(failure);
  }

  /**
   * Offsets of a topic's partitions on one node by a time: -1 for the end, -2 for the beginning, else
   * epoch milliseconds; -1 where no record is as late. Rejects with KafkaError.
   */
  async offsets(
    node: number,
    topic: string,
    partitions: readonly number[],
    time: number,
  ): Promise<Map<number, number>> {
    const { listOffsetsV7 } = await this.#load();
    const asked = partitions.map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: BigInt(time),
    }));
    const { topics } = await this.#ask(
      node,
      (c) => listOffsetsV7.api.async(c, -1, READ_COMMITTED, [{ name: topic, partitions: asked }]),
    );
    return new Map(topics[0].partitions.map((p) => [p.partitionIndex, Number(p.offset)]));
  }

  /**
   * Records of partitions that one node leads; waits for some of them. Rejects with KafkaError.
   * @param wait ms at most @param maxBytes of all together
   */
  async fetch(
    node: number,
    wanted: readonly Wanted[],
    { wait, maxBytes }: { readonly wait: number; readonly maxBytes: number },
  ): Promise<Fetched[]> {
    const library = await this.#load();
    const request = () => fetchRequest(library, wanted, { wait, maxBytes });
    return await this.#ask(node, (c) => exchange(c, FETCH, request, parseFetch));
  }

  /**
   * Notes how far a group has read, for whoever watches that: nobody is a member of it. Rejects with
   * KafkaError.
   */
  async commit(group: string, read: readonly ReadUpTo[]): Promise<void> {
    const { findCoordinatorV4, offsetCommitV8 } = await this.#load();
    const any = this.#nodes.keys().next().value ?? -1;
    const { coordinators: [{ nodeId }] } = await this.#ask(
      any,
      (c) => findCoordinatorV4.api.async(c, 0, [group]),
    );
    const topics = [...Map.groupBy(read, (r) => r.topic)].map(([name, of]) => ({
      name,
      partitions: of.map((r) => ({
        partitionIndex: r.partition,
        committedOffset: BigInt(r.offset),
        committedLeaderEpoch: -1,
        committedMetadata: null,
      })),
    }));
    await this.#ask(nodeId, (c) => offsetCommitV8.api.async(c, group, -1, "", null, topics));
  }

  /**
   * Makes a topic with so many partitions, and as many replicas as the cluster gives. One that is there
   * already is left as it is. Rejects with KafkaError.
   */
  async create(topic: string, partitions: number): Promise<void> {
    const { createTopicsV7 } = await this.#load();
    const node = this.#nodes.keys().next().value ?? -1;
    const asked = [{
      name: topic,
      numPartitions: partitions,
      replicationFactor: -1,
      assignments: [],
      configs: [],
    }];
    try {
      await this.#ask(node, (c) => createTopicsV7.api.async(c, asked, REQUEST_TIMEOUT, false));
    } catch (error) {
      if (!(error instanceof KafkaError) || !/TOPIC_ALREADY_EXISTS/.test(error.message)) {
        throw error;
      }
    }
  }

  /** A producer whose batches the brokers tell from repeats. Rejects with KafkaError. */
  async newProducer(): Promise<{ readonly id: bigint; readonly epoch: number }> {
    const { initProducerIdV4 } = await this.#load();
    const node = this.#nodes.keys().next().value ?? -1;
    const { producerId, producerEpoch } = await this.#ask(
      node,
      (c) => initProducerIdV4.api.async(c, null, 60_000),
    );
    return { id: producerId, epoch: producerEpoch };
  }

  /**
   * Hands a record batch to the node that leads its partition; resolves to the error that it answers
   * with, 0 once all replicas in sync have it. Rejects with KafkaError.
   */
  async produce(node: number, topic: string, partition: number, batch: Buffer): Promise<number> {
    const library = await this.#load();
    const request = () =>
      produceRequest(library, { topic, partition, batch, timeout: REQUEST_TIMEOUT });
    return await this.#ask(node, (c) => exchange(c, PRODUCE, request, parseProduced));
  }

  /** HOST:PORT of a node. */
  placeOf(node: number): string | undefined {
    return this.#nodes.get(node);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const place of [...this.#connections.keys()]) this.#drop(place);
    await Promise.resolve();
  }

  async #ask<T>(node: number, send: (connection: Connection) => Promise<T>): Promise<T> {
    const place = this.#nodes.get(node);
    if (place === undefined) throw new KafkaError("no broker leads it at the moment");
    try {
      return await within(this.#connect(place).then(send));
    } catch (error) {
      this.#drop(place);
      throw this.#error(error);
    }
  }

  async #load(): Promise<Library> {
    return this.#library ??= await kafkaLibrary();
  }

  #connect(place: string): Promise<Connection> {
    if (this.#closed) return Promise.reject(new KafkaError("it was closed"));
    let open = this.#connections.get(place);
    if (open === undefined) {
      open = this.#open(place);
      open.catch(() => {});
      this.#connections.set(place, open);
    }
    return open;
  }

  async #open(place: string): Promise<Connection> {
    const { Connection } = await this.#load();
    const { tls, sasl } = this.address;
    const at = place.lastIndexOf(":");
    const host = place.slice(0, at).replace(/^\[|\]$/g, "");
    const connection = new Connection(this.clientId, {
      connectTimeout: CONNECT_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      // An address is no name to ask for: the certificate is held against it all the same.
      ...tls === null ? {} : { tls: { ...tls }, tlsServerName: isIP(host) === 0 },
      ...sasl === undefined ? {} : { sasl },
    });
    // Its failures come by the requests; an event without a listener would end the process.
    connection.on("error", () => {});
    connection.on("timeout", () => {});
    await connection.connect(host, Number(place.slice(at + 1)));
    connection.on("close", () => this.#drop(place));
    return connection;
  }

  /** What a connection holds after a failure is not known: the next request opens another. */
  #drop(place: string): void {
    const open = this.#connections.get(place);
    this.#connections.delete(place);
    open?.then((connection) => {
      connection.socket?.destroy();
    }).catch(() => {});
  }

  #error(error: unknown): KafkaError {
    return kafkaError(error, this.address.sasl?.password);
  }
}

/** Who waits for an answer never waits for ever, whatever becomes of the connection. */
async function within<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new KafkaError("it does not answer")),
      CONNECT_TIMEOUT + REQUEST_TIMEOUT,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const bracketed = (host: string) => host.includes(":") ? `[${host}]` : host;
