/** Kafka as a source, against a broker: what every source does, and what is Kafka's own. */
import assert from "node:assert/strict";
import type { Admin, Producer } from "@platformatic/kafka";
import { startKafka, type TestBroker, USER } from "../../../tests/kafka/broker.ts";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { InputHandle } from "../../input.ts";
import { Cluster } from "../../kafka/cluster.ts";
import type { ClusterAddress } from "../../kafka/url.ts";
import { newLineCounters, type TextBatch } from "../../stages/lines.ts";
import type { InputAnnounced } from "../listener.ts";
import { type Subject, suiteTests } from "../testing/suite.ts";
import { kafkaCodecs } from "./codecs.ts";
import { KafkaSource, type KafkaSourceOptions } from "./source.ts";
import { until } from "../../../tests/waiting.ts";

const library = () => import("@platformatic/kafka");
type Sender = Producer<string, string, string, string>;

async function adminOf(broker: TestBroker): Promise<Admin> {
  const { Admin } = await library();
  return new Admin({ clientId: "test", bootstrapBrokers: [broker.plain], retries: 10 });
}

async function senderOf(broker: TestBroker, also: object = {}): Promise<Sender> {
  const { Producer, stringSerializers } = await library();
  return new Producer({
    clientId: "test",
    bootstrapBrokers: [broker.plain],
    serializers: stringSerializers,
    acks: -1,
    retries: 10,
    ...also,
  });
}

async function sourceOf(
  address: ClusterAddress,
  topics: readonly string[],
  also: Partial<KafkaSourceOptions> = {},
): Promise<KafkaSource> {
  return new KafkaSource({
    cluster: new Cluster(address),
    codecs: await kafkaCodecs(),
    topics,
    name: "kafka://test",
    from: "earliest",
    sourcetype: null,
    lateness: 0,
    maxLine: 1 << 20,
    notice: () => {},
    every: 100,
    ...also,
  });
}

/** All that a source gives, by the names of its inputs. */
class Taken {
  readonly inputs = new Map<string, InputAnnounced>();
  readonly lines = new Map<string, string[]>();
  readonly batches: TextBatch[] = [];
  readonly #done: Promise<void>[] = [];

  constructor(readonly source: KafkaSource, readonly offsets = new Map<string, number>()) {
    source.arrived = (arrival) => this.#take(arrival);
  }

  async start(): Promise<this> {
    for (const arrival of await this.source.start()) this.#take(arrival);
    return this;
  }

  #take(arrival: InputAnnounced): void {
    const { found: { name }, live, offset = 0 } = arrival;
    this.inputs.set(name, arrival);
    const input = new InputHandle({ name, identity: arrival.identity });
    const opened = live!.open(input, this.offsets.get(name) ?? offset, newLineCounters());
    assert.ok("lines" in opened);
    this.#done.push(this.#read(name, opened.lines));
  }

  async #read(name: string, stream: ReadableStream<TextBatch>): Promise<void> {
    const lines = this.lines.get(name) ?? [];
    this.lines.set(name, lines);
    for await (const batch of stream) {
      lines.push(...batch.lines);
      this.batches.push(batch);
    }
  }

  get all(): string[] {
    return [...this.lines.values()].flat();
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    await until(holds, () => `${what}: ${this.all.length} lines came`);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#done);
  }

  async stop(): Promise<void> {
    await this.source.stop();
    await this.ended();
  }
}

const numbered = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `line ${from + i}`);
const send = (to: Sender, topic: string, values: readonly string[], partition = 0) =>
  to.send({ messages: values.map((value) => ({ topic, value, partition })) });

