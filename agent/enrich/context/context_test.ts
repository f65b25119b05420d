import assert from "node:assert/strict";
import { FUNCTIONS } from "../../../compiler/functions/table.ts";
import { sampleAlert } from "../../outputs/testing/suite.ts";
import { Context, type ContextSettings } from "./context.ts";
import { DEFAULT_RAISE } from "./marks.ts";
import { Resource } from "./resource.ts";
import { writeMmdb } from "./testing/mmdb.ts";
import { until } from "../../../tests/waiting.ts";

const span = { start: 0, end: 1 };
const from = (path: string, more = {}) => ({
  from: path,
  span,
  every: 60_000,
  allowPrivate: true,
  ...more,
});
const NONE: ContextSettings = {
  assets: { files: [], raise: DEFAULT_RAISE },
  identities: { files: [], raise: DEFAULT_RAISE },
  geography: [],
  threat_lists: [],
};
const call = (name: string, value: string) => FUNCTIONS.get(name)!.run(value);
const configured = (name: string) => FUNCTIONS.get(name)!.configured!();

Deno.test("context: marks of alerts and functions of rules know the same, until it is closed", async () => {
  const folder = await Deno.makeTempDir();
  const said: string[] = [];
  const context = new Context({ notice: (text) => said.push(text) });
  try {
    await Deno.writeFile(
      `${folder}/city.mmdb`,
      writeMmdb([["45.83.64.0/24", { country: { iso_code: "US" } }]]),
    );
    await Deno.writeTextFile(`${folder}/list.txt`, "45.83.64.1 # scanner\n");
    assert.equal(configured("geo_country"), false);
    const { problems } = await context.load({
      ...NONE,
      geography: [from(`${folder}/city.mmdb`)],
      threat_lists: [{
        name: "ours",
        source: from(`${folder}/list.txt`),
        format: null,
        column: null,
      }],
    });
    assert.deepEqual(problems, []);
    assert.match(said[0], /^Threat list "ours": 1 entry, from .*list\.txt, just now$/);
    const alert = { ...sampleAlert("1".repeat(32), "x"), entity: { src: "45.83.64.1" } };
    const [{ alert: marked }] = context.mark([{ change: "open", alert }]);
    const [mark] = marked.context!.intelligence!;
    assert.deepEqual({ ...mark, as_of: "" }, {
      field: "src",
      value: "45.83.64.1",
      source: "ours",
      description: "scanner",
      as_of: "",
    });
    assert.deepEqual(marked.context!.geography, [
      { field: "src", value: "45.83.64.1", country: "US" },
    ]);
    assert.equal(call("geo_country", "45.83.64.7"), "US");
    assert.equal(call("threat_list", "45.83.64.1"), "ours");
    assert.equal(configured("asset_owner"), false);
    // What does not read leaves all as it was.
    const again = { ...NONE, geography: [from(`${folder}/gone.mmdb`)] };
    await context.reload({ sections: again });
    assert.match(said.at(-1)!, /gone\.mmdb.*no such file.*what was known before stays/);
    assert.equal(call("geo_country", "45.83.64.7"), "US");
  } finally {
    context.close();
    await Deno.remove(folder, { recursive: true });
  }
  assert.equal(call("geo_country", "45.83.64.7"), undefined);
  assert.equal(configured("geo_country"), false);
});

Deno.test("context: an address that fails keeps what it gave; what is too long or moved is told", async () => {
  let answer = () => new Response("192.0.2.1\n");
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => answer());
  const url = `http://127.0.0.1:${server.addr.port}/list`;
  const resource = new Resource(from(url), {
    what: "The list",
    most: 100,
    parse: (bytes) => new TextDecoder().decode(bytes),
    notice: () => {},
  });
  try {
    assert.equal(await resource.read(), null);
    assert.equal(resource.value, "192.0.2.1\n");
    const { asOf } = resource;
    const failing: [() => Response, RegExp][] = [
      [() => new Response("x", { status: 503 }), /HTTP 503/],
      [() => new Response("x".repeat(101)), /more than 100 bytes/],
      [() => Response.redirect("http://192.0.2.1/", 302), /redirect, which is not followed/],
    ];
    for (const [next, reason] of failing) {
      answer = next;
      assert.match((await resource.read())!, reason);
      assert.equal(resource.value, "192.0.2.1\n");
      assert.equal(resource.asOf, asOf);
    }
    answer = () => new Response("192.0.2.2\n");
    assert.equal(await resource.read(), null);
    assert.equal(resource.value, "192.0.2.2\n");
    const guarded = new Resource({ ...from(url), allowPrivate: false }, {
      what: "The list",
      most: 100,
      parse: () => "",
      notice: () => {},
    });
    assert.match((await guarded.read())!, /private network/);
  } finally {
    await server.shutdown();
  }
  assert.match((await resource.read())!, /./);
  assert.equal(resource.value, "192.0.2.2\n");
});

Deno.test("context: a file is read again when it has changed, and a recovery is told", async () => {
  const path = await Deno.makeTempFile();
  const said: string[] = [];
  const resource = new Resource({ ...from(path), every: 20 }, {
    what: "The list",
    most: 100,
    parse: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      if (text === "bad") throw new Error("it is bad");
      return text;
    },
    notice: (text) => said.push(text),
  });
  try {
    await Deno.writeTextFile(path, "one");
    await resource.read();
    let changes = 0;
    resource.follow(() => changes++);
    await Deno.writeTextFile(path, "bad");
    await Deno.utime(path, new Date(), new Date(Date.now() + 5000));
    await until(() => said.length === 1, "a warning");
    assert.match(said[0], /^warning: The list cannot be read: it is bad; what was read .* stays$/);
    assert.equal(resource.value, "one");
    await Deno.writeTextFile(path, "two");
    await until(() => changes > 0 && resource.value === "two", "the list of before");
    assert.equal(resource.value, "two");
    assert.deepEqual(said.slice(1), ["The list is read again"]);
  } finally {
    resource.close();
    await Deno.remove(path);
  }
});
