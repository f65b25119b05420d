import assert from "node:assert/strict";
import type { Alert } from "../../event.ts";
import { guardedNetwork } from "../../outputs/destinations/http.ts";
import { sampleAlert } from "../../outputs/testing/suite.ts";
import { openStore, type Store } from "../../store/mod.ts";
import { bandOf } from "./abuseipdb.ts";
import { type ReputationSettings, ReputationWorker } from "./reputation.ts";

const KEY = "k".repeat(80);
const NOW = Date.UTC(2026, 2, 29, 12);
const DAY = 86_400_000, HOUR = 3_600_000;
/** Of a drain: however slow the machine is. */
const MINUTES = 600_000;

/** A server that speaks as AbuseIPDB's documentation says, and counts. */
class Service {
  readonly asked: string[] = [];
  answer: (address: string) => Response | Promise<Response> = (address) => known(address, 100);
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const url = new URL(request.url);
      assert.equal(url.pathname, "/api/v2/check");
      assert.equal(request.method, "GET");
      assert.equal(request.headers.get("accept"), "application/json");
      assert.equal(url.searchParams.get("maxAgeInDays"), "90");
      if (request.headers.get("key") !== KEY) {
        return errors(401, "Authentication failed. Your API key is missing or incorrect.");
      }
      const address = url.searchParams.get("ipAddress")!;
      this.asked.push(address);
      return this.answer(address);
    },
  );
  get url() {
    return `http://127.0.0.1:${this.#server.addr.port}/api/v2/check`;
  }
  close = () => this.#server.shutdown();
}

const errors = (status: number, detail: string, headers = {}) =>
  Response.json({ errors: [{ detail, status }] }, { status, headers });

const known = (ipAddress: string, abuseConfidenceScore: number) =>
  Response.json({
    data: {
      ipAddress,
      isPublic: true,
      ipVersion: 4,
      isWhitelisted: false,
      abuseConfidenceScore,
      countryCode: "CN",
      usageType: "Data Center/Web Hosting/Transit",
      isp: "Tencent Cloud",
      domain: "tencent.com",
      hostnames: [],
      totalReports: 1,
      numDistinctUsers: 1,
      lastReportedAt: "2026-03-20T20:55:14+00:00",
    },
  });

const alertOf = (n: number, address: string, severity: Alert["severity"] = "high"): Alert => ({
  ...sampleAlert(n.toString(16).padStart(32, "0"), "root"),
  severity,
  entity: { src: address },
  fields: { src: address, user: "root" },
});

interface Tools {
  readonly store: Store;
  readonly service: Service;
  readonly said: string[];
  clock: number;
  worker(more?: Partial<ReputationSettings>, key?: string, timeout?: number): ReputationWorker;
  /** Marks of a stored alert. */
  marks(n: number): Promise<readonly unknown[]>;
}

function testWith(name: string, run: (tools: Tools) => Promise<void>): void {
  Deno.test(`reputation: ${name}`, async () => {
    const data = await Deno.makeTempDir();
    const store = await openStore({ data });
    const service = new Service();
    const workers: ReputationWorker[] = [];
    const tools: Tools = {
      store,
      service,
      said: [],
      clock: NOW,
      worker(more = {}, key = KEY, timeout = 5000) {
        const worker = new ReputationWorker({
          settings: {
            url: service.url,
            daily: 1000,
            minSeverity: "low",
            fresh: DAY,
            wait: 5000,
            allowPrivate: true,
            ...more,
          },
          store,
          key,
          fetch: guardedNetwork({ allowPrivate: true }).fetch,
          now: () => tools.clock,
          notice: (text) => tools.said.push(text),
          health: () => {},
          timeout,
          // The test says when.
          every: DAY,
        });
        workers.push(worker);
        return worker;
      },
      marks: async (n) =>
        (await store.alert(n.toString(16).padStart(32, "0")))?.context?.intelligence ?? [],
    };
    try {
      await run(tools);
    } finally {
      for (const worker of workers) await worker.close();
      await service.close();
      await store.close();
      await Deno.remove(data, { recursive: true });
    }
  });
}

