/**
 * An HTTP server that bounds what connections may cost: how many there are, of one address and in
 * all, how slowly the headers of a request may come, and how long a connection may stay unused.
 *
 * `Deno.serve` bounds none of these. So connections are accepted here, and each is given to the code
 * that `Deno.serve` itself gives its connections to. Deno exports it for its own modules only: where
 * a version has it no more, `Deno.serve` is used, and `bounded` is false.
 */

export interface ConnectionLimits {
  /** Connections in all. */
  readonly connections: number;
  /** Connections of one client, by `clientOf`. */
  readonly perClient: number;
  /** How long the headers of a connection's first request may take, the TLS handshake included, in ms. */
  readonly headers: number;
  /** How long a connection may be without a whole request after an answer, in ms. */
  readonly idle: number;
  /** A request that took longer and is no stream of events may lose its place to a new client, in ms. */
  readonly long: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 1000,
  perClient: 250,
  headers: 10_000,
  idle: 60_000,
  long: 60_000,
};

export interface HttpServerOptions {
  readonly hostname: string;
  readonly port: number;
  /** Certificate and key as PEM; null for HTTP without TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | null;
  readonly limits?: Partial<ConnectionLimits>;
  /** Who an address counts as, as an IPv6 host with all addresses of its network; itself unless given. */
  readonly clientOf?: (address: string) => string;
  /** Told of what the handler throws; the client gets 500. */
  readonly onError: (error: unknown) => void;
}

/** Answers a request; `peer` is the address of the other end. */
export type Handler = (request: Request, peer: string) => Response | Promise<Response>;

