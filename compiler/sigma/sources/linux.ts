/** Log sources of Linux, and of applications that log as text. */
import type { LogSource, Reading } from "./types.ts";
import { SYSMON_NAMES } from "./windows.ts";

const AUDITD: Reading["fields"] = {
  Image: ["process_path", "invoked"],
  CommandLine: ["proctitle", "cmd", "argv"],
  ParentProcessId: "parent_process_id",
  ProcessId: "process_id",
  User: "user",
  LogonId: "ses",
  CurrentDirectory: "cwd",
};

/** What comes by syslog: services that have a sourcetype of their own among them. */
const SYSLOG = [
  "syslog",
  "linux_secure",
  "linux_kernel",
  "container",
  "general",
  "courier",
  "cyrus",
  "daemon_logins",
  "dovecot",
  "dropbear",
  "exim",
  "linux_firewall",
  "monit",
  "named",
  "openvpn",
  "postfix",
  "proftpd",
  "pure_ftpd",
  "samba",
  "sendmail",
  "slapd",
  "vsftpd",
  "apache_error",
  "nginx_error",
  "mysql",
];

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
      // Each record tells its part: who runs, and what with.
      { sourcetypes: ["linux_audit"], fields: AUDITD, paths: { invoked: "a0" } },
    ],
  },
  {
    product: "linux",
    category: "file_event",
    from: "any",
    readings: [
      {
        sourcetypes: ["windows_sysmon"],
        where: { signature: "File created" },
        known: SYSMON_NAMES,
      },
      {
        sourcetypes: ["linux_audit"],
        where: { type: "PATH", nametype: "CREATE" },
        fields: { TargetFilename: "name" },
      },
    ],
  },
  linuxSysmon("file_delete", "File deleted"),
  linuxSysmon("network_connection", "Network connection"),
  { product: "linux", service: "auditd", from: "linux_audit", readings: [{}] },
  {
    product: "linux",
    service: ["auth", "sshd", "sudo", "su", "pam"],
    from: "any",
    readings: [{
      sourcetypes: ["linux_secure", "daemon_logins", "syslog", "general"],
      fields: { pam_message: ["pam_message", "signature"], pam_user: "user", pam_rhost: "src" },
      values: { signature: { "authentication failure": "PAM authentication failure" } },
    }],
  },
  {
    product: "linux",
    service: "vsftpd",
    from: "any",
    readings: [{ sourcetypes: ["vsftpd", "general"] }],
    by: ["host", "src"],
  },
  {
    product: "linux",
    service: ["syslog", "cron", "clamav", "guacamole", "modsecurity", "shell", "kernel"],
    from: "any",
    readings: [{ sourcetypes: SYSLOG }],
  },
  ...[{ product: "modsecurity" }, { service: "modsecurity" }].map((key) => ({
    ...key,
    from: "any",
    readings: [{ sourcetypes: ["apache_error", "nginx_error", "syslog", "general"] }],
    by: ["host", "src"],
  })),
  {
    product: "linux",
    from: "any",
    readings: [{ sourcetypes: ["linux_audit", ...SYSLOG] }],
  },
  {
    product: ["django", "jvm", "nodejs", "python", "ruby_on_rails", "spring", "velocity", "sql"],
    category: "application",
    from: "any",
    readings: [{ sourcetypes: ["app_log", "json", "logfmt", "container", "syslog", "general"] }],
  },
];
