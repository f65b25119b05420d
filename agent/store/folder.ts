/**
 * The store of a data folder that another process holds. Who serves it writes an address of loopback
 * and a secret beside the lock, for the folder's owner alone; other commands of this owner ask there
 * what they would have asked the store. Who can read the secret can read the folder.
 */
import { timingSafeEqual } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { StoreError, type StoreErrorCode } from "./types/error.ts";
import { untilStopped } from "./types/stop.ts";
import type { Queries, Store, StoredEvent } from "./types/types.ts";

const fileOf = (folder: string) => `${folder}/serving`;

interface Offer {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  readonly secret: string;
}

type Method = Exclude<keyof Queries, "exportEvents">;
/** What may be asked; the type says that none is forgotten. */
const METHODS: Readonly<Record<Method, true>> = {
  ready: true,
  events: true,
  event: true,
  eventsById: true,
  timeseries: true,
  countedSeries: true,
  size: true,
  searchSlice: true,
  rawRanges: true,
  searchGroups: true,
  columnGroups: true,
  columnTimes: true,
  countedGroups: true,
  storedKinds: true,
  eventsByHour: true,
  top: true,
  stats: true,
  alerts: true,
  riskAlerts: true,
  alert: true,
  alertsById: true,
  alertsOfEvent: true,
  setAlertStatus: true,
  setAlertStatuses: true,
  editAlerts: true,
  verdicts: true,
  alertHistory: true,
  changesSince: true,
  lastChange: true,
  ruleHits: true,
  degraded: true,
  incidents: true,
  incident: true,
  timeline: true,
  jobs: true,
  shares: true,
  health: true,
  lateHosts: true,
  hostClocks: true,
  sinkStates: true,
  deliveries: true,
  retryDeliveries: true,
  savedSearches: true,
  saveSearch: true,
  removeSearch: true,
  savedViews: true,
  saveView: true,
  removeView: true,
  silences: true,
  addSilence: true,
  endSilence: true,
  exceptions: true,
  addException: true,
  endException: true,
  audit: true,
  addToken: true,
  tokens: true,
  revokeToken: true,
  findToken: true,
};

/** Longest question, in bytes. */
const LONGEST = 4 << 20;

/** Answers for the folder of a store until `close`; nothing where it is a server's, or another's folder. */
export async function offerStore(store: Store): Promise<{ close(): Promise<void> }> {
  if (store.kind !== "pglite" || isRemote(store)) return { close: () => Promise.resolve() };
  const secret = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => answer(store, secret, request),
  );
  const offer: Offer = { address: `http://127.0.0.1:${server.addr.port}`, secret };
  const path = fileOf(store.place);
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, JSON.stringify(offer) + "\n", { mode: 0o600, createNew: true });
  return {
    async close() {
      await Deno.remove(path).catch(() => {});
      await server.shutdown();
    },
  };
}

async function answer(store: Store, secret: string, request: Request): Promise<Response> {
  const given = new TextEncoder().encode(request.headers.get("authorization") ?? "");
  const due = new TextEncoder().encode(`Bearer ${secret}`);
  if (given.length !== due.length || !timingSafeEqual(given, due)) {
    return new Response(null, { status: 401 });
  }
  const length = Number(request.headers.get("content-length") ?? NaN);
  if (request.method !== "POST" || !(length <= LONGEST)) return new Response(null, { status: 400 });
  const [method, args] = deserialize(await request.bytes()) as [Method, unknown[]];
  if (!Object.hasOwn(METHODS, method)) return new Response(null, { status: 404 });
  try {
    const ask = store[method] as (...args: unknown[]) => Promise<unknown>;
    return new Response(new Uint8Array(serialize({ result: await ask.apply(store, args) })));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { code, message } = error;
    return new Response(new Uint8Array(serialize({ error: { code, message } })));
  }
}

const remotes = new WeakSet<object>();
/** Whether another process holds it and answers for it. */
export const isRemote = (store: Store): boolean => remotes.has(store);

/**
 * The store of a folder that is served, for questions and for what people change.
 * Null when nobody answers for it.
 */
export async function remoteStore(folder: string): Promise<Store | null> {
  let offer: Offer;
  try {
    offer = JSON.parse(await Deno.readTextFile(fileOf(folder)));
  } catch {
    return null;
  }
  if (!/^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(offer.address)) return null;
  const ask = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    let response: Response;
    try {
      response = await fetch(offer.address, {
        method: "POST",
        headers: { authorization: `Bearer ${offer.secret}` },
        body: new Uint8Array(serialize([method, args])),
      });
    } catch (error) {
      const said = `What serves the data folder "${folder}" does not answer`;
      throw new StoreError("unreachable", said, { cause: error });
    }
    if (!response.ok) {
      await response.body?.cancel();
      const said = `What serves the data folder "${folder}" refused "${method}"`;
      throw new StoreError("failed", `${said}: use one version of the program for both`);
    }
    const { result, error } = deserialize(await response.bytes()) as {
      readonly result?: unknown;
      readonly error?: { readonly code: StoreErrorCode; readonly message: string };
    };
    if (error) throw new StoreError(error.code, error.message);
    return result;
  };
  try {
    await ask("ready", []);
  } catch {
    return null;
  }
  const held = (): never => {
    throw new StoreError("in_use", `The data folder "${folder}" is held by another process`);
  };
  const store = new Proxy({ kind: "pglite", place: folder, leases: null } as unknown as Store, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(METHODS, name)) {
        return (...args: unknown[]) => {
          // A signal goes to no other process: who stops waits no longer.
          const signal = args.at(-1);
          if (!(signal instanceof AbortSignal)) return ask(name, args);
          return untilStopped(ask(name, args.slice(0, -1)), signal);
        };
      }
      if (name === "exportEvents") return (filter: ExportFilter) => exported(store, filter);
      if (name === "close") return () => Promise.resolve();
      return name in target || typeof name === "symbol" || name === "then"
        ? Reflect.get(target, name)
        : held;
    },
  });
  remotes.add(store);
  return store;
}

type ExportFilter = Parameters<Queries["exportEvents"]>[0];

/** Events in pages, until the filter's limit. */
async function* exported(
  store: Store,
  { limit = Infinity, ...filter }: ExportFilter,
): AsyncGenerator<readonly StoredEvent[]> {
  let cursor: { readonly time: number; readonly id: string } | undefined;
  for (let left = limit; left > 0;) {
    const page = await store.events({ ...filter, cursor, limit: Math.min(1000, left) });
    if (page.items.length > 0) yield page.items;
    if (!page.next) return;
    left -= page.items.length;
    cursor = page.next;
  }
}
