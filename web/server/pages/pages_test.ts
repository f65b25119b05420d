import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { PAGES } from "../../app/pages.ts";
import { createPages, pagePaths } from "./mod.ts";

/** What a browser is sent first may be no more than this, compressed. */
const MOST = 150 * 1024;

const pages = createPages();
const ask = (path: string, headers: HeadersInit = { "accept-encoding": "gzip" }) =>
  pages.request(path, { headers });

Deno.test("every address of a page answers with the shell", async () => {
  assert.deepEqual(pagePaths(), PAGES.map((p) => p.path), "run deno task dashboard");
  for (const path of pagePaths()) {
    const answer = await ask(path.replace(/:\w+/, "x"));
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("content-type")!, /^text\/html/);
    assert.match(await answer.text(), /<div id="app" data-program="deno run">/);
  }
  assert.equal((await ask("/nothing")).status, 404);
});

Deno.test("the policy lets nothing run or load but the files themselves", async () => {
  const answer = await ask("/");
  const policy = Object.fromEntries(
    answer.headers.get("content-security-policy")!.split("; ").map((d) => {
      const [name, ...values] = d.split(" ");
      return [name, values.join(" ")];
    }),
  );
  assert.equal(policy["default-src"], "'none'");
  for (const name of ["script-src", "style-src", "connect-src"]) {
    assert.equal(policy[name], "'self'", name);
  }
  assert.equal(policy["frame-ancestors"], "'none'");
  const html = await answer.text();
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\son\w+=|https?:\/\/(?!www\.w3\.org)/);
});

Deno.test("the shell and its files are small, packed, and kept by their check", async () => {
  const html = await (await ask("/")).text();
  const paths = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((m) => m[1]);
  assert.deepEqual(paths.map((p) => p.slice(p.lastIndexOf("/") + 1)), ["app.css", "app.js"]);
  let sent = html.length;
  for (const path of paths) {
    const packed = await ask(path);
    assert.equal(packed.headers.get("content-encoding"), "gzip");
    assert.match(packed.headers.get("cache-control")!, /immutable/);
    const bytes = new Uint8Array(await packed.arrayBuffer());
    sent += bytes.length;
    const plain = new Uint8Array(await (await ask(path, {})).arrayBuffer());
    assert.deepEqual(new Uint8Array(gunzipSync(bytes)), plain);
  }
  assert.ok(sent < MOST, `${sent} bytes are sent first`);
});

Deno.test("type comes from the server, beside the style that names it", async () => {
  const html = await (await ask("/")).text();
  const css = /href="(\/static\/\w+\/)app\.css"/.exec(html)![1];
  const style = await (await ask(`${css}app.css`, {})).text();
  const names = [...style.matchAll(/url\("?([^")]+\.woff2)[^")]*"?\)/g)].map((m) => m[1]);
  assert.deepEqual(names, ["inter.woff2", "jetbrains-mono.woff2"]);
  for (const name of names) {
    const font = await ask(`${css}${name}`);
    assert.equal(font.headers.get("content-type"), "font/woff2");
    assert.equal(font.headers.get("content-encoding"), null);
    const bytes = new Uint8Array(await font.arrayBuffer());
    assert.equal(new TextDecoder().decode(bytes.slice(0, 4)), "wOF2");
  }
});

Deno.test("a file of another version, and any other file, is not there", async () => {
  for (
    const path of ["/static/0000000000000000/app.js", "/static/x/mod.ts", "/static/x/..%2fmod.ts"]
  ) {
    assert.equal((await ask(path)).status, 404, path);
  }
});