testWith("an answer is added to what is stored, and is asked for once", async (t) => {
  const worker = t.worker();
  await worker.start();
  const alert = alertOf(1, "118.25.6.39");
  assert.deepEqual(worker.marks(alert), []);
  assert.equal(worker.wait(alert), 5000);
  await t.store.write({
    alerts: [
      alert,
      alertOf(2, "118.25.6.39", "low"),
      alertOf(3, "10.0.0.1"),
      alertOf(4, "203.0.113.9"),
      alertOf(5, "8.8.8.8", "informational"),
    ],
  });
  assert.equal(await worker.drain(MINUTES), 0);
  assert.deepEqual(t.service.asked, ["118.25.6.39"]);
  const mark = {
    field: "src",
    value: "118.25.6.39",
    source: "abuseipdb",
    score: 100,
    band: "high",
    reports: 1,
    last: "2026-03-20T20:55:14.000Z",
    country: "CN",
    isp: "Tencent Cloud",
    as_of: new Date(NOW).toISOString(),
  };
  assert.deepEqual(await t.marks(1), [mark]);
  assert.deepEqual(await t.marks(2), [mark]);
  for (const n of [3, 4, 5]) assert.deepEqual(await t.marks(n), []);
  // The next alert has it when it is made, also after a restart.
  assert.deepEqual(worker.marks(alert), [mark]);
  assert.equal(worker.wait(alert), 0);
  const next = t.worker();
  await next.start();
  assert.deepEqual(next.marks(alertOf(6, "118.25.6.39")), [mark]);
  // What the engine writes of the alert again leaves it.
  await t.store.write({ alerts: [{ ...alert, count: 99 }] });
  assert.deepEqual(await t.marks(1), [mark]);
  t.clock += DAY;
  assert.deepEqual(next.marks(alertOf(6, "118.25.6.39")), []);
  assert.equal(t.service.asked.length, 1);
});

testWith("the day's requests are kept to over restarts, the graver alerts first", async (t) => {
  const addresses = Array.from({ length: 30 }, (_, i) => `45.0.0.${i + 1}`);
  const severity = (i: number) => (["low", "medium", "critical"] as const)[i % 3];
  await t.store.write({ alerts: [] });
  const first = t.worker({ daily: 10 });
  await first.start();
  await t.store.write({ alerts: addresses.map((a, i) => alertOf(i + 1, a, severity(i))) });
  assert.ok(await first.drain(MINUTES) > 0);
  // Ten critical ones: all that there is.
  assert.equal(t.service.asked.length, 10);
  assert.deepEqual(
    new Set(t.service.asked),
    new Set(addresses.filter((_, i) => severity(i) === "critical")),
  );
  assert.match(t.said.join("\n"), /AbuseIPDB is not asked: .* of this day/);
  const [note] = await t.marks(1) as { note: string; score?: number }[];
  assert.match(note.note, /^not asked: .*requests of this day/);
  assert.equal(note.score, undefined);
  const second = t.worker({ daily: 10 });
  await second.start();
  await t.store.write({ alerts: [alertOf(99, "46.0.0.1", "critical")] });
  await second.drain(MINUTES);
  assert.equal(t.service.asked.length, 10);
  assert.match(
    JSON.stringify(await t.marks(99)),
    /not asked: the 10 requests of this day are spent/,
  );
  assert.match(JSON.stringify(second.marks(alertOf(100, "46.0.0.2", "critical"))), /not asked/);
  assert.equal(second.wait(alertOf(100, "46.0.0.2", "critical")), 0);
  // The next day the note gives way to the answer.
  t.clock += DAY;
  await second.drain(MINUTES);
  assert.match(JSON.stringify(await t.marks(99)), /"score":100/);
  assert.doesNotMatch(JSON.stringify(await t.marks(99)), /not asked/);
});

testWith("what a run stored and did not ask about is asked by the next one", async (t) => {
  await t.store.write({ alerts: [alertOf(1, "45.0.0.1")] });
  const worker = t.worker();
  await worker.start();
  assert.equal(await worker.drain(MINUTES), 0);
  assert.deepEqual(t.service.asked, ["45.0.0.1"]);
  assert.equal((await t.marks(1)).length, 1);
});

testWith("part of the requests is kept for graver alerts", async (t) => {
  const worker = t.worker({ daily: 10 });
  await worker.start();
  await t.store.write({
    alerts: Array.from({ length: 9 }, (_, i) => alertOf(i + 1, `45.0.0.${i + 1}`, "low")),
  });
  await worker.drain(MINUTES);
  assert.equal(t.service.asked.length, 5);
  await t.store.write({ alerts: [alertOf(50, "46.0.0.1", "critical")] });
  await worker.drain(MINUTES);
  assert.equal(t.service.asked.at(-1), "46.0.0.1");
  assert.equal(t.service.asked.length, 6);
});

