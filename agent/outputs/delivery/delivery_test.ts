import assert from "node:assert/strict";
import type { Alert, AlertChange } from "../../event.ts";
import type { Destination, Outcome } from "../destinations/destination.ts";
import type { Notification } from "../notification.ts";
import type { Clock } from "./clock.ts";
import {
  type AlertEvent,
  DAY,
  DELIVERY_DEFAULTS,
  HOUR,
  type QuietHours,
  type SinkConfig,
} from "./config.ts";
import { Delivery } from "./delivery.ts";
import { quietUntil } from "./quiet.ts";
import type { AlertEdited, EditsRequest, TriageEdit } from "../../store/mod.ts";
import { MemoryOutbox } from "./memory_outbox.ts";
import { Router } from "./routing.ts";

const T0 = Date.UTC(2026, 2, 2, 12);

/** Time that the test turns: timers run in their order, with what they begin. */
class TestClock implements Clock {
  #now = T0;
  #timers: { readonly at: number; readonly call: () => void }[] = [];
  now = () => this.#now;

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now = next.at;
      next.call();
    }
    this.#now = end;
    await settled();
  }
}

/** Everything that is ready has run. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
}

function sinkOf(change: Partial<SinkConfig> = {}): SinkConfig {
  return {
    name: "chat",
    span: { start: 0, end: 0 },
    spec: { type: "test", summary: "", settings: [], make: () => new Receiver() },
    settings: [],
    where: null,
    minSeverity: "medium",
    on: new Set(["opened"]),
    health: new Set(),
    throttle: 120_000,
    group: null,
    limit: null,
    quiet: null,
    timeout: 10_000,
    concurrency: 4,
    allowPrivate: false,
    ...change,
  };
}

/** Takes what it is told to, and remembers it. */
class Receiver implements Destination {
  readonly got: Notification[] = [];
  answer: (n: Notification, signal: AbortSignal) => Outcome | Promise<Outcome> = () => ({
    state: "delivered",
  });
  attempts = 0;
  async deliver(notification: Notification, signal: AbortSignal): Promise<Outcome> {
    this.attempts++;
    const outcome = await this.answer(notification, signal);
    if (outcome.state === "delivered") this.got.push(notification);
    return outcome;
  }
  close = () => Promise.resolve();
}

let ids = 0;
function opened(change: Partial<Alert> = {}, as: AlertChange["change"] = "open"): AlertChange {
  const id = (++ids).toString(16).padStart(32, "0");
  const alert: Alert = {
    id,
    rule: "ssh_brute_force",
    planHash: "",
    title: "SSH brute force",
    severity: "high",
    status: "open",
    time: T0,
    first: T0,
    last: T0,
    count: 5,
    suppressed: 0,
    entity: { src: `host${ids}` },
    fields: {},
    mitre: [],
    metadata: {} as Alert["metadata"],
    message: "",
    eventIds: [],
    ...change,
  };
  return { change: as, alert };
}

async function delivering(
  config: Partial<SinkConfig>,
  test: (
    it: { clock: TestClock; receiver: Receiver; delivery: Delivery; said: string[] },
  ) => Promise<
    void
  >,
): Promise<void> {
  const clock = new TestClock(), receiver = new Receiver(), said: string[] = [];
  const delivery = new Delivery({
    sinks: [{ config: sinkOf(config), destination: receiver }],
    delivery: { ...DELIVERY_DEFAULTS, dashboard: "https://picket.example.org" },
    outbox: null,
    notice: (text) => said.push(text),
    clock,
  });
  await delivery.start();
  try {
    await test({ clock, receiver, delivery, said });
  } finally {
    await delivery.close();
  }
}

Deno.test("routing: severity, events, age, and once for a rule and entity", () => {
  const router = (change: Partial<SinkConfig>, past = false) =>
    new Router({
      sinks: [sinkOf(change)],
      delivery: { ...DELIVERY_DEFAULTS, deliverPast: past },
      now: () => T0,
    });
  const low = opened({ severity: "low" });
  assert.equal(router({}).alerts([low]).length, 0);
  assert.equal(router({ minSeverity: "low" }).alerts([low]).length, 1);
  const one = opened();
  const closed = { ...one, change: "close" } as const;
  assert.deepEqual(router({}).alerts([one, closed]).map((d) => d.event), ["opened"]);
  const both = router({ on: new Set(["opened", "closed"]) }).alerts([one, closed]);
  assert.deepEqual(both.map((d) => d.event), ["opened", "closed"]);
  assert.equal(both[1].after, both[0].id);
  assert.deepEqual(router({}).alerts([one]), router({}).alerts([one]));
  // One that grows worse opens for those who want only what is grave, once.
  const worse = router({ minSeverity: "critical" });
  const grown = { ...one.alert, severity: "critical" as const };
  assert.deepEqual(worse.alerts([one]), []);
  const update = { change: "update", alert: grown } as const;
  const close = { change: "close", alert: grown } as const;
  assert.deepEqual(worse.alerts([update, update, close]).map((d) => d.event), ["opened"]);
  const old = { time: T0 - HOUR - 1, first: 0, last: T0 - HOUR - 1 };
  const hour = router({});
  assert.equal(hour.alerts([opened(old), opened({ ...old, last: T0 - HOUR })]).length, 1);
  assert.equal(hour.past, 1);
  assert.equal(router({}, true).alerts([opened(old)]).length, 1);
  const [a, b] = router({}).alerts([
    opened({ entity: { src: "a", user: "b" } }),
    opened({ entity: { user: "b", src: "a" } }),
  ]);
  assert.equal(a.throttle!.key, b.throttle!.key);
  assert.equal(a.lane, b.lane);
  assert.notEqual(a.id, b.id);
});

