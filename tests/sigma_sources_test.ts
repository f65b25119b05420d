/** Lines of each kind of log source, and a Sigma rule that has to fire on each. */
import assert from "node:assert/strict";
import { loadSourcetypes } from "../agent/content/files.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { compileSigma } from "../compiler/sigma/mod.ts";
import { compileSourcetypes } from "../compiler/sourcetype/compile/compile.ts";
import { parseBytes } from "./conformance/windows.ts";

/** A log source, a selection as JSON, a line, and whether the selection holds of it. */
type Case = readonly [source: string, selection: unknown, line: string, fires?: boolean];

const win = (channel: string, id: number, data: Record<string, unknown>) =>
  JSON.stringify({
    EventID: id,
    Channel: channel,
    Computer: "ws1",
    SourceName: channel.split("/")[0],
    TimeCreated: "2026-03-29T00:02:11.000Z",
    ...data,
  });

const sysmon = (id: number, data: Record<string, unknown>) =>
  win("Microsoft-Windows-Sysmon/Operational", id, data);

/** A process in the Security log. */
const created = (data: Record<string, unknown>) =>
  win("Security", 4688, {
    SourceName: "Microsoft-Windows-Security-Auditing",
    SubjectDomainName: "ACME",
    NewProcessName: "C:\\a.exe",
    NewProcessId: "0x2844",
    ProcessId: "0x10",
    ParentProcessName: "C:\\Windows\\cmd.exe",
    CommandLine: "a.exe -x",
    MandatoryLabel: "S-1-16-12288",
    ...data,
  });

const CASES: readonly Case[] = [
  [
    "product: windows, category: process_creation",
    { "image|endswith": "\\a.exe" },
    sysmon(1, {
      Image: "C:\\a.exe",
    }),
  ],
  [
    "product: windows, category: process_creation",
    {
      "Image|endswith": "\\a.exe",
      User: "ACME\\Bob",
      IntegrityLevel: "High",
      ProcessId: 10308,
      ParentProcessId: 16,
      "ParentImage|endswith": "\\cmd.exe",
      "CommandLine|contains": " -x",
    },
    created({ SubjectUserSid: "S-1-5-21-1", SubjectUserName: "bob", TargetUserName: "-" }),
  ],
  [
    "product: windows, category: process_creation",
    { "User|contains": ["AUTHORI", "AUTORI"] },
    created({ SubjectUserSid: "S-1-5-18", SubjectUserName: "WS1$" }),
  ],
  [
    "product: windows, category: process_creation",
    { User: "ACME\\alice" },
    created({ SubjectUserName: "bob", TargetUserName: "alice", TargetDomainName: "ACME" }),
  ],
  [
    "product: windows, category: file_event",
    { TargetFilename: "C:\\x" },
    sysmon(11, {
      TargetFilename: "c:\\X",
    }),
  ],
  [
    "product: windows, category: registry_set",
    { "Details|contains": "dword" },
    sysmon(13, {
      TargetObject: "HKLM\\x",
      Details: "DWORD (0x1)",
    }),
  ],
  [
    "product: windows, category: registry_delete",
    { EventType: "DeleteKey" },
    sysmon(12, {
      TargetObject: "HKLM\\x",
      EventType: "DeleteKey",
    }),
  ],
  ["product: windows, category: network_connection", {
    DestinationPort: 4444,
    "DestinationIp|cidr": "203.0.113.0/24",
    Initiated: "true",
  }, sysmon(3, { DestinationPort: 4444, DestinationIp: "203.0.113.9", Initiated: true })],
  [
    "product: windows, category: dns_query",
    { "QueryName|endswith": ".example" },
    sysmon(22, {
      QueryName: "a.example",
    }),
  ],
  ["category: dns", { "query|endswith": ".example" }, sysmon(22, { QueryName: "a.example" })],
  [
    "product: windows, category: ps_script",
    { "ScriptBlockText|contains": "iex" },
    win("Microsoft-Windows-PowerShell/Operational", 4104, { ScriptBlockText: "IEX x" }),
  ],
  [
    "product: windows, service: security",
    { EventID: 4624, LogonType: 3 },
    win("Security", 4624, { LogonType: "3", TargetUserName: "bob" }),
  ],
  [
    "product: windows, service: windefend",
    { EventID: 1116, "ThreatName|contains": "mimi" },
    win("Microsoft-Windows-Windows Defender/Operational", 1116, { "Threat Name": "Mimikatz" }),
  ],
  [
    "product: windows, service: bits-client",
    { EventID: 16403, RemoteName: "http*" },
    win("Microsoft-Windows-Bits-Client/Operational", 16403, { RemoteName: "http://x" }),
  ],
  [
    "category: webserver",
    { "cs-method": "GET", "cs-uri-query|contains": "/etc/passwd", "sc-status": 200 },
    '203.0.113.9 - - [29/Mar/2026:00:02:11 +0000] "GET /a?f=/etc/passwd HTTP/1.1" 200 5 "-" "curl"',
  ],
  [
    "category: proxy",
    { "c-uri|endswith": ".exe" },
    "1774742531.123     12 10.0.0.5 TCP_MISS/200 512 GET http://x.example/a.exe bob HIER_DIRECT/203.0.113.9 application/x",
  ],
  [
    "product: linux, service: auditd",
    { type: "EXECVE", a0: "nmap" },
    'type=EXECVE msg=audit(1774742531.123:42): argc=2 a0="nmap" a1="-sS"',
  ],
  [
    "product: linux, category: process_creation",
    { "Image|endswith": "/nmap" },
    'type=SYSCALL msg=audit(1774742531.123:42): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 auid=0 uid=0 comm="nmap" exe="/usr/bin/nmap" key="x"',
  ],
  [
    "product: linux, service: auth",
    ["Failed password"],
    "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 40001 ssh2",
  ],
  [
    "product: aws, service: cloudtrail",
    { eventSource: "iam.amazonaws.com", eventName: "CreateUser", "userIdentity.type": "IAMUser" },
    '{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"bob"},"eventTime":"2026-03-29T00:02:11Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","sourceIPAddress":"203.0.113.9","readOnly":false}',
  ],
  [
    "product: okta, service: okta",
    { eventType: "user.account.lock" },
    '{"timestamp":"2026-03-29T00:02:11Z","eventType":"user.account.lock","actor":{"alternateId":"bob@example.com"}}',
  ],
  [
    "product: azure, service: signinlogs",
    { ResultType: 50074, ClientApp: "x" },
    '{"time":"2026-03-29T00:02:11Z","category":"SignInLogs","resultType":"50074","properties":{"clientApp":"x"}}',
  ],
  [
    "product: kubernetes, category: application, service: audit",
    { verb: "create", "objectRef.resource": "pods" },
    '{"kind":"Event","verb":"create","objectRef":{"resource":"pods"},"requestReceivedTimestamp":"2026-03-29T00:02:11Z"}',
  ],
  [
    "product: zeek, service: dns",
    { "query|contains": "example", qtype_name: "TXT" },
    '{"ts":1774742531.1,"uid":"C1","id.orig_h":"10.0.0.5","query":"a.example","qtype_name":"TXT"}',
  ],
  [
    "product: gcp, service: gcp.audit",
    { "gcp.audit.method_name": "storage.setIamPermissions" },
    '{"timestamp":"2026-03-29T00:02:11Z","protoPayload":{"methodName":"storage.setIamPermissions"}}',
  ],
];

