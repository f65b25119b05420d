/** The store suite: the outbox of deliveries. */
import assert from "node:assert/strict";
import { openStore } from "../mod.ts";
import type { NewDelivery, Store } from "../types/types.ts";
import { alertOf, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const hex = (name: string) =>
  [...new TextEncoder().encode(name)].map((b) => b.toString(16).padStart(2, "0")).join("").padEnd(
    32,
    "0",
  );

/** A delivery of the sink `chat` that is due at once. */
function delivery(name: string, change: Partial<NewDelivery> = {}): NewDelivery {
  const alert = alertOf("a", { message: name });
  return {
    id: hex(name),
    sink: "chat",
    event: "opened",
    alert: alert.id,
    subject: alert.rule,
    title: alert.title,
    severity: alert.severity,
    lane: hex(name),
    time: T0,
    created: T0,
    due: T0,
    throttle: null,
    after: null,
    group: null,
    limit: null,
    repeat: null,
    body: { alert },
    ...change,
  };
}

const WORKER = hex("worker"), OTHER = hex("other");

function claim(store: Store, now = T0, more: { worker?: string; limit?: number } = {}) {
  return store.outbox.claim({
    sink: "chat",
    worker: WORKER,
    now,
    limit: 100,
    lease: 1000,
    ...more,
  });
}

const keys = (claimed: readonly { key: string }[]) =>
  claimed.map((c) => new TextDecoder().decode(bytes(c.key)));
const bytes = (key: string) =>
  Uint8Array.from(key.match(/../g)!, (b) => parseInt(b, 16)).filter((b) => b !== 0);

export const OUTBOX: StoreTests = {
  async "deliveries: written once, claimed by one, settled"(store) {
    const { deliveries } = await store.write({
      alerts: [alertOf("a")],
      deliveries: [delivery("a"), delivery("b"), delivery("a")],
    });
    assert.deepEqual(deliveries, { queued: 2, throttled: 0, silenced: 0 });
    const again = await store.write({
      deliveries: [delivery("b"), delivery("c", { due: T0 + 5 })],
    });
    assert.deepEqual(again.deliveries, { queued: 1, throttled: 0, silenced: 0 });
    assert.equal(await store.outbox.nextDue("chat", T0), T0 + 5);
    assert.equal(await store.outbox.nextDue("other", T0), null);

    const [a, b, ...rest] = await claim(store);
    assert.deepEqual(rest, []);
    assert.deepEqual(a, {
      key: hex("a"),
      lane: hex("a"),
      event: "opened",
      attempt: 1,
      created: T0,
      until: T0 + 1000,
      count: 1,
      bodies: [{ alert: alertOf("a", { message: "a" }) }],
    });
    assert.deepEqual(await claim(store, T0, { worker: OTHER }), []);
    await store.outbox.settle(WORKER, T0 + 10, [
      { key: a.key, attempt: 1, state: "delivered", due: T0 + 10, error: null },
      { key: b.key, attempt: 1, state: "waiting", due: T0 + 500, error: "It said 500" },
    ]);
    assert.deepEqual(keys(await claim(store, T0 + 100)), ["c"]);
    const [retried] = await claim(store, T0 + 500, { worker: OTHER });
    assert.deepEqual([keys([retried]), retried.attempt], [["b"], 2]);
    // Who has it no more may still say that it arrived, and nothing else.
    const said = { key: b.key, attempt: 1, due: T0, error: "late" } as const;
    await store.outbox.settle(WORKER, T0 + 600, [{ ...said, state: "dead" }]);
    const rows = async () =>
      (await store.deliveries({ limit: 9 })).items.map((
        d,
      ) => [d.title, d.state, d.attempts, d.error]);
    const title = "SSH brute force";
    assert.deepEqual((await rows()).sort(), [
      [title, "delivered", 1, null],
      [title, "waiting", 1, null],
      [title, "waiting", 2, "It said 500"],
    ]);
    await store.outbox.settle(WORKER, T0 + 600, [{ ...said, state: "delivered" }]);
    const [state] = await store.sinkStates();
    assert.deepEqual(
      { ...state, lastDelivered: null },
      {
        sink: "chat",
        waiting: 1,
        dead: 0,
        delivered: 2,
        oldest: T0,
        lastDelivered: null,
        lastError: null,
      },
    );
  },

  async "deliveries: what a process had in hand comes again when its time is over"(store, options) {
    await store.write({ deliveries: [delivery("a"), delivery("b", { lane: hex("a") })] });
    assert.deepEqual(keys(await claim(store)), ["a", "b"]);
    assert.deepEqual(await claim(store, T0 + 999), []);
    const [first, second] = await claim(store, T0 + 1000, { worker: OTHER });
    assert.deepEqual(keys([first, second]), ["a", "b"]);
    assert.equal(first.attempt, 2);
    await store.outbox.settle(OTHER, T0 + 1000, [
      { key: first.key, attempt: 2, state: "released", due: T0 + 1000, error: null },
    ]);
    assert.equal((await claim(store, T0 + 1000))[0].attempt, 2);
    if (store.kind !== "pglite") return;
    // Nobody else can have the folder, so that whoever opens it need not wait.
    await store.close();
    const reopened = await openStore(options);
    await reopened.outbox.recover();
    assert.deepEqual(keys(await claim(reopened, T0 + 1001)), ["a", "b"]);
    await reopened.close();
  },

  async "deliveries: one entity's come in order, others go by"(store) {
    const lane = hex("lane");
    await store.write({
      deliveries: [delivery("a1", { lane }), delivery("a2", { lane }), delivery("b1")],
    });
    const [a1] = await claim(store, T0, { limit: 1 });
    assert.deepEqual(keys([a1]), ["a1"]);
    assert.deepEqual(keys(await claim(store, T0, { worker: OTHER })), ["b1"]);
    await store.outbox.settle(WORKER, T0, [
      { key: a1.key, attempt: 1, state: "waiting", due: T0 + 700, error: "x" },
    ]);
    await store.write({ deliveries: [delivery("a3", { lane })] });
    assert.deepEqual(await claim(store, T0 + 699), []);
    assert.deepEqual(keys(await claim(store, T0 + 700)), ["a1", "a2", "a3"]);
  },

  async "deliveries: throttles go by event time, whatever the order of writing"(store) {
    const throttle = { key: hex("t"), ms: 120_000 };
    const at = (name: string, time: number) => delivery(name, { throttle, time: T0 + time });
    const write = async (...deliveries: NewDelivery[]) =>
      (await store.write({ deliveries })).deliveries;
    assert.deepEqual(await write(at("a", 0), at("b", 119_999), at("c", 120_000)), {
      queued: 2,
      throttled: 1,
      silenced: 0,
    });
    assert.deepEqual(await write(at("d", -1), at("e", 200_000), at("f", 240_000)), {
      queued: 1,
      throttled: 2,
      silenced: 0,
    });
    assert.deepEqual(await write(at("a", 0), delivery("g", { after: hex("b") })), {
      queued: 0,
      throttled: 0,
      silenced: 0,
    });
    assert.deepEqual(await write(delivery("g", { after: hex("a") })), {
      queued: 1,
      throttled: 0,
      silenced: 0,
    });
  },

  async "deliveries: what a person silenced is not told, until the silence ends"(store) {
    const ends = Date.now() + 3_600_000;
    const silence = {
      rule: "ssh_brute_force",
      fields: { src: "203.0.113.9" },
      reason: "x",
      who: "a",
    };
    await store.addSilence({ ...silence, ends });
    const at = (name: string, created: number, src: string) =>
      delivery(name, { created, body: { alert: alertOf("a", { entity: { src } }) } });
    const { deliveries } = await store.write({
      deliveries: [
        at("a", ends - 1, "203.0.113.9"),
        at("b", ends - 1, "203.0.113.8"),
        at("c", ends, "203.0.113.9"),
      ],
    });
    assert.deepEqual(deliveries, { queued: 2, throttled: 0, silenced: 1 });
  },

  async "deliveries: a group is told together, later ones after its interval"(store) {
    const group = { key: hex("g"), wait: 30_000, interval: 300_000 };
    const at = (name: string, created: number) =>
      delivery(name, { group, created: T0 + created, due: T0 + created });
    await store.write({ deliveries: [at("a", 0)] });
    await store.write({ deliveries: [at("b", 10_000), at("c", 29_000)] });
    assert.deepEqual(await claim(store, T0 + 29_999), []);
    const [one, ...others] = await claim(store, T0 + 30_000);
    assert.deepEqual([keys([one]), one.count, others], [["a"], 3, []]);
    assert.deepEqual(one.bodies.map((b) => "alert" in b && b.alert.message), ["a", "b", "c"]);
    await store.write({ deliveries: [at("d", 31_000)] });
    await store.outbox.settle(WORKER, T0 + 30_100, [
      { key: one.key, attempt: 1, state: "delivered", due: T0 + 30_100, error: null },
    ]);
    await store.write({ deliveries: [at("e", 40_000)] });
    assert.deepEqual(await claim(store, T0 + 329_999), []);
    const [two] = await claim(store, T0 + 330_000);
    assert.deepEqual([keys([two]), two.count], [["d"], 2]);
    await store.outbox.settle(WORKER, T0, [
      { key: two.key, attempt: 1, state: "dead", due: T0, error: "x" },
    ]);
    // By one of them, too: what was told together is told together.
    assert.equal(await store.retryDeliveries({ ids: [hex("e")] }), 2);
    const [resent, ...none] = await claim(store, Date.now() + 60_000);
    assert.deepEqual([keys([resent]), resent.count, none], [["d"], 2, []]);
  },

  async "deliveries: what was silenced since it was written is taken out as it is due"(store) {
    const group = { key: hex("g"), wait: 30_000, interval: 300_000 };
    const about = (name: string, src: string, more: Partial<NewDelivery> = {}) =>
      delivery(name, {
        body: { alert: alertOf("a", { message: name, entity: { src } }) },
        ...more,
      });
    await store.write({
      deliveries: [
        about("a", "203.0.113.9", { group }),
        about("b", "203.0.113.8", { group }),
        about("c", "203.0.113.9"),
        about("d", "203.0.113.9", { due: T0 + 100_000 }),
      ],
    });
    assert.equal(await store.outbox.dropSilenced("chat", T0 + 30_000), 0);
    const silence = { rule: null, reason: "x", who: "a", ends: T0 + 50_000 };
    await store.addSilence({ ...silence, fields: { src: "203.0.113.9" } });
    assert.equal(await store.outbox.dropSilenced("other", T0 + 30_000), 0);
    assert.equal(await store.outbox.dropSilenced("chat", T0 + 30_000), 2);
    const [rest, ...none] = await claim(store, T0 + 30_000);
    assert.deepEqual([keys([rest]), rest.count, none], [["b"], 1, []]);
    // Its end has come before what waits longer is due.
    assert.equal(await store.outbox.dropSilenced("chat", T0 + 100_000), 0);
    assert.deepEqual(keys(await claim(store, T0 + 100_000)), ["b", "d"]);
  },

  async "deliveries: what people say of alerts is read in order, and written by itself"(store) {
    await store.write({ alerts: [alertOf("a"), alertOf("b")] });
    const said = { comment: null, who: "ada" };
    await store.editAlerts(["a".repeat(32)], { status: "acknowledged", ...said });
    await store.editAlerts(["b".repeat(32)], {
      status: "closed",
      verdict: "false_positive",
      comment: "a scanner",
      who: "ada",
    });
    const since = Date.now() - 60_000;
    const [one, two, ...none] = await store.outbox.edits({ after: 0, since, limit: 10 });
    assert.deepEqual(none, []);
    assert.deepEqual(one.alert, { ...alertOf("a"), status: "acknowledged" });
    const { at, ...edit } = two.edit;
    assert.ok(at > since);
    assert.deepEqual(edit, {
      who: "ada",
      from: "open",
      to: "closed",
      verdict: "false_positive",
      assignee: null,
      comment: "a scanner",
    });
    const after = (number: number, from = since) =>
      store.outbox.edits({ after: number, since: from, limit: 10 });
    assert.deepEqual(await after(one.number), [two]);
    assert.deepEqual(await after(two.number), []);
    assert.deepEqual(await after(0, Date.now() + 60_000), []);
    const written = { queued: 1, throttled: 0, silenced: 0 };
    assert.deepEqual(await store.outbox.put([delivery("x")]), written);
    assert.deepEqual(await store.outbox.put([delivery("x")]), { ...written, queued: 0 });
  },

  async "deliveries: what is above a limit follows together"(store) {
    const limit = { key: hex("limit"), count: 2, per: 3_600_000 };
    const at = (name: string, created: number) =>
      delivery(name, { limit, created: T0 + created, due: T0 + created });
    await store.write({ deliveries: [at("a", 0), at("b", 60_000), at("c", 120_000)] });
    await store.write({
      deliveries: Array.from({ length: 40 }, (_, i) => at(`d${i}`, 180_000 + i)),
    });
    const sent = await claim(store, T0 + 200_000);
    assert.deepEqual(keys(sent), ["a", "b"]);
    const settled = sent.map(({ key }) =>
      ({ key, attempt: 1, state: "delivered", due: T0, error: null }) as const
    );
    await store.outbox.settle(WORKER, T0 + 200_000, settled);
    assert.deepEqual(await claim(store, T0 + 3_599_999), []);
    const [rest, ...none] = await claim(store, T0 + 3_600_000);
    assert.deepEqual([keys([rest]), rest.count, rest.bodies.length, none], [["c"], 41, 20, []]);
  },

  async "deliveries: dead after their time, retried, told again, forgotten"(store) {
    await store.write({
      alerts: [alertOf("a")],
      deliveries: [delivery("a", { repeat: 1000 }), delivery("b", { created: T0 - 100 })],
    });
    assert.equal(await store.outbox.expire("chat", { now: T0, before: T0, error: "Too old" }), 1);
    const [a] = await claim(store);
    await store.outbox.settle(WORKER, T0, [
      { key: a.key, attempt: 1, state: "delivered", due: T0, error: null },
    ]);
    assert.equal((await store.deliveries({ state: "dead", limit: 5 })).items[0].error, "Too old");
    assert.equal(await store.outbox.repeat(T0 + 999), 0);
    assert.equal(await store.outbox.repeat(T0 + 1000), 1);
    const [again] = await claim(store, T0 + 1000);
    assert.notEqual(again.key, a.key);
    const [body] = again.bodies;
    assert.deepEqual("alert" in body && body.alert, alertOf("a"));
    await store.outbox.settle(WORKER, T0 + 1000, [
      { key: again.key, attempt: 1, state: "delivered", due: T0, error: null },
    ]);
    await store.setAlertStatus("a".repeat(32), { status: "acknowledged", comment: null, who: "a" });
    assert.equal(await store.outbox.repeat(T0 + 5000), 0);
    assert.equal(await store.retryDeliveries({ ids: [hex("b")] }), 1);
    assert.equal(await store.retryDeliveries({ ids: [hex("b")] }), 0);
    await store.outbox.purge(T0 + 10_000);
    assert.deepEqual((await store.deliveries({ limit: 9 })).items.map((d) => d.state), ["waiting"]);
  },

  async "deliveries: two workers take nothing twice"(store) {
    const all = Array.from(
      { length: 300 },
      (_, i) => delivery(`n${i}`, { lane: hex(`lane${i % 40}`) }),
    );
    await store.write({ deliveries: all });
    const seen: string[] = [];
    const work = async (worker: string) => {
      for (;;) {
        const got = await claim(store, T0, { worker, limit: 7 });
        if (got.length === 0) return;
        seen.push(...keys(got));
        const settled = got.map(({ key, attempt }) =>
          ({ key, attempt, state: "delivered", due: T0, error: null }) as const
        );
        await store.outbox.settle(worker, T0, settled);
      }
    };
    await Promise.all([WORKER, OTHER, hex("w3"), hex("w4")].map(work));
    // A lane that one has in hand is left alone, so that the last rows may be taken by a further look.
    await work(WORKER);
    assert.equal(seen.length, 300);
    assert.equal(new Set(seen).size, 300);
  },
};
