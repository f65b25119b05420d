import assert from "node:assert/strict";
import { Geography, openDatabase } from "./geography.ts";
import { writeMmdb } from "./testing/mmdb.ts";

const CITY = writeMmdb([
  ["81.2.69.0/24", {
    country: { iso_code: "GB" },
    city: { names: { en: "London", de: "London" } },
    location: { latitude: 51.5142, longitude: -0.0931 },
  }],
  ["81.2.69.128/25", { registered_country: { iso_code: "FR" } }],
  ["2001:218::/32", { country: { iso_code: "JP" } }],
]);
const ASN = writeMmdb([
  ["81.2.0.0/16", { autonomous_system_number: 20712, autonomous_system_organization: "A & A" }],
  ["9.9.9.0/24", { asn: "AS19281", as_name: "Quad9", country_code: "ch" }],
], "Test-ASN");

Deno.test("geography: several databases say what they know of an address", () => {
  const found = new Geography([openDatabase(CITY), openDatabase(ASN)]);
  assert.deepEqual(found.find("81.2.69.1"), {
    country: "GB",
    city: "London",
    asn: 20712,
    org: "A & A",
    latitude: 51.5142,
    longitude: -0.0931,
  });
  assert.deepEqual(found.find("81.2.69.200"), { country: "FR", asn: 20712, org: "A & A" });
  assert.deepEqual(found.find("2001:218::5"), { country: "JP" });
  assert.deepEqual(found.find("9.9.9.9"), { country: "CH", asn: 19281, org: "Quad9" });
  for (const other of ["10.0.0.1", "web1", "", "fe80::1%eth0", "81.2.69", "2001:219::1"]) {
    assert.equal(found.find(other), undefined, other);
    assert.equal(found.find(other), undefined, other);
  }
});

Deno.test("geography: what is no database is told, and a damaged one throws nowhere later", () => {
  const message = (bytes: Uint8Array) => {
    try {
      openDatabase(bytes);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(message(new TextEncoder().encode("no database"))!, /no MMDB database/);
  assert.match(message(new Uint8Array())!, /no MMDB database/);
  assert.match(message(Uint8Array.from([0x1f, 0x8b, 8]))!, /gzip/);
  assert.match(message(CITY.slice(0, CITY.length - 40))!, /no MMDB database/);
  assert.equal(message(CITY), null);
  // Every byte in turn: it opens or it does not, and whatever opens answers.
  for (let i = 0; i < CITY.length; i += 7) {
    const bytes = CITY.slice();
    bytes[i] ^= 0xff;
    if (message(bytes) !== null) continue;
    const found = new Geography([openDatabase(bytes)]);
    for (const ip of ["81.2.69.1", "2001:218::5", "8.8.8.8"]) found.find(ip);
  }
});
