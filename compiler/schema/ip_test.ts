import assert from "node:assert/strict";
import { canonicalIp, isExactCidr, parseCidr } from "../../grammar/ip.ts";
import { compileCidrs, isGlobal, isPrivate } from "./ip.ts";

Deno.test("addresses have one text", () => {
  assert.equal(canonicalIp("::ffff:1.2.3.4"), "1.2.3.4");
  assert.equal(canonicalIp("::FFFF:102:304"), "1.2.3.4");
  assert.equal(canonicalIp("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  assert.equal(canonicalIp("::"), "::");
  assert.equal(canonicalIp("1::"), "1::");
  assert.equal(canonicalIp("fe80::1%eth0"), "fe80::1");
  for (
    const bad of [
      "",
      "1.2.3",
      "1.2.3.256",
      "01.2.3.4",
      "1.2.3.4.5",
      ":::",
      "1::2::3",
      "g::1",
      "1:2:3:4:5:6:7",
      "web1",
    ]
  ) {
    assert.equal(canonicalIp(bad), null, bad);
  }
});

Deno.test("networks contain what they should", () => {
  const m = compileCidrs(["10.0.0.0/8", "2001:db8::/33", "192.0.2.7"]);
  for (const yes of ["10.255.0.1", "::ffff:10.0.0.1", "2001:db8:7fff::1", "192.0.2.7"]) {
    assert.ok(m(yes), yes);
  }
  for (const no of ["11.0.0.0", "2001:db8:8000::1", "192.0.2.8", "host", ""]) assert.ok(!m(no), no);
  assert.ok(compileCidrs(["0.0.0.0/0"])("255.1.2.3"));
  assert.ok(!compileCidrs(["0.0.0.0/0"])("::1"));
  assert.equal(parseCidr("10.0.0.0/33"), null);
  assert.equal(parseCidr("10.0.0.0/"), null);
  assert.ok(!isExactCidr("10.1.0.0/8"));
});

Deno.test("private and global follow the registries", () => {
  for (
    const ip of [
      "10.0.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "127.0.0.1",
      "169.254.1.1",
      "::1",
      "fd00::1",
    ]
  ) {
    assert.ok(isPrivate(ip) && !isGlobal(ip), ip);
  }
  for (const ip of ["8.8.8.8", "172.32.0.1", "2606:4700::1", "192.0.0.9"]) {
    assert.ok(!isPrivate(ip) && isGlobal(ip), ip);
  }
  for (const ip of ["100.64.0.1", "203.0.113.9", "224.0.0.1", "0.0.0.0", "2001:db8::1"]) {
    assert.ok(!isPrivate(ip) && !isGlobal(ip), ip);
  }
});
