/** The store suite: alerts and incidents. */
import assert from "node:assert/strict";
import type { Alert } from "../../event.ts";
import { eventId, textCheck } from "../../event.ts";
import { UNTOUCHED } from "../types/types.ts";
import { alertOf, batchOf, failures, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

export const ALERTS: StoreTests = {
  async "the last change of an alert wins, except over a person"(store) {
    const batch = batchOf(failures(2));
    const id = eventId("00112233445566aa", 0, textCheck(batch.events[0]._raw));
    const open = alertOf("a", { eventIds: [id] });
    const closed = { ...open, status: "closed" as const, count: 9, message: "9 failed \0logins" };
    const { alerts } = await store.write({ batches: [batch], alerts: [open, closed] });
    assert.equal(alerts, 1);
    const [found] = (await store.alerts({ limit: 5 })).items;
    const { updated, ...rest } = found;
    assert.ok(updated > T0);
    assert.deepEqual(rest, {
      ...closed,
      message: "9 failed \ufffdlogins",
      ...UNTOUCHED,
    });
    assert.deepEqual((await store.alertsOfEvent(id)).map((a) => a.id), [open.id]);
    const change = { status: "acknowledged" as const, comment: "mine", who: "ada" };
    assert.equal((await store.setAlertStatus(open.id, change))?.status, "acknowledged");
    await store.write({ alerts: [{ ...closed, count: 10 }] });
    const after = await store.alert(open.id);
    assert.equal(after?.status, "acknowledged");
    assert.equal(after?.count, 10);
    assert.equal(after?.comment, "mine");
    assert.equal(await store.setAlertStatus("b".repeat(32), change), null);
    await store.write({
      alerts: [alertOf("c", { severity: "low", rule: "scan", entity: { user: "bob" } })],
    });
    const ids = async (filter: object) =>
      (await store.alerts({ limit: 9, ...filter })).items.map((a) => a.id[0]).join("");
    assert.equal(await ids({}), "ca");
    assert.equal(await ids({ severities: ["high", "critical"] }), "a");
    assert.equal(await ids({ status: "open", rule: "scan" }), "c");
    assert.equal(await ids({ entity: "bob" }), "c");
    assert.equal(await ids({ fields: { src: "203.0.113.9", failures: "5" } }), "ca");
  },

  async "alerts that are taken back leave incidents as if they had never been"(store) {
    const at = (id: string, rule: string, time: number) =>
      alertOf(id, { rule, time, first: time, last: time });
    const hour = 3_600_000;
    const all = [
      at("a", "scan", T0),
      at("b", "login", T0 + 20 * hour),
      at("c", "scan", T0 + 40 * hour),
      at("d", "login", T0 + 41 * hour),
    ];
    const shape = async () =>
      (await store.incidents({ limit: 9 })).items.map((i) => [i.first - T0, i.last - T0, i.alerts]);
    await store.write({ alerts: all });
    assert.deepEqual(await shape(), [[0, 41 * hour, 4]]);
    // Without the one between, what is left is more than a day apart, and the first is alone.
    await store.write({ retract: [all[1].id], alerts: [at("e", "sudo", T0 + 42 * hour)] });
    assert.deepEqual(await shape(), [[40 * hour, 42 * hour, 3]]);
    assert.equal(await store.alert(all[1].id), null);
    await store.setAlertStatus(all[0].id, { status: "closed", comment: "", who: "ada" });
    await store.write({ retract: all.map((a) => a.id) });
    const ids = (await store.alerts({ limit: 9 })).items.map((a) => a.id[0]).join("");
    assert.equal(ids, "ea", "what a person has touched stays");
    assert.deepEqual(await shape(), []);
  },

  async "incidents follow from the alerts, in whatever portions they come"(store) {
    const day = 24 * 3_600_000;
    const at = (id: string, rule: string, first: number, change: Partial<Alert> = {}) =>
      alertOf(id, { rule, time: first, first, last: first, ...change });
    const all = [
      at("a", "scan", T0, { severity: "low" }),
      at("b", "ssh_brute_force", T0 + day, { last: T0 + day + 1 }),
      at("c", "scan", T0 + 2 * day + 1),
      at("d", "scan", T0 + 4 * day),
      at("e", "scan", T0, { entity: { user: "bob" } }),
      at("f", "login", T0, { entity: { user: "BOB" }, mitre: [] }),
      at("0", "login", T0, { entity: {} }),
    ];
    const shape = async () =>
      (await store.incidents({ limit: 9 })).items.map((i) => [
        i.entity.value.toLowerCase(),
        i.severity,
        i.first,
        i.last,
        i.alerts,
      ]);
    await store.write({ alerts: [all[0], all[2], all[3]] });
    assert.deepEqual(await shape(), []);
    await store.write({ alerts: [all[1]] });
    const first = (await store.incidents({ limit: 9 })).items;
    assert.deepEqual(await shape(), [["203.0.113.9", "high", T0, T0 + 2 * day + 1, 3]]);
    assert.deepEqual(first[0].rules, ["scan", "ssh_brute_force"]);
    assert.equal(first[0].headline.alert, "b".repeat(32));
    assert.deepEqual(
      (await store.timeline(first[0].id, 10)).map((a) => a.id[0]),
      ["a", "b", "c"],
    );
    await store.write({ alerts: all.slice(4) });
    assert.equal((await shape()).length, 2);
    // An earlier alert joins: the incident has another first alert, and so another id.
    await store.write({ alerts: [at("9", "login", T0 - day)] });
    const after = (await store.incidents({ limit: 9, entity: "203.0.113.9" })).items;
    assert.equal(after.length, 1);
    assert.notEqual(after[0].id, first[0].id);
    assert.equal(after[0].alerts, 4);
    assert.equal(await store.incident(first[0].id), null);
    const ids = async (filter: object) =>
      (await store.incidents({ limit: 9, ...filter })).items.map((i) => i.entity.field).join();
    assert.equal(await ids({ entity: "Bob" }), "user");
    assert.equal(await ids({ from: T0 + 1 }), "src");
    assert.equal(await ids({ to: T0 }), "src");
    assert.equal(await ids({ severities: ["critical"] }), "");
    assert.equal(await ids({ status: "open" }), "user,src");
    const closed = { status: "closed" as const, comment: null, who: "ada" };
    for (const id of ["e", "f"]) await store.setAlertStatus(id.repeat(32), closed);
    assert.equal(await ids({ status: "closed" }), "user");
    const page = await store.incidents({ limit: 1 });
    const rest = await store.incidents({ limit: 9, cursor: page.next! });
    assert.equal(rest.items.length, 1);
    assert.equal(rest.next, null);
  },

  async "what people do to alerts is recorded"(store) {
    const ids = ["a", "b"].map((c) => c.repeat(32));
    await store.write({ alerts: [alertOf("a"), alertOf("b", { status: "closed" })] });
    const change = { status: "acknowledged" as const, comment: "mine", who: "ada" };
    const changed = await store.setAlertStatuses([...ids, "f".repeat(32), ids[0]], change);
    assert.deepEqual(changed.map((a) => a.id).sort(), ids);
    assert.deepEqual(changed.map((a) => a.status), ["acknowledged", "acknowledged"]);
    const bob = { status: "closed" as const, comment: null, who: "bob" };
    // A status without a word leaves the words that are there.
    assert.equal((await store.setAlertStatus(ids[1], bob))?.comment, "mine");
    const history = await store.alertHistory(ids[1]);
    assert.ok(history.every((h) => h.at > T0));
    const left = { verdict: null, assignee: null };
    assert.deepEqual(history.map(({ at: _, ...rest }) => rest), [
      { alert: ids[1], who: "ada", from: "closed", to: "acknowledged", comment: "mine", ...left },
      { alert: ids[1], who: "bob", from: "acknowledged", to: "closed", comment: null, ...left },
    ]);
    assert.deepEqual(await store.alertHistory("f".repeat(32)), []);
    assert.deepEqual(await store.setAlertStatuses([], change), []);
    const { alertsByStatus } = await store.stats();
    assert.deepEqual(alertsByStatus, { open: 0, acknowledged: 1, closed: 1 });
  },

  async "changes come in order, and only what changed"(store, options) {
    assert.equal(await store.lastChange(), 0);
    assert.deepEqual(await store.changesSince(0, 10), { alerts: [], last: 0 });
    await store.write({ alerts: [alertOf("a"), alertOf("b")] });
    const first = await store.changesSince(0, 10);
    assert.deepEqual(first.alerts.map((a) => a.id[0]).sort(), ["a", "b"]);
    assert.equal(await store.lastChange(), first.last);
    assert.deepEqual(await store.changesSince(first.last, 10), { alerts: [], last: first.last });
    // The same again is no change; what a person says is one.
    await store.write({ alerts: [alertOf("a"), alertOf("b", { count: 9 })] });
    await store.setAlertStatus("a".repeat(32), { status: "closed", comment: null, who: "ada" });
    await store.write({ alerts: [alertOf("a")] });
    const next = await store.changesSince(first.last, 1);
    assert.deepEqual(next.alerts.map((a) => [a.id[0], a.count]), [["b", 9]]);
    const rest = await store.changesSince(next.last, 10);
    assert.deepEqual(rest.alerts.map((a) => [a.id[0], a.status]), [["a", "closed"]]);
    if (options.data !== undefined) return;
    // Writers at once: no number appears after a larger one was seen.
    const alerts = Array.from({ length: 40 }, (_, i) => ({
      ...alertOf("0", { entity: { src: `198.51.100.${i}` } }),
      id: i.toString(16).padStart(32, "0"),
    }));
    const writes = alerts.map((a) => store.write({ alerts: [a] }));
    const seen = new Set<string>();
    let last = rest.last, done = false;
    const all = Promise.all(writes).then(() => done = true);
    for (let ended = false; !ended;) {
      ended = done;
      const found = await store.changesSince(last, 7);
      for (const a of found.alerts) seen.add(a.id);
      last = found.last;
      if (found.alerts.length > 0) ended = false;
    }
    await all;
    assert.equal(seen.size, 40);
  },

  async "late rows and clocks of hosts are gathered from health events"(store) {
    const late = (host: string, count: number, behind_ms: number) => ({
      time: T0,
      kind: "late",
      subject: host,
      message: "Late",
      detail: { input: "udp://:514", host, count, untimed: 0, behind_ms },
    });
    const clock = (host: string, time: number, offset_ms: number) => ({
      time,
      kind: "clock",
      subject: host,
      message: "Clock",
      detail: { host, input: "udp://:514", offset_ms },
    });
    assert.deepEqual([await store.lateHosts(9), await store.hostClocks(9)], [[], []]);
    await store.write({
      health: [
        ...[late("web1", 3, 9000), late("web1", 2, 7000), late("web2", 9, 1)],
        ...[clock("web1", T0, 7_200_000), clock("web1", T0 + 1, 0), clock("web2", T0, -900_000)],
      ],
    });
    const input = "udp://:514";
    assert.deepEqual(await store.lateHosts(9), [
      { input, host: "web2", rows: 9, behindMs: 1 },
      { input, host: "web1", rows: 5, behindMs: 9000 },
    ]);
    assert.equal((await store.lateHosts(1)).length, 1);
    assert.deepEqual(await store.hostClocks(9), [
      { input, host: "web2", offsetMs: -900_000 },
      { input, host: "web1", offsetMs: 0 },
    ]);
  },

  async "hits of rules follow the alerts"(store) {
    assert.deepEqual(await store.ruleHits(), []);
    const scan = { rule: "scan", time: T0 + 3_600_000, count: 2, suppressed: 3 };
    await store.write({
      alerts: [alertOf("a"), alertOf("b", scan), alertOf("c", { ...scan, time: T0 })],
      health: [
        { time: T0, kind: "state_evicted", subject: "scan", message: "Lost", detail: {} },
        { time: T0 + 9, kind: "state_evicted", subject: "scan", message: "Again", detail: {} },
        { time: T0, kind: "gap", subject: "stdin", message: "Gap", detail: {} },
      ],
    });
    await store.setAlertStatus("b".repeat(32), { status: "closed", comment: null, who: "ada" });
    const hits = { rule: "scan", alerts: 2, open: 1, events: 4, suppressed: 6, last: scan.time };
    assert.deepEqual((await store.ruleHits())[0], hits);
    assert.equal((await store.ruleHits())[1].rule, "ssh_brute_force");
    assert.deepEqual(await store.ruleHits({ from: scan.time, to: scan.time + 1 }), [
      { ...hits, alerts: 1, open: 0, events: 2, suppressed: 3 },
    ]);
    assert.deepEqual(await store.degraded(), [
      { rule: "scan", first: T0, last: T0 + 9, message: "Again" },
    ]);
  },
};
