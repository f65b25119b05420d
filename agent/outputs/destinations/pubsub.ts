/**
 * Google Cloud Pub/Sub by its REST API (https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish).
 * Google's library brings gRPC and 90 packages for one request; what it does to sign in is one signature:
 * a JWT that the service account signs itself (https://google.aip.dev/auth/4111).
 */
import { RECORD_FORMS, recordsOf } from "../forms/forms.ts";
import {
  type DestinationSpec,
  type Notification,
  SettingError,
  type SettingValues,
} from "./destination.ts";
import { send } from "./http.ts";
import { words } from "./reason.ts";
import { addressOf, required } from "./setup.ts";

const API = "https://pubsub.googleapis.com";
/** Life of a token, and what is left of it when a new one is made, in seconds. */
const LIFE = 3600, MARGIN = 300;

export const pubsub: DestinationSpec = {
  type: "pubsub",
  summary: "A topic of Google Cloud Pub/Sub",
  records: true,
  settings: [
    { name: "project", kind: "text", required: true, summary: "Id of the project" },
    { name: "topic", kind: "text", required: true, summary: "Id of the topic" },
    {
      name: "credentials",
      kind: "secret",
      summary: "Key of a service account with the role Pub/Sub Publisher, as JSON",
    },
    {
      name: "form",
      kind: "text",
      choices: RECORD_FORMS,
      default: "json",
      summary: "What a message is",
    },
    { name: "url", kind: "url", default: API, summary: "Address of the API, or of an emulator" },
  ],
  async make(settings, context) {
    const url = addressOf("url", required(settings, "url"));
    const topic = `projects/${id(settings, "project")}/topics/${id(settings, "topic")}`;
    url.pathname = `${url.pathname.replace(/\/*$/, "")}/v1/${topic}:publish`;
    const form = settings.text("form") ?? "json";
    const account = await accountOf(settings, url);
    return {
      async deliver(notification, signal) {
        const token = account === null ? null : await account(context.now());
        return await send(context, url.href, {
          headers: {
            "content-type": "application/json",
            ...token === null ? {} : { authorization: `Bearer ${token}` },
          },
          body: JSON.stringify({ messages: messagesOf(notification, form, context.host) }),
          signal,
        }, async (answer) => errorOf(await answer.text()));
      },
      close: () => Promise.resolve(),
    };
  },
};

/** Ids of projects (also `example.com:project`) and topics; neither holds a `/`. */
function id(settings: SettingValues, name: string): string {
  const text = required(settings, name);
  if (/^[A-Za-z][\w.~+%:-]{2,254}$/.test(text)) return encodeURIComponent(text);
  throw new SettingError(name, `"${text}" is no id of a ${name}`);
}

/** A message for each alert; subscribers know a repeat by its `key` and filter by the rest. */
function messagesOf(notification: Notification, form: string, host: string) {
  return recordsOf(notification, form, host).map(({ id, alert, text }) => ({
    data: new TextEncoder().encode(text).toBase64(),
    attributes: {
      key: id,
      event: notification.event,
      ...alert === null ? {} : { rule: alert.rule, severity: alert.severity },
    },
  }));
}

/** `{"error":{"code":404,"message":"Resource not found (resource=t).","status":"NOT_FOUND"}}` */
function errorOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { status?: unknown } };
    return words(String(error?.status ?? ""), 60);
  } catch {
    return "";
  }
}

type Account = (now: number) => Promise<string>;

/** Gives a token for the API; null where an emulator is asked. */
async function accountOf(settings: SettingValues, url: URL): Promise<Account | null> {
  const text = settings.text("credentials");
  if (text === undefined) {
    if (url.origin !== API) return null;
    throw new SettingError(
      "credentials",
      "Google asks for a key",
      "Give credentials_file: PATH of a service account's key",
    );
  }
  const { email, keyId, key } = await keyOf(text);
  let token = "", until = 0;
  return async (now) => {
    const at = Math.floor(now / 1000);
    if (at < until - MARGIN) return token;
    const claims = { iss: email, sub: email, aud: `${API}/`, iat: at, exp: at + LIFE };
    const signed = `${part({ alg: "RS256", typ: "JWT", kid: keyId })}.${part(claims)}`;
    const bytes = new TextEncoder().encode(signed);
    const signature = new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, bytes));
    token = `${signed}.${signature.toBase64(URL_SAFE)}`;
    until = at + LIFE;
    return token;
  };
}

const URL_SAFE = { alphabet: "base64url", omitPadding: true } as const;

const part = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).toBase64(URL_SAFE);

async function keyOf(text: string) {
  // Of a secret nothing is repeated.
  const wrong = new SettingError("credentials", '"credentials" is no key of a service account');
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text);
  } catch {
    throw wrong;
  }
  const { type, client_email: email, private_key_id: keyId, private_key: pem } = file ?? {};
  if (type !== "service_account" || typeof email !== "string" || typeof pem !== "string") {
    throw wrong;
  }
  try {
    const der = Uint8Array.fromBase64(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ""));
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    return { email, keyId: String(keyId ?? ""), key };
  } catch {
    throw wrong;
  }
}
