/** Log sources of clouds, of services that log JSON, and of Zeek. */
import type { LogSource, Reading } from "./types.ts";

/** A cloud's JSON, told from other JSON by fields that its records always have. */
const json = (
  product: string | readonly string[],
  service: string | readonly string[] | undefined,
  reading: Reading,
  by: readonly string[] = ["host", "user", "src"],
): LogSource => ({
  product,
  ...(service === undefined ? {} : { service }),
  from: "json",
  readings: [{ lists: true, ...reading }],
  by,
});

const zeek = (service: string, has: readonly string[], fields: Reading["fields"] = {}): LogSource =>
  json("zeek", service, { has: ["uid", ...has], fields }, ["id.orig_h", "host"]);

export const CLOUD_SOURCES: readonly LogSource[] = [
  {
    product: "aws",
    service: "cloudtrail",
    from: "aws_cloudtrail",
    readings: [{ lists: true, fields: { src_ip: "src" } }],
    by: ["user", "src"],
  },
  json("azure", ["activitylogs"], {
    has: ["operationName"],
    nested: ["properties."],
    fields: { OperationNameValue: ["OperationNameValue", "operationName"] },
  }),
  json("azure", ["auditlogs", "signinlogs", "pim", "riskdetection", "microsoft365portal"], {
    nested: ["properties."],
    fields: { Username: ["Username", "userPrincipalName", "properties.userPrincipalName"] },
  }),
  json("gcp", ["gcp.audit", "google_workspace.admin", "google_workspace.login"], {
    fields: {
      "gcp.audit.method_name": ["gcp.audit.method_name", "protoPayload.methodName"],
      "data.protoPayload.serviceName": [
        "data.protoPayload.serviceName",
        "protoPayload.serviceName",
      ],
      "eventService": ["eventService", "protoPayload.serviceName"],
      "eventName": [
        "eventName",
        "protoPayload.metadata.event.eventName",
        "protoPayload.methodName",
      ],
    },
  }),
  json("m365", ["audit", "exchange", "threat_management", "threat_detection"], {
    fields: {
      eventSource: ["eventSource", "Workload"],
      eventName: ["eventName", "Name", "Operation"],
      status: ["status", "Status", "ResultStatus"],
    },
  }),
  json("okta", "okta", { has: ["eventType"] }),
  json("github", "audit", { has: ["action", "actor"] }),
  json("bitbucket", "audit", { has: ["auditType.category"], fields: {} }),
  json("onelogin", "onelogin.events", { has: ["event_type_id"] }),
  json("cisco", "duo", { has: ["event_type"] }),
  {
    product: "kubernetes",
    service: "audit",
    from: "json",
    readings: [{ lists: true, has: ["verb"] }],
    by: ["user.username", "host"],
  },
  {
    product: "opencanary",
    category: "application",
    from: "json",
    readings: [{ lists: true, has: ["logtype"] }],
    by: ["src_host", "host"],
  },
  zeek("dns", ["query"]),
  zeek("http", ["uri"]),
  zeek("smb_files", ["path"]),
  zeek("dce_rpc", ["endpoint"]),
  zeek("kerberos", ["request_type"]),
  zeek("rdp", ["id.orig_h"]),
  { ...zeek("x509", []), readings: [{ lists: true, has: ["certificate.serial"] }] },
];
