import assert from "node:assert/strict";
import { Context, type ContextSettings } from "./context.ts";
import { Copies } from "./copies.ts";
import { DEFAULT_RAISE } from "./marks.ts";
import { Resource, shownSource } from "./resource.ts";
import { MOST_LIST, readThreatList } from "./threat_list.ts";

const span = { start: 0, end: 1 };
const HOUR = 3_600_000;

/** A server whose answers a test sets, and what it was asked. */
function lists() {
  const asked: Headers[] = [];
  const server = {
    answer: (_: Request): Response | Promise<Response> => new Response("192.0.2.1\n"),
    asked,
    url: "",
    shutdown: () => http.shutdown(),
  };
  const http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    asked.push(request.headers);
    return server.answer(request);
  });
  server.url = `http://127.0.0.1:${http.addr.port}/list?key=secret`;
  return server;
}

interface Given {
  readonly every?: number;
  readonly most?: number;
  readonly timeout?: number;
  readonly allowPrivate?: boolean;
}

const listAt = (url: string, copies: Copies | null, given: Given = {}) => {
  const { every = 0, most = MOST_LIST, timeout, allowPrivate = true } = given;
  return new Resource({ from: url, span, every, allowPrivate }, {
    what: "The list",
    most,
    parse: (bytes) =>
      readThreatList(new TextDecoder().decode(bytes), { format: null, column: null }),
    notice: () => {},
    copies,
    timeout,
  });
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("copies: a restart knows the last good answer, asks for changes alone, and tells its age", () =>
  inFolder(async (folder) => {
    const server = lists();
    try {
      const etag = '"v1"', modified = "Sun, 29 Nov 2026 10:00:00 GMT";
      server.answer = () =>
        new Response("192.0.2.1\n", { headers: { etag, "last-modified": modified } });
      const first = listAt(server.url, new Copies(folder));
      assert.equal(await first.begin(), null);
      assert.equal(first.value?.find("192.0.2.1"), "");
      assert.equal(server.asked[0].get("if-none-match"), null);

      server.answer = () => new Response(null, { status: 304 });
      const second = listAt(server.url, new Copies(folder));
      assert.equal(await second.begin(), null);
      assert.equal(second.value?.find("192.0.2.1"), "");
      assert.equal(server.asked[1].get("if-none-match"), etag);
      assert.equal(server.asked[1].get("if-modified-since"), modified);
      assert.ok(second.asOf >= first.asOf);

      // Nothing is asked while what is kept is young enough.
      const third = listAt(server.url, new Copies(folder), { every: HOUR });
      assert.equal(await third.begin(), null);
      assert.equal(server.asked.length, 2);
      assert.equal(third.asOf, second.asOf);

      server.answer = () => new Response("gone", { status: 404 });
      const fourth = listAt(server.url, new Copies(folder));
      assert.equal(await fourth.begin(), "it answers HTTP 404");
      assert.equal(fourth.value?.find("192.0.2.1"), "");
      assert.equal(fourth.asOf, second.asOf);
      assert.match(fourth.stays(), /^what was read \S+ ago stays$/);

      // Another list takes the place of the first; its key is in no file.
      server.answer = () => new Response("192.0.2.9\n");
      assert.equal(await fourth.read(), null);
      const files = [...Deno.readDirSync(folder)].map((f) => f.name).sort();
      assert.equal(files.length, 2, files.join());
      for (const name of files) {
        assert.doesNotMatch(await Deno.readTextFile(`${folder}/${name}`), /secret/);
        assert.equal((await Deno.stat(`${folder}/${name}`)).mode! & 0o077, 0);
      }
      assert.equal(shownSource(server.url), server.url.replace("key=secret", "…"));
      assert.equal(shownSource("https://a:b@example.org/x"), "https://example.org/x");
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("copies: every bad answer is told, and what was read stays, over a restart too", () =>
  inFolder(async (folder) => {
    const server = lists();
    const page = "<!DOCTYPE html>\n<html><p>Log in at evil.example.com </p></html>";
    const bad: [string, () => Response, RegExp][] = [
      ["404", () => new Response("x", { status: 404 }), /HTTP 404/],
      ["500", () => new Response("x", { status: 500 }), /HTTP 500/],
      ["304 unasked", () => new Response(null, { status: 304 }), /./],
      ["a page", () => new Response(page), /page \(HTML\)/],
      ["a page with a mark", () => new Response(`\ufeff <!-- a -->\n<HTML lang="en">`), /HTML/],
      ["huge", () => new Response("192.0.2.7\n".repeat(200)), /more than 1000 bytes/],
      ["empty", () => new Response(""), /its answer is empty/],
      ["no list", () => new Response('{"error": "quota"}'), /no bundle of STIX/],
      ["words", () => new Response("quota exceeded\n"), /none of its 1 entries/],
      ["moved", () => Response.redirect("http://127.0.0.1:9/", 301), /redirect.*not followed/],
      ["slow", () => new Response(new ReadableStream({ start: () => {} })), /no whole answer/],
    ];
    try {
      const copies = new Copies(folder);
      const list = listAt(server.url, copies, { most: 1000, timeout: 300 });
      assert.equal(await list.begin(), null);
      const { asOf } = list;
      for (const [name, answer, reason] of bad) {
        if (name === "304 unasked") continue;
        server.answer = answer;
        assert.match(await list.read() ?? "nothing", reason, name);
        const restarted = listAt(server.url, new Copies(folder), { most: 1000, timeout: 300 });
        assert.match(await restarted.begin() ?? "nothing", reason, name);
        for (const { value, asOf: learnt } of [list, restarted]) {
          assert.equal(value?.find("192.0.2.1"), "", name);
          assert.equal(learnt, asOf, name);
        }
      }
      server.answer = bad.find(([name]) => name === "304 unasked")![1];
      assert.equal(
        await listAt(server.url, null).begin(),
        "it answers HTTP 304, a redirect, which " +
          "is not followed: set the address that it leads to",
      );
      // What was kept from it is no way around the guard.
      const asked = server.asked.length;
      const guarded = listAt(server.url, new Copies(folder), { allowPrivate: false });
      assert.match((await guarded.begin())!, /private network/);
      assert.equal(server.asked.length, asked);
      assert.equal(guarded.value?.find("192.0.2.1"), "");
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("copies: what is cut off on its way is not taken", () =>
  inFolder(async (folder) => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n192.0.2.7\n";
    const answering = (async () => {
      for await (const connection of listener) {
        await connection.read(new Uint8Array(1000));
        await connection.write(new TextEncoder().encode(head));
        connection.close();
      }
    })();
    const url = `http://127.0.0.1:${listener.addr.port}/`;
    const list = listAt(url, new Copies(folder));
    assert.match((await list.begin())!, /./);
    assert.equal(list.value, null);
    assert.equal(list.stays(), "nothing is known of it");
    listener.close();
    await answering.catch(() => {});
  }));

Deno.test("copies: what is damaged, too long or written half is none; what nobody renews goes", () =>
  inFolder(async (folder) => {
    const copies = new Copies(folder), text = new TextEncoder().encode("192.0.2.1\n");
    const facts = { asOf: Date.now(), etag: "x".repeat(2000), modified: "a\r\nb" };
    assert.equal(await copies.write("https://a.example/", facts, text), true);
    const kept = (await copies.read("https://a.example/", 100))!;
    assert.deepEqual([kept.asOf, kept.etag, kept.modified], [facts.asOf, null, null]);
    assert.equal(await copies.read("https://a.example/", 5), null);
    assert.equal(await copies.read("https://b.example/", 100), null);
    const data = [...Deno.readDirSync(folder)].find((f) => f.name.endsWith(".data"))!.name;
    await Deno.writeTextFile(`${folder}/${data}`, "192.0.2.2\n");
    assert.equal(await copies.read("https://a.example/", 100), null);

    const old = new Date(Date.now() - 100 * 24 * HOUR);
    for (const { name } of Deno.readDirSync(folder)) {
      await Deno.utime(`${folder}/${name}`, old, old);
    }
    await Deno.writeTextFile(`${folder}/.half`, "");
    await Deno.utime(`${folder}/.half`, old, old);
    assert.equal(await copies.write("https://b.example/", facts, text), true);
    const left = [...Deno.readDirSync(folder)].map((f) => f.name);
    assert.equal(left.length, 2, left.join());
    assert.ok(!left.includes(data));

    await Deno.writeTextFile(`${folder}/file`, "");
    assert.equal(
      await new Copies(`${folder}/file`).write("https://a.example/", facts, text),
      false,
    );
  }));

Deno.test("copies: marks say how old what is kept is; reading the settings anew asks for nothing", () =>
  inFolder(async (folder) => {
    const server = lists();
    const settings: ContextSettings = {
      assets: { files: [], raise: DEFAULT_RAISE },
      identities: { files: [], raise: DEFAULT_RAISE },
      geography: [],
      threat_lists: [{
        name: "theirs",
        source: { from: server.url, span, every: HOUR, allowPrivate: true },
        format: null,
        column: null,
      }],
    };
    const said: string[] = [], ill: string[] = [];
    const listeners = {
      notice: (t: string) => void said.push(t),
      health: (t: string) => void ill.push(t),
    };
    const context = new Context({ ...listeners, copies: `${folder}/lists` });
    try {
      await context.load(settings);
      await context.reload({ sections: settings });
      assert.equal(server.asked.length, 1);
    } finally {
      context.close();
    }
    // Two hours later, without the server.
    const facts = [...Deno.readDirSync(`${folder}/lists`)].find((f) => f.name.endsWith(".json"))!;
    const path = `${folder}/lists/${facts.name}`;
    const kept = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...kept, asOf: kept.asOf - 2 * HOUR }));
    await server.shutdown();
    const later = new Context({ ...listeners, copies: `${folder}/lists` });
    try {
      said.length = 0;
      assert.deepEqual(await later.load(settings), { problems: [] });
      assert.match(
        said[0],
        /^warning: Cannot use ".*\/list\?…": .*; what was read 2h\S* ago stays$/,
      );
      assert.match(said[1], /^Threat list "theirs": 1 entry, from .*\/list\?…, 2h old$/);
      assert.equal(ill.length, 1);
      assert.ok(![...said, ...ill].join().includes("secret"));
    } finally {
      later.close();
    }
  }));
