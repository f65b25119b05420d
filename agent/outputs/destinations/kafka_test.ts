/** Kafka against a broker: what arrives is read by a consumer of the topic. */
import assert from "node:assert/strict";
import type { Consumer } from "@platformatic/kafka";
import { startKafka, type TestBroker, USER } from "../../../tests/kafka/broker.ts";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { runDeno } from "../../../tests/run.ts";
import { SettingError } from "./destination.ts";
import { guardedNetwork } from "./http.ts";
import { kafka } from "./kafka.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";

const forever = () => new AbortController().signal;
type Given = Parameters<typeof settingsOf>[1];
const make = (given: Given) => kafka.make(settingsOf(kafka, given), contextOf());

interface Message {
  readonly key: string;
  readonly value: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** All messages of a topic. */
async function readAll(broker: TestBroker, topic: string, count: number): Promise<Message[]> {
  const { Consumer, stringDeserializers } = await import("@platformatic/kafka");
  const consumer: Consumer<string, string, string, string> = new Consumer({
    clientId: "reader",
    groupId: `reader-${crypto.randomUUID()}`,
    bootstrapBrokers: [broker.plain],
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
  const out: Message[] = [];
  for await (const { key, value, headers } of stream) {
    out.push({ key, value, headers });
    if (out.length === count) break;
  }
  await stream.close();
  await consumer.close(true);
  return out;
}

testNeeding(needs.kafka, "kafka: against a broker", async (t) => {
  const broker = await startKafka(["alerts", "sasl", "cef"]);
  try {
    await t.step(
      "an alert is a message under the record's key, a repeat has the same",
      async () => {
        const destination = await make({ brokers: [broker.plain], topic: "alerts" });
        const alerts = [richAlert("1"), richAlert("2", { message: "zwei \u202e \r\n" })];
        const notification = notificationOf(alerts, { key: "k" });
        for (let attempt = 0; attempt < 2; attempt++) {
          assert.deepEqual(await destination.deliver(notification, forever()), {
            state: "delivered",
          });
        }
        await destination.close();
        await destination.close();
        const found = await readAll(broker, "alerts", 4);
        assert.deepEqual(found.map((m) => m.key), ["k", "k.1", "k", "k.1"]);
        assert.equal(JSON.parse(found[1].value).message, "zwei \u202e \r\n");
        assert.deepEqual([...found[0].headers], [
          ["event", "opened"],
          ["rule", "ssh_brute_force"],
          ["severity", "high"],
        ]);
      },
    );

    await t.step("attempts at once", async () => {
      const destination = await make({ brokers: [broker.plain], topic: "cef", form: "cef" });
      const outcomes = await Promise.all(
        Array.from(
          { length: 20 },
          (_, i) =>
            destination.deliver(notificationOf([richAlert(`${i}`)], { key: `n${i}` }), forever()),
        ),
      );
      assert.deepEqual(new Set(outcomes.map((o) => o.state)), new Set(["delivered"]));
      await destination.close();
      const found = await readAll(broker, "cef", 20);
      assert.equal(new Set(found.map((m) => m.key)).size, 20);
      assert.match(found[0].value, /^CEF:0\|Picket\|/);
    });

    await t.step("SASL, and a wrong password, which is not repeated", async () => {
      const given = { brokers: [broker.sasl], topic: "sasl", sasl: "plain" };
      const right = await make({ ...given, ...USER });
      const notification = notificationOf([richAlert()]);
      assert.deepEqual(await right.deliver(notification, forever()), { state: "delivered" });
      await right.close();
      const wrong = await make({ ...given, ...USER, password: "wr0ng" });
      const outcome = await wrong.deliver(notification, forever());
      assert.equal(outcome.state, "rejected");
      assert.doesNotMatch((outcome as { reason: string }).reason, /wr0ng/);
      await wrong.close();
    });

    await t.step(
      "a topic that is not there, brokers that are refused, brokers that are none",
      async () => {
        const missing = await make({ brokers: [broker.plain], topic: "missing" });
        const notification = notificationOf([richAlert()]);
        assert.deepEqual(await missing.deliver(notification, forever()), {
          state: "retry",
          reason: 'Kafka has no topic "missing" that this user may see',
        });
        await missing.close();
        const guarded = await kafka.make(
          settingsOf(kafka, { brokers: [broker.plain], topic: "alerts" }),
          contextOf(guardedNetwork({ allowPrivate: false })),
        );
        const refused = await guarded.deliver(notification, forever());
        assert.equal(refused.state, "rejected");
        assert.match((refused as { reason: string }).reason, /allow_private/);
        const nobody = await make({ brokers: ["127.0.0.1:1"], topic: "alerts" });
        assert.deepEqual(await nobody.deliver(notification, forever()), {
          state: "retry",
          reason: "The receiver refuses the connection",
        });
        await nobody.close();
      },
    );

    await t.step(
      "a broker that hangs costs the attempt's time, and then delivery goes on",
      async () => {
        const destination = await make({ brokers: [broker.plain], topic: "alerts" });
        const notification = notificationOf([richAlert()], { key: "late" });
        broker.signal("SIGSTOP");
        const before = performance.now();
        const outcome = await destination.deliver(notification, AbortSignal.timeout(500));
        assert.equal(outcome.state, "retry");
        assert.ok(performance.now() - before < 3000);
        broker.signal("SIGCONT");
        assert.deepEqual(await destination.deliver(notification, forever()), {
          state: "delivered",
        });
        await destination.close();
      },
    );
  } finally {
    await broker.stop();
  }
});

Deno.test("kafka: the library loads with the permissions of a run", async () => {
  const script = "agent/outputs/destinations/testing/kafka_load.ts";
  const { stdout, stderr } = await runDeno(["run", "-q", "--no-prompt", "-P=agent", script]);
  assert.equal(
    stdout.trim(),
    '{"state":"retry","reason":"The receiver refuses the connection"}',
    stderr,
  );
});

Deno.test("kafka: mistakes in settings are told by the setting", async () => {
  const right = { brokers: ["a:9092"], topic: "t" };
  const mistakes: [string, Given][] = [
    ["brokers", { brokers: ["a"] }],
    ["brokers", { brokers: ["https://a:1"] }],
    ["brokers", { brokers: [] }],
    ["topic", { topic: "a b" }],
    ["topic", { topic: ".." }],
    ["user", { user: "x" }],
    ["sasl", { sasl: "plain" }],
    ["ca", { ca: "/nothing.pem" }],
  ];
  for (const [setting, given] of mistakes) {
    await assert.rejects(
      async () => await make({ ...right, ...given }),
      (error) => error instanceof SettingError && error.setting === setting,
      JSON.stringify(given),
    );
  }
});
