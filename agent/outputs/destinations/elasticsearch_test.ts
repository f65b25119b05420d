import assert from "node:assert/strict";
import { SettingError } from "./destination.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { bulkServer } from "./testing/bulk.ts";
import { httpReceiver } from "./testing/receiver.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;
type Given = Parameters<typeof settingsOf>[1];

const make = (url: string, given: Given = {}) =>
  elasticsearch.make(settingsOf(elasticsearch, { url, ...given }), contextOf());

for (const form of ["ecs", "ocsf", "json"]) {
  destinationSuite({
    name: `elasticsearch, ${form}`,
    async open() {
      const server = bulkServer();
      return {
        destination: await make(server.url, { form, api_key: "czNjcjN0" }),
        received: () => [...server.documents.values()],
        mode: server.mode,
        end: server.close,
      };
    },
    modes: ["busy", "gone", "hang"],
    records: true,
    secrets: ["czNjcjN0", "secret-of-receiver"],
    inert: (delivery) => void JSON.parse(delivery),
  });
}

const three = ["1", "2", "3"].map((id) => richAlert(id));

Deno.test("elasticsearch: a repeat is one document", async () => {
  const server = bulkServer();
  const destination = await make(`${server.url}/under/it/`, { index: "alerts-1" });
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = await destination.deliver(notificationOf(three, { key: "k" }), forever());
    assert.deepEqual(outcome, { state: "delivered" });
  }
  assert.deepEqual([...server.documents.keys()], ["k", "k.1", "k.2"]);
  assert.equal(server.received[0].path, "/under/it/_bulk");
  assert.match(server.received[0].body, /^\{"create":\{"_index":"alerts-1","_id":"k"\}\}\n/);
  await server.close();
});

Deno.test("elasticsearch: documents that fail are told, and tried again where that may help", async () => {
  const server = bulkServer();
  const destination = await make(server.url);
  const busy = { status: 429, type: "es_rejected_execution_exception", reason: "queue is full" };
  server.refuse((id) => id === "k.1" ? busy : null);
  assert.deepEqual(await destination.deliver(notificationOf(three, { key: "k" }), forever()), {
    state: "retry",
    reason: "The receiver refuses 1 of 3 documents: HTTP 429: " +
      "es_rejected_execution_exception: queue is full",
  });
  const bad = { status: 400, type: "document_parsing_exception", reason: "failed to parse\n[src]" };
  server.refuse((id) => id === "k.1" ? bad : null);
  assert.deepEqual(await destination.deliver(notificationOf(three, { key: "k" }), forever()), {
    state: "rejected",
    reason: "The receiver refuses 1 of 3 documents: HTTP 400: " +
      "document_parsing_exception: failed to parse [src]",
  });
  server.refuse(() => null);
  assert.deepEqual(await destination.deliver(notificationOf(three, { key: "k" }), forever()), {
    state: "delivered",
  });
  assert.equal(server.documents.size, 3);
  await server.close();
});

Deno.test("elasticsearch: an answer that is none of the bulk API delivers nothing", async () => {
  for (const body of ["<html>login</html>", "{}", '{"items":[]}', '{"items":[{}]}']) {
    const server = httpReceiver(() => new Response(body));
    const destination = await make(server.url);
    const outcome = await destination.deliver(notificationOf([three[0]]), forever());
    assert.equal(outcome.state, "retry", body);
    await server.close();
  }
});

Deno.test("elasticsearch: it is asked with a key or with a user", async () => {
  for (
    const [given, header] of [
      [{ api_key: "a2V5\n" }, "ApiKey a2V5"],
      [{ user: "elastic", password: "pässword" }, "Basic ZWxhc3RpYzpww6Rzc3dvcmQ="],
      [{}, undefined],
    ] as [Given, string | undefined][]
  ) {
    const server = bulkServer();
    const destination = await make(server.url, given);
    await destination.deliver(notificationOf([three[0]]), forever());
    assert.equal(server.received[0].headers.authorization, header);
    await server.close();
  }
});

Deno.test("elasticsearch: mistakes in settings are told by the setting", async () => {
  const mistakes: [string, Given][] = [
    ["index", { index: "Alerts" }],
    ["index", { index: "a,b" }],
    ["index", { index: "_bulk" }],
    ["index", { index: "a/../b" }],
    ["user", { user: "x" }],
    ["password", { password: "x" }],
    ["user", { user: "x", password: "y", api_key: "z" }],
    ["api_key", { api_key: "a b" }],
    ["url", { url: "https://a:b@c.example" }],
  ];
  for (const [setting, given] of mistakes) {
    await assert.rejects(
      async () => await make("https://es.example", given),
      (error) => error instanceof SettingError && error.setting === setting,
      JSON.stringify(given),
    );
  }
});
