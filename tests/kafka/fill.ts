/** Topics with lines in them, for tests. */
import type { TestBroker } from "./broker.ts";

/** Makes a topic and sends lines to its partitions, one after the other in turn. */
export async function fill(
  broker: TestBroker,
  topic: string,
  lines: readonly string[],
  partitions: number,
): Promise<void> {
  const { Admin } = await import("@platformatic/kafka");
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker.plain], retries: 10 });
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  await admin.close();
  await sendLines(broker, topic, lines, partitions);
}

/**
 * Sends lines to a topic's partitions in turn, each line once: a request is for one partition alone,
 * since one for several that fails for one of them would be sent again for all.
 * @param from number of the first line
 */
export async function sendLines(
  broker: TestBroker,
  topic: string,
  lines: readonly string[],
  partitions: number,
  from = 0,
): Promise<void> {
  const { Producer, stringSerializers } = await import("@platformatic/kafka");
  const sender = new Producer({
    clientId: "test",
    bootstrapBrokers: [broker.plain],
    retries: 10,
    serializers: stringSerializers,
    acks: -1,
    compression: "zstd",
  });
  for (let i = 0; i < lines.length; i += 1000) {
    for (let partition = 0; partition < partitions; partition++) {
      const messages = lines.slice(i, i + 1000)
        .filter((_, k) => (from + i + k) % partitions === partition)
        .map((value) => ({ topic, value, partition }));
      if (messages.length > 0) await sender.send({ messages });
    }
  }
  await sender.close();
}
