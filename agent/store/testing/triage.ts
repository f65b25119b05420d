/** The store suite: verdicts, assignments, silences, exceptions, and who did what. */
import assert from "node:assert/strict";
import { openStore, type Store } from "../mod.ts";
import { silenceOf } from "../types/silences.ts";
import { alertOf, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const id = (c: string) => c.repeat(32);
const DAY = 86_400_000;

/** Actions of the audit list, oldest first. */
const deeds = async (store: Store) =>
  (await store.audit({ limit: 100 })).items.map((e) => `${e.who} ${e.action} ${e.subject}`)
    .reverse();

export const TRIAGE: StoreTests = {
  async "searches are kept by name, and who kept them is noted"(store) {
    const search = { name: "logins", query: "user:root", since: "7d", description: "", who: "ada" };
    const { updated, ...saved } = await store.saveSearch(search);
    assert.deepEqual(saved, search);
    assert.ok(updated > 0);
    await store.saveSearch({ ...search, query: "user:eve", since: null });
    await store.saveSearch({ ...search, name: "all" });
    const all = await store.savedSearches();
    assert.deepEqual(all.map((s) => [s.name, s.query, s.since]), [
      ["all", "user:root", "7d"],
      ["logins", "user:eve", null],
    ]);
    assert.equal(await store.removeSearch("logins", "bob"), true);
    assert.equal(await store.removeSearch("logins", "bob"), false);
    assert.deepEqual((await store.savedSearches()).map((s) => s.name), ["all"]);
    const { items } = await store.audit({ limit: 10, subject: "logins" });
    assert.deepEqual(items.map((a) => [a.who, a.action]), [
      ["bob", "search.remove"],
      ["ada", "search.save"],
      ["ada", "search.save"],
    ]);
  },

  async "views are kept by page and name, and who kept them is noted"(store) {
    const view = { page: "alerts", name: "Open", query: "status=open", who: "ada" };
    const { updated, ...saved } = await store.saveView(view);
    assert.deepEqual(saved, view);
    assert.ok(updated > 0);
    await store.saveView({ ...view, page: "events", query: "q=sudo" });
    await store.saveView({ ...view, query: "severity=critical", who: "bob" });
    const all = await store.savedViews();
    assert.deepEqual(all.map((v) => [v.page, v.query, v.who]), [
      ["alerts", "severity=critical", "bob"],
      ["events", "q=sudo", "ada"],
    ]);
    assert.equal(await store.removeView(view, "eve"), true);
    assert.equal(await store.removeView(view, "eve"), false);
    assert.deepEqual((await store.savedViews()).map((v) => v.page), ["events"]);
    assert.deepEqual(await deeds(store), [
      "ada view.save alerts Open",
      "ada view.save events Open",
      "bob view.save alerts Open",
      "eve view.remove alerts Open",
    ]);
  },

  async "a verdict, an assignment and a comment leave the status to the engine"(store, options) {
    await store.write({ alerts: [alertOf("a"), alertOf("b"), alertOf("c", { rule: "scan" })] });
    const [judged] = await store.editAlerts([id("a")], {
      verdict: "false_positive",
      assignee: "bob",
      comment: "the scanner",
      who: "ada",
    });
    assert.equal(judged.verdict, "false_positive");
    assert.equal(judged.verdictBy, "ada");
    assert.ok(judged.verdictAt! > T0);
    assert.equal(judged.assignee, "bob");
    assert.deepEqual([judged.status, judged.statusBy, judged.comment], ["open", null, null]);
    await store.write({ alerts: [alertOf("a", { status: "closed", count: 9 })] });
    const after = await store.alert(id("a"));
    assert.deepEqual([after?.status, after?.count, after?.verdict], [
      "closed",
      9,
      "false_positive",
    ]);
    // A comment alone, then the verdict and the assignment taken back.
    await store.editAlerts([id("a")], { comment: "wait", who: "bob" });
    const change = { verdict: null, assignee: null, comment: null, who: "cy" };
    const [back] = await store.editAlerts([id("a")], change);
    assert.deepEqual(
      [back.verdict, back.verdictBy, back.verdictAt, back.assignee],
      [null, null, null, null],
    );
    const history = (await store.alertHistory(id("a"))).map(({ at: _, alert: __, ...h }) => h);
    const closed = { from: "closed", to: "closed" };
    assert.deepEqual(history, [
      {
        who: "ada",
        from: "open",
        to: "open",
        comment: "the scanner",
        verdict: "false_positive",
        assignee: "bob",
      },
      { who: "bob", ...closed, comment: "wait", verdict: null, assignee: null },
      { who: "cy", ...closed, comment: null, verdict: "none", assignee: "" },
    ]);
    await store.editAlerts([id("b"), id("c"), id("f")], {
      status: "closed",
      verdict: "benign",
      comment: null,
      who: "ada",
    });
    assert.deepEqual([...await store.verdicts()].sort(), [
      ["scan", { true_positive: 0, false_positive: 0, benign: 1 }],
      ["ssh_brute_force", { true_positive: 0, false_positive: 0, benign: 1 }],
    ]);
    const ids = async (filter: object) =>
      (await store.alerts({ limit: 9, ...filter })).items.map((a) => a.id[0]).sort().join("");
    await store.editAlerts([id("c")], { assignee: "bob", comment: null, who: "ada" });
    assert.deepEqual(
      [
        await ids({ verdict: "benign" }),
        await ids({ verdict: "none" }),
        await ids({ assignee: "bob" }),
        await ids({ assignee: "" }),
      ],
      ["bc", "a", "c", "ab"],
    );
    // What a person spoke of is not taken back by the run that wrote it.
    await store.write({ alerts: [alertOf("d")] });
    await store.editAlerts([id("d")], { comment: "look", who: "ada" });
    await store.write({ retract: [id("d")] });
    assert.equal((await store.alert(id("d")))?.id, id("d"));
    await store.close();
    const again = await openStore(options);
    try {
      assert.equal((await again.alert(id("b")))?.verdict, "benign");
      assert.equal((await again.audit({ limit: 1, subject: id("c") })).items[0].who, "ada");
    } finally {
      await again.close();
    }
  },

  async "a silence holds for its alerts until its end, or until somebody ends it"(store) {
    const now = Date.now();
    const silence = {
      rule: "ssh_brute_force",
      fields: { src: "203.0.113.9" },
      reason: "a test",
      who: "ada",
      ends: now + DAY,
    };
    const made = await store.addSilence(silence);
    const { id: silenceId, created, ...rest } = made;
    assert.match(silenceId, /^[0-9a-f]{32}$/);
    assert.ok(Math.abs(created - now) < DAY / 24);
    assert.deepEqual(rest, { ...silence, ended: null, endedBy: null });
    const longer = await store.addSilence({ ...silence, rule: null, ends: now + 2 * DAY });
    const all = await store.silences({ active: true, now });
    assert.deepEqual(all.map((s) => s.id).sort(), [silenceId, longer.id].sort());
    const at = Math.max(created, longer.created) + 1000;
    const held = (change: object, time = at) => silenceOf(all, alertOf("a", change), time)?.id;
    const src = (value: string) => ({ entity: { src: value } });
    assert.equal(held(src("203.0.113.9")), longer.id);
    assert.equal(held({ ...src("203.0.113.9"), rule: "scan" }), longer.id);
    assert.equal(held(src("203.0.113.8")), undefined);
    assert.equal(held(src("203.0.113.9"), now + 3 * DAY), undefined);
    assert.equal(silenceOf([made], alertOf("a", { rule: "scan" }), at), null);
    // A field of the alert where the entity has none of that name, in any case.
    const user = { ...made, rule: null, fields: { user: "Root" } };
    const fields = { entity: { src: "x" }, fields: { user: "root" } };
    assert.equal(silenceOf([user], alertOf("a", fields), at)?.id, user.id);
    assert.equal(silenceOf([user], alertOf("a", { ...fields, fields: {} }), at), null);
    const ended = await store.endSilence(silenceId, "bob");
    assert.equal(ended?.endedBy, "bob");
    assert.equal(silenceOf([ended!], alertOf("a"), at), null);
    assert.equal(await store.endSilence(silenceId, "bob"), null);
    assert.equal(await store.endSilence(id("f"), "bob"), null);
    const active = async (time: number) =>
      (await store.silences({ active: true, now: time })).map((s) => s.id);
    assert.deepEqual(await active(now), [longer.id]);
    assert.deepEqual(await active(now + 3 * DAY), []);
    assert.equal((await store.silences({ active: false, now })).length, 2);
    assert.deepEqual(await deeds(store), [
      `ada silence.create ${silenceId}`,
      `ada silence.create ${longer.id}`,
      `bob silence.end ${silenceId}`,
    ]);
  },

  async "an exception is listed until somebody ends it"(store) {
    const exception = {
      rule: "ssh_brute_force",
      condition: 'src == "203.0.113.9"',
      reason: "the \u202escanner",
      who: "ada",
      until: T0 + DAY,
      alert: id("a"),
    };
    const made = await store.addException(exception);
    const endless = await store.addException({ ...exception, until: null, alert: null });
    const { id: exceptionId, created: _, ...rest } = made;
    assert.deepEqual(rest, { ...exception, ended: null, endedBy: null });
    assert.deepEqual([endless.until, endless.alert], [null, null]);
    const listed = async (active: boolean) =>
      (await store.exceptions({ active, now: Date.now() })).map((e) => e.id).sort();
    assert.deepEqual(await listed(true), [exceptionId, endless.id].sort());
    assert.equal((await store.endException(exceptionId, "bob"))?.endedBy, "bob");
    assert.equal(await store.endException(exceptionId, "bob"), null);
    assert.deepEqual(await listed(true), [endless.id]);
    assert.equal((await listed(false)).length, 2);
    assert.deepEqual((await deeds(store)).at(-1), `bob exception.end ${exceptionId}`);
  },

  async "the audit list says who did what, in pages"(store) {
    await store.write({ alerts: [alertOf("a")] });
    await store.setAlertStatus(id("a"), { status: "closed", comment: "done", who: "ada" });
    const hash = "0".repeat(64);
    await store.addToken({ name: "grafana", role: "read", hash, who: "ada" });
    await assert.rejects(store.addToken({ name: "grafana", role: "read", hash: "1" + hash }));
    await store.revokeToken("grafana", "bob");
    await store.revokeToken("grafana");
    assert.deepEqual(await deeds(store), [
      `ada alert.edit ${id("a")}`,
      "ada token.create grafana",
      "bob token.revoke grafana",
    ]);
    const first = await store.audit({ limit: 2 });
    assert.equal(first.items.length, 2);
    const rest = await store.audit({ limit: 2, cursor: first.next! });
    assert.deepEqual([rest.items.length, rest.next], [1, null]);
    assert.deepEqual(rest.items[0].detail, { from: "open", status: "closed", comment: "done" });
    const of = async (filter: object) => (await store.audit({ limit: 9, ...filter })).items.length;
    assert.deepEqual(
      [
        await of({ who: "bob" }),
        await of({ action: "token.create" }),
        await of({ subject: id("a") }),
      ],
      [1, 1, 1],
    );
  },
};
