/**
 * The bulk API as Elasticsearch 8 answers it: shapes of answers recorded from its documentation, documents
 * kept by id, `create` refused with 409 where one is.
 */
import { httpReceiver, type Receiver } from "./receiver.ts";

export interface Bulk extends Receiver {
  /** By id. */
  readonly documents: Map<string, string>;
  /** Gives the error of a document, or null when it is taken. */
  refuse(by: (id: string) => { status: number; type: string; reason: string } | null): void;
}

export function bulkServer(): Bulk {
  const documents = new Map<string, string>();
  let refused: Parameters<Bulk["refuse"]>[0] = () => null;
  const receiver = httpReceiver(({ method, path, headers, body }) => {
    const wrong = (reason: string) =>
      Response.json({ error: { type: "illegal_argument_exception", reason }, status: 400 }, {
        status: 400,
      });
    if (method !== "POST" || !path.endsWith("/_bulk")) return wrong(`${method} ${path}`);
    if (headers["content-type"] !== "application/x-ndjson") return wrong("Content-Type");
    if (!body.endsWith("\n")) {
      return wrong("The bulk request must be terminated by a newline [\\n]");
    }
    const lines = body.slice(0, -1).split("\n");
    const items = [];
    for (let i = 0; i < lines.length; i += 2) {
      const action = JSON.parse(lines[i]) as { create: { _index: string; _id: string } };
      const { _index, _id } = action.create;
      if (lines[i + 1] === undefined) return wrong("Validation Failed: 1: no source");
      const document = JSON.parse(lines[i + 1]);
      if (Number.isNaN(Date.parse(document["@timestamp"]))) return wrong("@timestamp");
      const error = refused(_id) ??
        (documents.has(_id)
          ? {
            status: 409,
            type: "version_conflict_engine_exception",
            reason: `[${_id}]: version conflict, document already exists (current version [1])`,
          }
          : null);
      if (error === null) documents.set(_id, lines[i + 1]);
      const { status = 201, ...why } = error ?? {};
      items.push({
        create: error === null
          ? { _index, _id, _version: 1, result: "created", _seq_no: 0, _primary_term: 1, status }
          : { _index, _id, status, error: why },
      });
    }
    return Response.json({
      took: 7,
      errors: items.some(({ create }) => create.status > 299),
      items,
    });
  });
  return { ...receiver, documents, refuse: (by) => void (refused = by) };
}
