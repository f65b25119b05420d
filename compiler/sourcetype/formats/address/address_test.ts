import assert from "node:assert/strict";
import { addressOf, hostOf } from "./address.ts";

Deno.test("an address has one form", () => {
  for (
    const [text, wanted] of [
      ["203.0.113.7", "203.0.113.7"],
      ["203.0.113.7:443", "203.0.113.7"],
      ["203.000.113.007", "203.0.113.7"],
      ["[2001:db8::1]:443", "2001:db8::1"],
      ["[2001:db8::1]", "2001:db8::1"],
      ["2001:DB8:0:0::1", "2001:db8::1"],
      ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
      ["::ffff:203.0.113.7", "203.0.113.7"],
      ["[::FFFF:203.0.113.7]:22", "203.0.113.7"],
      ["fe80::1%eth0", "fe80::1"],
      ["192.0.2.9, 203.0.113.7", "203.0.113.7"],
      ["192.0.2.9,203.0.113.7:80", "203.0.113.7"],
      ["00:02:11", undefined],
      ["999.1.1.1", undefined],
      ["1.2.3", undefined],
      ["203.0.113.7,", undefined],
      ["unix:", undefined],
      ["", undefined],
      [undefined, undefined],
    ] as const
  ) {
    assert.equal(addressOf(text), wanted, text);
    assert.equal(hostOf(text), wanted, text);
  }
});

Deno.test("a host is an address or a name", () => {
  assert.equal(hostOf("web1.example.com"), "web1.example.com");
  assert.equal(hostOf("web1:443"), "web1");
  assert.equal(hostOf("WS7"), "WS7");
  for (const text of ["two words", "<local machine>", "a,", "x".repeat(600)]) {
    assert.equal(hostOf(text), undefined, text);
  }
  for (const text of ["web1.example.com", "WS7"]) assert.equal(addressOf(text), undefined);
});
