/** Log sources of web servers, proxies, firewalls, resolvers and network devices. */
import type { LogSource, Reading } from "./types.ts";

/** Web servers' and proxies' names → the CIM's. */
const WEB: Reading["fields"] = {
  "c-ip": "src",
  "cs-username": "user",
  "cs-method": "http_method",
  "cs-host": ["site", "url_domain", "dest"],
  "cs-uri": "url",
  "c-uri": "url",
  "c-uri-query": ["url", "uri_query"],
  "c-uri-extension": "uri_extension",
  "c-uri-stem": "uri_path",
  "cs-uri-stem": "uri_path",
  // Rules write the path with it; the URL of an access log has both.
  "cs-uri-query": ["url", "uri_query"],
  "cs-user-agent": "http_user_agent",
  "c-useragent": "http_user_agent",
  "cs-referer": "http_referrer",
  "cs-referrer": "http_referrer",
  "cs-cookie": "cookie",
  "sc-status": "status",
  "sc-bytes": "bytes_out",
  "cs-bytes": "bytes_in",
  "s-ip": "dest",
  "s-port": "dest_port",
  "cs-version": "http_version",
  "dst_ip": "dest",
  "src_ip": "src",
};

const NETWORK: Reading["fields"] = {
  "src_ip": "src",
  "dst_ip": "dest",
  "src_port": "src_port",
  "dst_port": "dest_port",
  "source.ip": "src",
  "source.port": "src_port",
  "destination.ip": "dest",
  "destination.port": "dest_port",
  "SourceIp": "src",
  "DestinationIp": "dest",
  "SourcePort": "src_port",
  "DestinationPort": "dest_port",
};

export const NETWORK_SOURCES: readonly LogSource[] = [
  {
    category: "webserver",
    from: "Web",
    readings: [{ fields: WEB }],
    by: ["src", "dest"],
  },
  { category: "proxy", from: "Web", readings: [{ fields: WEB }], by: ["src"] },
  { service: "apache", from: "apache_error", readings: [{}], by: ["host", "src"] },
  { service: "nginx", from: "nginx_error", readings: [{}], by: ["host", "src"] },
  {
    category: "firewall",
    from: "Network_Traffic",
    readings: [{ fields: NETWORK }],
    by: ["src", "dest"],
  },
  {
    service: "netflow",
    from: "Network_Traffic",
    readings: [{ fields: NETWORK }],
    by: ["src", "dest"],
  },
  {
    category: "dns",
    from: "Network_Resolution",
    readings: [{
      fields: {
        query: ["query", "QueryName"],
        QueryName: ["query", "QueryName"],
        record_type: "record_type",
        answer: "answer",
        src_ip: "src",
      },
    }],
    by: ["src", "host"],
  },
  {
    category: "antivirus",
    from: "Malware",
    readings: [{
      fields: {
        Signature: "signature",
        Filename: ["file_path", "file_name"],
        ComputerName: "dest",
        User: "user",
        Action: "action",
      },
    }],
    by: ["host", "user"],
  },
  {
    product: "cisco",
    from: "any",
    readings: [{ sourcetypes: ["syslog", "cisco_asa"] }],
  },
  {
    product: "cisco",
    service: ["aaa", "syslog", "accounting", "bgp", "ldp"],
    from: "any",
    readings: [{ sourcetypes: ["syslog", "cisco_asa"] }],
  },
  { product: "cisco", service: "asa", from: "cisco_asa", readings: [{}] },
  {
    product: ["fortigate", "fortios"],
    service: ["event", "sslvpnd", "traffic"],
    from: "any",
    readings: [{ sourcetypes: ["logfmt", "syslog"] }],
  },
];
