/** Log sources of Windows: Sysmon's categories, PowerShell's, channels. */
import type { LogSource, Reading } from "./types.ts";

/** Names in Sysmon's events, as Sysmon writes them. */
export const SYSMON_NAMES =
  ("Image CommandLine OriginalFileName ParentImage ParentCommandLine CurrentDirectory User " +
    "IntegrityLevel Hashes Product Company Description FileVersion LogonId ProcessId ProcessGuid " +
    "TargetFilename TargetObject Details EventType NewName ImageLoaded Signed Signature " +
    "SignatureStatus SourceImage TargetImage GrantedAccess CallTrace StartModule StartFunction " +
    "StartAddress PipeName QueryName QueryResults QueryStatus DestinationIp DestinationPort " +
    "DestinationHostname SourceIp SourcePort Initiated Protocol Device Hash Contents").split(" ");

const sysmon = (
  category: string | readonly string[],
  signature: string | readonly string[],
  more: Reading = {},
): LogSource => ({
  product: "windows",
  category,
  from: "windows_sysmon",
  readings: [{ known: SYSMON_NAMES, ...more, where: { signature, ...more.where } }],
});

/** Data without a name, as `#0`, `#1` …; `Data` in EventXML that names it so. */
const UNNAMED = ["Data", "#0", "#1", "#2", "#3", "#4", "#5", "#6", "#7", "#8", "#9"];

const WINDOWS: Reading = {
  known: ["EventID", "Channel", "Computer", "Provider_Name"],
  fields: { Data: UNNAMED, EventLog: "Channel", SourceName: ["SourceName", "Provider_Name"] },
};

