/** Kafka's URLs: what they say, and what is wrong with one. */
import assert from "node:assert/strict";
import { addressOf, type KafkaUrlError, parseKafkaUrl, streamOperand } from "./url.ts";

const surroundings = (env: Record<string, string> = {}, files: Record<string, string> = {}) => ({
  env: (name: string) => env[name],
  readFile: (path: string) =>
    path in files ? Promise.resolve(files[path]) : Promise.reject(new Error("no such file")),
});

Deno.test("kafka URL: brokers, topics and options", () => {
  const url = parseKafkaUrl("kafka://a,b:19092,[::1]:1/auth,web,auth?from=latest", ["from"]);
  assert.deepEqual(url.brokers, ["a:9092", "b:19092", "[::1]:1"]);
  assert.deepEqual(url.topics, ["auth", "web"]);
  assert.equal(url.options.get("from"), "latest");
  assert.equal(url.encrypted, false);
  assert.equal(parseKafkaUrl("kafkas://a/t", []).encrypted, true);
});

Deno.test("kafka URL: what is wrong is said, and no password of it", () => {
  const wrong = [
    ["kafka://a", /names no topic/],
    ["kafka:///t", /"" is no broker/],
    ["kafka://a:0/t", /"a:0" is no broker/],
    ["kafka://a:99999/t", /is no broker/],
    ["kafka://a b/t", /is no broker/],
    ["kafka://a/t/u", /"t\/u" is no name of a topic/],
    ["kafka://a/..", /is no name of a topic/],
    ["kafka://a/t?form=x", /unknown option "form"/],
    ["kafka://a/t?from=x&from=y", /given twice/],
    ["kafka://me:s3cret@a/t", /"a": it names a user/],
    ["http://a/t", /no Kafka URL/],
  ] as const;
  for (const [url, message] of wrong) {
    assert.throws(() => parseKafkaUrl(url, ["from"]), (error: KafkaUrlError) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret/);
      return error.help !== "";
    });
  }
});

Deno.test("kafka URL: the password is a file's or the environment's", async () => {
  const url = (query: string) => parseKafkaUrl(`kafka://a/t?${query}`, []);
  const sasl = async (query: string, env = {}, files = {}) =>
    (await addressOf(url(query), surroundings(env, files))).sasl;
  assert.deepEqual(await sasl("sasl=plain&user=u&password-file=p", {}, { p: "secret\n" }), {
    mechanism: "PLAIN",
    username: "u",
    password: "secret",
  });
  const env = { PICKET_KAFKA_USER: "e", PICKET_KAFKA_PASSWORD_FILE: "q" };
  assert.deepEqual(await sasl("sasl=scram-sha-512", env, { q: "other" }), {
    mechanism: "SCRAM-SHA-512",
    username: "e",
    password: "other",
  });
  assert.equal(await sasl("", env), undefined);
  await assert.rejects(sasl("sasl=plain&user=u"), /SASL needs a password/);
  await assert.rejects(sasl("sasl=md5&user=u"), /Unknown SASL mechanism "md5"/);
  await assert.rejects(sasl("user=u"), /without a mechanism/);
  await assert.rejects(sasl("sasl=plain&user=u&password-file=none"), /Cannot read "none"/);
  await assert.rejects(sasl("ca=x"), /with TLS alone/);
  const tls = parseKafkaUrl("kafkas://a/t?ca=c&cert=x&key=y", []);
  const files = { c: "CA", x: "CERT", y: "KEY" };
  assert.deepEqual((await addressOf(tls, surroundings({}, files))).tls, {
    ca: "CA",
    cert: "CERT",
    key: "KEY",
  });
});

Deno.test("kafka URL: a run's name leaves out where it begins and who asks", () => {
  assert.equal(
    streamOperand("kafka://a/t?user=u&group=g&sourcetype=json&from=latest&lateness=1s"),
    streamOperand("kafka://a/t?lateness=1s&sourcetype=json&from=earliest"),
  );
  assert.notEqual(streamOperand("kafka://a/t"), streamOperand("kafka://a/u"));
  assert.equal(streamOperand("a?from=b"), "a?from=b");
});