testNeeding(needs.kafka, "kafka source: what every source does", async (t) => {
  const broker = await startKafka([]);
  const admin = await adminOf(broker);
  const sender = await senderOf(broker);
  let n = 0;
  try {
    for (const [what, work] of suiteTests({ holdsBack: false, rereads: true })) {
      await t.step(what, async () => {
        const topic = `suite${n++}`;
        await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
        const feed = await sourceOf({ brokers: [broker.plain], tls: null }, [topic]);
        const subject: Subject = {
          feed,
          send: async (records) => void await send(sender, topic, records),
          close: () => feed.stop(),
        };
        try {
          await work(subject);
        } finally {
          await subject.close();
        }
      });
    }
  } finally {
    await sender.close();
    await admin.close();
    await broker.stop();
  }
});

testNeeding(needs.kafka, "kafka source: topics, partitions and offsets", async (t) => {
  const broker = await startKafka(["three"], { partitions: 3 });
  const address = { brokers: [broker.plain], tls: null };
  const admin = await adminOf(broker);
  const sender = await senderOf(broker);
  const create = (topic: string, partitions = 1) =>
    admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  try {
    await t.step("a partition is an input, in order, with an identity of its own", async () => {
      for (let p = 0; p < 3; p++) await send(sender, "three", numbered(100, p * 100), p);
      const taken = await new Taken(await sourceOf(address, ["three"], { ends: true })).start();
      await taken.ended();
      await taken.source.stop();
      assert.deepEqual([...taken.lines], [
        ["kafka://test/three/0", numbered(100)],
        ["kafka://test/three/1", numbered(100, 100)],
        ["kafka://test/three/2", numbered(100, 200)],
      ]);
      const identities = [...taken.inputs.values()].map((i) => i.identity!);
      assert.equal(new Set(identities).size, 3);
      for (const id of identities) assert.match(id, /^[0-9a-f]{16}$/);
      const again = await sourceOf(address, ["three"]);
      assert.deepEqual((await again.start()).map((i) => i.identity), identities);
      assert.deepEqual(again.partitions().map((p) => p.lag), [100, 100, 100]);
      await again.stop();
    });

    await t.step("from the beginning, the end, a time", async () => {
      await create("from");
      const at = Date.parse("2026-03-29T00:00:00Z");
      await sender.send({
        messages: numbered(10).map((value, i) => ({
          topic: "from",
          value,
          timestamp: BigInt(at + i * 1000),
        })),
      });
      const given = async (from: KafkaSourceOptions["from"]) => {
        const taken = await new Taken(await sourceOf(address, ["from"], { from, ends: true }))
          .start();
        await taken.ended();
        await taken.source.stop();
        return taken.all;
      };
      assert.deepEqual(await given("earliest"), numbered(10));
      assert.deepEqual(await given("latest"), []);
      assert.deepEqual(await given(at + 6500), numbered(3, 7));
      assert.deepEqual(await given(at + 1e6), []);
    });

    await t.step("from an offset, which may be inside of a batch", async () => {
      const source = await sourceOf(address, ["from"], { ends: true });
      const taken = await new Taken(source, new Map([["kafka://test/from/0", 4]])).start();
      await taken.ended();
      await source.stop();
      assert.deepEqual(taken.all, numbered(6, 4));
      assert.equal(taken.batches[0].offset(0), 4);
      assert.equal(taken.batches.at(-1)!.end, 10);
    });

    await t.step("a coordinator says which partitions are read, while it runs", async () => {
      const source = await sourceOf(address, ["three"]);
      const ids = new Map<string, number | null>();
      await source.assign(ids);
      const taken = await new Taken(source).start();
      assert.equal(taken.inputs.size, 0);
      const parts = source.partitions();
      await source.assign(new Map([[parts[1].identity, null]]));
      await taken.until("assigned", () => taken.all.length === 100);
      await source.assign(new Map([[parts[2].identity, 40]]));
      await taken.until("moved", () => taken.all.length === 160);
      await send(sender, "three", ["one more"], 1);
      await send(sender, "three", ["and another"], 2);
      await taken.until("goes on", () => taken.all.length === 161);
      await taken.stop();
      assert.deepEqual(taken.lines.get("kafka://test/three/1"), numbered(100, 100));
      assert.deepEqual(taken.lines.get("kafka://test/three/2"), [
        ...numbered(60, 240),
        "and another",
      ]);
    });

    await t.step("partitions that are added, a topic that comes, goes and comes anew", async () => {
      const notices: string[] = [];
      await create("grows");
      const source = await sourceOf(address, ["grows", "later"], {
        notice: (text) => void notices.push(text),
        from: "latest",
      });
      const taken = await new Taken(source).start();
      assert.match(notices[0], /later: there is no such topic; it is read when there is one/);
      await admin.createPartitions({
        topics: [{ name: "grows", count: 2, assignments: [{ brokerIds: [1] }] }],
      });
      await taken.until("added", () => taken.inputs.has("kafka://test/grows/1"));
      await sender.metadata({ topics: ["grows"], forceUpdate: true });
      await send(sender, "grows", ["in the new one"], 1);
      await create("later");
      await send(sender, "later", ["first"]);
      await taken.until("came", () => taken.all.length === 2);
      const before = taken.inputs.get("kafka://test/later/0")!.identity;
      await admin.deleteTopics({ topics: ["later"] });
      await create("later");
      await taken.until(
        "anew",
        () => taken.inputs.get("kafka://test/later/0")!.identity !== before,
      );
      await sender.metadata({ topics: ["later"], forceUpdate: true });
      await send(sender, "later", ["of the new one"]);
      await taken.until("of the new one", () => taken.all.includes("of the new one"));
      const told = await source.losses();
      assert.match(told[0].message, /later was deleted.*all that was known to be there had been/);
      await taken.stop();
    });

    await t.step("a group's offsets say how far reading is", async () => {
      await create("watched", 2);
      await send(sender, "watched", numbered(30), 0);
      await send(sender, "watched", numbered(20), 1);
      const source: KafkaSource = await sourceOf(address, ["watched"], {
        group: "monitored",
        // The second partition is another agent's to tell.
        owns: (id) => source.partitions().find((p) => p.identity === id)?.partition === 0,
      });
      const taken = await new Taken(source).start();
      await taken.until("all", () => taken.all.length === 50);
      // A group's coordinator takes a moment to come up.
      const told = async () => {
        const [group] = await admin.listConsumerGroupOffsets({ groups: ["monitored"] });
        return group?.topics.flatMap((t) =>
          t.partitions.map((p) => [t.name, p.partitionIndex, Number(p.committedOffset)])
        ) ?? [];
      };
      for (const end = performance.now() + 60_000; (await told()).length === 0;) {
        assert.ok(performance.now() < end, "no offset was committed");
        await new Promise((done) => setTimeout(done, 200));
      }
      await send(sender, "watched", numbered(5), 0);
      await taken.until("the last", () => taken.all.length === 55);
      await taken.stop();
      assert.deepEqual(await told(), [["watched", 0, 35]]);
    });

    await t.step("records that were deleted before they were read are told", async () => {
      await create("purged");
      await send(sender, "purged", numbered(50));
      await admin.deleteRecords({
        topics: [{ name: "purged", partitions: [{ partition: 0, offset: 30n }] }],
      });
      const source = await sourceOf(address, ["purged"]);
      const taken = await new Taken(source, new Map([["kafka://test/purged/0", 10]])).start();
      await taken.until("the rest", () => taken.all.length === 20);
      await taken.stop();
      assert.deepEqual(taken.all, numbered(20, 30));
      const [loss] = await source.losses();
      assert.match(loss.message, /records 10 to 29 were deleted before they were read/);
    });

    await t.step("compressed by producers, tombstones, aborted transactions", async () => {
      await create("mixed");
      const all: string[] = [];
      for (const compression of ["gzip", "snappy", "lz4", "zstd"]) {
        const packed = await senderOf(broker, { compression });
        const lines = numbered(300, all.length).map((l) => `${l} ${"x".repeat(50)}`);
        all.push(...lines);
        await send(packed, "mixed", lines);
        await packed.close();
      }
      await sender.send({ messages: [{ topic: "mixed", key: "k" } as never] });
      const transactional = await senderOf(broker, { idempotent: true, transactionalId: "tx" });
      for (const [keep, value] of [[false, "aborted"], [true, "committed"]] as const) {
        const transaction = await transactional.beginTransaction();
        await transaction.send({ messages: [{ topic: "mixed", value, partition: 0 }] });
        if (keep) await transaction.commit();
        else await transaction.abort();
      }
      await transactional.close();
      all.push("committed");
      const source = await sourceOf(address, ["mixed"], { ends: true });
      const taken = await new Taken(source).start();
      await taken.ended();
      const losses = await source.losses();
      await source.stop();
      assert.deepEqual(taken.all, all);
      assert.deepEqual(losses.map((l) => l.reason), ["Kafka records without a value"]);
    });

    await t.step("a broker that is killed and comes back: held, told once, gone on", async () => {
      await create("killed");
      await send(sender, "killed", numbered(10));
      const notices: string[] = [];
      const source = await sourceOf(address, ["killed"], {
        notice: (text) => void notices.push(text),
      });
      const taken = await new Taken(source).start();
      await taken.until("before", () => taken.all.length === 10);
      const { live } = taken.inputs.get("kafka://test/killed/0")!;
      await taken.until("caught up", () => live!.waiting);
      await broker.kill();
      await new Promise((done) => setTimeout(done, 6000));
      assert.equal(live!.waiting, false, "a partition whose broker is away is not idle");
      const told = (await source.losses()).map((l) => l.message);
      assert.ok(told.length >= 1 && told.length <= 2, told.join("\n"));
      assert.match(told[0], /does not answer|no broker answers/);
      assert.deepEqual(await source.losses(), []);
      await broker.again();
      const fresh = await senderOf(broker);
      await send(fresh, "killed", numbered(10, 10));
      await fresh.close();
      await taken.until("after", () => taken.all.length === 20);
      await taken.stop();
      assert.deepEqual(taken.all, numbered(20));
      assert.ok(notices.some((text) => /answers again after \d+ s/.test(text)), `${notices}`);
    });
  } finally {
    await sender.close().catch(() => {});
    await admin.close().catch(() => {});
    await broker.stop();
  }
});

