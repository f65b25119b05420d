/** Pushing lines in, where a pipeline runs. */
import { jsonResponse } from "../types/json.ts";
import { ApiError } from "../http/error.ts";
import { text } from "../http/params.ts";
import { route } from "../route/route.ts";
import { IngestAnswer } from "../types/mod.ts";

export const ingestRoutes = [
  route({
    method: "post",
    path: "/ingest",
    also: ["/api/ingest"],
    tag: "Ingest",
    summary: "Ingest log lines or records and run the rules on them",
    description:
      "Only where a pipeline runs that takes it: `agent --serve`, without a FILE or with " +
      "--listen. The body is text with one record a line, one JSON object a line, a JSON array, or " +
      "an object that wraps one as logs, events or records. 429 when more came than can be " +
      "processed: none of it was taken, send it again.",
    role: "write",
    params: { sourcetype: text("What all the records are; recognised when left out") },
    takes: ["text/plain", "application/x-ndjson", "application/json", "application/octet-stream"],
    answers: 202,
    answer: IngestAnswer,
    refuses: { 429: "Too many requests, or the pipeline's queue is full; nothing was taken" },
    async handle({ services, request, peer }) {
      if (services.ingest) {
        const { status, headers, body } = await services.ingest(request, peer);
        return jsonResponse(await new Response(body).json(), status, headers);
      }
      throw new ApiError(
        503,
        "no_pipeline",
        "Nothing takes lines in here; use `agent --serve` instead of `serve`",
      );
    },
  }),
];
