/** HTTP servers that stand in for receivers. */

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `ok` as the service answers; `busy` 503 with Retry-After: 7; `gone` 410; `hang` never. */
export type Mode = "ok" | "busy" | "gone" | "hang";

export interface Receiver {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Requests that were answered with `ok`. */
  readonly received: Received[];
  /** All requests. */
  readonly asked: Received[];
  mode(mode: Mode): void;
  close(): Promise<void>;
}

/** @param ok the answer of the service to a request that it takes */
export function httpReceiver(
  ok: (request: Received) => Response = () => new Response("ok"),
): Receiver {
  let mode: Mode = "ok";
  const received: Received[] = [], asked: Received[] = [];
  const released = Promise.withResolvers<void>();
  const stop = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, signal: stop.signal },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const what = {
        method: request.method,
        path: pathname + search,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      };
      asked.push(what);
      if (mode === "busy") {
        return new Response("busy", { status: 503, headers: { "retry-after": "7" } });
      }
      if (mode === "gone") return new Response("secret-of-receiver", { status: 410 });
      if (mode === "hang") {
        await released.promise;
        return new Response("late");
      }
      received.push(what);
      return ok(what);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received,
    asked,
    mode: (to) => void (mode = to),
    async close() {
      released.resolve();
      await server.shutdown();
    },
  };
}
