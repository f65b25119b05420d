/** A server for what is pushed in: `http://127.0.0.1:8088/ingest`. */
import type { InputAnnounced, Listener, Loss } from "./listener.ts";
import { InputError, reason } from "./files.ts";
import { type HttpServer, serveHttp } from "./http_server.ts";
import { Ingest, type IngestOptions } from "./ingest.ts";
import { listenReason } from "./tcp.ts";

export interface HttpOptions extends IngestOptions {
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/;

/** Whether an address, or a name of a Host header, is this machine's alone. */
export const isLoopback = (host: string) => LOOPBACK.test(host);

export class HttpListener implements Listener {
  private readonly ingest: Ingest;
  private stopping: Promise<void> | null = null;
  private server: HttpServer | null = null;

  constructor(private readonly options: HttpOptions) {
    this.ingest = new Ingest(options);
  }

  set arrived(arrived: (arrival: InputAnnounced) => void) {
    this.ingest.arrived = arrived;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.server!.port;
  }

  async start(): Promise<readonly InputAnnounced[]> {
    const { hostname, port, path, name, notice } = this.options;
    try {
      this.server = serveHttp(
        { hostname, port, onError: (error) => notice(`error: ${name}: ${reason(error)}`) },
        (request, peer) => this.answer(request, peer),
      );
    } catch (error) {
      throw new InputError(name, listenReason(error));
    }
    notice(`Listening on http://${hostname}:${this.port}${path}`);
    return await this.ingest.start();
  }

  stop(): Promise<void> {
    return this.stopping ??= this.end();
  }

  private async end(): Promise<void> {
    // Requests under way are answered; the queue takes what they bring.
    const ended = this.server?.shutdown();
    await Promise.race([ended, new Promise((done) => setTimeout(done, 1000))]);
    await this.ingest.stop();
  }

  losses(): Promise<readonly Loss[]> {
    return this.ingest.losses();
  }

  private async answer(request: Request, peer: string): Promise<Response> {
    const { path } = this.options;
    const refuse = (status: number, code: string, message: string, headers = {}) =>
      Response.json({ error: { code, message } }, { status, headers });
    const url = new URL(request.url);
    // A page of another site must not write into the logs of whoever looks at it.
    const host = request.headers.get("host")?.replace(/:\d*$/, "") ?? "";
    const site = request.headers.get("sec-fetch-site");
    if (!isLoopback(host) || request.headers.has("origin") || (site && site !== "none")) {
      return refuse(403, "other_origin", "Pages of other sites may not send logs here");
    }
    if (url.pathname !== path) return refuse(404, "not_found", `Send logs to ${path}`);
    if (request.method !== "POST") {
      return refuse(405, "method_not_allowed", `${path} takes POST`, { Allow: "POST" });
    }
    return await this.ingest.handle(request, peer);
  }
}
