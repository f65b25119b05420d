import assert from "node:assert/strict";
import { readWindows } from "./mod.ts";

/** What a record says, without what it does not. */
function read(text: string): Record<string, unknown> | null {
  const record = readWindows(text);
  return record === null
    ? null
    : Object.fromEntries(Object.entries(record).filter(([, v]) => v !== undefined));
}

const SYSTEM = '<Provider Name="P"/><EventID>7</EventID><Channel>C</Channel><Computer>h</Computer>';
const BASE = { Provider_Name: "P", EventID: 7, Channel: "C", Computer: "h" };
const xml = (data: string, system = SYSTEM) =>
  `<Event xmlns="x"><System>${system}</System>${data}</Event>`;

Deno.test("EventXML: entities, CDATA, comments, quotes, prefixes, line ends", () => {
  assert.deepEqual(
    read(xml(
      "<!-- c --><EventData Name='n'>\r\n <Data Name='a'>1 &lt;&#x2F;&#47;&amp;&quot;&apos;&unknown;</Data>\r\n" +
        '<Data Name="b"><![CDATA[<x> & y]]></Data><Data Name = "c" >x\r\ny</Data>' +
        "<Data Name=\"d\">p<!-- q -->r</Data><Data Name='e'/><Data/><Data>u</Data></EventData>",
    )),
    {
      ...BASE,
      a: "1 <//&\"'&unknown;",
      b: "<x> & y",
      c: "x\ny",
      d: "pr",
      e: "",
      "#0": "",
      "#1": "u",
    },
  );
  const prefixed =
    '<e:Event xmlns:e="x"><e:System><e:EventID>7</e:EventID></e:System><e:EventData>' +
    '<e:Data Name="a">1</e:Data></e:EventData></e:Event>';
  assert.deepEqual(read(prefixed), { EventID: 7, a: "1" });
  assert.deepEqual(read(`<13>Mar 29 00:02:11 h evt: ${xml("")}`), BASE);
});

Deno.test("EventXML: names that meet, inner elements, what is not data", () => {
  assert.deepEqual(
    read(xml(
      '<EventData><Data Name="Channel">D</Data><Data Name="x">1</Data><Data Name="x">2</Data>' +
        '<Data Name="x">3</Data><Data Name="__proto__">p</Data></EventData>',
    )),
    { ...BASE, Data_Channel: "D", x: "1", "x[2]": "2", "x[3]": "3", ["__proto__"]: "p" },
  );
  assert.deepEqual(
    read(xml(
      '<UserData><A xmlns="y"><B><C>1</C></B><D attr=">"/><C>2</C></A></UserData>' +
        "<RenderingInfo Culture='en'><Message>m</Message></RenderingInfo>",
    )),
    { ...BASE, C: "1", D: "", "C[2]": "2" },
  );
});

Deno.test("EventXML that is cut or no event is not read", () => {
  const whole = xml('<EventData><Data Name="a">1</Data></EventData>');
  for (let i = 0; i < whole.length - "</Event>".length; i++) {
    assert.equal(read(whole.slice(0, i)), null, whole.slice(0, i));
  }
  for (const text of ["<Event/>", "<Event></Event>", "<x/>", "<", "<Event <>", "<a b='></a>"]) {
    assert.equal(read(text), null, text);
  }
});

Deno.test("JSON of winlogbeat, new and old", () => {
  assert.deepEqual(
    read(JSON.stringify({
      "@timestamp": "2026-03-29T00:02:11Z",
      message: "m",
      winlog: {
        event_id: 7,
        channel: "C",
        computer_name: "h",
        provider_name: "P",
        record_id: 5,
        keywords: ["Audit Failure"],
        process: { pid: 4, thread: { id: 8 } },
        user: { identifier: "S-1-5-18" },
        event_data: { a: "1", Channel: "D" },
        user_data: { b: "2" },
        api: "wineventlog",
      },
    })),
    {
      ...BASE,
      TimeCreated: "2026-03-29T00:02:11Z",
      EventRecordID: 5,
      ProcessID: 4,
      ThreadID: 8,
      UserID: "S-1-5-18",
      Keywords: "Audit Failure",
      a: "1",
      Data_Channel: "D",
      b: "2",
      "@timestamp": "2026-03-29T00:02:11Z",
      message: "m",
      "winlog.event_id": "7",
      "winlog.channel": "C",
      "winlog.computer_name": "h",
      "winlog.provider_name": "P",
      "winlog.record_id": "5",
      "winlog.keywords": ["Audit Failure"],
      "winlog.process.pid": "4",
      "winlog.process.thread.id": "8",
      "winlog.user.identifier": "S-1-5-18",
      "winlog.api": "wineventlog",
    },
  );
  const old = read(JSON.stringify({
    "@timestamp": "2026-03-29T00:02:11Z",
    event_id: 7,
    log_name: "C",
    source_name: "P",
    computer_name: "h",
    record_number: "5",
    event_data: { a: "1" },
  }))!;
  assert.deepEqual({ ...old, ...BASE, a: "1", EventRecordID: 5 }, old);
});