/** What Deno gives a connection to; see `ext/http/00_serve.ts` of Deno. */
type ServeOnConnection = (
  connection: Deno.Conn,
  signal: AbortSignal,
  handler: (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>,
  onError: (error: unknown) => Response,
  onListen: (scheme: string) => void,
) => { readonly finished: Promise<void>; shutdown(): Promise<void> };

function serveOnConnection(): ServeOnConnection | null {
  const { internal } = Deno as unknown as { internal?: symbol };
  const internals = internal && Reflect.get(Deno, internal) as Record<string, unknown> | undefined;
  const serve = internals && internals.serveHttpOnConnection;
  return typeof serve === "function" ? serve as ServeOnConnection : null;
}

/** How often connections are looked at, in ms. */
const SWEEP = 500;

interface Connection {
  readonly client: string;
  readonly abort: AbortController;
  shutdown(): Promise<void>;
  /** Requests that are being answered, and how many of them are streams of events. */
  busy: number;
  streams: number;
  /** Whether a request has come. */
  asked: boolean;
  /** When it was accepted, last became busy or last became idle, in ms. */
  since: number;
}

export interface HttpServer {
  readonly port: number;
  /** False where this version of Deno gives no way to bound connections. */
  readonly bounded: boolean;
  /** Connections that are open; 0 where they are not bounded. */
  readonly open: number;
  /** Takes no more requests; resolves when those under way are answered. */
  shutdown(): Promise<void>;
  /** Ends all connections at once. */
  abort(): void;
}

/**
 * Listens and answers. Throws what `Deno.listen` throws: `AddrInUse`, `AddrNotAvailable` and others.
 */
export function serveHttp(options: HttpServerOptions, handler: Handler): HttpServer {
  const serve = serveOnConnection();
  return serve ? new BoundedServer(options, handler, serve) : unboundedServer(options, handler);
}

class BoundedServer implements HttpServer {
  readonly bounded = true;
  readonly #limits: ConnectionLimits;
  readonly #clientOf: (address: string) => string;
  readonly #onError: (error: unknown) => Response;
  readonly #listener: Deno.Listener;
  readonly #open = new Set<Connection>();
  /** Connections by client. */
  readonly #clients = new Map<string, number>();
  readonly #ended = new Set<Promise<void>>();
  readonly #sweep: ReturnType<typeof setInterval>;
  #stopped = false;

  constructor(
    options: HttpServerOptions,
    private readonly handler: Handler,
    private readonly serve: ServeOnConnection,
  ) {
    const { hostname, port, tls, limits, clientOf = (address) => address } = options;
    this.#limits = { ...CONNECTION_LIMITS, ...limits };
    this.#clientOf = clientOf;
    this.#onError = failure(options.onError);
    this.#listener = tls
      ? Deno.listenTls({ hostname, port, ...tls, alpnProtocols: ["h2", "http/1.1"] })
      : Deno.listen({ hostname, port });
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP);
    Deno.unrefTimer(this.#sweep);
    void this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  get open(): number {
    return this.#open.size;
  }

  async shutdown(): Promise<void> {
    this.#stop();
    for (const connection of this.#open) connection.shutdown().catch(() => {});
    await Promise.all(this.#ended);
    clearInterval(this.#sweep);
  }

  abort(): void {
    this.#stop();
    for (const connection of this.#open) connection.abort.abort();
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    while (!this.#stopped) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (this.#stopped || error instanceof Deno.errors.BadResource) return;
        // Out of handles, or a client that left at once: the next one may do.
        await new Promise((done) => setTimeout(done, 100));
        continue;
      }
      const peer = (conn.remoteAddr as Deno.NetAddr).hostname;
      const client = this.#clientOf(peer);
      if (this.#stopped || !this.#hasRoom(client)) close(conn);
      else this.#begin(conn, peer, client);
    }
  }

  /** Whether a client may have a connection more, after one that is not used was closed for it if need be. */
  #hasRoom(client: string): boolean {
    const { connections, perClient } = this.#limits;
    if ((this.#clients.get(client) ?? 0) >= perClient) return this.#closeLongest(client);
    if (this.#open.size < connections) return true;
    const byCount = [...this.#clients].sort((a, b) => b[1] - a[1]);
    return byCount.some(([name]) => this.#closeLongest(name));
  }

  /** Closes the connection of a client that has been unused for longest, else the longest request. */
  #closeLongest(client: string): boolean {
    const now = performance.now();
    let idle: Connection | null = null, long: Connection | null = null;
    for (const c of this.#open) {
      if (c.client !== client || c.abort.signal.aborted) continue;
      if (c.busy === 0) {
        if (!idle || c.since < idle.since) idle = c;
      } else if (c.streams === 0 && now - c.since > this.#limits.long) {
        if (!long || c.since < long.since) long = c;
      }
    }
    const chosen = idle ?? long;
    if (chosen) this.#end(chosen);
    return chosen !== null;
  }

  #closeIdle(): void {
    const now = performance.now();
    const { headers, idle } = this.#limits;
    for (const c of this.#open) {
      if (c.busy === 0 && now - c.since > (c.asked ? idle : headers)) c.abort.abort();
    }
  }

  /** Closes a connection; it counts no more, even though its end is told later. */
  #end(connection: Connection): void {
    connection.abort.abort();
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const left = this.#clients.get(connection.client)! - 1;
    if (left === 0) this.#clients.delete(connection.client);
    else this.#clients.set(connection.client, left);
  }

  #begin(conn: Deno.Conn, peer: string, client: string): void {
    const abort = new AbortController();
    const connection: Connection = {
      client,
      abort,
      shutdown: () => Promise.resolve(),
      busy: 0,
      streams: 0,
      asked: false,
      since: performance.now(),
    };
    const answer = (request: Request, { completed }: Deno.ServeHandlerInfo) =>
      this.#answer(connection, request, peer, completed);
    let served: ReturnType<ServeOnConnection>;
    try {
      served = this.serve(conn, abort.signal, answer, this.#onError, () => {});
    } catch {
      // The other end has closed it meanwhile.
      close(conn);
      return;
    }
    connection.shutdown = () => served.shutdown();
    this.#open.add(connection);
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
    // A connection that ends badly is its client's affair.
    const ended = served.finished.catch(() => {}).then(() => {
      this.#forget(connection);
      this.#ended.delete(ended);
    });
    this.#ended.add(ended);
  }

  async #answer(
    connection: Connection,
    request: Request,
    peer: string,
    completed: Promise<void>,
  ): Promise<Response> {
    if (connection.busy++ === 0) connection.since = performance.now();
    connection.asked = true;
    let stream = false, ended = false;
    const done = () => {
      ended = true;
      if (stream) connection.streams--;
      if (--connection.busy === 0) connection.since = performance.now();
    };
    completed.then(done, done);
    const response = await this.handler(request, peer);
    if (!ended && response.headers.get("content-type")?.startsWith("text/event-stream")) {
      stream = true;
      connection.streams++;
    }
    return response;
  }
}

function failure(onError: (error: unknown) => void): (error: unknown) => Response {
  return (error) => {
    onError(error);
    return new Response(null, { status: 500 });
  };
}

function unboundedServer(options: HttpServerOptions, handler: Handler): HttpServer {
  const { hostname, port, tls, onError } = options;
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname, port, onListen: () => {}, onError: failure(onError), signal: abort.signal, ...tls },
    (request, info) => handler(request, (info.remoteAddr as Deno.NetAddr).hostname),
  );
  return {
    port: server.addr.port,
    bounded: false,
    open: 0,
    shutdown: () => server.shutdown(),
    abort: () => abort.abort(),
  };
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
