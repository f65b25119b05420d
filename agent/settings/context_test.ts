import assert from "node:assert/strict";
import { readSettings } from "./settings.ts";

const read = (text: string) => readSettings("agent.yaml", text, ["lists"]);
const mistakes = (text: string) =>
  read(text).diagnostics.map((d) => [text.slice(d.span.start, d.span.end), d.message]);

Deno.test("settings: assets, places, lists and AbuseIPDB as they are written", () => {
  const { sections, diagnostics } = read(`
assets: [a.csv, b.csv]
identities: {files: c.csv, raise: {critical: {low: high}}}
geography: {databases: x.mmdb, every: 2d, allow_private: true}
threat_lists:
  one: {file: bad.txt}
  two: {url: "https://example.org/l", format: csv, column: ip, every: 30m}
abuseipdb: {key_env: PICKET_KEY, daily: 5, min_severity: high, wait: 0s}
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(sections.assets.files.map((f) => f.path), ["a.csv", "b.csv"]);
  assert.deepEqual(sections.identities.raise, { critical: { low: "high" } });
  const [database] = sections.geography;
  assert.deepEqual([database.from, database.every, database.allowPrivate], [
    "x.mmdb",
    172_800_000,
    true,
  ]);
  const [one, two] = sections.threat_lists;
  assert.deepEqual([one.name, one.source.from, one.source.every, one.format], [
    "one",
    "bad.txt",
    60_000,
    null,
  ]);
  assert.deepEqual([two.source.every, two.format, two.column], [1_800_000, "csv", "ip"]);
  const { key, daily, minSeverity, wait, fresh, url } = sections.abuseipdb!;
  assert.deepEqual([key.from, key.name, daily, minSeverity, wait, fresh], [
    "env",
    "PICKET_KEY",
    5,
    "high",
    0,
    86_400_000,
  ]);
  assert.equal(url, "https://api.abuseipdb.com/api/v2/check");
  assert.equal(read("").sections.abuseipdb, null);
});

Deno.test("settings: mistakes about context are told at their places", () => {
  assert.deepEqual(mistakes("assets: {raise: {critcal: {low: high}}}\n").slice(0, 2), [
    ["{raise: {critcal: {low: high}}}", '"assets" has no "files"'],
    ["critcal", 'Unknown key "critcal"'],
  ]);
  const [[at, message]] = mistakes("assets: {files: a.csv, raise: {high: {medium: low}}}\n");
  assert.deepEqual([at, message], ["low", '"low" is not above "medium"']);
  assert.deepEqual(mistakes("threat_lists: {1x: {file: a}, b: {}, c: [a], d: {url: ftp://x}}\n"), [
    ["1x", '"1x" is no name of a list'],
    ["b", 'List "b" has no "file" and no "url"'],
    ["c", 'List "c" must be a mapping'],
    ["ftp://x", '"url" "ftp://x" is no http address'],
  ]);
  assert.deepEqual(mistakes("abuseipdb: {key: abc}\n"), [
    ["key", '"key" is a secret and has no place in this file'],
  ]);
  assert.deepEqual(mistakes("abuseipdb: {key_env: HOME, daily: 0}\n"), [
    ["HOME", 'The variable "HOME" does not begin with PICKET_'],
    ["0", '"daily" "0" is no whole number that fits'],
  ]);
  assert.deepEqual(mistakes("abuseipdb: {daily: 5}\n").map(([, m]) => m), [
    '"abuseipdb" has no "key_file"',
  ]);
  assert.deepEqual(mistakes("geography: {every: 1d}\n").map(([, m]) => m), [
    '"geography" has no "databases"',
  ]);
});
