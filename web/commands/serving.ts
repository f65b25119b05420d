/** The API and the dashboard on an address. */
import { createWeb } from "../server/mod.ts";
import type { RuleTools } from "../server/route/route.ts";
import { isLoopback } from "../server/security/origin.ts";
import { DEFAULT_RATE } from "../server/security/rate.ts";
import { clientOf } from "../server/security/rate.ts";
import { offerStore } from "../../agent/store/folder.ts";
import { type Store, StoreError } from "../../agent/store/mod.ts";
import { UsageError } from "../../agent/commands/command.ts";
import { type HttpServer, serveHttp } from "../../agent/sources/http_server.ts";
import { readTls, type Serving } from "../../agent/commands/serving.ts";
import { ruleTools } from "../server/trials/rule_tools.ts";
import { startTrialProcesses } from "../server/trials/trial_processes.ts";
import { VERSION } from "../../agent/program.ts";

/** Reads `127.0.0.1:7400`, `:7400`, `7400`, `[::1]:7400`; the host defaults to loopback. */
export function parseAddress(text: string): { hostname: string; port: number } {
  const m = /^(?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(m?.[2]);
  if (!m || port > 65535) {
    throw new UsageError(`Invalid address "${text}"`, "Give HOST:PORT, as 127.0.0.1:7400");
  }
  return { hostname: m[1]?.replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

/** An address that something else listens on. */
export class AddressTaken extends UsageError {}

/** How long a connection may keep the server from ending, in ms. */
const GRACE = 3_000;

/**
 * Listens: on loopback with or without tokens, elsewhere only when there is one.
 * Throws UsageError for what cannot be listened on, or not safely.
 */
export async function serveStore(
  store: Store,
  serving: Serving,
): Promise<{ url: string; close(): Promise<void> }> {
  const { args, notice } = serving;
  const { hostname, port } = parseAddress(serving.address);
  const loopback = isLoopback(hostname);
  const tls = await readTls(args);
  if (!loopback) {
    if (!(await store.tokens()).some((t) => t.revoked === null)) {
      throw new UsageError(
        `Refusing to listen on "${hostname}" without a token: whoever reaches it could read all`,
        "Make one with `token create NAME --role read`, or listen on 127.0.0.1",
      );
    }
    if (!tls) {
      notice(
        "warning: Tokens cross the network in the clear; give --tls-cert and --tls-key, or put a " +
          "proxy with TLS before it",
      );
    }
  }
  const perSecond = args.int("rate", 0, 1_000_000) ?? DEFAULT_RATE.perSecond;
  const stopping = new AbortController();
  const onError = errorLog(notice);
  const tools: RuleTools & { close(): Promise<void> } = ruleTools(
    serving.loaded,
    onError,
    await startTrialProcesses(),
  );
  const app = createWeb(store, {
    version: VERSION,
    loopback,
    secure: tls !== null,
    allowedHosts: args.all("allow-host"),
    rate: perSecond === 0 ? null : { perSecond, burst: perSecond * 4 },
    content: serving.loaded,
    tools,
    ingest: serving.ingest,
    exceptionsChanged: serving.exceptionsChanged,
    excepted: serving.excepted,
    lags: serving.lags,
    onError,
    signal: stopping.signal,
  });
  let server: HttpServer;
  try {
    server = serveHttp(
      { hostname, port, tls, clientOf, onError },
      (request, remote) => app.fetch(request, { remote }),
    );
  } catch (error) {
    await tools.close();
    if (error instanceof Deno.errors.AddrInUse) {
      throw new AddressTaken(`Port ${port} on ${hostname} is taken`, "Choose another port");
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw new UsageError(`"${hostname}" is no address of this machine`, "Correct the address");
    }
    throw error;
  }
  const folder = await offerStore(store);
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const url = `${tls ? "https" : "http"}://${host}:${server.port}`;
  notice(`Listening on ${url}`);
  if (!server.bounded) {
    notice(
      `warning: Deno ${Deno.version.deno} does not let connections be bounded; use the version ` +
        "that the README names, or put a proxy before it where strangers reach it",
    );
  }
  return {
    url,
    async close() {
      stopping.abort();
      await folder.close();
      await tools.close();
      const timer = setTimeout(() => server.abort(), GRACE);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

/** Says what went wrong, each thing once in a while: a client can cause many. */
function errorLog(notice: (text: string) => void): (error: unknown) => void {
  const said = new Map<string, number>();
  return (error) => {
    const text = error instanceof StoreError
      ? error.message
      : error instanceof Error
      ? error.stack ?? error.message
      : String(error);
    const now = Date.now();
    if (now - (said.get(text) ?? -Infinity) < 60_000) return;
    said.set(text, now);
    if (said.size > 100) said.delete(said.keys().next().value!);
    notice(`error: ${text}`);
  };
}
