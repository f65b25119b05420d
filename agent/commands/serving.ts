/** The API on an address. */
import { createWeb } from "../../web/mod.ts";
import type { Store } from "../store/mod.ts";
import { UsageError } from "./command.ts";

/** Reads `127.0.0.1:7400`, `:7400`, `7400`, `[::1]:7400`; the host defaults to loopback. */
export function parseAddress(text: string): { hostname: string; port: number } {
  const m = /^(?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(m?.[2]);
  if (!m || port > 65535) {
    throw new UsageError(`Invalid address "${text}"`, "Give HOST:PORT, as 127.0.0.1:7400");
  }
  return { hostname: m[1]?.replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

/**
 * Listens, on loopback only: off loopback the API would need tokens, which it does not have.
 * Throws UsageError for another address or a port that is taken.
 */
export function serveStore(
  store: Store,
  address: string,
  notice: (text: string) => void,
): { url: string; finished: Promise<void>; close(): Promise<void> } {
  const { hostname, port } = parseAddress(address);
  if (!/^(localhost|127(\.\d+){3}|::1)$/.test(hostname)) {
    throw new UsageError(
      `Refusing to listen on "${hostname}": the API is open to whoever reaches it`,
      "Listen on 127.0.0.1 and put a proxy that asks for a login before it",
    );
  }
  const app = createWeb(store, {});
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname, port, onListen: () => {} }, app.fetch);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new UsageError(`Port ${port} on ${hostname} is taken`, "Choose another port");
    }
    throw error;
  }
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const url = `http://${host}:${server.addr.port}`;
  notice(`Listening on ${url}`);
  return { url, finished: server.finished, close: () => server.shutdown() };
}