testNeeding([needs.kafka, needs.keytool], "kafka source: TLS and SASL", async (t) => {
  const broker = await startKafka(["secured"], { tls: true });
  try {
    const sender = await senderOf(broker);
    await send(sender, "secured", numbered(5));
    await sender.close();
    const given = async (address: ClusterAddress) => {
      const source = await sourceOf(address, ["secured"], { ends: true, patience: 100 });
      const taken = await new Taken(source).start();
      await taken.ended();
      await source.stop();
      return taken.all;
    };
    const ca = await Deno.readTextFile(broker.ca!);
    await t.step("TLS, and a certificate that nobody vouches for", async () => {
      assert.deepEqual(await given({ brokers: [broker.tls!], tls: { ca } }), numbered(5));
      await assert.rejects(given({ brokers: [broker.tls!], tls: {} }), /Cannot read.*certificate/i);
    });
    for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
      await t.step(`${mechanism}, and a wrong password`, async () => {
        const sasl = { mechanism, username: USER.user, password: USER.password };
        const address = { brokers: [broker.sasl], tls: null };
        assert.deepEqual(await given({ ...address, sasl }), numbered(5));
        await assert.rejects(
          given({ ...address, sasl: { ...sasl, password: "wr0ng-one" } }),
          (error: Error) =>
            /refuses the user or the password/.test(error.message) &&
            !error.message.includes("wr0ng-one"),
        );
      });
    }
  } finally {
    await broker.stop();
  }
});

Deno.test("kafka source: a start without brokers gives up and says why", async () => {
  const source = await sourceOf({ brokers: ["127.0.0.1:1"], tls: null }, ["t"], { patience: 300 });
  await assert.rejects(
    source.start(),
    /Cannot read "kafka:\/\/test\/t": the connection is refused; start a broker/,
  );
});
