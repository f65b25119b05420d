/**
 * A URL that is asked for while the agent is alive, as Healthchecks.io, Uptime Kuma and others take it:
 * when it stays away, that service tells people. Notifications are not sent to it.
 */
import type { DestinationSpec } from "./destination.ts";
import { send } from "./http.ts";
import { addressOf, CA, certificates, required } from "./setup.ts";

/** ms, of a request */
const TIMEOUT = 10_000;
const LEAST = 1000, DEFAULT = 60_000;

export const heartbeat: DestinationSpec = {
  type: "heartbeat",
  summary: "A URL that is asked for while the agent is alive",
  settings: [
    { name: "url", kind: "url", required: true, summary: "The URL" },
    { name: "interval", kind: "duration", default: DEFAULT, summary: "Time between two requests" },
    {
      name: "method",
      kind: "text",
      choices: ["GET", "HEAD", "POST"],
      default: "GET",
      summary: "Method of the request",
    },
    CA,
  ],
  async make(settings, context) {
    const { href } = addressOf("url", required(settings, "url"));
    const method = settings.text("method") ?? "GET";
    const ca = await certificates(settings);
    const ended = new AbortController();
    const ping = (signal: AbortSignal) =>
      send(context, href, { method, headers: { "user-agent": "Picket" }, signal, ca });
    // A failed request is not told by the agent: telling is what the service is for.
    const timer = setInterval(
      () => void ping(AbortSignal.any([ended.signal, AbortSignal.timeout(TIMEOUT)])),
      Math.max(LEAST, settings.number("interval") ?? DEFAULT),
    );
    Deno.unrefTimer(timer);
    return {
      deliver: (notification, signal) =>
        notification.event === "test"
          ? ping(signal)
          : Promise.resolve({ state: "delivered" as const }),
      close() {
        clearInterval(timer);
        ended.abort();
        return Promise.resolve();
      },
    };
  },
};
