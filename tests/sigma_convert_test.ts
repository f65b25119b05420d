/** `convert`: Sigma rules as SDL that compiles to the same plan. */
import assert from "node:assert/strict";
import { convert } from "../agent/commands/convert.ts";
import { compile } from "../agent/content/compile.ts";
import { findText, loadSourcetypes, sortRules } from "../agent/content/files.ts";
import type { Loaded } from "../agent/content/loaded.ts";
import type { IrRule } from "../compiler/ir/program.ts";
import { format } from "../grammar/format.ts";
import { parse } from "../grammar/mod.ts";
import { inProcess } from "./in_process.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";
import { withFolder } from "./run.ts";

const rule = (source: string, detection: string, more = "") =>
  `title: "A \\"quoted\\" title"\nid: 7a1d7f1c-0000-4000-8000-000000000001\n` +
  `author: "Ann \\n# Bob"\ndescription: |\n  Two\n  lines\nlogsource: {${source}}\n` +
  `detection:\n${detection.replace(/^/gm, "  ")}\n${more}`;

const WINDOWS = "product: windows, category: process_creation";
const SECURITY = "product: windows, service: security";

/** What is hard to say in SDL, by name. */
const RULES: Readonly<Record<string, string>> = {
  names: rule(
    "product: windows, service: windefend",
    "sel:\n  Threat Name: x\n  from: y\n  in|contains: z\n  'a-b.c#d|endswith': w\ncondition: sel",
  ),
  wildcards: rule(
    WINDOWS,
    "sel:\n  CommandLine:\n    - 'a\\*b*c'\n    - '*\\Temp\\*.exe'\n    - 'x?y'\n    - '\\\\\\\\h\\\\*'\n" +
      "condition: sel",
  ),
  cased: rule(
    WINDOWS,
    "sel:\n  Image|cased|endswith: '\\A.exe'\n  User|cased: [a, B, 3]\ncondition: sel",
  ),
  numbers: rule(
    SECURITY,
    "sel:\n  EventID: [4624, 4625]\n  LogonType|gte: -3\n  Size|lt: 18446744073709551615\n  Flag: true\n" +
      "condition: sel",
  ),
  regexes: rule(
    WINDOWS,
    "sel:\n  CommandLine|re|i:\n    - 'https?://[^/]+/a{1,3}'\n    - '[/\\]]x\\/y'\n    - 'a.*b.*c'\ncondition: sel",
  ),
  networks: rule(
    "product: windows, category: network_connection",
    "sel:\n  DestinationIp|cidr: [10.0.0.0/8, '2001:db8::/32']\n  DestinationPort: 443\ncondition: sel",
  ),
  missing: rule(
    WINDOWS,
    "a:\n  User: null\nb:\n  Image|exists: false\nc:\n  Hashes|fieldref: ImpHash\ncondition: not (a or b) or not c",
  ),
  counted: rule(WINDOWS, "a: {Image: x}\nb: {Image: y}\nc: {Image: z}\ncondition: 2 of them"),
  time: rule(SECURITY, "sel:\n  TimeCreated|hour: 3\ncondition: sel"),
  keywords: rule("product: linux, service: auth", "kw: ['a \"b\" <c>', 'd*e']\ncondition: kw"),
  unfed: rule("product: acme, service: door", "sel: {badge: 7}\ncondition: sel"),
  and: rule(WINDOWS, "sel: {Image: x}\ncondition: sel"),
  t1059: rule(WINDOWS, "sel: {Image: x}\ncondition: sel"),
  licensed: rule(WINDOWS, "sel: {Image: x}\ncondition: sel", "license: MIT\n"),
  correlated: rule(WINDOWS, "sel: {Image: x}\ncondition: sel", "name: base\n") +
    "---\ntitle: Many\ncorrelation:\n  type: event_count\n  rules: [base]\n  group-by: [User]\n" +
    "  timespan: 5m\n  condition: {gte: 3}\n" +
    "---\ntitle: Both\ncorrelation: {type: temporal, rules: [base, base2], timespan: 1h}\n---\n" +
    rule(WINDOWS, "sel: {Image: y}\ncondition: sel", "name: base2\n").replace("0001", "0002"),
  chained: rule(SECURITY, "sel: {EventID: 4625}\ncondition: sel", "name: fail\n") +
    "---\ntitle: Many\nname: many\ncorrelation: {type: value_count, rules: [fail], " +
    "group-by: [TargetUserName], timespan: 5m, condition: {field: [IpAddress, IpPort], gte: 3}}\n" +
    "---\ntitle: Chain\ncorrelation:\n  type: temporal_ordered\n  rules: [many, made]\n" +
    "  group-by: [who]\n  timespan: 1h\n" +
    "  aliases: {who: {many: TargetUserName, made: User}}\n" +
    "---\ntitle: Words\ncorrelation: {type: temporal, condition: fail or made, timespan: 1h}\n" +
    "---\ntitle: Rank\ncorrelation: {type: value_percentile, rules: [made], group-by: [User], " +
    "timespan: 1d, condition: {field: ProcessId, percentile: 95, lt: 7.5}}\n---\n" +
    rule(WINDOWS, "sel: {Image: y}\ncondition: sel", "name: made\n").replace("0001", "0002"),
  old: rule(
    SECURITY,
    "sel: {EventID: 1}\nother: {EventID: 2}\ntimeframe: 5m\ncondition: sel | near other",
  ),
  older: rule(
    SECURITY,
    "sel: {EventID: 1}\ntimeframe: 5m\ncondition: sel | count(User) by Computer < 3",
  ),
};

