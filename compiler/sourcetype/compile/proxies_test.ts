import assert from "node:assert/strict";
import { createParser } from "../mod.ts";
import { shipped } from "../testing/shipped.ts";
import { clientOf } from "./proxies.ts";

const compiled = shipped();
const trusted = (address: string) => address.startsWith("10.");

function sources(sourcetype: string, lines: string[], given?: (address: string) => boolean) {
  const parse = createParser(compiled, sourcetype, given ? { trustedProxies: given } : {});
  const { events } = parse({ input: { modified: 0 }, lines, arrival: 0 });
  return events.map((e) => e.src);
}

const REST = '- - [29/Mar/2026:00:02:11 +0200] "GET / HTTP/1.1" 401 12 "-" "curl"';

Deno.test("X-Forwarded-For counts only where a trusted proxy was the peer", () => {
  const lines = [
    `10.0.0.1 ${REST} "192.0.2.9, 203.0.113.7, 10.0.0.2"`,
    `203.0.113.8 ${REST} "192.0.2.9"`,
    `10.0.0.1 ${REST} "-"`,
    `192.0.2.9, 203.0.113.7, 10.0.0.1 ${REST}`,
  ];
  assert.deepEqual(sources("access_combined", lines), [
    "10.0.0.1",
    "203.0.113.8",
    "10.0.0.1",
    "10.0.0.1",
  ]);
  assert.deepEqual(sources("access_combined", lines, trusted), [
    "203.0.113.7",
    "203.0.113.8",
    "10.0.0.1",
    "203.0.113.7",
  ]);
  const record = JSON.stringify({
    ts: 1774742531.25,
    request: {
      remote_ip: "10.0.0.1",
      method: "GET",
      uri: "/",
      headers: { "X-Forwarded-For": ["192.0.2.9, 203.0.113.7"] },
    },
    status: 404,
  });
  assert.deepEqual(sources("json", [record]), ["10.0.0.1"]);
  assert.deepEqual(sources("json", [record], trusted), ["203.0.113.7"]);
});

Deno.test("the last hop that is not trusted is the client, what is no address is nobody", () => {
  assert.equal(clientOf("192.0.2.9, [2001:db8::1]:443, 10.0.0.2", trusted), "2001:db8::1");
  assert.equal(clientOf("192.0.2.9, unknown, 10.0.0.2", trusted), undefined);
  assert.equal(clientOf("10.0.0.3, 10.0.0.2", trusted), undefined);
  assert.equal(clientOf("", trusted), undefined);
});