Deno.test("routing: what people say goes to who wants changes, closings to who wants those", () => {
  const edited = (edit: Partial<TriageEdit>, number = 1): AlertEdited => ({
    number,
    alert: opened({ id: "a".repeat(32), entity: { src: "x" } }).alert,
    edit: {
      who: "ada",
      at: T0,
      from: "open",
      to: "open",
      verdict: null,
      assignee: null,
      comment: null,
      ...edit,
    },
  });
  const router = (...on: AlertEvent[]) =>
    new Router({
      sinks: [sinkOf({ on: new Set(on) })],
      delivery: DELIVERY_DEFAULTS,
      now: () => T0,
    });
  const edits = [
    edited({ to: "acknowledged" }, 1),
    edited({ verdict: "benign" }, 2),
    edited({ to: "closed" }, 3),
  ];
  const events = (...on: AlertEvent[]) => router(...on).edits(edits).map((d) => d.event);
  assert.deepEqual(events("opened"), []);
  assert.equal(router("opened").wantsEdits, false);
  assert.deepEqual(events("closed"), ["closed"]);
  assert.deepEqual(events("opened", "changed", "closed"), ["changed", "changed", "closed"]);
  const [first] = router("changed").edits(edits);
  assert.equal(first.throttle, null);
  assert.equal(first.after, null);
  assert.deepEqual(router("changed").edits(edits)[0].id, first.id);
  assert.equal("alert" in first.body && first.body.alert.status, "acknowledged");
});

Deno.test("delivery: what people say is looked for every five seconds, and told once", async () => {
  const clock = new TestClock(), receiver = new Receiver();
  const said: AlertEdited[] = [];
  class Outbox extends MemoryOutbox {
    override edits = ({ after }: EditsRequest) =>
      Promise.resolve(said.filter((e) => e.number > after));
  }
  const delivery = new Delivery({
    sinks: [{ config: sinkOf({ on: new Set(["changed"]) }), destination: receiver }],
    delivery: DELIVERY_DEFAULTS,
    outbox: new Outbox(clock.now),
    notice: () => {},
    clock,
  });
  await delivery.start();
  await clock.pass(1000);
  const edit = { who: "ada", at: T0, from: "open", to: "acknowledged" };
  const nothing = { verdict: null, assignee: null, comment: null };
  said.push({ number: 1, alert: opened().alert, edit: { ...edit, ...nothing } });
  await clock.pass(5000);
  assert.deepEqual(receiver.got.map((n) => [n.event, n.edits?.[0].who]), [["changed", "ada"]]);
  said.push({ number: 2, alert: opened().alert, edit: { ...edit, ...nothing } });
  await clock.pass(20_000);
  assert.equal(receiver.got.length, 2);
  await delivery.close();
});

Deno.test("routing: health events by kind, not what delivery says of itself", () => {
  const note = (kind: string) => ({ time: T0, kind, subject: "x", message: "m", detail: {} });
  const notes = ["late", "gap", "delivery"].map(note);
  const kinds = (health: SinkConfig["health"]) =>
    new Router({ sinks: [sinkOf({ health })], delivery: DELIVERY_DEFAULTS, now: () => T0 })
      .health(notes).map((d) => d.subject);
  assert.deepEqual(kinds("all"), ["late", "gap"]);
  assert.deepEqual(kinds(new Set(["gap", "delivery"])), ["gap"]);
  assert.deepEqual(kinds(new Set()), []);
});

