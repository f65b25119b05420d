import assert from "node:assert/strict";
import { heartbeat } from "./heartbeat.ts";
import { httpReceiver } from "./testing/receiver.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./testing/samples.ts";

const forever = () => new AbortController().signal;

Deno.test("heartbeat: the URL is asked for while the agent lives, and not once it is closed", async () => {
  const receiver = httpReceiver();
  const given = { url: `${receiver.url}/ping/s3cr3t`, interval: 1000, method: "HEAD" };
  const destination = await heartbeat.make(settingsOf(heartbeat, given), contextOf());
  await new Promise((done) => setTimeout(done, 2500));
  assert.equal(receiver.received.length, 2);
  assert.deepEqual(
    [receiver.received[0].method, receiver.received[0].path],
    ["HEAD", "/ping/s3cr3t"],
  );
  await destination.close();
  await destination.close();
  await new Promise((done) => setTimeout(done, 1200));
  assert.equal(receiver.received.length, 2);
  await receiver.close();
});

Deno.test("heartbeat: alerts are no reason to ask, a sample is, and tells what came of it", async () => {
  const receiver = httpReceiver();
  const settings = settingsOf(heartbeat, { url: `${receiver.url}/s3cr3t` });
  const destination = await heartbeat.make(settings, contextOf());
  const alert = notificationOf([richAlert()]);
  assert.deepEqual(await destination.deliver(alert, forever()), { state: "delivered" });
  assert.equal(receiver.asked.length, 0);
  const sample = notificationOf([richAlert()], { event: "test" });
  assert.deepEqual(await destination.deliver(sample, forever()), { state: "delivered" });
  assert.equal(receiver.asked.length, 1);
  receiver.mode("gone");
  assert.deepEqual(await destination.deliver(sample, forever()), {
    state: "rejected",
    reason: "The receiver answers HTTP 410",
  });
  await destination.close();
  await receiver.close();
});

Deno.test("heartbeat: a request that hangs ends when the destination is closed", async () => {
  const receiver = httpReceiver();
  receiver.mode("hang");
  const given = { url: receiver.url, interval: 1000 };
  const destination = await heartbeat.make(settingsOf(heartbeat, given), contextOf());
  await new Promise((done) => setTimeout(done, 1300));
  assert.equal(receiver.asked.length, 1);
  await destination.close();
  // The test's own check of what is left open is the assertion.
  await receiver.close();
});