const said = (r: IrRule) => {
  const { title, description, mitre, tags, references, author, id, status, date, license } = r;
  return { title, description, mitre, tags, references, author, id, status, date, license };
};

/** That each rule's SDL, compiled by itself, is the rule. */
async function assertSame(loaded: Loaded, operands: readonly string[]): Promise<number> {
  const { files, refused } = convert(loaded, operands);
  assert.deepEqual(refused.map((r) => `${r.rule.name}: ${r.why}`), []);
  const sdl = files.map((f) => ({ name: `${f.path}`, text: f.text }));
  assert.equal(new Set(sdl.map((f) => f.name)).size, sdl.length);
  for (const f of sdl) assert.equal(format(parse(f.text, f.name).file), f.text, f.name);
  const again = await compile(await loadSourcetypes([]), sdl, {
    shipped: () => Promise.resolve([]),
  });
  assert.deepEqual(again.diagnostics.filter((d) => d.level === "error"), []);
  const byName = new Map(again.program.rules.map((r) => [r.name, r]));
  for (const before of loaded.program.rules) {
    const after = byName.get(before.name)!;
    assert.equal(after.planHash, before.planHash, before.name);
    assert.deepEqual(said(after), said(before));
    assert.equal(after.alert.severity, before.alert.severity);
  }
  return byName.size;
}

Deno.test("what is hard to say in SDL compiles to the same plan", async () => {
  const sigma = Object.entries(RULES).map(([name, text], i) => ({
    name: `own/${name}.yml`,
    text: text.replaceAll("-0000-4000-", `-${String(i).padStart(4, "0")}-4000-`),
  }));
  const loaded = await compile(await loadSourcetypes([]), [], { sigma });
  assert.deepEqual(loaded.left.map((d) => `${d.file}: ${d.message}`), []);
  // Rules that only correlations read are part of these.
  assert.ok(loaded.program.rules.length > sigma.length);
  assert.equal(await assertSame(loaded, ["own"]), loaded.program.rules.length);
});

Deno.test("files are written below the folder, and never over others unasked", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in/sub`, { recursive: true });
    await Deno.writeTextFile(`${folder}/in/sub/a.yml`, RULES.licensed);
    await Deno.writeTextFile(`${folder}/in/b.yml`, RULES.names.replace("0001", "0002"));
    await Deno.writeTextFile(
      `${folder}/in/bad.yml`,
      RULES.names.replace("condition: sel", "condition: s"),
    );
    const args = ["convert", `${folder}/in`, "--out", `${folder}/out`];
    const first = await inProcess(args);
    assert.equal(first.code, 1, "a rule was left out");
    assert.match(first.stderr, /error\[E0308\][^]*bad\.yml/);
    assert.match(
      first.stderr,
      /Converted 2 rules in 2 files below .*out; each compiles to the same plan\. Left out 1 rule\n/,
    );
    const text = await Deno.readTextFile(`${folder}/out/sub/a.sdl`);
    // The author's line end is not the end of a comment.
    assert.match(
      text,
      /^# Converted from the Sigma rule a\.yml, by Ann # Bob\n# License: MIT\nrule a \{\n/,
    );
    assert.match(
      await Deno.readTextFile(`${folder}/out/b.sdl`),
      /Detection Rule License \(DRL\) 1\.1/,
    );
    await Deno.writeTextFile(`${folder}/out/sub/a.sdl`, "mine");
    await Deno.remove(`${folder}/out/b.sdl`);
    const again = await inProcess(args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /a\.sdl" would be written over; nothing was written/);
    assert.equal(await Deno.readTextFile(`${folder}/out/sub/a.sdl`), "mine");
    await assert.rejects(Deno.stat(`${folder}/out/b.sdl`));
    assert.equal((await inProcess([...args, "--force"])).code, 1);
    assert.equal(await Deno.readTextFile(`${folder}/out/sub/a.sdl`), text);
  });
});

Deno.test("wrong use", async () => {
  for (
    const [args, message] of [
      [["x.yml"], "No folder to write to"],
      [["--out", "x"], "No rule is named"],
      [["tests/samples/root_login.sdl", "--out", "x"], "There is no Sigma rule in what is named"],
    ] as const
  ) {
    const ran = await inProcess(["convert", ...args]);
    assert.equal(ran.code, 2);
    assert.ok(ran.stderr.includes(message), ran.stderr);
  }
});

testNeeding(needs.shared("data/logs/sigma/rules"), "every rule of SigmaHQ", async () => {
  const folder = sharedUrl("data/logs/sigma").pathname;
  const sigma = sortRules(await findText([folder], [".yml"])).sigma;
  const loaded = await compile(await loadSourcetypes([]), [], { sigma });
  assert.ok(await assertSame(loaded, [folder]) > 1800);
});
