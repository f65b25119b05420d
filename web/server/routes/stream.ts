/** What is sent as it happens. */
import { LISTENERS } from "../live/feed.ts";
import { ApiError } from "../http/error.ts";
import { route } from "../route/route.ts";
import { text } from "../types/schema.ts";

export const streamRoutes = [
  route({
    path: "/api/stream",
    tag: "Stream",
    summary: "Server-sent events: `alert` for each new or changed alert, `counters`",
    description:
      "`alert` has `{ alert }`, `counters` what the schema Counters says. Send the last " +
      "event's id as Last-Event-ID, as browsers do, and nothing is missed; what came after an id " +
      "and was not yet confirmed by the next comes again. The stream ends within five seconds of " +
      "its token's being revoked, or its session's end.",
    role: "read",
    answer: text(),
    media: { "text/event-stream": "Events without end" },
    handle({ services, request }) {
      const id = request.headers.get("last-event-id");
      if (id !== null && !/^\d{1,15}$/.test(id)) {
        throw new ApiError(
          400,
          "invalid_parameter",
          "Last-Event-ID is no id that this stream gave; leave it out",
          "Last-Event-ID",
        );
      }
      if (services.feed.listeners >= LISTENERS) {
        throw new ApiError(503, "too_many_listeners", `At most ${LISTENERS} listen; close one`);
      }
      if (request.method === "HEAD") return new Response(null, { headers: HEADERS });
      const admitted = () => services.access.stillAllows(request.headers, "read");
      return new Response(services.feed.open(id === null ? null : Number(id), admitted), {
        headers: HEADERS,
      });
    },
  }),
];

const HEADERS = { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" };
