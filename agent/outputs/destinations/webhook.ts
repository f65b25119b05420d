/**
 * HTTP requests of any shape, signed as the Standard Webhooks specification 1.0.0 says
 * (https://www.standardwebhooks.com): a receiver knows who sent it, when, and which one it is.
 */
import { visibleJson } from "../../../grammar/visible.ts";
import { JSON_FORMS, objectsOf } from "../forms/forms.ts";
import { headerText } from "../forms/escape.ts";
import { notificationObject } from "../forms/json.ts";
import { markdownMessage, plainMessage } from "../forms/message.ts";
import { type Place, PLACES, scopeOf, type Template } from "../forms/template.ts";
import {
  type DestinationSpec,
  type Notification,
  SettingError,
  type SettingValues,
} from "./destination.ts";
import { send } from "./http.ts";
import { addressOf, CA, certificates, required, template, templateOfJson } from "./setup.ts";

const FORMS = [...Object.keys(JSON_FORMS), "text", "markdown"];

export const webhook: DestinationSpec = {
  type: "webhook",
  summary: "An HTTP request of any shape, signed by Standard Webhooks",
  settings: [
    {
      name: "url",
      kind: "url",
      required: true,
      summary: "Address; `{{ path }}` in its path or query",
    },
    {
      name: "method",
      kind: "text",
      choices: ["POST", "PUT", "PATCH"],
      default: "POST",
      summary: "Method of the request",
    },
    {
      name: "form",
      kind: "text",
      choices: FORMS,
      default: "json",
      summary: "The body where `body` gives none",
    },
    { name: "body", kind: "template", summary: "The body, as a mapping or as text" },
    {
      name: "content_type",
      kind: "text",
      summary: "Media type of the body; JSON unless `form` or `body` is text",
    },
    {
      name: "escape",
      kind: "text",
      choices: Object.keys(PLACES).filter((p) => p !== "header"),
      summary: "What the receiver makes of texts of `body`; by `content_type` unless said",
    },
    { name: "headers", kind: "map", summary: "Further headers; `{{ path }}` in their values" },
    { name: "authorization", kind: "secret", summary: "The header `Authorization`, as `Bearer …`" },
    { name: "secret", kind: "secret", summary: "Key of the signature: `whsec_` and base64" },
    CA,
  ],
  async make(settings, context) {
    const url = urlOf(settings);
    const body = bodyOf(settings, context.host);
    const headers = headersOf(settings);
    const authorization = settings.text("authorization")?.trim();
    if (authorization !== undefined && /[^\x20-\x7e]/.test(authorization)) {
      throw new SettingError("authorization", '"authorization" must be one line of ASCII');
    }
    const secret = settings.text("secret")?.trim();
    const key = secret === undefined ? null : await signingKey(secret);
    const ca = await certificates(settings);
    const method = settings.text("method") ?? "POST";
    return {
      async deliver(notification, signal) {
        const scope = scopeOf(notification);
        const content = body.make(notification);
        const given = Object.fromEntries(headers.map(([name, fill]) => [name, fill(scope)]));
        const at = Math.floor(context.now() / 1000);
        return await send(context, url(scope), {
          method,
          headers: {
            "content-type": body.contentType,
            "user-agent": "Picket",
            ...given,
            ...authorization === undefined ? {} : { authorization },
            "webhook-id": headerText(notification.key),
            "webhook-timestamp": String(at),
            ...key === null
              ? {}
              : { "webhook-signature": await signature(key, notification.key, at, content) },
          },
          body: content,
          signal,
          ca,
        });
      },
      close: () => Promise.resolve(),
    };
  },
};

/** Placeholders stand behind the host alone: no log says where a request goes. */
function urlOf(settings: SettingValues): Template {
  const text = required(settings, "url");
  const [, origin, rest] = /^([a-z]+:\/\/[^/?#]*)(.*)$/is.exec(text) ?? [null, text, ""];
  if (origin.includes("{{")) {
    throw new SettingError("url", "The host of an address cannot be a placeholder");
  }
  const { href } = addressOf("url", origin + rest.replaceAll(/\{\{[^{}]*\}\}/g, "x"));
  if (!rest.includes("{{")) return () => href;
  const fill = template("url", rest, "url");
  return (scope) => origin + fill(scope);
}

interface Body {
  readonly contentType: string;
  make(notification: Notification): string;
}

const JSON_TYPE = "application/json";

function bodyOf(settings: SettingValues, host: string): Body {
  const given = settings.text("content_type");
  if (given !== undefined && !/^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/.test(given)) {
    throw new SettingError("content_type", `"${given}" is no media type; write one as text/plain`);
  }
  const text = settings.text("body");
  if (text === undefined) return formBody(settings.text("form") ?? "json", given, host);
  const looksJson = /^\s*[[{]/.test(text);
  const contentType = given ?? (looksJson ? JSON_TYPE : "text/plain; charset=utf-8");
  const json = /^[\w.-]+\/([\w.-]+\+)?json\b/i.test(contentType);
  const place = (settings.text("escape") ?? (json ? "json" : placeOf(contentType))) as Place;
  const fill = json ? templateOfJson("body", text, place) : template("body", text, place);
  return { contentType, make: (notification) => fill(scopeOf(notification)) };
}

function placeOf(contentType: string): Place {
  if (/^text\/html\b/i.test(contentType)) return "html";
  if (/^text\/markdown\b/i.test(contentType)) return "markdown";
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return "url";
  return "text";
}

function formBody(form: string, given: string | undefined, host: string): Body {
  const text = "text/plain; charset=utf-8", markdown = "text/markdown; charset=utf-8";
  if (form === "text") return { contentType: given ?? text, make: plainMessage };
  if (form === "markdown") return { contentType: given ?? markdown, make: markdownMessage };
  return {
    contentType: given ?? JSON_TYPE,
    make: (n) => visibleJson(form === "json" ? notificationObject(n) : objectsOf(n, form, host)),
  };
}

/** Headers that the request itself decides, or that a setting of their own gives. */
const TAKEN =
  /^(host|connection|content-length|transfer-encoding|te|upgrade|trailer|expect|authorization|content-type|webhook-.*)$/i;

function headersOf(settings: SettingValues): (readonly [string, Template])[] {
  return [...settings.map("headers")].map(([name, value]) => {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new SettingError("headers", `"${name}" is no name of a header`);
    }
    if (TAKEN.test(name)) {
      throw new SettingError("headers", `The header "${name}" cannot be set here`);
    }
    if (/[^\t\x20-\x7e]/.test(value)) {
      throw new SettingError("headers", `The header "${name}" must be one line of ASCII`);
    }
    return [name.toLowerCase(), template("headers", value, "header")] as const;
  });
}

/** Bytes of a key that the specification asks for. */
const KEY_LEAST = 24, KEY_MOST = 64;

async function signingKey(secret: string): Promise<CryptoKey> {
  const wrong = new SettingError(
    "secret",
    `"secret" is no signing key of ${KEY_LEAST} to ${KEY_MOST} bytes`,
    'Make one by: printf "whsec_%s" "$(openssl rand -base64 32)"',
  );
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) throw wrong;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(secret.slice(6));
  } catch {
    throw wrong;
  }
  if (bytes.length < KEY_LEAST || bytes.length > KEY_MOST) throw wrong;
  return await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
}

async function signature(
  key: CryptoKey,
  id: string,
  at: number,
  body: string,
): Promise<string> {
  const content = new TextEncoder().encode(`${headerText(id)}.${at}.${body}`);
  const sign = new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
  return `v1,${sign.toBase64()}`;
}
