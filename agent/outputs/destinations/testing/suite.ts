/** What every destination has to do, wherever it sends to. */
import assert from "node:assert/strict";
import type { Destination, Outcome } from "../destination.ts";
import { healthNotification, HOSTILE, notificationOf, richAlert } from "./samples.ts";
import type { Mode } from "./receiver.ts";

/** A destination and the receiver that a test reads from. */
export interface Subject {
  readonly destination: Destination;
  /** What was taken up to now, each delivery as the receiver sees it. */
  received(): readonly string[] | Promise<readonly string[]>;
  /** How the receiver answers from now on. */
  mode(mode: Mode): void;
  /** Ends the receiver. */
  end(): Promise<void>;
}

export interface SuiteOptions {
  readonly name: string;
  open(): Promise<Subject>;
  /** What the receiver can be made to do beside `ok`. */
  readonly modes: readonly Mode[];
  /** Alerts one by one, each a delivery of its own. */
  readonly records?: boolean;
  /** Texts that no reason may have in it. */
  readonly secrets?: readonly string[];
  /** It tells of alerts and of health: not so a list of addresses. */
  readonly tells?: boolean;
  /** Throws where a delivery has something in it that acts. */
  inert?(delivery: string, value: string): void;
}

/** Hidden and control characters; a receiver's form may have line feeds and tabs. */
export const ACTING =
  /[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]|(?![\n\r\t])\p{Cc}/u;

const forever = () => new AbortController().signal;

export function destinationSuite(options: SuiteOptions): void {
  const { name, open, modes, records = false, secrets = [], tells = true, inert } = options;
  const test = (what: string, body: (subject: Subject) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const subject = await open();
      try {
        await body(subject);
      } finally {
        await subject.destination.close();
        await subject.end();
      }
    });
  const told = (outcome: Outcome) => {
    if (outcome.state === "delivered") return;
    assert.match(outcome.reason, /^\S.{5,}/);
    assert.doesNotMatch(outcome.reason, ACTING);
    for (const secret of secrets) assert.ok(!outcome.reason.includes(secret), outcome.reason);
  };

  test("one attempt delivers once", async ({ destination, received }) => {
    const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
    assert.deepEqual(outcome, { state: "delivered" });
    const found = await received();
    assert.equal(found.length, 1);
    assert.match(found[0], /45\.83\.64\.1/);
  });

  if (tells) {
    test("a group, a health event and a sample are told", async ({ destination, received }) => {
      const alerts = Array.from(
        { length: 20 },
        (_, i) =>
          richAlert(`${i}`.padStart(32, "0"), { message: `Number ${i}`, severity: "critical" }),
      );
      const group = notificationOf(alerts, { more: 7, key: "group" });
      assert.deepEqual(await destination.deliver(group, forever()), { state: "delivered" });
      const first = [...await received()];
      assert.equal(first.length, records ? 20 : 1);
      assert.match(first[0], /Number 0/);
      const outcome = await destination.deliver(healthNotification(), forever());
      assert.deepEqual(outcome, { state: "delivered" });
      const sample = notificationOf([richAlert()], { event: "test", key: "sample" });
      assert.deepEqual(await destination.deliver(sample, forever()), { state: "delivered" });
      const all = await received();
      assert.equal(all.length, first.length + 2);
      assert.match(all[first.length], /12 rows came late/);
    });
  }

  test("text of logs arrives inert", async ({ destination, received }) => {
    for (const [i, value] of HOSTILE.entries()) {
      const alert = richAlert(`${i}`.padStart(32, "0"), {
        entity: { user: value },
        fields: { user: value, src: "45.83.64.1", [`odd${i}`]: [value, value] },
        message: `Login of ${value}`,
        title: "Login",
      });
      const key = `hostile${i}`;
      const outcome = await destination.deliver(notificationOf([alert], { key }), forever());
      assert.deepEqual(outcome, { state: "delivered" }, value);
      const delivery = (await received()).at(-1)!;
      assert.doesNotMatch(delivery, ACTING);
      assert.ok(delivery.isWellFormed());
      inert?.(delivery, value);
    }
  });

  if (modes.includes("busy")) {
    test("a busy receiver is tried again, with the same content", async (subject) => {
      const { destination, received, mode } = subject;
      const notification = notificationOf([richAlert()]);
      mode("busy");
      const outcome = await destination.deliver(notification, forever());
      assert.equal(outcome.state, "retry");
      told(outcome);
      mode("ok");
      assert.deepEqual(await destination.deliver(notification, forever()), { state: "delivered" });
      assert.equal((await received()).length, 1);
    });
  }

  if (modes.includes("gone")) {
    test("a receiver that refuses is not tried again", async ({ destination, mode }) => {
      mode("gone");
      const outcome = await destination.deliver(notificationOf([richAlert()]), forever());
      assert.equal(outcome.state, "rejected");
      told(outcome);
    });
  }

  if (modes.includes("hang")) {
    test("an attempt that hangs ends with its signal", async ({ destination, mode }) => {
      mode("hang");
      const stop = new AbortController();
      const attempt = destination.deliver(notificationOf([richAlert()]), stop.signal);
      const early = await Promise.race([attempt, pause(300).then(() => "waits")]);
      assert.equal(early, "waits");
      const before = performance.now();
      stop.abort();
      // What is thrown counts as an attempt that failed.
      const outcome = await attempt.catch((): Outcome => ({ state: "retry", reason: "It threw" }));
      assert.equal(outcome.state, "retry");
      told(outcome);
      assert.ok(performance.now() - before < 3000);
    });
  }

  test("an attempt whose signal is aborted sends nothing", async ({ destination, received }) => {
    const signal = AbortSignal.abort();
    const outcome = await destination.deliver(notificationOf([richAlert()]), signal)
      .catch((): Outcome => ({ state: "retry", reason: "It threw" }));
    assert.equal(outcome.state, "retry");
    assert.deepEqual(await received(), []);
  });

  test("attempts at once do not mix", async ({ destination, received }) => {
    const keys = Array.from({ length: 8 }, (_, i) => `key${i}`);
    const outcomes = await Promise.all(keys.map((key, i) => {
      const src = `45.83.64.${i + 1}`;
      const alert = richAlert(`${i}`.padStart(32, "a"), {
        entity: { src },
        fields: { src },
        message: `From ${src}`,
      });
      return destination.deliver(notificationOf([alert], { key }), forever());
    }));
    assert.deepEqual(new Set(outcomes.map((o) => o.state)), new Set(["delivered"]));
    const all = (await received()).join("\n");
    for (let i = 1; i <= 8; i++) assert.match(all, new RegExp(`45\\.83\\.64\\.${i}\\b`));
  });

  test("closing twice is closing once", async ({ destination }) => {
    await destination.deliver(notificationOf([richAlert()]), forever());
    await destination.close();
    await destination.close();
  });
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
