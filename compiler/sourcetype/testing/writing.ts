/**
 * How the servers behind each sourcetype write what a client sent: which fields are the client's, and
 * what becomes of quotes, blanks and separators in them. The data of the adversarial samples; a new
 * sourcetype is attacked with plain text in every field of `WRITABLE` until it is said here what its
 * server does.
 */

/** Fields whose text a client chooses, whole or in part. */
const WRITABLE: ReadonlySet<string> = new Set([
  "base",
  "call_id",
  "captured",
  "client_software",
  "common_name",
  "cookie",
  "domain",
  "extension",
  "file_name",
  "file_path",
  "filter",
  "helo",
  "http_host",
  "http_referrer",
  "http_user_agent",
  "login",
  "message",
  "object",
  "object_path",
  "orig_recipient",
  "peer_name",
  "prefix_user",
  "process",
  "query",
  "queried",
  "recipient",
  "request",
  "site",
  "src_host",
  "src_user",
  "subject",
  "uri_path",
  "uri_query",
  "url",
  "user",
  "user_name",
]);

/** What a server makes of a client's text before it writes it; `quoted` if it stands in double quotes. */
export type Writing = (text: string, quoted: boolean) => string;

/** Nothing: what most daemons hand to syslog. */
const plain: Writing = (text) => text;
/** The name of an account that exists, a group, an interface: letters, digits and a few signs. */
const account: Writing = (text) => text.replace(/[^\w.@$-]/g, "_");
/** A host's name as an HTTP server lets it pass. */
const hostName: Writing = (text) => text.replace(/[\s"/\\,]/g, "_");
/** Apache and nginx in their access logs, Apache in its error log. */
const backslashed: Writing = (text) => text.replace(/["\\]/g, "\\$&");
const noBlank: Writing = (text) => text.replace(/\s/g, "+");
const percent: Writing = (text) => encodeURI(text);
const json: Writing = (text) => JSON.stringify(text).slice(1, -1);
const xml: Writing = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
/** A value of pairs: in quotes as soon as it holds what would end it, and quotes within as they came. */
export const unescapedPair: Writing = (text, quoted) =>
  quoted || !/[\s"=,;|]/.test(text) ? text : `"${text}"`;
/** The kernel's audit log: in hexadecimal when it holds a quote or a blank. */
const audit: Writing = (text) =>
  [...new TextEncoder().encode(text)].map((b) => b.toString(16).padStart(2, "0")).join("")
    .toUpperCase();
/** BIND prints names in the form of its zone files. */
const zoneFile: Writing = (text) =>
  text.replace(/["().;\\@$]/g, (c) => c === "." ? c : "\\" + c).replace(/\s/g, "\\032");
/** OpenVPN's characters for common names and usernames that become one. */
const openvpn: Writing = (text) => text.replace(/[^\w.@/-]/g, "_");

/** A mail address with a local part of any text. */
const quotedLocalPart: Writing = (text) =>
  /[\s"]/.test(text) ? `"${backslashed(text, true)}"@example.net` : text;

/** How a sourcetype's server writes a client's text; what is not here writes it as it came. */
const BY_SOURCETYPE: Readonly<Record<string, Writing>> = {
  access_combined: backslashed,
  apache_error: backslashed,
  aws_cloudfront: percent,
  aws_cloudtrail: json,
  gcp_audit: json,
  microsoft_entra: json,
  aws_elb: percent,
  cef: (text) => text.replace(/[\\=|]/g, "\\$&"),
  container: plain,
  csv: (text) => text.replaceAll('"', '""'),
  haproxy: (text) => text.replaceAll('"', "#22"),
  iis: (text) => text.replace(/\s/g, "+"),
  json,
  leef: (text) => text.replace(/[\t^]/g, " "),
  linux_audit: audit,
  logfmt: unescapedPair,
  mongodb: json,
  named: zoneFile,
  pan_os: (text) => /[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text,
  squid: percent,
};

/**
 * Exceptions, by sourcetype and by field, or by pattern and field: another writing, or null for what is
 * the server's own word there.
 */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, Writing | null>>>> = {
  // %v and $host are of the configuration, or of a Host header that was found valid.
  access_combined: { site: hostName },
  // Nothing but the words of the applications themselves tells who speaks in a free text.
  // IIS writes "+" for a blank.
  app_log: {
    message: null,
    "iis_row.url": noBlank,
    "iis_row.uri_query": noBlank,
    "iis_row.user": noBlank,
    "iis_row.http_user_agent": noBlank,
  },
  asterisk: { "call_rejected.user": null, "security_succeeded.user": account },
  aws_vpcflow: { user: null },
  cisco_asa: {
    "asa_vpn_session.user": account,
    "asa_command.object": null,
    "asa_command.user": account,
  },
  // Who is in has an account; what is executed is an administrator's.
  citrix_netscaler: {
    "login.user": account,
    "logout.user": account,
    "session.user": account,
    "refused.user": account,
    "command.user": account,
    "command.command": null,
    "command.object": null,
  },
  courier: { "courier_login.user": account },
  csv: { message: null },
  cyrus: { "cyrus_login.user": account },
  daemon_logins: { "sogo_login_done.user": account },
  // HTTP has no blank in a path.
  envoy: { url: noBlank, uri_path: noBlank, uri_query: noBlank },
  // What follows other commands is the server's.
  exchange: {
    "mailbox_login.user": account,
    "mailbox_event.user": account,
    "mailbox_event.message": null,
  },
  exim: { "received.src_user": quotedLocalPart },
  // A line of the container's own program, read as what it is.
  json: {
    "request.url": (text) => json(backslashed(text, true), true),
    "request.uri_path": (text) => json(backslashed(text, true), true),
    // Nothing but the words of the applications themselves tells who speaks in a free text.
    "record.message": null,
    // The sentence is Nextcloud's; the name in it is attacked as `user`.
    "nextcloud_login_failed.message": null,
    "nextcloud_login.message": null,
  },
  // The prefix of a packet's line is the administrator's: it may be any text of the kernel.
  linux_firewall: { message: null },
  linux_kernel: { object: null },
  linux_secure: {
    "cron_command.user": account,
    "crontab_replaced.src_user": account,
    "crontab_replaced.user": account,
    "group_created.object": account,
    "group_member_added.src_user": account,
    "group_member_added.user": account,
    "group_member_added.user_name": account,
    "login_root.user": account,
    "uw_login.user": account,
    // What exists is said to be no "invalid user".
    "ssh_accepted.user": account,
    "ssh_accepted_without_port.user": account,
    // OpenSSH always writes a port: of collectors that leave it out nothing is claimed for names with blanks.
    "ssh_failed_without_port.user": account,
    "ssh_certificate_refused.user": account,
    "ssh_key_refused.user": account,
    "ssh_pam_error.user": account,
    "pam_session_opened.user": account,
    "pam_session_opened.src_user": account,
    "pkexec_refused.src_user": account,
    "pkexec_refused.user": account,
    "su_failed.src_user": account,
    "su_failed.user": account,
    "su_success.src_user": account,
    "su_success.user": account,
    "su_success.user_name": account,
    "sudo_command.src_user": account,
    "sudo_command.user": account,
    "sudo_failed.src_user": account,
    "sudo_failed.user": account,
    "sudo_refused.src_user": account,
    "sudo_refused.user": account,
    "user_added.object": account,
    "user_added.user": account,
  },
  // Who came in has an account; the server wrote the sentence, but for the fields that are attacked by themselves.
  general: {
    message: null,
    "login.user": account,
    "login_unclear.user": account,
    "client.user": account,
  },
  lighttpd_error: { file_path: null },
  logfmt: { "grafana_login_failed.message": null, "login_failed.message": null },
  mikrotik: { "router_change.object": null, "router_change.user": account },
  mongodb: { message: null },
  // Before 1.21.1 a request may have blanks in it; a host with a quote was always refused.
  nginx_error: { site: null, message: null, http_host: hostName },
  openvpn: { message: null, common_name: openvpn, peer_name: openvpn, user: openvpn },
  postgresql: {
    message: null,
    "authorized.prefix_user": account,
    "authorized.user": account,
    "authorized.object": account,
    "connection.prefix_user": null,
  },
  proftpd: { "login.user": account },
  pure_ftpd: {
    "ftp_login.user": account,
    "ftp_event.message": null,
    session_user: account,
    "ftp_transfer.user": account,
    "ftp_event.user": account,
  },
  webmin: { "action.user": account, "login.user": account },
  vsftpd: { "ftp_transfer.user": account },
};

/** How a client's text comes into this field; null when a client does not write it. */
export function writingOf(
  sourcetype: string,
  pattern: string,
  field: string,
  line: string,
): Writing | null {
  const name = field.slice(field.lastIndexOf(".") + 1);
  if (!WRITABLE.has(name)) return null;
  const own = EXCEPTIONS[sourcetype];
  const exception = own?.[`${pattern}.${field}`] ?? own?.[field];
  if (own && (own[`${pattern}.${field}`] === null || own[field] === null)) return null;
  if (exception) return exception;
  // Who asks PAM is an account of the machine, but for servers that hand on what a client calls itself.
  if (field === "src_user" && line.includes(" ruser=") && !/ tty=(?:ftp|dovecot) /.test(line)) {
    return account;
  }
  if (/^windows/.test(sourcetype)) return windowsWriting(line);
  if (sourcetype === "general") return generalWriting(name, line);
  return BY_SOURCETYPE[sourcetype] ?? plain;
}

/** Windows events come as XML, JSON and pairs. */
function windowsWriting(line: string): Writing {
  const start = line.trimStart();
  return start.startsWith("<") ? xml : start.startsWith("{") ? json : unescapedPair;
}

/** Lines of any make: JSON and pairs by their own rules, a request as web servers write it, else plain text. */
function generalWriting(name: string, line: string): Writing {
  if (line.startsWith("{")) return json;
  if (/^\w+=/.test(line)) return unescapedPair;
  return name === "url" || name === "http_user_agent" || name === "uri_path" ? backslashed : plain;
}
