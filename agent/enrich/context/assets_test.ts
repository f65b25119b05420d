import assert from "node:assert/strict";
import { sampleAlert } from "../../outputs/testing/suite.ts";
import { AssetTable } from "./assets.ts";
import { riskText } from "../../outputs/render/context.ts";
import { DEFAULT_RAISE, Marker } from "./marks.ts";

const table = (kind: "asset" | "identity", text: string) => {
  const made = new AssetTable(kind);
  return { made, mistakes: made.add(text) };
};

Deno.test("assets: a name before networks, the narrowest network, then patterns", () => {
  const { made, mistakes } = table(
    "asset",
    "match,name,priority,owner,site\n" +
      "10.0.0.0/8,lan,low,net@x,\n10.1.0.0/16,servers,high,\n10.1.2.3,db1,critical,dba@x,\n" +
      "DB1,db1,critical,dba@x,\nweb-*,web farm,medium,,\nweb-*-test,test web,low,,\n" +
      "2001:db8::/32,six,,,\n2001:db8::1,router,high,,\n0.0.0.0/0,world,,,\n\n",
  );
  assert.deepEqual(mistakes, []);
  const name = (value: string) => made.find(value)?.name;
  assert.equal(name("10.1.2.3"), "db1");
  assert.equal(name("10.1.2.4"), "servers");
  assert.equal(name("10.2.2.4"), "lan");
  assert.equal(name("db1"), "db1");
  assert.equal(name("WEB-7"), "web farm");
  assert.equal(name("web-7-test"), "test web");
  assert.equal(name("2001:DB8:0::5"), "six");
  assert.equal(name("2001:0db8::0001"), "router");
  assert.equal(name("8.8.8.8"), "world");
  assert.equal(name("db2"), undefined);
  assert.deepEqual(made.find("10.1.2.3"), { name: "db1", priority: "critical", owner: "dba@x" });
});

Deno.test("assets: each mistake is told with its line, and the other rows are taken", () => {
  const { made, mistakes } = table(
    "asset",
    'match,priority,owner\n10.0.0.0/33,high,\n10.1.2.3,hihg,"a\nb"\n,low,\ndb1,low,\ndb1,high,\nok,low,\n',
  );
  assert.deepEqual(mistakes.map((m) => [m.line, m.message]), [
    [2, '"10.0.0.0/33" is no network'],
    [3, 'Unknown priority "hihg"'],
    [5, 'A row has no "match"'],
    [7, '"db1" is there twice'],
  ]);
  assert.match(mistakes[1].help, /high/);
  assert.equal(made.find("ok")?.priority, "low");
  assert.match(table("asset", "ip,owner\n1.2.3.4,x\n").mistakes[0].message, /no column "match"/);
  assert.equal(table("asset", "").mistakes.length, 1);
});

Deno.test("assets: marks by the kind of field, and the severity raised by the table", () => {
  const assets = table("asset", "match,name,priority,owner\n10.0.0.5,db1,critical,dba\n").made;
  const identities = table("identity", "match,priority\nroot,high\n10.0.0.5,critical\n").made;
  const marker = new Marker({
    assets: { table: assets, raise: DEFAULT_RAISE },
    identities: { table: identities, raise: DEFAULT_RAISE },
    geography: null,
    lists: null,
  }, () => ({ low: 1, medium: 1, high: 1.5, critical: 2 }));
  const base = sampleAlert("1".repeat(32), "root");
  const alert = {
    ...base,
    severity: "medium" as const,
    entity: { dest: "10.0.0.5" },
    fields: { dest: "10.0.0.5", user: "root", url: "10.0.0.5", "a.dest": ["10.0.0.5"] },
  };
  const marked = marker.alert(alert);
  assert.equal(marked.severity, "high");
  assert.deepEqual(marked.context, {
    assets: [
      {
        field: "dest",
        value: "10.0.0.5",
        kind: "asset",
        name: "db1",
        priority: "critical",
        owner: "dba",
      },
      { field: "user", value: "root", kind: "identity", name: "root", priority: "high" },
    ],
    raised: { from: "medium", to: "high", because: "asset db1, priority critical" },
  });
  // Its points weigh more for what it is about, and for nothing else that it names.
  const scored = marker.alert({ ...alert, metadata: { ...alert.metadata, risk: 20 } });
  assert.deepEqual(scored.context?.assets?.map((m) => [m.field, m.risk_weight]), [
    ["dest", 2],
    ["user", undefined],
  ]);
  assert.equal(
    riskText(20, scored.context),
    "20 points; 40 points for asset db1 (2 times, priority critical)",
  );
  assert.equal(riskText(1, undefined), "1 point");
  assert.equal(riskText(undefined, scored.context), null);
  // Nothing known: the very same object, and no key for it.
  const other = { ...alert, entity: {}, fields: { src: "192.0.2.1" } };
  assert.equal(marker.alert(other), other);
  // The table has no step for it.
  const info = marker.alert({ ...alert, severity: "informational" });
  assert.equal(info.severity, "informational");
  assert.equal(info.context?.raised, undefined);
});
