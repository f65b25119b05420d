/** The listeners by their URLs' schemes. A further one is a file and a line here. */
import type { Listener } from "./listener.ts";
import { HttpListener, isLoopback } from "./http.ts";
import type { ListenerOptions } from "./queue.ts";
import { TcpListener } from "./tcp.ts";
import { UdpListener } from "./udp.ts";

/** What all listeners of a run share. */
export interface Listening extends Omit<ListenerOptions, "name"> {
  readonly maxLine: number;
  /** PEM texts, for `tls://`. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** The sourcetype of a name, or of what others call it; null when there is none. */
  readonly known: (name: string) => string | null;
  /** The known name that is nearest to one that is not; undefined when none is near. */
  readonly nearest?: (name: string) => string | undefined;
}

interface At extends Listening {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
}

const LISTENERS: Readonly<Record<string, (at: At) => Listener>> = {
  udp: (at) => new UdpListener(at),
  tcp: (at) => new TcpListener({ ...at, tls: null }),
  tls(at) {
    if (at.tls) return new TcpListener(at);
    throw new ListenError(
      `"${at.name}" needs a certificate`,
      "Give --tls-cert and --tls-key, both PEM files",
    );
  },
  http(at) {
    if (isLoopback(at.hostname)) return new HttpListener(at);
    throw new ListenError(
      `Refusing to listen on "${at.name}": whoever reaches it could write into the logs`,
      "Listen on 127.0.0.1, or use `agent --serve` with tokens",
    );
  },
};

/** An address that cannot be listened on as it is written; `help` says how to write it. */
export class ListenError extends Error {
  constructor(message: string, readonly help: string) {
    super(message);
  }
}

const URL_FORM =
  /^([a-z]+):\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):(\d{1,5})(\/[^?#]*)?(?:\?sourcetype=([\w-]+))?$/;

/**
 * The listener of a URL, as `udp://:5514` or `http://127.0.0.1:8088/ingest`; the host is 127.0.0.1
 * unless it is named, and `?sourcetype=NAME` says what all is that comes there. Throws ListenError.
 */
export function listenerOf(url: string, options: Listening): Listener {
  const m = URL_FORM.exec(url);
  const schemes = Object.keys(LISTENERS).map((s) => `${s}://`).join(", ");
  const port = Number(m?.[3]);
  if (!m || port > 65_535 || !Object.hasOwn(LISTENERS, m[1]) || (m[4] && m[1] !== "http")) {
    throw new ListenError(
      `Invalid value "${url}" for --listen`,
      `Give one of ${schemes} with a port, as udp://:5514 or http://:8088/ingest`,
    );
  }
  const [, scheme, host, , path = "/ingest", said] = m;
  const sourcetype = said === undefined ? options.sourcetype : options.known(said);
  if (said !== undefined && sourcetype === null) {
    throw new ListenError(`Unknown sourcetype "${said}" in "${url}"`, "See the folder sourcetypes");
  }
  const hostname = host.replace(/^\[|\]$/g, "") || "127.0.0.1";
  const name = `${scheme}://${host || "127.0.0.1"}:${port}${scheme === "http" ? path : ""}`;
  return LISTENERS[scheme]({ ...options, sourcetype, name, hostname, port, path });
}