testWith("a wrong key is told once and asked with no more", async (t) => {
  const worker = t.worker({}, "wrong");
  await worker.start();
  await t.store.write({ alerts: [alertOf(1, "45.0.0.1"), alertOf(2, "45.0.0.2")] });
  await worker.drain(MINUTES);
  await worker.drain(MINUTES);
  assert.deepEqual(t.service.asked, []);
  assert.equal(t.said.length, 1);
  assert.match(t.said[0], /the key is refused: it answers HTTP 401: Authentication failed\./);
  assert.doesNotMatch(t.said[0], /wrong/);
  assert.match(JSON.stringify(await t.marks(2)), /not asked: the key is refused/);
});

testWith("429 pauses as long as it says, 422 is no reason to ask again", async (t) => {
  const worker = t.worker();
  await worker.start();
  t.service.answer = () => errors(429, "Daily rate limit exceeded", { "retry-after": "600" });
  await t.store.write({ alerts: [alertOf(1, "45.0.0.1")] });
  await worker.drain(MINUTES);
  t.clock += 599_000;
  await worker.drain(MINUTES);
  assert.equal(t.service.asked.length, 1);
  t.clock += 2000;
  t.service.answer = () => errors(422, "The ip address must be a valid IPv4 or IPv6 address.");
  await worker.drain(MINUTES);
  assert.equal(t.service.asked.length, 2);
  assert.match(JSON.stringify(await t.marks(1)), /not known: it answers HTTP 422: The ip address/);
  assert.equal(await worker.drain(MINUTES), 0);
  assert.equal(t.service.asked.length, 2);
});

testWith("what is slow, broken or no answer is tried again later, and alerts say so", async (t) => {
  const worker = t.worker({}, KEY, 200);
  await worker.start();
  const release = Promise.withResolvers<void>();
  const bad: [() => Response | Promise<Response>, RegExp][] = [
    [() => new Response("<html>"), /none of a check/],
    [() => Response.json({ data: { abuseConfidenceScore: 101 } }), /none of a check/],
    [() => Response.json([]), /none of a check/],
    [() => new Response("", { status: 500 }), /HTTP 500/],
    [async () => {
      await release.promise;
      return new Response("");
    }, /no answer within 0\.2 s/],
  ];
  await t.store.write({ alerts: [alertOf(1, "45.0.0.1")] });
  for (const [answer, reason] of bad) {
    t.service.answer = answer;
    await worker.drain(MINUTES);
    assert.match(JSON.stringify(await t.marks(1)), reason);
    t.clock += 20 * 60_000;
  }
  release.resolve();
  t.service.answer = (address) => known(address, 30);
  await worker.drain(MINUTES);
  assert.match(JSON.stringify(await t.marks(1)), /"band":"medium"/);
  assert.equal((await t.marks(1)).length, 1);
});

testWith(
  "429 without Retry-After pauses until X-RateLimit-Reset; what is left is the service's word",
  async (t) => {
    const worker = t.worker({ daily: 10 });
    await worker.start();
    const reset = String(NOW / 1000 + 1800);
    t.service.answer = () =>
      errors(429, "Daily rate limit exceeded", { "x-ratelimit-reset": reset });
    await t.store.write({ alerts: [alertOf(1, "45.0.0.1")] });
    await worker.drain(MINUTES);
    t.clock += 1_799_000;
    await worker.drain(MINUTES);
    assert.equal(t.service.asked.length, 1);
    t.clock += 2000;
    // Another program has used the same key: five of ten are left, which are for graver alerts.
    t.service.answer = (address) => {
      const answer = known(address, 100);
      answer.headers.set("x-ratelimit-remaining", String(6 - t.service.asked.length));
      return answer;
    };
    await t.store.write({ alerts: [alertOf(2, "45.0.0.2", "low"), alertOf(3, "45.0.0.3")] });
    await worker.drain(MINUTES);
    assert.deepEqual(t.service.asked.slice(1), ["45.0.0.1", "45.0.0.3"]);
    assert.match(JSON.stringify(await t.marks(2)), /kept for graver alerts/);
    t.service.answer = (address) => {
      const answer = known(address, 100);
      answer.headers.set("x-ratelimit-remaining", "0");
      return answer;
    };
    await t.store.write({ alerts: [alertOf(4, "45.0.0.4"), alertOf(5, "45.0.0.5")] });
    await worker.drain(MINUTES);
    assert.equal(t.service.asked.length, 4);
    assert.match(
      JSON.stringify(await t.marks(5)),
      /not asked: it says that no request of this day/,
    );
    // Its word of before its midnight holds no day.
    t.clock += HOUR;
    await worker.drain(MINUTES);
    assert.equal(t.service.asked.length, 5);
  },
);