Deno.test("quiet hours: over midnight, days, zones, a whole day, clocks that change", () => {
  const at = (text: string) => Date.parse(text);
  const quiet = (change: Partial<QuietHours>): QuietHours => ({
    from: 22 * 60,
    to: 7 * 60,
    zone: "UTC",
    days: new Set([0, 1, 2, 3, 4, 5, 6]),
    exceptSeverity: null,
    ...change,
  });
  const until = (q: QuietHours, text: string) => {
    const end = quietUntil(q, at(text));
    return end === null ? null : new Date(end).toISOString().slice(0, 16);
  };
  assert.equal(until(quiet({}), "2026-03-02T21:59:59Z"), null);
  assert.equal(until(quiet({}), "2026-03-02T22:00:00Z"), "2026-03-03T07:00");
  assert.equal(until(quiet({}), "2026-03-03T06:59:59Z"), "2026-03-03T07:00");
  assert.equal(until(quiet({}), "2026-03-03T07:00:00Z"), null);
  // 2026-03-02 is a Monday.
  const monday = quiet({ days: new Set([1]) });
  assert.equal(until(monday, "2026-03-03T03:00:00Z"), "2026-03-03T07:00");
  assert.equal(until(monday, "2026-03-03T23:00:00Z"), null);
  const zurich = quiet({ zone: "Europe/Zurich" });
  assert.equal(until(zurich, "2026-03-02T21:30:00Z"), "2026-03-03T06:00");
  // In the night to 29 March clocks go from 2 to 3: seven o'clock is at five UTC.
  assert.equal(until(zurich, "2026-03-28T22:00:00Z"), "2026-03-29T05:00");
  const weekend = quiet({ from: 0, to: 0, days: new Set([6, 0]) });
  assert.equal(until(weekend, "2026-03-07T12:00:00Z"), "2026-03-09T00:00");
  assert.equal(until(weekend, "2026-03-06T23:59:00Z"), null);
});

Deno.test("delivery: told once, with a link, and not again within the throttle", async () => {
  await delivering({}, async ({ clock, receiver, delivery }) => {
    const first = opened({ entity: { src: "a" } });
    delivery.alerts([first]);
    delivery.alerts([opened({ entity: { src: "a" }, time: T0 + 60_000, last: T0 + 60_000 })]);
    delivery.alerts([opened({ entity: { src: "a" }, time: T0 + 130_000, last: T0 + 130_000 })]);
    await clock.pass(100);
    assert.equal(receiver.got.length, 2);
    const [{ alerts, event, link, more, time }] = receiver.got;
    assert.deepEqual(
      { alerts, event, link, more, time },
      {
        alerts: [first.alert],
        event: "opened",
        link: `https://picket.example.org/alerts/${first.alert.id}`,
        more: 0,
        time: T0,
      },
    );
    assert.equal(delivery.counts().throttled, 1);
  });
});

Deno.test("delivery: fails, and is tried again with the same key until it is taken", async () => {
  await delivering({}, async ({ clock, receiver, delivery, said }) => {
    const keys: string[] = [];
    receiver.answer = (n) => {
      keys.push(n.key);
      return keys.length < 3 ? { state: "retry", reason: "It says 500" } : { state: "delivered" };
    };
    delivery.alerts([opened()]);
    await clock.pass(10_000);
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.equal(receiver.got.length, 1);
    assert.deepEqual(said, [
      'warning: Sink "chat" does not take what is sent: It says 500; trying again',
      'Sink "chat" takes what is sent again',
    ]);
  });
});

Deno.test("delivery: Retry-After is honoured for the whole sink, within bounds", async () => {
  await delivering({}, async ({ clock, receiver, delivery }) => {
    let until = 0;
    const times: number[] = [];
    receiver.answer = () => {
      times.push(clock.now() - T0);
      if (clock.now() >= until && until > 0) return { state: "delivered" };
      until = T0 + 90_000;
      return { state: "retry", reason: "Too many", after: 90_000 };
    };
    delivery.alerts([opened()]);
    await clock.pass(10);
    delivery.alerts([opened(), opened()]);
    await clock.pass(120_000);
    assert.equal(receiver.got.length, 3);
    assert.deepEqual(times.filter((t) => t > 0 && t < 90_000), []);
    receiver.answer = () => {
      times.push(clock.now());
      return { state: "retry", reason: "Come back in a year", after: 365 * DAY };
    };
    times.length = 0;
    delivery.alerts([opened({ time: clock.now(), last: clock.now() })]);
    await clock.pass(2 * HOUR);
    assert.ok(times.length >= 2, `${times.length} attempts in two hours`);
  });
});

