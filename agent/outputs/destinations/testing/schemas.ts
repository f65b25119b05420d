/** What services document of the bodies that they take, as JSON Schema; the limits are theirs. */
import { Ajv, type ValidateFunction } from "ajv";

const ajv = new Ajv({ allErrors: true, strict: false });

const closed = (properties: Record<string, unknown>, required: readonly string[]) => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});
const constant = (value: unknown) => ({ const: value });
const text = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });

const plainText = (most: number) =>
  closed({ type: constant("plain_text"), text: text(most), emoji: { type: "boolean" } }, [
    "type",
    "text",
  ]);
const mrkdwn = (most: number) =>
  closed({ type: constant("mrkdwn"), text: text(most), verbatim: constant(true) }, [
    "type",
    "text",
    "verbatim",
  ]);

/** https://api.slack.com/reference/block-kit/blocks and …/messaging/webhooks */
export const SLACK: ValidateFunction = ajv.compile(closed({
  text: text(4000),
  link_names: constant(false),
  unfurl_links: constant(false),
  unfurl_media: constant(false),
  blocks: {
    type: "array",
    minItems: 1,
    maxItems: 50,
    items: {
      oneOf: [
        closed({ type: constant("header"), text: plainText(150) }, ["type", "text"]),
        closed({ type: constant("divider") }, ["type"]),
        closed({ type: constant("section"), text: plainText(3000) }, ["type", "text"]),
        closed({
          type: constant("section"),
          fields: {
            type: "array",
            minItems: 1,
            maxItems: 10,
            items: { oneOf: [plainText(2000), mrkdwn(2000)] },
          },
        }, ["type", "fields"]),
        closed({
          type: constant("context"),
          elements: { type: "array", minItems: 1, maxItems: 10, items: mrkdwn(3000) },
        }, ["type", "elements"]),
      ],
    },
  },
}, ["text", "blocks"]));

const colors = ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"];

/** https://adaptivecards.io/explorer/ (1.4), and Teams' attachment of a workflow's webhook. */
export const TEAMS: ValidateFunction = ajv.compile(closed({
  type: constant("message"),
  attachments: {
    type: "array",
    minItems: 1,
    maxItems: 1,
    items: closed({
      contentType: constant("application/vnd.microsoft.card.adaptive"),
      contentUrl: { type: "null" },
      content: closed({
        $schema: constant("http://adaptivecards.io/schemas/adaptive-card.json"),
        type: constant("AdaptiveCard"),
        version: constant("1.4"),
        msteams: closed({ width: constant("Full") }, ["width"]),
        body: {
          type: "array",
          minItems: 1,
          items: closed({
            type: constant("RichTextBlock"),
            separator: { type: "boolean" },
            inlines: {
              type: "array",
              minItems: 1,
              items: closed({
                type: constant("TextRun"),
                text: { type: "string" },
                weight: { enum: ["Default", "Lighter", "Bolder"] },
                size: { enum: ["Default", "Small", "Medium", "Large", "ExtraLarge"] },
                color: { enum: colors },
                fontType: { enum: ["Default", "Monospace"] },
              }, ["type", "text"]),
            },
          }, ["type", "inlines"]),
        },
        actions: {
          type: "array",
          maxItems: 6,
          items: closed({
            type: constant("Action.OpenUrl"),
            title: text(200),
            url: {
              type: "string",
              pattern: "^https://(picket\\.example\\.com|attack\\.mitre\\.org)/",
            },
          }, ["type", "title", "url"]),
        },
      }, ["type", "version", "body"]),
    }, ["contentType", "content"]),
  },
}, ["type", "attachments"]));

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
export const PAGERDUTY: ValidateFunction = ajv.compile({
  ...closed({
    routing_key: { type: "string", minLength: 32, maxLength: 32 },
    event_action: { enum: ["trigger", "acknowledge", "resolve"] },
    dedup_key: text(255),
    client: { type: "string" },
    client_url: { type: "string" },
    payload: closed({
      summary: text(1024),
      source: { type: "string", minLength: 1 },
      severity: { enum: ["critical", "error", "warning", "info"] },
      timestamp: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$" },
      component: { type: "string" },
      group: { type: "string" },
      class: { type: "string" },
      custom_details: { type: "object" },
    }, ["summary", "source", "severity"]),
    links: {
      type: "array",
      items: closed({
        href: { type: "string", pattern: "^https://attack\\.mitre\\.org/" },
        text: { type: "string" },
      }, ["href"]),
    },
  }, ["routing_key", "event_action", "dedup_key"]),
  if: { properties: { event_action: constant("trigger") } },
  then: { required: ["payload"] },
});

/** https://docs.ntfy.sh/publish/#publish-as-json */
export const NTFY: ValidateFunction = ajv.compile(closed({
  topic: { type: "string", pattern: "^[-_A-Za-z0-9]{1,64}$" },
  message: text(4096),
  title: text(1000),
  tags: { type: "array", items: { type: "string", pattern: "^[a-z_]+$" } },
  priority: { enum: [1, 2, 3, 4, 5] },
  click: { type: "string", pattern: "^https://picket\\.example\\.com/" },
}, ["topic"]));