/** Whom the simulated day is about: most alerts are of little weight. */
const MIX: readonly (readonly [Alert["severity"], number])[] = [
  ["critical", 1],
  ["high", 1],
  ["medium", 4],
  ["low", 8],
];

testWith("a day of the simulation with more addresses than requests", async (t) => {
  const STEP = 15 * 60_000, MIDNIGHT = Date.UTC(2026, 2, 29);
  // The service counts by its own clock, which is two minutes behind, and refuses what is over.
  const LIMIT = 1000, SKEW = 120_000;
  const used = new Map<number, number>();
  let refused = 0;
  t.service.answer = (address) => {
    const now = t.clock - SKEW, day = Math.floor(now / DAY), n = used.get(day) ?? 0;
    const left = (day + 1) * DAY - now;
    if (n >= LIMIT) {
      refused++;
      return errors(429, "Daily rate limit of 1000 requests exceeded for this endpoint.", {
        "retry-after": String(Math.ceil(left / 1000)),
        "x-ratelimit-limit": String(LIMIT),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil((now + left) / 1000)),
      });
    }
    used.set(day, n + 1);
    const answer = known(address, 100);
    answer.headers.set("x-ratelimit-limit", String(LIMIT));
    answer.headers.set("x-ratelimit-remaining", String(LIMIT - n - 1));
    return answer;
  };
  // After midnight here, and before it there.
  t.clock = MIDNIGHT + SKEW / 2;
  let workers = [t.worker(), t.worker()];
  for (const worker of workers) await worker.start();
  const sent: { n: number; severity: Alert["severity"]; time: number }[] = [];
  // A day, and two hours of the next.
  const STEPS = 104;
  for (let step = 0; step < STEPS; step++) {
    const alerts: Alert[] = [];
    for (const [severity, count] of MIX) {
      for (let i = 0; i < count; i++) {
        const n = sent.length + 1;
        sent.push({ n, severity, time: t.clock });
        const alert = alertOf(n, `45.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, severity);
        alerts.push({ ...alert, time: t.clock, first: t.clock, last: t.clock });
      }
    }
    await t.store.write({ alerts });
    // Two processes on one store; both are ended in the middle of the day and others begin.
    await Promise.all(workers.map((w) => w.drain(MINUTES)));
    if (step === 48) {
      for (const worker of workers) await worker.close();
      workers = [t.worker(), t.worker()];
      for (const worker of workers) await worker.start();
    }
    t.clock += STEP;
  }
  assert.ok(sent.filter((s) => s.time < MIDNIGHT + DAY).length > 1.3 * LIMIT);
  const days = [...used.values()];
  assert.ok(days.length === 3 && days.every((n) => n <= LIMIT), days.join());
  assert.ok(days[1] > LIMIT * 0.8, days.join());
  // Over its limit it is asked by nobody, but where clocks differ at midnight.
  assert.ok(refused <= 2, `${refused} refused`);
  for (const day of ["2026-03-29", "2026-03-30"]) {
    assert.ok(await t.store.reputations.spent("abuseipdb", day) <= LIMIT, day);
  }
  const marks = new Map<string, { score?: number; note?: string }>();
  for (let last = 0;;) {
    const page = await t.store.changesSince(last, 500);
    for (const { id, context } of page.alerts) marks.set(id, context?.intelligence?.[0] ?? {});
    if (page.alerts.length === 0) break;
    last = page.last;
  }
  const share = new Map<string, [known: number, all: number]>();
  for (const { n, severity } of sent) {
    const mark = marks.get(n.toString(16).padStart(32, "0"));
    const of = share.get(severity) ?? [0, 0];
    if (mark?.score === 100) of[0]++;
    else assert.match(mark?.note ?? "nothing", /^not asked: /, `alert ${n}`);
    of[1]++;
    share.set(severity, of);
  }
  // Every grave alert has its answer, and what waits over midnight comes the gravest first.
  const asked = (severity: string) => share.get(severity)!;
  for (const severity of ["critical", "high", "medium"]) {
    assert.equal(asked(severity)[0], asked(severity)[1], severity);
  }
  assert.ok(asked("low")[0] < asked("low")[1], JSON.stringify([...share]));
});

Deno.test("reputation: AbuseIPDB's bands", () => {
  const bands = [0, 24, 25, 74, 75, 100].map(bandOf);
  assert.deepEqual(bands, ["low", "low", "medium", "medium", "high", "high"]);
});