Deno.test("delivery: refused for good is a dead letter at once, the rest goes on", async () => {
  await delivering({}, async ({ clock, receiver, delivery, said }) => {
    receiver.answer = (n) =>
      n.alerts[0].entity.src === "bad"
        ? { state: "rejected", reason: "It says 400" }
        : { state: "delivered" };
    delivery.alerts([opened({ entity: { src: "bad" } }), opened(), opened()]);
    await clock.pass(10);
    assert.equal(receiver.attempts, 3);
    assert.equal(receiver.got.length, 2);
    assert.equal(delivery.counts().dead, 1);
    assert.match(said.join(), /error: Sink "chat" did not get 1 notification: It says 400; `sinks/);
  });
});

Deno.test("delivery: a sink that hangs holds up nothing, is given up, and is left alone", async () => {
  await delivering({ timeout: 5000 }, async ({ clock, receiver, delivery }) => {
    // It does not even look at the signal.
    receiver.answer = () => new Promise<Outcome>(() => {});
    delivery.alerts(Array.from({ length: 100 }, () => opened()));
    await clock.pass(HOUR);
    assert.ok(receiver.attempts < 40, `${receiver.attempts} attempts on a dead sink`);
    assert.ok(receiver.attempts > 5);
    receiver.answer = () => ({ state: "delivered" });
    await clock.pass(400_000);
    assert.equal(receiver.got.length, 100);
    receiver.answer = () => ({ state: "retry", reason: "away" });
    delivery.alerts([opened({ time: clock.now(), last: clock.now() })]);
    await clock.pass(DAY + HOUR);
    assert.equal(delivery.counts().dead, 1);
  });
});

Deno.test("delivery: an hour of outage is caught up, each entity's in order", async () => {
  await delivering({ throttle: 0 }, async ({ clock, receiver, delivery }) => {
    receiver.answer = () => ({ state: "retry", reason: "connection refused" });
    const sent: string[] = [];
    for (let minute = 0; minute < 60; minute++) {
      const time = clock.now();
      delivery.alerts(Array.from({ length: 20 }, (_, i) => {
        const message = `${i} ${minute}`;
        sent.push(message);
        return opened({ entity: { src: `h${i}` }, time, last: time, message });
      }));
      await clock.pass(60_000);
    }
    assert.equal(receiver.got.length, 0);
    receiver.answer = async () => {
      // Answers take different times, so that order comes of no accident.
      await new Promise<void>((done) => clock.after(Math.random() * 300, done));
      return { state: "delivered" };
    };
    await clock.pass(600_000);
    const got = receiver.got.map((n) => n.alerts[0].message);
    assert.equal(got.length, sent.length);
    for (let i = 0; i < 20; i++) {
      const of = (all: string[]) => all.filter((m) => m.startsWith(`${i} `));
      assert.deepEqual(of(got), of(sent));
    }
  });
});

Deno.test("delivery: quiet hours hold back what is not grave", async () => {
  const quiet: QuietHours = {
    from: 11 * 60,
    to: 13 * 60,
    zone: "UTC",
    days: new Set([0, 1, 2, 3, 4, 5, 6]),
    exceptSeverity: "critical",
  };
  await delivering({ quiet }, async ({ clock, receiver, delivery }) => {
    delivery.alerts([opened(), opened({ severity: "critical" })]);
    await clock.pass(59 * 60_000);
    assert.deepEqual(receiver.got.map((n) => n.alerts[0].severity), ["critical"]);
    await clock.pass(61_000);
    assert.equal(receiver.got.length, 2);
  });
});

Deno.test("delivery: a group waits and is told together, a flood above the limit as well", async () => {
  const group = { by: ["rule"], wait: 30_000, interval: 300_000, repeat: null };
  await delivering({ group }, async ({ clock, receiver, delivery }) => {
    for (let i = 0; i < 25; i++) {
      delivery.alerts([opened()]);
      await clock.pass(1000);
    }
    assert.equal(receiver.got.length, 0);
    await clock.pass(6000);
    assert.deepEqual(receiver.got.map((n) => [n.alerts.length, n.more, n.link]), [
      [20, 5, "https://picket.example.org/alerts"],
    ]);
  });
  await delivering({ limit: { count: 5, per: HOUR } }, async ({ clock, receiver, delivery }) => {
    delivery.alerts(Array.from({ length: 500 }, () => opened()));
    await clock.pass(10_000);
    assert.equal(receiver.got.length, 5);
    await clock.pass(HOUR);
    assert.deepEqual([receiver.got.length, receiver.got[5].more], [6, 475]);
  });
});

Deno.test("delivery: memory is bounded, what has no room is counted and what is left is told", async () => {
  await delivering({ throttle: 0 }, async ({ clock, receiver, delivery }) => {
    receiver.answer = () => ({ state: "retry", reason: "away" });
    delivery.alerts(Array.from({ length: 10_050 }, () => opened()));
    await clock.pass(1000);
    await delivery.close();
    const { dropped, lost } = delivery.counts();
    assert.deepEqual({ dropped, lost }, { dropped: 50, lost: 10_000 });
  });
});
