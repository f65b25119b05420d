/**
 * Elasticsearch and OpenSearch by the bulk API
 * (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk). A document is created
 * under the notification's key, so that a repeat finds it there: 409 is a document that has arrived.
 */
import { JSON_FORMS, recordsOf } from "../forms/forms.ts";
import { type DestinationSpec, type Outcome, SettingError } from "./destination.ts";
import { AddressRefused } from "./guard.ts";
import { outcomeOf } from "./http.ts";
import { reasonOf, words } from "./reason.ts";
import { addressOf, CA, certificates, required } from "./setup.ts";

export const elasticsearch: DestinationSpec = {
  type: "elasticsearch",
  summary: "An index or data stream of Elasticsearch or OpenSearch",
  records: true,
  settings: [
    { name: "url", kind: "url", required: true, summary: "Address of the cluster" },
    {
      name: "index",
      kind: "text",
      default: "picket-alerts",
      summary: "Index, alias or data stream that the documents are created in",
    },
    {
      name: "form",
      kind: "text",
      choices: Object.keys(JSON_FORMS),
      default: "ecs",
      summary: "What a document is",
    },
    { name: "api_key", kind: "secret", summary: "API key, encoded as Elasticsearch gives it" },
    { name: "user", kind: "text", summary: "User, where there is no API key" },
    { name: "password", kind: "secret", summary: "Password of `user`" },
    CA,
  ],
  async make(settings, context) {
    const url = addressOf("url", required(settings, "url"));
    url.pathname = url.pathname.replace(/\/*$/, "/_bulk");
    const index = indexOf(required(settings, "index"));
    const form = settings.text("form") ?? "ecs";
    const authorization = authorizationOf(settings);
    const ca = await certificates(settings);
    return {
      async deliver(notification, signal): Promise<Outcome> {
        const records = recordsOf(notification, form, context.host);
        if (records.length === 0) return { state: "delivered" };
        const body = records.map(({ id, text }) => {
          const action = JSON.stringify({ create: { _index: index, _id: id } });
          return `${action}\n${stamped(text, notification.time, form)}\n`;
        }).join("");
        const headers = { "content-type": "application/x-ndjson", ...authorization };
        try {
          const answer = await context.fetch(url.href, { body, headers, signal, ca });
          if (!answer.ok) return outcomeOf(answer, context.now(), await errorOf(answer));
          return itemsOutcome(await answer.text(), records.length);
        } catch (error) {
          if (error instanceof AddressRefused) return { state: "rejected", reason: error.message };
          return { state: "retry", reason: reasonOf(error, signal) };
        }
      },
      close: () => Promise.resolve(),
    };
  },
};

/** Data streams want a time in each document; ECS has one. */
function stamped(text: string, time: number, form: string): string {
  return form === "ecs" ? text : `{"@timestamp":"${new Date(time).toISOString()}",${text.slice(1)}`;
}

/** What Elasticsearch takes as a name; it is no pattern, no date math and no list. */
function indexOf(name: string): string {
  if (/^[^-_+.A-Z\\/*?"<>|`' ,#:][^A-Z\\/*?"<>|`' ,#:]{0,200}$/u.test(name)) return name;
  throw new SettingError(
    "index",
    `"${name}" is no name of an index`,
    "Use lower case letters, digits, - and _",
  );
}

function authorizationOf(
  settings: { text(name: string): string | undefined },
): Record<string, string> {
  const key = settings.text("api_key")?.trim();
  const user = settings.text("user"), password = settings.text("password");
  if (key !== undefined && user !== undefined) {
    throw new SettingError("user", '"api_key" and "user" are given; keep one of them');
  }
  if ((user === undefined) !== (password === undefined)) {
    const [given, missing] = user === undefined ? ["password", "user"] : ["user", "password"];
    throw new SettingError(given, `"${given}" is given without "${missing}"`);
  }
  if (key !== undefined) {
    if (!/^[\w+/=-]+$/.test(key)) throw new SettingError("api_key", '"api_key" is not encoded');
    return { authorization: `ApiKey ${key}` };
  }
  if (user === undefined) return {};
  const pair = new TextEncoder().encode(`${user}:${password!.trim()}`);
  return { authorization: `Basic ${pair.toBase64()}` };
}

interface BulkItem {
  readonly status?: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/** Each document has a status of its own; one that is worth another attempt sends all of them again. */
function itemsOutcome(text: string, sent: number): Outcome {
  let items: BulkItem[];
  try {
    const answer = JSON.parse(text) as { items: { create: BulkItem }[] };
    items = answer.items.map((item) => item.create);
  } catch {
    return { state: "retry", reason: "The receiver's answer is none of the bulk API" };
  }
  if (items.length !== sent) {
    return {
      state: "retry",
      reason: `The receiver answers for ${items.length} of ${sent} documents`,
    };
  }
  const failed = items.filter(({ status = 0 }) => status !== 409 && (status < 200 || status > 299));
  if (failed.length === 0) return { state: "delivered" };
  const again = failed.find(({ status = 0 }) => status === 429 || status >= 500 || status === 0);
  const { status, error } = again ?? failed[0];
  const why = words(`${error?.type ?? "unknown"}: ${error?.reason ?? ""}`, 200);
  return {
    state: again ? "retry" : "rejected",
    reason: `The receiver refuses ${failed.length} of ${sent} documents: HTTP ${status}: ${why}`,
  };
}

/** `{"error":{"type":"security_exception","reason":"…"},"status":401}` */
async function errorOf(answer: Response): Promise<string> {
  try {
    const { error } = await answer.json() as { error?: BulkItem["error"] };
    return error?.type && /^[\w.]{1,80}$/.test(error.type) ? error.type : "";
  } catch {
    return "";
  }
}
