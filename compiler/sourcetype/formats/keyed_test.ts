import assert from "node:assert/strict";
import { type KeyedFormat, keyedReader, MAX_KEYS } from "./keyed.ts";

const TYPES = new Map([["port", "int"], ["ok", "bool"]] as const);

function read(format: KeyedFormat, text: string) {
  const bag = keyedReader(format, (key) => TYPES.get(key as "port") ?? "string")(text);
  return bag === null ? null : Object.fromEntries(Object.entries(bag));
}

Deno.test("pairs: quotes, escapes, flags, types", () => {
  assert.deepEqual(read("pairs", String.raw`a=1 b="x \"y\" z" port=22 ok=true DF, c= d=e,f g=`), {
    a: "1",
    b: 'x "y" z',
    port: 22,
    ok: true,
    DF: "true",
    d: "e,f",
  });
  assert.equal(read("pairs", "no pair here"), null);
  assert.deepEqual(read("packet", "port=http a=1 a=2"), { port: "http", a: "1" });
});

Deno.test("pairs: a key that comes again with another value has none", () => {
  assert.deepEqual(read("pairs", 'user="x" srcip=192.0.2.9 z="" srcip=203.0.113.7 a=1 a=1'), {
    user: "x",
    srcip: undefined,
    keys_ambiguous: 1,
    a: "1",
  });
  // A third value does not bring it back.
  assert.equal(read("pairs", "a=1 a=2 a=3 a=1")!.a, undefined);
});

Deno.test("audit: inner pairs, hexadecimal, what is unknown", () => {
  assert.deepEqual(
    read(
      "audit",
      `pid=12 subj=s0-s0:c0.c1023 msg='op=login acct=28756E6B6E6F776E207573657229 exe="/usr/sbin/sshd" hostname=? key=(null) res=failed'UID="root"`,
    ),
    {
      pid: "12",
      subj: "s0-s0:c0.c1023",
      op: "login",
      acct: "(unknown user)",
      exe: "/usr/sbin/sshd",
      res: "failed",
      UID: "root",
    },
  );
});

Deno.test("CEF: blanks in values, escapes, labels", () => {
  assert.deepEqual(
    read("cef", String.raw`src=192.0.2.1 msg=a \= b\nc request= cs1Label=Rule Name cs1=42 x`),
    {
      src: "192.0.2.1",
      msg: "a = b\nc",
      cs1Label: "Rule Name",
      cs1: "42 x",
      Rule_Name: "42 x",
    },
  );
});

Deno.test("CEF: the header's escapes", () => {
  assert.deepEqual(
    read("cef", String.raw`0|Acme\|Co|A\\B|1|10|Login \| failed|5|src=192.0.2.1 vendor=forged`),
    {
      vendor: "Acme|Co",
      product: "A\\B",
      product_version: "1",
      signature_id: "10",
      signature: "Login | failed",
      vendor_severity: "5",
      src: "192.0.2.1",
    },
  );
});

Deno.test("JSON: digits over 2^53, the journal's lists of bytes", () => {
  assert.deepEqual(
    read(
      "json",
      '{"id":9007199254740993,"n":12,"f":0.1,"s":"90071992547409931","o":{"k":-9007199254740995}}',
    ),
    {
      id: "9007199254740993",
      n: "12",
      f: "0.1",
      s: "90071992547409931",
      "o.k": "-9007199254740995",
    },
  );
  assert.deepEqual(
    read("json", '{"MESSAGE":[70,97,105,108,101,100,27,32,195,164],"tags":[1,2],"L":[300],"M":[]}'),
    { MESSAGE: "Failed\u001b ä", tags: ["1", "2"], L: ["300"] },
  );
});

Deno.test("LEEF: tabs, and a separator of its own", () => {
  const wanted = { src: "192.0.2.1", usrName: "a b" };
  assert.deepEqual(read("leef", "src=192.0.2.1\tusrName=a b"), wanted);
  assert.deepEqual(read("leef", "^|src=192.0.2.1^usrName=a b"), wanted);
  assert.deepEqual(read("leef", "0x7C|src=192.0.2.1|usrName=a b"), wanted);
  assert.deepEqual(read("leef", "|src=192.0.2.1\tusrName=a b"), wanted);
});

Deno.test("JSON: dotted names, lists, nothing but objects", () => {
  assert.deepEqual(read("json", '{"a":{"b":1.5,"c":null},"l":[1,"x"],"o":[{"p":1}],"ok":false}'), {
    "a.b": "1.5",
    l: ["1", "x"],
    o: '[{"p":1}]',
    ok: false,
  });
  for (const text of ["[1]", "null", "3", "{", '{"a":1}}']) assert.equal(read("json", text), null);
});

Deno.test("hostile keys and nests stay data, bounded", () => {
  const bag = keyedReader("json", () => "string")(
    '{"__proto__":{"polluted":"1"},"constructor":"c","toString":"t"}',
  )!;
  assert.deepEqual(Object.keys(bag), ["__proto__.polluted", "constructor", "toString"]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  const own = keyedReader("pairs", () => "string")("__proto__=x a=1")!;
  assert.deepEqual(Object.keys(own), ["__proto__", "a"]);
  assert.equal(Object.getPrototypeOf(Object.getPrototypeOf(own)), null);
  const many = Array.from({ length: MAX_KEYS + 88 }, (_, i) => `k${i}=v`).join(" ");
  assert.equal(keyedReader("pairs", () => "string")(many)!.keys_dropped, 88);
  const deep = keyedReader("json", () => "string")(
    '{"a":'.repeat(50_000) + "1" + "}".repeat(50_000),
  );
  assert.ok(deep !== null);
});

Deno.test("hostile texts are read in linear time", () => {
  const n = 200_000;
  for (const format of ["pairs", "audit", "cef", "leef", "json"] as const) {
    for (const bit of ['a="', "a=", "=", '\\"', "a", " ", "a=b ", 'a="\\', "'", "[{", "|", ","]) {
      read(format, bit.repeat(n / bit.length));
    }
  }
});
