import assert from "node:assert/strict";
import { blocklist } from "./blocklist.ts";
import { SettingError } from "./destination.ts";
import { contextOf, notificationOf, richAlert, settingsOf, TIME } from "./testing/samples.ts";
import { destinationSuite } from "./testing/suite.ts";

const forever = () => new AbortController().signal;
const HOUR = 3_600_000;

destinationSuite({
  name: "blocklist",
  async open() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/blocked`;
    return {
      destination: await blocklist.make(settingsOf(blocklist, { path }), contextOf()),
      received: async () =>
        (await Deno.readTextFile(path).catch(() => "")).split("\n").filter(Boolean),
      mode() {},
      end: () => Deno.remove(folder, { recursive: true }),
    };
  },
  modes: [],
  tells: false,
  inert: (delivery) => assert.match(delivery, /^[\d.]+$/),
});

async function withFolder(body: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/blocked`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Given = Parameters<typeof settingsOf>[1];

/** Blocks addresses at a time; gives the outcome. */
async function block(given: Given, addresses: readonly string[], now = TIME, event = "opened") {
  const settings = settingsOf(blocklist, given);
  const destination = await blocklist.make(settings, contextOf({ now: () => now }));
  const alerts = addresses.map((src, i) => richAlert(`${i}`, { entity: {}, fields: { src } }));
  const notification = notificationOf(alerts, { event: event as "opened" });
  try {
    return await destination.deliver(notification, forever());
  } finally {
    await destination.close();
  }
}

Deno.test("blocklist: private, special and spared addresses, names and tricks are never on it", () =>
  withFolder(async (path) => {
    await block({ path, never_block: ["45.83.64.0/24", "2606:4700::1111"] }, [
      ...["10.0.0.1", "127.0.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"],
      ...["::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "203.0.113.9", "255.255.255.255"],
      ...["45.83.64.7", "2606:4700::1111", "::ffff:45.83.64.9"],
      ...["evil.example", "8.8.8.8\n1.1.1.1", "8.8.8.8; rm -rf /", "8.8.8.0/24", "8.8.8.8 "],
      ...["45.83.65.1", "2606:4700:0:0::64", "::ffff:45.83.65.2"],
    ]);
    assert.equal(await Deno.readTextFile(path), "2606:4700::64\n45.83.65.1\n45.83.65.2\n");
  }));

Deno.test("blocklist: forms of nginx and ipset", () =>
  withFolder(async (path) => {
    const addresses = ["45.83.65.1", "2606:4700::64"];
    await block({ path, form: "nginx" }, addresses);
    assert.equal(await Deno.readTextFile(path), "deny 2606:4700::64;\ndeny 45.83.65.1;\n");
    await Deno.remove(path);
    await block({ path, form: "ipset", set: "bad" }, addresses);
    assert.equal(
      await Deno.readTextFile(path),
      `create bad hash:ip family inet maxelem 1048576 -exist
create bad-next hash:ip family inet maxelem 1048576 -exist
flush bad-next
add bad-next 45.83.65.1
swap bad-next bad
destroy bad-next
create bad6 hash:ip family inet6 maxelem 1048576 -exist
create bad6-next hash:ip family inet6 maxelem 1048576 -exist
flush bad6-next
add bad6-next 2606:4700::64
swap bad6-next bad6
destroy bad6-next
`,
    );
  }));

Deno.test("blocklist: an address leaves when its time is over, over restarts; a new alert gives it more", () =>
  withFolder(async (path) => {
    const given = { path, expiry: HOUR };
    const list = async () => (await Deno.readTextFile(path)).split("\n").filter(Boolean);
    await block(given, ["45.83.65.1", "45.83.65.2"]);
    await block(given, ["45.83.65.2"], TIME + HOUR / 2);
    assert.deepEqual(await list(), ["45.83.65.1", "45.83.65.2"]);
    await block(given, ["45.83.65.3"], TIME + HOUR);
    assert.deepEqual(await list(), ["45.83.65.2", "45.83.65.3"]);
    // A closed alert, a sample and a health event put nothing on it.
    for (const event of ["closed", "test", "health"]) {
      await block(given, ["45.83.65.4"], TIME + HOUR, event);
    }
    assert.deepEqual(await list(), ["45.83.65.2", "45.83.65.3"]);
    await block(given, [], TIME + 3 * HOUR);
    assert.deepEqual(await list(), []);
  }));

Deno.test("blocklist: what a new setting spares leaves at the next start", () =>
  withFolder(async (path) => {
    await block({ path }, ["45.83.65.1", "45.83.66.1"]);
    await block({ path, never_block: ["45.83.65.0/24"] }, ["45.83.67.1"]);
    assert.equal(await Deno.readTextFile(path), "45.83.66.1\n45.83.67.1\n");
  }));

Deno.test("blocklist: a full list keeps what it has and says so", () =>
  withFolder(async (path) => {
    await block({ path, max: 2 }, ["45.83.65.1"]);
    assert.deepEqual(await block({ path, max: 2 }, ["45.83.65.2", "45.83.65.3", "45.83.65.4"]), {
      state: "rejected",
      reason: 'The list is full: 2 of 3 addresses are not on it; raise "max"',
    });
    assert.equal(await Deno.readTextFile(path), "45.83.65.1\n45.83.65.2\n");
  }));

Deno.test("blocklist: addresses of other fields, lists of them too", () =>
  withFolder(async (path) => {
    const settings = settingsOf(blocklist, { path, fields: ["attackers"] });
    const destination = await blocklist.make(settings, contextOf());
    const alert = richAlert("1", {
      fields: { src: "45.83.65.9", attackers: ["45.83.65.1", "x", "45.83.65.2"] },
    });
    await destination.deliver(notificationOf([alert]), forever());
    await destination.close();
    assert.equal(await Deno.readTextFile(path), "45.83.65.1\n45.83.65.2\n");
  }));

Deno.test("blocklist: readers never see a part of it", () =>
  withFolder(async (path) => {
    const destination = await blocklist.make(settingsOf(blocklist, { path }), contextOf());
    await destination.deliver(notificationOf([richAlert()]), forever());
    let writing = true, reads = 0;
    const reader = (async () => {
      while (writing) {
        const text = await Deno.readTextFile(path);
        assert.match(text, /^(\d+\.\d+\.\d+\.\d+\n)+$/);
        reads++;
      }
    })();
    for (let i = 1; i <= 40; i++) {
      const alert = richAlert("1", { fields: { src: `45.83.65.${i}` } });
      await destination.deliver(notificationOf([alert]), forever());
    }
    writing = false;
    await reader;
    await destination.close();
    assert.ok(reads > 0);
    assert.equal((await Deno.readTextFile(path)).split("\n").length - 1, 41);
  }));

Deno.test("blocklist: mistakes are told; a state that does not read opens no gate", () =>
  withFolder(async (path) => {
    const mistakes: [string, Given][] = [
      ["never_block", { never_block: ["10.0.0.0/33"] }],
      ["set", { set: "a b" }],
      ["max", { max: 0 }],
    ];
    const rejects = (setting: string, given: Given) =>
      assert.rejects(
        async () => await blocklist.make(settingsOf(blocklist, { path, ...given }), contextOf()),
        (error) => error instanceof SettingError && error.setting === setting,
      );
    for (const [setting, given] of mistakes) await rejects(setting, given);
    await Deno.writeTextFile(`${path}.state`, "45.83.65.1 tomorrow\n");
    await rejects("path", {});
    const missing = await block({ path: `${path}/none/x` }, ["45.83.65.1"]).catch((e) => e);
    assert.ok(missing instanceof SettingError || missing.state === "retry");
  }));
