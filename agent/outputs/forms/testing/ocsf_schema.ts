/**
 * OCSF 1.4.0 Detection Finding as JSON Schema, by hand from the schema's events/findings and objects:
 * required attributes, types, enums, and no attribute that the class does not have.
 */
const closed = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});
const text = { type: "string" }, time = { type: "integer", minimum: 1e12 };
const texts = { type: "array", items: text };

const technique = closed({ name: text, uid: text, src_url: text });
const attack = {
  ...closed({
    version: text,
    tactic: closed({ name: text, uid: { type: "string", pattern: "^TA\\d{4}$" }, src_url: text }),
    technique,
    sub_technique: technique,
  }),
  anyOf: [{ required: ["tactic"] }, { required: ["technique"] }, { required: ["sub_technique"] }],
};

const analytic = {
  ...closed({
    type_id: { enum: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99] },
    type: text,
    name: text,
    uid: text,
    version: text,
    desc: text,
    category: text,
  }, ["type_id"]),
  anyOf: [{ required: ["name"] }, { required: ["uid"] }],
};

const findingInfo = closed({
  analytic,
  attacks: { type: "array", items: attack },
  created_time: time,
  desc: text,
  first_seen_time: time,
  last_seen_time: time,
  related_events_count: { type: "integer" },
  src_url: text,
  title: text,
  types: texts,
  uid: text,
}, ["title", "uid"]);

const metadata = closed({
  version: { const: "1.4.0" },
  uid: text,
  log_provider: text,
  logged_time: time,
  product: closed({ name: text, vendor_name: text, version: text }, ["vendor_name"]),
}, ["product", "version"]);

export const OCSF_FINDING = closed({
  activity_id: { enum: [0, 1, 2, 3, 99] },
  activity_name: { enum: ["Create", "Update", "Close"] },
  category_uid: { const: 2 },
  category_name: { const: "Findings" },
  class_uid: { const: 2004 },
  class_name: { const: "Detection Finding" },
  type_uid: { enum: [200401, 200402, 200403] },
  type_name: text,
  severity_id: { enum: [0, 1, 2, 3, 4, 5, 6, 99] },
  severity: { enum: ["Informational", "Low", "Medium", "High", "Critical", "Fatal"] },
  status_id: { enum: [0, 1, 2, 3, 4, 5, 99] },
  status: { enum: ["New", "In Progress", "Suppressed", "Resolved", "Archived"] },
  is_alert: { type: "boolean" },
  time,
  start_time: time,
  end_time: time,
  count: { type: "integer" },
  message: text,
  metadata,
  finding_info: findingInfo,
  evidences: { type: "array", items: closed({ data: {} }, ["data"]) },
  enrichments: {
    type: "array",
    items: closed({ name: text, value: text, type: text, provider: text, data: {} }, [
      "data",
      "name",
      "value",
    ]),
  },
  observables: {
    type: "array",
    items: closed({
      name: text,
      type_id: { type: "integer", minimum: 0, maximum: 99 },
      type: text,
      value: text,
    }, ["name", "type_id"]),
  },
  vulnerabilities: {
    type: "array",
    items: closed({
      cve: closed({ uid: { type: "string", pattern: "^CVE-\\d{4}-\\d+$" } }, ["uid"]),
    }),
  },
  unmapped: { type: "object" },
}, [
  ...["activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id"],
  ...["time", "type_uid"],
]);
