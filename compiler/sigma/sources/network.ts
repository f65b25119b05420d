/** Log sources of web servers, proxies, firewalls, resolvers and network devices. */
import type { LogSource, Reading } from "./types.ts";

/** Web servers' and proxies' names → the CIM's. */
const WEB: Reading["fields"] = {
  "c-ip": "src",
  "cs-username": "user",
  "cs-method": "http_method",
  "cs-host": ["site", "url_domain", "dest"],
  "r-dns": ["site", "url_domain", "dest"],
  "c-dns": ["site", "url_domain", "dest"],
  "s-dns": ["site", "url_domain", "dest"],
  "cs-uri": "url",
  "c-uri": "url",
  "c-uri-query": ["url", "uri_query"],
  "c-uri-path": "uri_path",
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
  "cs-mime-type": "http_content_type",
  "rs-content-type": "http_content_type",
  "dst_port": "dest_port",
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

/** What vendors call it to let something pass, or not. */
const ACTIONS: Reading["values"] = {
  action: {
    ...Object.fromEntries(
      ["accept", "accepted", "allow", "forward", "pass", "permit", "start"].map((
        a,
      ) => [a, "allowed"]),
    ),
    ...Object.fromEntries(
      ["block", "deny", "denied", "discard", "drop", "dropped", "reject"].map((
        a,
      ) => [a, "blocked"]),
    ),
  },
};

export const NETWORK_SOURCES: readonly LogSource[] = [
  {
    category: "webserver",
    from: "Web",
    readings: [{ fields: WEB }],
    by: ["src", "dest"],
  },
  { category: "proxy", from: "Web", readings: [{ fields: WEB }], by: ["src"] },
  ...(["apache", "nginx"] as const).flatMap((name): LogSource[] => {
    const errors = { sourcetypes: [`${name}_error`] };
    const rest = {
      from: "any",
      readings: [errors, { sourcetypes: ["access_combined"], fields: WEB }],
      by: ["host", "src"],
    };
    return [
      { service: name, ...rest },
      { product: name, ...rest },
      { product: name, category: "webserver", ...rest },
      { product: name, service: "error", from: `${name}_error`, readings: [{}], by: rest.by },
    ];
  }),
  {
    category: "firewall",
    from: "Network_Traffic",
    readings: [{ fields: NETWORK, values: ACTIONS }],
    by: ["src", "dest"],
  },
  {
    service: "netflow",
    from: "Network_Traffic",
    readings: [{ fields: NETWORK }],
    by: ["src", "dest"],
  },
  {
    category: "firewall",
    product: ["fortigate", "fortios"],
    from: "Network_Traffic",
    readings: [{ fields: NETWORK, values: ACTIONS }],
    by: ["src", "dest"],
  },
  ...([{ category: "dns" }, { product: "dns" }, { service: "dns" }] as const).map((key) => ({
    ...key,
    from: "Network_Resolution",
    readings: [{
      fields: {
        query: ["query", "QueryName"],
        QueryName: ["query", "QueryName"],
        record_type: "record_type",
        answer: "answer",
        src_ip: "src",
        dns_query: "query",
        query_type: "record_type",
        ttl: "ttl",
      },
    }],
    by: ["src", "host"],
  })),
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
  ...[
    { product: ["cisco", "huawei", "juniper"] },
    {
      product: ["cisco", "huawei", "juniper"],
      service: ["aaa", "syslog", "accounting", "bgp", "ldp"],
    },
  ].map((key) => ({
    ...key,
    from: "any",
    readings: [{ sourcetypes: ["syslog", "cisco_asa", "cisco_ios", "general"] }],
  })),
  {
    category: "database",
    from: "any",
    readings: [{ sourcetypes: ["mysql", "postgresql", "mssql", "mongodb", "app_log", "general"] }],
  },
  { product: "cisco", service: "asa", from: "cisco_asa", readings: [{}] },
  {
    product: ["fortigate", "fortios"],
    service: ["event", "sslvpnd", "traffic"],
    from: "any",
    readings: [{ sourcetypes: ["logfmt", "syslog", "general"] }],
  },
];