Deno.test("JSON of Wazuh, of Get-WinEvent, of converters of XML", () => {
  const wazuh = read(JSON.stringify({
    agent: { name: "x" },
    data: {
      win: {
        system: {
          providerName: "P",
          eventID: "7",
          channel: "C",
          computer: "h",
          systemTime: "2026-03-29T00:02:11.1234567Z",
        },
        eventdata: { targetUserName: "bob" },
      },
    },
  }))!;
  assert.deepEqual(wazuh, {
    ...BASE,
    TimeCreated: "2026-03-29T00:02:11.1234567Z",
    TargetUserName: "bob",
    "agent.name": "x",
  });
  const listed = read(JSON.stringify({
    Id: 7,
    LogName: "C",
    ProviderName: "P",
    MachineName: "h",
    RecordId: 5,
    TimeCreated: "/Date(1774742531123)/",
  }))!;
  assert.deepEqual({ ...listed, ...BASE, EventRecordID: 5 }, listed);
  assert.equal(listed.TimeCreated, "2026-03-29T00:02:11.123Z");
  const attributes = {
    Event: {
      "@xmlns": "x",
      System: {
        Provider: { "@Name": "P" },
        EventID: { "@Qualifiers": "1", "#text": "7" },
        Channel: "C",
        Computer: "h",
      },
      EventData: { Data: [{ "@Name": "a", "#text": "1" }, { "@Name": "b" }] },
    },
  };
  assert.deepEqual(read(JSON.stringify(attributes)), { ...BASE, Qualifiers: 1, a: "1", b: "" });
});

Deno.test("JSON that says no event is not read", () => {
  for (const text of ['{"a":1}', "{}", "[]", "{", '{"EventID":"x"}', '{"Event":{"System":{}}}']) {
    assert.equal(read(text), null, text);
  }
  assert.deepEqual(read('{"Id":7,"__proto__":"x"}'), { Id: "7", EventID: 7, ["__proto__"]: "x" });
});

Deno.test("pairs: quotes, backslashes, blanks, separators, times", () => {
  const pairs = (text: string) => {
    const { Host: _, ...rest } = read("Host=h EventID=7 Channel=C " + text)!;
    return rest;
  };
  const base = { EventID: 7, Channel: "C", Computer: "h" };
  assert.deepEqual(
    pairs(String.raw`a="x y" b="C:\d\" c="say \"hi\" now" d=NT AUTHORITY\SYSTEM e=1`),
    {
      ...base,
      a: "x y",
      b: "C:\\d\\",
      c: 'say "hi" now',
      d: "NT AUTHORITY\\SYSTEM",
      e: "1",
    },
  );
  assert.deepEqual(pairs('a=1, b="2", c=3; d=4 | e="x'), {
    ...base,
    a: "1",
    b: "2",
    c: "3",
    d: "4",
    e: '"x',
  });
  assert.deepEqual(pairs("a= b=2 EventID=8 Message=An account failed to log on."), {
    ...base,
    a: "",
    b: "2",
    Message: "An account failed to log on.",
  });
  const time = (text: string) => read(`${text} Host=h EventCode=4625`)!.TimeCreated;
  assert.equal(time("2026-03-29 00:02:11"), "2026-03-29 00:02:11");
  assert.equal(time("[2026-03-29T00:02:11.5Z]".slice(1, -1)), "2026-03-29T00:02:11.5Z");
  assert.equal(time("03/29/2026 02:02:11 PM"), "2026-03-29T14:02:11");
  assert.equal(time("3/9/2026 12:02:11 AM"), "2026-03-09T00:02:11");
  assert.equal(time("Mar 29 00:02:11"), "Mar 29 00:02:11");
  assert.equal(read("Host=h EventCode=4625")!.Channel, "Security");
  assert.equal(read("Host=h EventCode=7045")!.Channel, "System");
  assert.equal(read("Host=h User=bob"), null);
});

Deno.test("hostile texts take time in proportion to their length", () => {
  const n = 300_000;
  const texts = [
    'Host=h EventID=7 a="x '.repeat(n / 20),
    'Host=h EventID=7 a="' + '" \\" '.repeat(n / 5),
    "Host=h EventID=7 " + "a".repeat(n),
    "Host=h EventID=7 " + " ,".repeat(n / 2),
    "<Event><System>" + "<a ".repeat(n / 3),
    xml("<EventData>" + "<a>".repeat(n / 3)),
    xml('<EventData><Data Name="' + "a".repeat(n) + '" b>x</Data></EventData>'),
    xml("<EventData><Data " + "a ".repeat(n / 2) + ">x</Data></EventData>"),
    xml("<EventData>" + "<![CDATA[".repeat(n / 9)),
    xml("<EventData>" + '<Data Name="x">1</Data>'.repeat(n / 23) + "</EventData>"),
    "<Event ".repeat(n / 7),
    "x<Event ".repeat(n / 8),
    "<!--".repeat(n / 4),
    '{"EventID":1,' + '"a":{'.repeat(n / 5) + "}".repeat(n / 5) + "}",
    '{"Event":{"System":{"EventID":1},"EventData":' + '{"a":'.repeat(5000) + "1" +
    "}".repeat(5002),
  ];
  for (const text of texts) {
    const from = performance.now();
    readWindows(text);
    const ms = performance.now() - from;
    assert.ok(ms < 2000, `${Math.round(ms)} ms for ${text.slice(0, 60)}`);
  }
});
