/** What is pushed in by HTTP: `POST /ingest` with lines, JSON lines, or JSON that wraps either. */
import { newLineCounters } from "../stages/lines.ts";
import type { InputAnnounced, Listener, Loss } from "./listener.ts";
import { recordText } from "./framing.ts";
import { BodyError, bodyText } from "./http_body.ts";
import { type ListenerOptions, Queues } from "./queue.ts";

export interface IngestOptions extends ListenerOptions {
  /** The sourcetype of a name, or of what others call it; null when there is none. */
  readonly known: (name: string) => string | null;
  /** The known name that is nearest to one that is not; undefined when none is near. */
  readonly nearest?: (name: string) => string | undefined;
  /** Longest record in bytes; the rest of a longer one is dropped. */
  readonly maxLine: number;
  /** Largest body in bytes, unpacked; 16 MiB unless told. */
  readonly maxBody?: number;
}

/** A record of a request, and what whoever sent it says it is. */
interface Pushed {
  readonly line: string;
  readonly sourcetype: string | null;
}

interface Rejected {
  readonly index: number;
  readonly reason: string;
}

interface Read {
  readonly records: Pushed[];
  readonly rejected: Rejected[];
}

/** Of the records that were refused, so many are named in the answer. */
const NAMED = 100;
const MAX_BODY = 16 * 1024 * 1024;

