/** `serve`, `token` and `agent --serve` as processes: who may ask, TLS, streams, how they end. */
import assert from "node:assert/strict";
import { needs, testNeeding } from "./needs.ts";
import { picket, runCommand, withFolder } from "./run.ts";
import { serving } from "./serving.ts";
import { within } from "./waiting.ts";

const get = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
};

Deno.test("tokens: off loopback there has to be one, and then each request needs it", async () => {
  await withFolder(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const refused = await picket(["serve", ...data, "0.0.0.0:0"]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /Refusing to listen on "0\.0\.0\.0" without a token/);
    const made = await picket(["token", "create", "grafana", ...data]);
    assert.equal(made.code, 0, made.stderr);
    const token = made.stdout.trim();
    assert.match(token, /^picket_[\w-]{43}$/);
    const listed = await picket(["token", "list", ...data]);
    assert.match(listed.stdout, /^grafana {2}read {3}made 20/);
    assert.ok(!(listed.stdout + listed.stderr).includes(token));

    const open = await serving(["serve", ...data, "0.0.0.0:0"]);
    const url = open.url.replace("0.0.0.0", "127.0.0.1");
    assert.match(open.said(), /warning: Tokens cross the network in the clear/);
    assert.equal((await get(`${url}/api/stats`)).status, 401);
    assert.equal((await get(`${url}/health`)).status, 200);
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await get(`${url}/api/stats`, { headers })).status, 200);
    assert.equal((await get(`${url}/api/tokens`, { headers })).status, 403);
    assert.equal(await open.stop(), 0);

    assert.equal((await picket(["token", "revoke", "grafana", ...data])).code, 0);
  });
});

testNeeding([needs.openssl, needs.curl], "TLS, by certificate and key", async () => {
  await withFolder(async (folder) => {
    const made = await runCommand("openssl", [
      ..."req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost".split(" "),
      ..."-addext subjectAltName=IP:127.0.0.1".split(" "),
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ]);
    assert.equal(made.code, 0, made.stderr);
    const half = await picket(["serve", "--tls-cert", `${folder}/cert.pem`]);
    assert.deepEqual([half.code, /Give both/.test(half.stderr)], [2, true]);
    const served = await serving([
      "serve",
      ...["--data", `${folder}/data`, "--tls-cert", `${folder}/cert.pem`],
      ...["--tls-key", `${folder}/key.pem`, "127.0.0.1:0"],
    ]);
    assert.match(served.url, /^https:/);
    const asked = await runCommand("curl", [
      ...["-si", "--cacert", `${folder}/cert.pem`, `${served.url}/api/session`],
    ]);
    assert.match(asked.stdout, /strict-transport-security: max-age=/i);
    assert.match(asked.stdout, /"required":false/);
    assert.equal(await served.stop(), 0);
  });
});

Deno.test("a running agent takes lines in, tells of alerts, and ends in spite of listeners", async () => {
  await withFolder(async (folder) => {
    const served = await serving([
      "agent",
      ...["--data", `${folder}/data`, "--serve=127.0.0.1:0"],
      ...["--listen", "tcp://127.0.0.1:0", "--sourcetype", "linux_secure", "--year", "2026"],
    ]);
    const stream = await fetch(`${served.url}/api/stream`);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const lines = Array.from(
      { length: 6 },
      (_, i) =>
        `Mar 29 00:02:1${i} web1 sshd[911]: Failed password for root from 203.0.113.47 port 4000${i} ssh2`,
    );
    const pushed = await get(`${served.url}/ingest`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: lines.join("\n"),
    });
    assert.deepEqual([pushed.status, JSON.parse(pushed.text)], [202, { accepted: 6 }]);
    let came = "";
    while (!/event: alert\n(id: \d+\n)?data: .*"rule":"ssh_brute_force"/.test(came)) {
      const { value, done } = await within(reader.read(), () => `the alert; so far: ${came}`);
      assert.ok(!done, `the stream ended: ${came}`);
      came += value;
    }
    const ready = await get(`${served.url}/ready`);
    assert.deepEqual(JSON.parse(ready.text), { ready: true, ingest: true });
    assert.equal(await served.stop(), 0);
    await reader.cancel().catch(() => {});
  });
});

Deno.test("agent --serve stays: with nothing on stdin, and when its input has ended", async () => {
  await withFolder(async (folder) => {
    const line =
      "Mar 29 00:02:11 web1 sshd[1]: Failed password for root from 203.0.113.7 port 1 ssh2";
    await Deno.writeTextFile(`${folder}/auth.log`, `${line}\n`);
    for (
      const [i, [operands, status]] of ([[[], 202], [[`${folder}/auth.log`], 503]] as const)
        .entries()
    ) {
      const served = await serving([
        "agent",
        ...[
          "--data",
          `${folder}/data${i}`,
          "--year",
          "2026",
          "--serve",
          "127.0.0.1:0",
          ...operands,
        ],
      ]);
      const ended = /The input has ended; the API goes on answering/;
      if (operands.length > 0) await served.heard(ended);
      assert.equal(ended.test(served.said()), operands.length > 0, served.said());
      const pushed = await get(`${served.url}/ingest`, { method: "POST", body: line });
      assert.equal(pushed.status, status, pushed.text);
      assert.equal(await served.stop(), 0);
    }
  });
});

Deno.test("a server over what is stored takes no lines in", async () => {
  await withFolder(async (folder) => {
    const served = await serving(["serve", "--data", `${folder}/data`, "127.0.0.1:0"]);
    const pushed = await get(`${served.url}/ingest`, { method: "POST", body: "x" });
    assert.deepEqual([pushed.status, JSON.parse(pushed.text).error.code], [503, "no_pipeline"]);
    const checked = await get(`${served.url}/api/rules/check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: 'rule x { from any | alert "x" }' }),
    });
    assert.equal(JSON.parse(checked.text).ok, true, checked.text);
    assert.equal(await served.stop(), 0);
  });
});
