/** What every sink has to do, wherever it writes to. */
import assert from "node:assert/strict";
import type { Alert, AlertChange } from "../../event.ts";
import { type Sink, Sinks } from "../sink.ts";

/** A sink that a test reads from. */
export interface Subject {
  readonly sink: Sink;
  /** All that was delivered up to now, as the receiver sees it. */
  received(): string;
  /** From now on the receiver fails. */
  fail(): void;
}

export interface SuiteOptions {
  readonly name: string;
  open(): Subject;
}

/** An alert about one user. */
export function sampleAlert(id: string, user: string, message = `Login of ${user}`): Alert {
  const time = Date.UTC(2026, 2, 29, 0, 2, 15);
  return {
    id,
    rule: "login",
    planHash: "0",
    title: "Login",
    severity: "high",
    status: "open",
    time,
    first: time,
    last: time,
    count: 1,
    suppressed: 0,
    entity: { user },
    fields: { user },
    mitre: [],
    metadata: {},
    message,
    eventIds: [],
  };
}

export const closed = (alert: Alert): AlertChange => ({ change: "close", alert });

/** Bytes that no receiver may get raw: controls, bidi and zero-width characters. */
export const RAW = /[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u007f-\u009f\ufff9-\ufffb]/u;

export function sinkSuite({ name, open }: SuiteOptions): void {
  const batch = (alerts: readonly AlertChange[], live = false) => ({ alerts, health: [], live });

  Deno.test(`${name}: what was written is delivered once, in order, after flush and close`, async () => {
    const { sink, received } = open();
    await sink.open();
    for (const n of [1, 2, 3]) sink.write(batch([closed(sampleAlert(`id${n}`, `user${n}`))]));
    await sink.flush();
    await sink.close();
    const found = [...received().matchAll(/Login of (user\d)/g)].map((m) => m[1]);
    assert.deepEqual(found.slice(0, 3), ["user1", "user2", "user3"]);
  });

  Deno.test(`${name}: an alert that is still open is delivered by close, and only by the first`, async () => {
    const { sink, received } = open();
    await sink.open();
    sink.write(batch([{ change: "open", alert: sampleAlert("a", "root") }]));
    await sink.close();
    const text = received();
    assert.match(text, /Login of root/);
    await sink.close();
    assert.equal(received(), text);
  });

  Deno.test(`${name}: a batch of nothing and a run of nothing deliver no alert`, async () => {
    const { sink, received } = open();
    await sink.open();
    sink.write(batch([]));
    sink.write({
      alerts: [],
      health: [{ time: 0, kind: "late", subject: "stdin", message: "Rows came late", detail: {} }],
      live: true,
    });
    await sink.flush();
    await sink.close();
    assert.doesNotMatch(received(), /Login/);
  });

  Deno.test(`${name}: text of logs arrives inert`, async () => {
    const { sink, received } = open();
    await sink.open();
    for (
      const user of ["ad\u202enimda", "a\0b", "ad\u061cmin", "\x1b[2J", "a\u200bb", "\u{e0041}"]
    ) {
      sink.write(batch([closed(sampleAlert(user, user))]));
    }
    await sink.close();
    const text = received();
    assert.doesNotMatch(text, RAW);
    // A form may separate its lines and cells by these; no value above has one.
    assert.doesNotMatch(text.replaceAll(/[\n\t]/g, ""), /\p{Cc}/u);
    assert.match(text, /ad\\u\{?202e\}?nimda/);
  });

  Deno.test(`${name}: a receiver that fails is counted, said once and stops no other`, async () => {
    const bad = open(), good = open();
    const notices: string[] = [];
    const sinks = new Sinks([bad.sink, good.sink], (text) => notices.push(text));
    await sinks.open();
    bad.fail();
    for (const n of [1, 2, 3]) sinks.alerts([closed(sampleAlert(`id${n}`, `user${n}`))]);
    await sinks.flush();
    await sinks.close();
    assert.ok(sinks.errors[bad.sink.name] >= 1);
    assert.equal(notices.length, 1, notices.join("\n"));
    assert.match(notices[0], /^error: Output ".+" failed: /);
    assert.match(good.received(), /user1[^]*user2[^]*user3/);
  });
}