export class Ingest implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  private readonly lanes: Queues;
  private stopped = false;
  private readonly counters = newLineCounters();

  constructor(private readonly options: IngestOptions) {
    this.lanes = new Queues(options, (arrival) => this.arrived(arrival));
  }

  start(): Promise<readonly InputAnnounced[]> {
    return Promise.resolve([]);
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.lanes.end();
    return Promise.resolve();
  }

  losses(): Promise<readonly Loss[]> {
    return Promise.resolve([]);
  }

  /**
   * Answers a POST: 202 `{ accepted, rejected }` when its records are in the queue of the pipeline,
   * 429 with none of them taken when that is full, 400, 413 and 415 for what cannot be read, 503 when
   * the run ends. Refusals are `{ error: { code, message } }`. `?sourcetype=NAME` says what all are.
   * Whoever serves this keeps other sites' pages out and asks for a token.
   * @param peer the sender's address, the host of records that name none
   */
  async handle(request: Request, peer = ""): Promise<Response> {
    if (this.stopped) return refuse(503, "stopping", "The run ends; send again later");
    let sourcetype: string | null;
    let read: Read;
    try {
      sourcetype = this.asked(new URL(request.url).searchParams);
      const text = await bodyText(request, this.options.maxBody ?? MAX_BODY);
      read = this.read(text, request.headers.get("content-type") ?? "text/plain");
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return refuse(error.status, error.code, error.message);
    }
    const { records, rejected } = read;
    if (records.length === 0 && rejected.length > 0) {
      return refuse(400, "no_record", `None of the records can be taken: ${rejected[0].reason}`);
    }
    const groups = new Map<string | null, string[]>();
    for (const { line, sourcetype: said } of records) {
      const name = sourcetype ?? said;
      const lines = groups.get(name) ?? [];
      if (lines.length === 0) groups.set(name, lines);
      lines.push(line);
    }
    const lanes = [...groups].map(([name, lines]) => ({ lane: this.lanes.of(lines, name), lines }));
    if (lanes.some(({ lane }) => lane.full)) {
      return refuse(429, "queue_full", "More came than can be processed; send it again later", {
        "Retry-After": "1",
      });
    }
    for (const { lane, lines } of lanes) lane.put({ lines, truncated: null }, peer);
    return Response.json({
      accepted: records.length,
      ...(rejected.length > 0 ? { rejected: rejected.slice(0, NAMED), partial: true } : {}),
    }, { status: 202 });
  }

  /** The sourcetype that the address names, else that of the listener. Throws BodyError. */
  private asked(query: URLSearchParams): string | null {
    for (const name of query.keys()) {
      if (name === "sourcetype") continue;
      throw new BodyError(
        400,
        "unknown_parameter",
        `Unknown parameter "${name.slice(0, 100)}"; /ingest takes sourcetype`,
      );
    }
    const asked = query.get("sourcetype");
    return asked === null ? this.options.sourcetype : this.named(asked);
  }

  /** The sourcetype that a sender's hint names. Throws BodyError. */
  private named(hint: unknown): string {
    const found = typeof hint === "string" ? this.options.known(hint) : null;
    if (found !== null) return found;
    const text = typeof hint === "string" ? hint : JSON.stringify(hint);
    const near = this.options.nearest?.(text.slice(0, 100));
    throw new BodyError(
      400,
      "unknown_sourcetype",
      `There is no sourcetype "${text.slice(0, 100)}"; ` +
        (near ? `did you mean ${near}?` : "leave it out to have it recognised"),
    );
  }

  private read(text: string, type: string): Read {
    const name = type.split(";")[0].trim().toLowerCase();
    switch (name) {
      case "application/json":
        return this.readJson(text);
      case "application/x-ndjson":
      case "application/ndjson":
      case "application/jsonl":
      case "application/x-jsonlines":
      case "text/plain":
      case "application/octet-stream":
      case "application/x-www-form-urlencoded": // What curl says of --data-binary.
        return {
          records: text.split(/\r?\n/).filter((l) => l !== "")
            .map((l) => ({ line: this.cut(l), sourcetype: null })),
          rejected: [],
        };
      default:
        throw new BodyError(
          415,
          "unsupported_type",
          `"${
            name.slice(0, 100)
          }" is not read; send application/json, application/x-ndjson or text/plain`,
        );
    }
  }

  /** An array, an object that wraps one as `logs`, `events` or `records`, or one record. */
  private readJson(text: string): Read {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (error) {
      throw new BodyError(400, "bad_json", `The body is no JSON: ${(error as Error).message}`);
    }
    const wrapped = isObject(body) ? body.logs ?? body.events ?? body.records : body;
    const list = Array.isArray(wrapped) ? wrapped : [body];
    // An object that is an event of its own may have such fields, too, and they are no hints.
    const hint = isObject(body) && Array.isArray(wrapped) ? hintOf(body) : undefined;
    const said = hint === undefined ? null : this.named(hint);
    const records: Pushed[] = [], rejected: Rejected[] = [];
    list.forEach((item: unknown, index) => {
      try {
        records.push(...this.record(item, said));
      } catch (error) {
        if (!(error instanceof BodyError) || item === body) throw error;
        rejected.push({ index, reason: error.message });
      }
    });
    return { records, rejected };
  }

  /** The lines of one item. @param said the sourcetype of those without a hint. Throws BodyError. */
  private record(item: unknown, said: string | null): Pushed[] {
    const line = lineOf(item);
    if (line === null) throw new BodyError(400, "no_record", "A record is a text or an object");
    const own = isObject(item) && line !== rawOf(item);
    const hint = own ? undefined : hintOf(item);
    const sourcetype = own
      ? this.options.known("json")
      : hint === undefined
      ? said
      : this.named(hint);
    return line.split(/\r?\n/).filter((l) => l !== "")
      .map((l) => ({ line: this.cut(l), sourcetype }));
  }

  private cut(line: string): string {
    const { maxLine } = this.options;
    if (line.length * 3 <= maxLine && !line.includes("\0")) return line;
    return recordText(new TextEncoder().encode(line).subarray(0, maxLine), this.counters);
  }
}

const isObject = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && !Array.isArray(v);

const text = (v: unknown): string | null => typeof v === "string" && v !== "" ? v : null;

/** What the sender says a record is; undefined when nothing, or no more than an empty text. */
function hintOf(item: unknown): unknown {
  if (!isObject(item)) return undefined;
  return [item.sourcetype, item.format].find((v) => v !== undefined && v !== null && v !== "");
}

const ABOUT = ["format", "sourcetype", "source", "host"];

/** The raw line in an object that is a line with a hint rather than an event of its own. */
function rawOf(item: Record<string, unknown>): string | null {
  const raw = text(item.raw) ?? text(item.log);
  if (raw !== null) return raw;
  const message = text(item.message);
  const alone = Object.keys(item).every((k) => k === "message" || ABOUT.includes(k));
  return alone ? message : null;
}

/** A record as a line: text as it is, an event of its own as JSON. */
function lineOf(item: unknown): string | null {
  if (typeof item === "string") return item;
  if (!isObject(item)) return null;
  return rawOf(item) ?? JSON.stringify(item);
}

function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ error: { code, message } }, { status, headers });
}
