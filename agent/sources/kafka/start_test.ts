/** What a start does while brokers come up, without one. */
import assert from "node:assert/strict";
import type { Cluster } from "../../kafka/cluster.ts";
import { KafkaError } from "../../kafka/errors.ts";
import { InputError } from "../files.ts";
import type { Codecs } from "./batches.ts";
import { KafkaSource } from "./source.ts";

/** A cluster of one topic that fails so often at each question. */
function cluster(fails: { metadata: number; offsets: number }): Cluster {
  const fail = (what: keyof typeof fails) => {
    if (fails[what]-- > 0) throw new KafkaError("it does not answer");
  };
  const fake: Partial<Cluster> = {
    // deno-lint-ignore require-await
    async metadata() {
      fail("metadata");
      const partitions = [{ partition: 0, leader: 1 }];
      return { cluster: "c", topics: [{ name: "t", id: "id", error: 0, partitions }] };
    },
    // deno-lint-ignore require-await
    async offsets(_node, _topic, numbers, time) {
      fail("offsets");
      return new Map(numbers.map((n) => [n, time === -1 ? 7 : 0]));
    },
    fetch: () => new Promise(() => {}),
    placeOf: () => "broker:9092",
    close: () => Promise.resolve(),
  };
  return fake as Cluster;
}

function source(of: Cluster, patience: number, signal?: AbortSignal): KafkaSource {
  return new KafkaSource({
    cluster: of,
    codecs: {} as Codecs,
    topics: ["t"],
    name: "kafka://broker:9092",
    from: "earliest",
    ends: true,
    sourcetype: null,
    lateness: 0,
    maxLine: 1000,
    notice: () => {},
    patience,
    signal,
  });
}

Deno.test("a start waits for the answer to each of its questions", async () => {
  const begun = await source(cluster({ metadata: 1, offsets: 2 }), 60_000).start();
  assert.deepEqual(begun.map((b) => b.found.name), ["kafka://broker:9092/t/0"]);
});

Deno.test("a start that waits in vain says why", async () => {
  await assert.rejects(
    source(cluster({ metadata: 0, offsets: 1000 }), 300).start(),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /t.*it does not answer; start a broker, or correct the address/);
      return true;
    },
  );
});

Deno.test("a start that is told to end while it waits does so, without a fault", async () => {
  const end = new AbortController();
  const waiting = source(cluster({ metadata: 1e9, offsets: 0 }), Infinity, end.signal);
  const begun = waiting.start();
  setTimeout(() => end.abort(), 20);
  assert.deepEqual(await begun, []);
  await waiting.stop();
});
