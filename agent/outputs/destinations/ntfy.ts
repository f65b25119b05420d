/**
 * ntfy (https://docs.ntfy.sh/publish/#publish-as-json): the message is published as JSON, so that no text
 * of an alert stands in a header.
 */
import { cut, plainText } from "../forms/escape.ts";
import { messageOf, plainMessage } from "../forms/message.ts";
import { type DestinationSpec, type Notification, SettingError } from "./destination.ts";
import { send } from "./http.ts";
import { words } from "./reason.ts";
import { addressOf, required } from "./setup.ts";

/** ntfy makes a file of what is longer than 4,096 bytes. */
const MESSAGE = 4000, TITLE = 200;

const PRIORITY = { informational: 2, low: 2, medium: 3, high: 4, critical: 5 } as const;
const TAG = {
  informational: "information_source",
  low: "green_circle",
  medium: "yellow_circle",
  high: "orange_circle",
  critical: "rotating_light",
} as const;

export const ntfy: DestinationSpec = {
  type: "ntfy",
  summary: "Phones and desktops, by a topic of ntfy",
  settings: [
    {
      name: "url",
      kind: "url",
      required: true,
      summary: "Address with the topic, as https://ntfy.sh/TOPIC; who knows the topic reads it",
    },
    { name: "token", kind: "secret", summary: "Access token, as `tk_…`" },
  ],
  make(settings, context) {
    const url = addressOf("url", required(settings, "url"));
    const path = url.pathname.replace(/\/+$/, "");
    const topic = path.slice(path.lastIndexOf("/") + 1);
    if (!/^[\w-]{1,64}$/.test(topic)) {
      throw new SettingError("url", '"url" has no topic at its end', "Write https://ntfy.sh/TOPIC");
    }
    url.pathname = path.slice(0, -topic.length);
    url.search = "";
    const token = settings.text("token")?.trim();
    return {
      deliver: (notification, signal) =>
        send(context, url.href, {
          headers: {
            "content-type": "application/json",
            ...token === undefined ? {} : { authorization: `Bearer ${token}` },
          },
          body: JSON.stringify(ntfyMessage(topic, notification)),
          signal,
        }, async (answer) => errorOf(await answer.text())),
      close: () => Promise.resolve(),
    };
  },
};

/** `{"code":40101,"http":401,"error":"unauthorized"}` */
function errorOf(text: string): string {
  const error = /"error":"([a-z ,:'-]{1,100})"/i.exec(text);
  return error ? words(error[1]) : "";
}

export function ntfyMessage(topic: string, notification: Notification): Record<string, unknown> {
  const { title, severity, link } = messageOf(notification);
  const body = plainMessage(notification).split("\n").slice(1).join("\n").trim();
  return {
    topic,
    title: cut(plainText(title).replaceAll("\n", " "), TITLE),
    message: bytesCut(body || title, MESSAGE),
    priority: PRIORITY[severity],
    tags: [TAG[severity]],
    ...link === null ? {} : { click: link },
  };
}

/** As {@link cut}, by bytes of UTF-8. */
function bytesCut(text: string, most: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= most) return text;
  const part = new TextDecoder().decode(bytes.subarray(0, most - 3), { stream: true });
  return `${part}…`;
}
