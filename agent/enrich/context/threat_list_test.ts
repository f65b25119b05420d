import assert from "node:assert/strict";
import { readStix, valuesOf } from "./stix.ts";
import { ThreatList } from "./entries.ts";
import { readThreatList } from "./threat_list.ts";

const TOLD = { format: null, column: null };

Deno.test("threat lists: one entry a line, with comments, networks and hosts files", () => {
  const list = readThreatList(
    "\ufeff# Feodo\n; Spamhaus\r\n192.0.2.1\n198.51.100.0/24 ; SBL1234\n0.0.0.0 bad.example # ads\n" +
      "*.Worse.Example.\nhttp://x.example/a?b=1\nd41d8cd98f00b204e9800998ecf8427e\n2001:DB8::1\n" +
      "no entry at all\n999.1.2.3/8\n",
    TOLD,
  );
  assert.equal(list.size, 7);
  assert.equal(list.unread, 2);
  assert.equal(list.find("192.0.2.1"), "");
  assert.equal(list.find("198.51.100.77"), "SBL1234");
  assert.equal(list.find("bad.example"), "ads");
  assert.equal(list.find("a.b.BAD.example."), "ads");
  assert.equal(list.find("http://bad.example:8080/x"), "ads");
  assert.equal(list.find("https://u:p@a.worse.example/"), "");
  assert.equal(list.find("http://x.example/a?b=1"), "");
  assert.equal(list.find("D41D8CD98F00B204E9800998ECF8427E"), "");
  assert.equal(list.find("2001:db8:0::1"), "");
  for (const other of ["192.0.2.2", "example", "notbad.example", "x.example", "", "::1"]) {
    assert.equal(list.find(other), undefined, other);
  }
});

Deno.test("threat lists: CSV by its header, by a commented one, or by a named column", () => {
  const abuse =
    '# abuse.ch\n# "first_seen","ioc_value","malware"\n"2026-01-01","192.0.2.9:80","x"\n' +
    '"2026-01-01","192.0.2.8","Dridex"\n';
  const list = readThreatList(abuse, TOLD);
  assert.equal(list.find("192.0.2.8"), "Dridex");
  assert.equal(list.unread, 1);
  assert.equal(readThreatList("ip,description\n192.0.2.1,C2\n", TOLD).find("192.0.2.1"), "C2");
  assert.equal(readThreatList("192.0.2.1,x\n192.0.2.2,y\n", TOLD).size, 2);
  const named = { format: null, column: "Target" };
  assert.equal(readThreatList("when,target\n1,bad.example\n", named).find("bad.example"), "");
  assert.throws(() => readThreatList("a,b\n1,2\n", named), /no column "Target"; .* "a,b"/);
});

Deno.test("threat lists: bundles of STIX 2.1, simple patterns that are valid now", () => {
  const indicator = (pattern: string, more = {}) => ({
    type: "indicator",
    spec_version: "2.1",
    pattern_type: "stix",
    name: "C2",
    pattern,
    ...more,
  });
  const text = JSON.stringify({
    type: "bundle",
    id: "bundle--1",
    objects: [
      { type: "identity", name: "x" },
      indicator("[ipv4-addr:value = '192.0.2.1' OR ipv6-addr:value='2001:db8::1']"),
      indicator("[domain-name:value = 'bad.example']"),
      indicator("[file:hashes.'SHA-256' = '" + "ab".repeat(32) + "']"),
      indicator("[url:value = 'http://x.example/it\\'s']"),
      indicator("[ipv4-addr:value = '192.0.2.50']", { revoked: true }),
      indicator("[ipv4-addr:value = '192.0.2.51']", { valid_until: "2020-01-01T00:00:00Z" }),
      indicator("[ipv4-addr:value = '192.0.2.52' AND network-traffic:dst_port = 443]"),
      indicator("[ipv4-addr:value = '192.0.2.53'] FOLLOWEDBY [domain-name:value = 'y.example']"),
      indicator("rule x {}", { pattern_type: "yara" }),
    ],
  });
  const list = readThreatList(text, TOLD);
  assert.equal(list.size, 5);
  assert.equal(list.unread, 3);
  for (
    const value of [
      "192.0.2.1",
      "2001:db8::1",
      "bad.example",
      "AB".repeat(32),
      "http://x.example/it's",
    ]
  ) {
    assert.equal(list.find(value), "C2", value);
  }
  for (let i = 50; i < 54; i++) assert.equal(list.find(`192.0.2.${i}`), undefined);
  assert.deepEqual(valuesOf("[url:value = 'a' OR url:value LIKE 'b']"), null);
  assert.deepEqual(valuesOf("[" + "url:value = 'a' OR ".repeat(5000)), null);
  assert.throws(() => readStix("{", new ThreatList()), /no JSON/);
  assert.throws(() => readStix("[]", new ThreatList()), /no bundle/);
});

Deno.test("threat lists: a page instead of a list is refused, an empty list is not", () => {
  assert.throws(() => readThreatList("<html>\n<body>Not found</body>\n", TOLD), /none of its 2/);
  assert.equal(readThreatList("# nothing today\n", TOLD).size, 0);
});
