/** Log sources of Zeek's logs in JSON, each told by fields that only its records have. */
import { JSON_SOURCETYPES } from "./cloud.ts";
import type { LogSource, Reading } from "./types.ts";

/** Names of proxies and of the network that rules write → Zeek's. */
const ZEEK: Reading["fields"] = {
  src_ip: "id.orig_h",
  dst_ip: "id.resp_h",
  src_port: "id.orig_p",
  dst_port: "id.resp_p",
  "c-ip": "id.orig_h",
  "c-uri": "uri",
  "c-useragent": "user_agent",
  "cs-user-agent": "user_agent",
  "cs-method": "method",
  "cs-host": "host",
  "cs-referer": "referrer",
  "sc-status": "status_code",
};

const KINDS: Readonly<Record<string, readonly string[]>> = {
  conn: ["uid", "conn_state"],
  dce_rpc: ["uid", "endpoint"],
  dns: ["uid", "query"],
  files: ["fuid", "mime_type"],
  ftp: ["uid", "command"],
  http: ["uid", "uri"],
  ldap: ["uid", "message_id"],
  ldap_search: ["uid", "base_object"],
  kerberos: ["uid", "request_type"],
  notice: ["note"],
  ntlm: ["uid", "domainname"],
  rdp: ["uid", "id.orig_h"],
  smb_files: ["uid", "path"],
  smb_mapping: ["uid", "share_type"],
  smtp: ["uid", "mailfrom"],
  ssh: ["uid", "client"],
  ssl: ["uid", "cipher"],
  weird: ["uid", "name", "notice"],
  x509: ["certificate.serial"],
};

const zeek = (service: string | undefined, has: readonly string[]): LogSource => ({
  product: "zeek",
  ...(service === undefined ? {} : { service }),
  from: "any",
  readings: [{ sourcetypes: JSON_SOURCETYPES, lists: true, has, fields: ZEEK }],
  by: ["id.orig_h", "host"],
});

export const ZEEK_SOURCES: readonly LogSource[] = [
  zeek(undefined, ["uid"]),
  ...Object.entries(KINDS).map(([service, has]) => zeek(service, has)),
];
