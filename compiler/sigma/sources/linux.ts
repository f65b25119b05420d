/** Log sources of Linux, and of applications that log as text. */
import type { LogSource, Reading } from "./types.ts";
import { SYSMON_NAMES } from "./windows.ts";

const AUDITD: Reading["fields"] = {
  Image: ["process_path", "exe"],
  CommandLine: ["proctitle", "cmd"],
  ParentProcessId: "parent_process_id",
  ProcessId: "process_id",
  User: "user",
  LogonId: "ses",
  CurrentDirectory: "cwd",
};

const linuxSysmon = (category: string, signature: string): LogSource => ({
  product: "linux",
  category,
  from: "windows_sysmon",
  readings: [{ known: SYSMON_NAMES, where: { signature } }],
});

export const LINUX_SOURCES: readonly LogSource[] = [
  {
    product: "linux",
    category: "process_creation",
    from: "any",
    readings: [
      {
        sourcetypes: ["windows_sysmon"],
        where: { signature: "Process creation" },
        known: SYSMON_NAMES,
      },
      { sourcetypes: ["linux_audit"], fields: AUDITD },
    ],
  },
  linuxSysmon("file_event", "File created"),
  linuxSysmon("file_delete", "File deleted"),
  linuxSysmon("network_connection", "Network connection"),
  { product: "linux", service: "auditd", from: "linux_audit", readings: [{}] },
  {
    product: "linux",
    service: ["auth", "sshd", "sudo", "su", "pam"],
    from: "linux_secure",
    readings: [{}],
  },
  { product: "linux", service: "vsftpd", from: "vsftpd", readings: [{}], by: ["host", "src"] },
  {
    product: "linux",
    service: ["syslog", "cron", "clamav", "guacamole", "modsecurity", "shell", "kernel"],
    from: "any",
    readings: [{ sourcetypes: ["syslog", "linux_secure", "linux_kernel", "container"] }],
  },
  {
    product: "linux",
    from: "any",
    readings: [{
      sourcetypes: ["syslog", "linux_secure", "linux_kernel", "linux_audit", "container"],
    }],
  },
  {
    product: ["django", "jvm", "nodejs", "python", "ruby_on_rails", "spring", "velocity", "sql"],
    category: "application",
    from: "any",
    readings: [{ sourcetypes: ["app_log", "json", "logfmt", "container", "syslog"] }],
  },
];