/** Services that are channels without a sourcetype of their own. */
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  "applocker": [
    "Microsoft-Windows-AppLocker/MSI and Script",
    "Microsoft-Windows-AppLocker/EXE and DLL",
    "Microsoft-Windows-AppLocker/Packaged app-Deployment",
    "Microsoft-Windows-AppLocker/Packaged app-Execution",
  ],
  "appmodel-runtime": ["Microsoft-Windows-AppModel-Runtime/Admin"],
  "appxdeployment-server": ["Microsoft-Windows-AppXDeploymentServer/Operational"],
  "appxpackaging-om": ["Microsoft-Windows-AppxPackaging/Operational"],
  "bits-client": ["Microsoft-Windows-Bits-Client/Operational"],
  "capi2": ["Microsoft-Windows-CAPI2/Operational"],
  "certificateservicesclient-lifecycle-system": [
    "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
  ],
  "codeintegrity-operational": ["Microsoft-Windows-CodeIntegrity/Operational"],
  "diagnosis-scripted": ["Microsoft-Windows-Diagnosis-Scripted/Operational"],
  "dhcp": ["Microsoft-Windows-DHCP-Server/Operational"],
  "dns-client": ["Microsoft-Windows-DNS Client Events/Operational"],
  "dns-server": ["DNS Server"],
  "dns-server-analytic": ["Microsoft-Windows-DNS-Server/Analytical"],
  "dns-server-audit": ["Microsoft-Windows-DNS-Server/Audit"],
  "driver-framework": ["Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
  "firewall-as": ["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
  "hyper-v-worker": ["Microsoft-Windows-Hyper-V-Worker"],
  "iis-configuration": ["Microsoft-IIS-Configuration/Operational"],
  "kernel-event-tracing": ["Microsoft-Windows-Kernel-EventTracing"],
  "kernel-shimengine": [
    "Microsoft-Windows-Kernel-ShimEngine/Operational",
    "Microsoft-Windows-Kernel-ShimEngine/Diagnostic",
  ],
  "ldap": ["Microsoft-Windows-LDAP-Client/Debug"],
  "ldap_debug": ["Microsoft-Windows-LDAP-Client/Debug"],
  "lsa-server": ["Microsoft-Windows-LSA/Operational"],
  "microsoft-servicebus-client": ["Microsoft-ServiceBus-Client"],
  "msexchange-management": ["MSExchange Management"],
  "ntfs": ["Microsoft-Windows-Ntfs/Operational"],
  "ntlm": ["Microsoft-Windows-NTLM/Operational"],
  "openssh": ["OpenSSH/Operational"],
  "printservice-admin": ["Microsoft-Windows-PrintService/Admin"],
  "printservice-operational": ["Microsoft-Windows-PrintService/Operational"],
  "security-mitigations": [
    "Microsoft-Windows-Security-Mitigations/KernelMode",
    "Microsoft-Windows-Security-Mitigations/UserMode",
    "Microsoft-Windows-Security-Mitigations/Kernel Mode",
    "Microsoft-Windows-Security-Mitigations/User Mode",
  ],
  "sense": ["Microsoft-Windows-SENSE/Operational"],
  "servicebus-client": [
    "Microsoft-ServiceBus-Client/Admin",
    "Microsoft-ServiceBus-Client/Operational",
  ],
  "shell-core": ["Microsoft-Windows-Shell-Core/Operational"],
  "smbclient-connectivity": ["Microsoft-Windows-SmbClient/Connectivity"],
  "smbclient-security": ["Microsoft-Windows-SmbClient/Security"],
  "smbserver-connectivity": ["Microsoft-Windows-SMBServer/Connectivity"],
  "terminalservices-localsessionmanager": [
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
  ],
  "vhdmp": ["Microsoft-Windows-VHDMP/Operational"],
  "wmi": ["Microsoft-Windows-WMI-Activity/Operational"],
};

const service = (
  service: string | readonly string[],
  from: string,
  reading: Reading = WINDOWS,
): LogSource => ({ product: "windows", service, from, readings: [reading] });

const WINDOWS_SOURCETYPES = [
  "windows",
  "windows_application",
  "windows_defender",
  "windows_powershell",
  "windows_security",
  "windows_sysmon",
  "windows_system",
  "windows_task_scheduler",
];

const powershell = (category: string | readonly string[], where: Reading["where"]): LogSource => ({
  product: "windows",
  category,
  from: "windows_powershell",
  readings: [{ ...WINDOWS, where, known: ["ScriptBlockText", "Payload", "ContextInfo", "Path"] }],
});

export const WINDOWS_SOURCES: readonly LogSource[] = [
  {
    product: "windows",
    category: "process_creation",
    from: "Endpoint.Processes",
    readings: [
      {
        sourcetypes: ["windows_sysmon"],
        where: { signature: "Process creation" },
        known: SYSMON_NAMES,
      },
      {
        sourcetypes: ["windows_security"],
        where: { signature: "A new process has been created" },
        known: SYSMON_NAMES,
        fields: {
          Image: "process_path",
          ParentImage: "parent_process_path",
          CommandLine: ["CommandLine", "Process_Command_Line", "ProcessCommandLine"],
          LogonId: "SubjectLogonId",
          // In decimal, as Sysmon has them.
          ProcessId: "process_id",
          ParentProcessId: "parent_process_id",
          IntegrityLevel: ["MandatoryLabel", "process_integrity_level"],
        },
        accounts: {
          // Another account than the creator's has its own fields.
          User: [
            { sid: "TargetUserSid", domain: "TargetDomainName", name: "TargetUserName" },
            { sid: "SubjectUserSid", domain: "SubjectDomainName", name: "SubjectUserName" },
          ],
        },
      },
    ],
  },
  sysmon("file_change", "File creation time changed"),
  sysmon("network_connection", "Network connection"),
  sysmon("process_termination", "Process terminated"),
  sysmon("driver_load", "Driver loaded"),
  sysmon("image_load", "Image loaded"),
  sysmon("create_remote_thread", "Remote thread created"),
  sysmon("raw_access_thread", "Raw access read"),
  sysmon("process_access", "Process accessed"),
  sysmon("file_event", "File created"),
  sysmon("registry_add", "Registry object added or deleted", { where: { EventType: "CreateKey" } }),
  sysmon("registry_delete", "Registry object added or deleted", {
    where: { EventType: ["DeleteKey", "DeleteValue"] },
  }),
  sysmon("registry_set", "Registry value set"),
  sysmon("registry_rename", "Registry object renamed"),
  sysmon("registry_event", [
    "Registry object added or deleted",
    "Registry value set",
    "Registry object renamed",
  ]),
  sysmon("create_stream_hash", "File stream created"),
  sysmon("pipe_created", ["Pipe created", "Pipe connected"]),
  sysmon("wmi_event", "WMI subscription"),
  sysmon("dns_query", "DNS query"),
  sysmon("file_delete", "File deleted"),
  sysmon("clipboard_capture", "Clipboard changed"),
  sysmon("process_tampering", "Process image changed"),
  sysmon(["file_block_executable", "file_block_shredding", "file_block"], "File blocked"),
  sysmon("file_executable_detected", "Executable file created"),
  sysmon("sysmon_status", ["Sysmon service state changed", "Sysmon configuration changed"]),
  {
    product: "windows",
    category: "sysmon_error",
    from: "windows_sysmon",
    readings: [{ where: { EventID: 255 } }],
  },
  powershell("ps_script", { signature: "A script block was run" }),
  powershell("ps_module", { signature: "A command was invoked" }),
  powershell("ps_classic_start", { EventID: 400 }),
  powershell("ps_classic_provider_start", { EventID: 600 }),
  powershell("ps_classic_script", { EventID: 800 }),
  service("sysmon", "windows_sysmon"),
  service("security", "windows_security"),
  service("system", "windows_system"),
  service("application", "windows_application"),
  service("powershell", "windows_powershell", {
    ...WINDOWS,
    where: { Channel: ["Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"] },
  }),
  service("powershell-classic", "windows_powershell", {
    ...WINDOWS,
    where: { Channel: "Windows PowerShell" },
  }),
  service("taskscheduler", "windows_task_scheduler"),
  service("windefend", "windows_defender", {
    ...WINDOWS,
    fields: {
      ...WINDOWS.fields,
      ThreatName: ["Threat Name", "ThreatName"],
      ProcessName: ["Process Name", "ProcessName"],
      SourceName: ["Source Name", "SourceName"],
      NewValue: ["New Value", "NewValue"],
      OldValue: ["Old Value", "OldValue"],
      CategoryName: ["Category Name", "CategoryName"],
      SeverityName: ["Severity Name", "SeverityName"],
      DetectionUser: ["Detection User", "DetectionUser"],
    },
  }),
  ...Object.entries(CHANNELS).map(([name, Channel]) =>
    service(name, "windows", { ...WINDOWS, where: { Channel } })
  ),
  {
    product: "windows",
    from: "any",
    readings: [{ ...WINDOWS, sourcetypes: WINDOWS_SOURCETYPES }],
  },
  {
    product: "rpc_firewall",
    category: "application",
    from: "windows",
    readings: [{ ...WINDOWS, where: { Channel: ["RPCFW", "RPCFWP"] } }],
  },
];