/** Further ones, as JSON: services, clouds, Zeek. */
const SAMPLES: readonly Case[] = Deno.readTextFileSync(
  new URL("samples/sigma_log_sources.jsonl", import.meta.url),
).trimEnd().split("\n").map((text) => {
  const { logsource, selection, line, fires } = JSON.parse(text);
  return [logsource, selection, line, fires];
});
const ALL = [...CASES, ...SAMPLES];

Deno.test("each kind of log source has its events and its fields", async () => {
  const sourcetypes = compileSourcetypes(await loadSourcetypes([]));
  const files = ALL.map(([source, selection], i) => ({
    name: `case${i}.yml`,
    text: `title: Case ${i}\nlogsource: {${source}}\ndetection:\n` +
      `  selection: ${JSON.stringify(selection)}\n  condition: selection\n`,
  }));
  const { rules, diagnostics, unfed } = compileSigma(files, sourcetypes);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(unfed, []);
  const wrong: string[] = [];
  for (const [i, [source, selection, line, fires = true]] of ALL.entries()) {
    const rule = { ...rules[i], commands: [] };
    const engine = createEngine({ rules: [rule], tables: [] }, sourcetypes.catalogue);
    const { batches, events } = parseBytes(
      sourcetypes,
      `case${i}.log`,
      new TextEncoder().encode(line + "\n"),
    );
    for (const batch of batches) {
      engine.openInput(batch.lines.input);
      engine.detect(batch);
    }
    engine.end();
    const matches = engine.takeChanges().filter((c) => c.change === "open").length;
    if (matches !== (fires ? 1 : 0)) {
      const { sourcetype, pattern } = events[0].extraction;
      wrong.push(`${source}: ${JSON.stringify(selection)} on ${sourcetype}, pattern ${pattern}`);
    }
  }
  assert.deepEqual(wrong, []);
});
