/** Log sources of clouds, and of services that log JSON. */
import type { LogSource, Reading } from "./types.ts";

/** JSON without a sourcetype of its own; it may be read as general, for what else it looks like. */
export const JSON_SOURCETYPES = ["json", "general"];

/** A cloud's JSON, told from other JSON by fields that its records always have. */
const json = (
  product: string | readonly string[],
  service: string | readonly string[] | undefined,
  reading: Reading,
  by: readonly string[] = ["host", "user", "src"],
): LogSource => ({
  product,
  ...(service === undefined ? {} : { service }),
  from: "any",
  readings: [{ sourcetypes: JSON_SOURCETYPES, lists: true, ...reading }],
  by,
});

/** The same, of a product some of whose JSON has a sourcetype of its own. */
const also = (sourcetype: string, sources: readonly LogSource[]): LogSource[] =>
  sources.map((source) => ({
    ...source,
    readings: source.readings.map((r) => ({
      ...r,
      sourcetypes: [...JSON_SOURCETYPES, sourcetype],
    })),
  }));

/** What an entry of Microsoft Entra says was done. */
const ACTIVITY = [
  "ActivityDisplayName",
  "activityDisplayName",
  "properties.activityDisplayName",
  "OperationName",
  "operationName",
];

const AZURE = also("microsoft_entra", [
  json("azure", "activitylogs", {
    nested: ["properties."],
    fields: {
      CategoryValue: ["CategoryValue", "category.value", "category"],
      ResourceProviderValue: [
        "ResourceProviderValue",
        "resourceProviderName.value",
        "resourceProviderValue",
      ],
      OperationNameValue: ["OperationNameValue", "operationName.value", "operationName"],
      operationName: ["operationName", "operationName.value", "OperationNameValue"],
    },
  }),
  json("azure", "auditlogs", {
    nested: ["properties."],
    fields: {
      "properties.message": ["properties.message", ...ACTIVITY],
      activityType: ["ActivityType", "activityType", ...ACTIVITY],
      Status: ["Status", "Result", "result", "properties.result"],
      "additionalDetails.additionalInfo": [
        "additionalDetails.additionalInfo",
        "additionalDetails",
        "properties.additionalDetails",
      ],
    },
  }),
  json("azure", ["signinlogs", "microsoft365portal"], {
    nested: ["properties."],
    emptyIsMissing: true,
    fields: {
      Username: ["Username", "userPrincipalName", "properties.userPrincipalName"],
      ClientApp: [
        "ClientApp",
        "clientAppUsed",
        "clientApp",
        "properties.clientAppUsed",
        "properties.clientApp",
      ],
      Status: ["Status", "resultType", "ResultType", "properties.status.errorCode"],
      "DeviceDetail.trusttype": ["DeviceDetail.trusttype", "properties.deviceDetail.trustType"],
    },
    values: {
      resultType: { success: "0" },
      ResultType: { success: "0" },
      "properties.status.errorCode": { success: "0" },
    },
  }),
  json("azure", ["pim", "riskdetection"], { nested: ["properties."] }),
]);

const GOOGLE = also("gcp_audit", [
  json("gcp", "gcp.audit", {
    strip: "data.",
    fields: {
      "gcp.audit.method_name": [
        "gcp.audit.method_name",
        "protoPayload.methodName",
        "data.protoPayload.methodName",
      ],
      // Of the entry, which rules write as if they were of its payload.
      "data.protoPayload.resource.type": [
        "data.protoPayload.resource.type",
        "protoPayload.resource.type",
        "data.resource.type",
        "resource.type",
      ],
      "data.protoPayload.logName": ["data.protoPayload.logName", "data.logName", "logName"],
    },
  }),
  json("gcp", ["google_workspace.admin", "google_workspace.login"], {
    strip: "data.",
    fields: {
      eventService: ["eventService", "protoPayload.serviceName"],
      eventName: [
        "eventName",
        "protoPayload.metadata.event.eventName",
        "protoPayload.methodName",
      ],
      setting_name: ["setting_name", "protoPayload.metadata.event.parameter.value"],
      new_value: ["new_value", "protoPayload.metadata.event.parameter.value"],
      old_value: ["old_value", "protoPayload.metadata.event.parameter.value"],
    },
  }),
]);

export const CLOUD_SOURCES: readonly LogSource[] = [
  {
    product: "aws",
    service: "cloudtrail",
    from: "aws_cloudtrail",
    readings: [{
      lists: true,
      fields: {
        src_ip: "src",
        // A rule that asks for an object as text has its JSON in mind.
        requestParameters: ["requestParameters", "_raw"],
        responseElements: ["responseElements", "_raw"],
        resources: ["resources", "_raw"],
      },
    }],
    by: ["user", "src"],
  },
  ...AZURE,
  ...GOOGLE,
  json("m365", ["audit", "exchange", "threat_management", "threat_detection"], {
    fields: {
      eventSource: ["eventSource", "Workload"],
      eventName: ["eventName", "Name", "Operation"],
      status: ["status", "Status", "ResultStatus"],
    },
    values: { ResultStatus: { success: ["True", "Succeeded"] } },
  }),
  json("okta", "okta", {
    has: ["eventType"],
    // Rules of earlier years write them in small letters.
    known: [
      "eventType",
      "displayMessage",
      "legacyEventType",
      "actor.alternateId",
      "actor.displayName",
      "actor.id",
      "actor.type",
      "client.ipAddress",
      "client.userAgent.rawUserAgent",
      "debugContext.debugData.behaviors",
      "debugContext.debugData.logOnlySecurityData",
      "debugContext.debugData.requestUri",
      "outcome.reason",
      "outcome.result",
      "securityContext.isProxy",
      "target.alternateId",
      "target.displayName",
      "target.id",
      "target.type",
    ],
  }),
  json("github", "audit", { has: ["action", "actor"] }),
  json("bitbucket", "audit", { has: ["auditType.category"] }),
  json("onelogin", "onelogin.events", { has: ["event_type_id"] }),
  json("cisco", "duo", { has: ["event_type"] }),
  json("kubernetes", "audit", {
    has: ["verb"],
    fields: {
      resource: ["objectRef.resource", "resource"],
      subresource: ["objectRef.subresource", "subresource"],
      apiGroup: ["objectRef.apiGroup", "apiGroup"],
      namespace: ["objectRef.namespace", "namespace"],
      capabilities: [
        "capabilities",
        "requestObject.spec.containers.securityContext.capabilities",
        "requestObject.spec.template.spec.containers.securityContext.capabilities",
      ],
      hostPath: [
        "hostPath",
        "requestObject.spec.volumes.hostPath",
        "requestObject.spec.template.spec.volumes.hostPath",
      ],
    },
  }, ["user.username", "host"]),
  {
    product: "opencanary",
    category: "application",
    from: "any",
    readings: [{ sourcetypes: JSON_SOURCETYPES, lists: true, has: ["logtype"] }],
    by: ["src_host", "host"],
  },
];
