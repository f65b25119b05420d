/** Simulated lines by `POST /ingest`: in batches, again after 429 and 503, and what came of them. */
import { sleep } from "./sleep.ts";
import type { Line, Stream } from "./world.ts";
import type { Outlet } from "./write.ts";

export interface HttpSending {
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; null for none. */
  readonly token: string | null;
  /** Lines are sent as they come; else full requests are waited for. */
  readonly live: boolean;
  /** What waits for an answer or a second try ends with it. */
  readonly signal: AbortSignal;
  /** ms between tries without `Retry-After`, first and most; for tests. Default: 250 and 10,000 */
  readonly backoff?: { readonly first: number; readonly most: number };
  /** ms for which a receiver may refuse to take anything. Default: 60,000 */
  readonly patience?: number;
}

/** What cannot be sent: what the receiver said, or that there is none. */
export class SendError extends Error {}

/** Lines and characters of a request at most. */
const LINES = 1000, SIZE = 1024 * 1024;

/** What the lines of each log are, by the names of the shipped sourcetypes. */
export const SOURCETYPES: Readonly<Record<Stream, string>> = {
  auth: "linux_secure",
  web: "access_combined",
  errors: "nginx_error",
  mail: "postfix",
  audit: "linux_audit",
  firewall: "linux_firewall",
  dns: "named",
  app: "json",
  cloud: "aws_cloudtrail",
  windows: "windows_security",
};

/** Reads `http://…` and `https://…`; null when it is neither. */
export function parseIngest(text: string): string | null {
  if (!/^https?:\/\//i.test(text)) return null;
  return URL.canParse(text) ? text : null;
}

/**
 * Sends lines as JSON, each with the name of its sourcetype: all logs in one request and in the order
 * of their times, so that none runs ahead of another.
 */
export class HttpOutlet implements Outlet {
  /** Lines that the receiver took, that it refused, and that nobody knows of. */
  private readonly lines = { taken: 0, refused: 0, unknown: 0 };
  private readonly gathered: Line[] = [];
  private offered = 0;
  private requests = 0;
  private waits = 0;
  private firstRefusal = "";

  constructor(private readonly options: HttpSending) {}

  /** @throws {SendError} when the receiver refuses the request, or cannot be reached any more */
  async write(lines: readonly Line[]): Promise<void> {
    this.offered += lines.length;
    this.gathered.push(...lines);
    if (this.options.live || this.gathered.length >= LINES) await this.flush();
  }

  /** Sends what was gathered. @throws {SendError} as `write` does */
  async flush(): Promise<void> {
    for (const batch of batches(this.gathered.splice(0))) {
      if (this.options.signal.aborted) return;
      await this.send(batch);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What came of it, as a sentence. */
  report(): string {
    const { taken, refused, unknown } = this.lines;
    const unsent = this.offered - taken - refused - unknown;
    const n = (of: number) => of.toLocaleString("en-US");
    return `${this.options.url}: ${n(taken)} lines taken in ${n(this.requests)} requests, ` +
      `${n(refused)} refused${this.firstRefusal ? ` (${this.firstRefusal})` : ""}` +
      (unknown > 0 ? `, ${n(unknown)} sent without an answer: taken or not` : "") +
      (unsent > 0 ? `, ${n(unsent)} not sent` : "") +
      (this.waits > 0 ? `; waited ${n(this.waits)} times` : "");
  }

  private async send(batch: readonly Line[]): Promise<void> {
    const { signal, patience = 60_000, backoff = { first: 250, most: 10_000 } } = this.options;
    const started = performance.now();
    for (let delay = backoff.first;; delay = Math.min(delay * 2, backoff.most)) {
      const again = await this.post(batch);
      if (again === null) return;
      const left = started + patience - performance.now();
      if (left <= 0) throw new SendError(`${again.reason} for ${Math.round(patience / 1000)} s`);
      this.waits++;
      await sleep(Math.min(again.after ?? delay, left), signal);
      if (signal.aborted) return;
    }
  }

  /** One request; null when it is done with, else why and when to try again. */
  private async post(
    batch: readonly Line[],
  ): Promise<{ reason: string; after: number | undefined } | null> {
    const { url, token, signal } = this.options;
    let answer: Response, body: string;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: bodyOf(batch),
        // A token goes nowhere else.
        redirect: "manual",
        signal,
      });
      body = await answer.text();
    } catch (error) {
      if (signal.aborted) {
        this.lines.unknown += batch.length;
        return null;
      }
      const { cause, message } = error as Error;
      const why = (cause instanceof Error ? cause.message : message).replace(
        /^.*client error /,
        "",
      );
      const reason = `Cannot reach "${url}": ${why}`;
      // Nothing was sent yet: safe to try again. Anything else may have been taken.
      if (why.startsWith("(Connect)")) return { reason, after: undefined };
      this.lines.unknown += batch.length;
      throw new SendError(reason);
    }
    const { status } = answer;
    if (status === 429 || status === 503) {
      const after = Number(answer.headers.get("retry-after") ?? "");
      return {
        reason: `"${url}" answers HTTP ${status}`,
        after: after > 0 ? after * 1000 : undefined,
      };
    }
    if (status === 413 && batch.length > 1) {
      const half = batch.length >> 1;
      await this.send(batch.slice(0, half));
      await this.send(batch.slice(half));
      return null;
    }
    if (!answer.ok) {
      this.lines.refused += batch.length;
      throw new SendError(`"${url}" answers HTTP ${status}: ${words(body)}`);
    }
    this.requests++;
    this.count(batch.length, body);
    return null;
  }

  private count(sent: number, body: string): void {
    const { accepted, rejected } = answerOf(body);
    const taken = Math.min(accepted ?? sent, sent);
    this.lines.taken += taken;
    this.lines.refused += sent - taken;
    this.firstRefusal ||= rejected;
  }
}

const bodyOf = (lines: readonly Line[]): string =>
  JSON.stringify({
    records: lines.map(({ stream, text }) => ({ raw: text, sourcetype: SOURCETYPES[stream] })),
  });

/** Of `{"accepted": N, "rejected": [{"reason"}]}`; nothing of an answer in another form. */
function answerOf(body: string): { accepted: number | null; rejected: string } {
  try {
    const { accepted, rejected } = JSON.parse(body);
    return {
      accepted: Number.isInteger(accepted) ? accepted : null,
      rejected: Array.isArray(rejected) ? String(rejected[0]?.reason ?? "") : "",
    };
  } catch {
    return { accepted: null, rejected: "" };
  }
}

/** What a receiver says of a refusal: `error.message` of JSON, else its text, shortened. */
function words(body: string): string {
  let text = body;
  try {
    text = String(JSON.parse(body).error?.message ?? body);
  } catch { /* No JSON. */ }
  return text.trim().slice(0, 300) || "it does not say why";
}

function* batches(lines: readonly Line[]): Generator<Line[]> {
  let batch: Line[] = [], size = 0;
  for (const line of lines) {
    if (batch.length > 0 && (batch.length === LINES || size + line.text.length > SIZE)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(line);
    size += line.text.length;
  }
  if (batch.length > 0) yield batch;
}
