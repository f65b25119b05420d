/** The store suite: what services said of addresses. */
import assert from "node:assert/strict";
import { alertOf, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const mark = (value: string, more = {}) => ({ field: "src", value, source: "service", ...more });

export const REPUTATION: StoreTests = {
  async "reputations: answers last, and no day has more requests than allowed"(store) {
    const { reputations } = store;
    const spend = (day: string) => reputations.spend("service", day, 5);
    // At once, as several processes do.
    const done = await Promise.all(Array.from({ length: 9 }, () => spend("2026-03-29")));
    assert.equal(done.filter(Boolean).length, 5);
    assert.equal(await reputations.spent("service", "2026-03-29"), 5);
    assert.equal(await spend("2026-03-30"), true);
    assert.equal(await reputations.spend("service", "2026-03-31", 0), false);
    const answer = (address: string, asked: number) => ({
      address,
      asked,
      mark: { value: address },
    });
    await reputations.remember("service", answer("192.0.2.1", T0), 0);
    await reputations.remember("service", answer("192.0.2.2", T0 + 1000), 0);
    await reputations.remember("service", answer("192.0.2.1", T0 + 2000), T0 + 1500);
    assert.deepEqual(await reputations.answers("service", T0, 10), [
      answer("192.0.2.1", T0 + 2000),
    ]);
    assert.deepEqual(await reputations.answers("other", 0, 10), []);
  },

  async "reputations: marks are added to alerts and their notifications, and replace older ones"(
    store,
  ) {
    const alert = alertOf("a", {
      context: { intelligence: [mark("192.0.2.1", { note: "not asked" }), mark("192.0.2.9")] },
    });
    const plain = alertOf("b", { context: undefined });
    const body = { alert: plain };
    await store.write({
      alerts: [alert, plain],
      deliveries: [{
        id: "d".repeat(32),
        sink: "chat",
        event: "opened",
        alert: plain.id,
        subject: plain.rule,
        title: plain.title,
        severity: plain.severity,
        lane: "e".repeat(32),
        time: T0,
        created: T0,
        due: T0,
        throttle: null,
        after: null,
        group: null,
        limit: null,
        repeat: null,
        body,
      }],
    });
    const before = await store.lastChange();
    const gone = "f".repeat(32);
    await store.reputations.mark([
      { mark: mark("192.0.2.1", { score: 7 }), alerts: [alert.id, plain.id, gone] },
      { mark: mark("192.0.2.2", { score: 8 }), alerts: [alert.id] },
    ]);
    await store.reputations.mark([{ mark: mark("192.0.2.2", { score: 9 }), alerts: [alert.id] }]);
    const of = async (id: string) => (await store.alert(id))?.context?.intelligence;
    const wanted = [
      mark("192.0.2.9"),
      mark("192.0.2.1", { score: 7 }),
      mark("192.0.2.2", { score: 9 }),
    ];
    assert.deepEqual(await of(alert.id), wanted);
    assert.deepEqual(await of(plain.id), [mark("192.0.2.1", { score: 7 })]);
    const { alerts } = await store.changesSince(before, 10);
    assert.deepEqual(new Set(alerts.map((a) => a.id)), new Set([alert.id, plain.id]));
    const [claimed] = await store.outbox.claim({
      sink: "chat",
      worker: "1".repeat(32),
      now: T0,
      limit: 1,
      lease: 1000,
    });
    const [told] = claimed.bodies;
    assert.ok("alert" in told);
    assert.deepEqual(told.alert.context, { intelligence: [mark("192.0.2.1", { score: 7 })] });
    // The alert written again keeps them.
    await store.write({ alerts: [{ ...alert, count: 77 }] });
    assert.deepEqual(await of(alert.id), wanted);
  },
};
