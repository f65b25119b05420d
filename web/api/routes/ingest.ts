/** Pushing lines in, where a pipeline runs. */
import { ApiError } from "../params.ts";
import { route } from "../route.ts";
import { IngestAnswer } from "../types.ts";

export const ingestRoutes = [
  route({
    method: "post",
    path: "/ingest",
    also: ["/api/ingest"],
    tag: "Ingest",
    summary: "Takes lines or records in and runs the rules over them",
    description: "Only where a pipeline runs: `agent --serve` with an input that takes what is " +
      "pushed. The body is text with one line a record, one JSON object a line, a JSON array, or " +
      "an object that wraps one.",
    role: "write",
    takes: ["text/plain", "application/json", "application/x-ndjson"],
    answer: IngestAnswer,
    handle({ services, request }) {
      if (services.ingest) return services.ingest(request);
      throw new ApiError(
        503,
        "no_pipeline",
        "Nothing takes lines in here; start `agent --serve` with an input, instead of `serve`",
      );
    },
  }),
];
