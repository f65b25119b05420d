/** The listeners by their URLs' schemes. A further one is a file and a line here. */
import type { Listener } from "./listener.ts";
import { HttpListener, isLoopback } from "./http.ts";
import type { ListenerOptions } from "./queue.ts";
import { TcpListener, type TcpMemory } from "./tcp.ts";
import { UdpListener } from "./udp.ts";

/** What all listeners of a run share. */
export interface Listening extends Omit<ListenerOptions, "name"> {
  readonly maxLine: number;
  /** PEM texts, for `tls://`. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** What all connections by TCP may hold together. */
  readonly memory: TcpMemory;
  /** The sourcetype of a name, or of what others call it; null when there is none. */
  readonly known: (name: string) => string | null;
  /** The known name that is nearest to one that is not; undefined when none is near. */
  readonly nearest?: (name: string) => string | undefined;
  /** A duration such as `10s` in ms; null when it is none. */
  readonly duration: (text: string) => number | null;
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
  /^([a-z]+):\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):(\d{1,5})(\/[^?#]*)?(?:\?([^#]*))?$/;

/**
 * The listener of a URL, as `udp://:5514` or `http://127.0.0.1:8088/ingest`; the host is 127.0.0.1
 * unless it is named, `?sourcetype=NAME` says what all is that comes there, and `?lateness=10s` how
 * far out of order it may be. Throws ListenError.
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
  const [, scheme, host, , path = "/ingest", query = ""] = m;
  const own = ownOptions(url, query, options);
  const hostname = host.replace(/^\[|\]$/g, "") || "127.0.0.1";
  const name = `${scheme}://${host || "127.0.0.1"}:${port}${scheme === "http" ? path : ""}`;
  return LISTENERS[scheme]({ ...options, ...own, name, hostname, port, path });
}

/** What the query of a listener's URL says of it alone. */
function ownOptions(
  url: string,
  query: string,
  { known, duration }: Listening,
): { sourcetype?: string; lateness?: number } {
  const own: { sourcetype?: string; lateness?: number } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "sourcetype") {
      const sourcetype = known(value);
      if (sourcetype === null) {
        throw new ListenError(
          `Unknown sourcetype "${value}" in "${url}"`,
          "See the folder sourcetypes",
        );
      }
      own.sourcetype = sourcetype;
    } else if (name === "lateness") {
      const lateness = duration(value);
      if (lateness === null) {
        throw new ListenError(
          `Invalid lateness "${value}" in "${url}"`,
          "Give a duration with its unit, as ?lateness=10s",
        );
      }
      own.lateness = lateness;
    } else {
      throw new ListenError(
        `Unknown option "${name}" in "${url}"`,
        "Give ?sourcetype=NAME, ?lateness=DURATION, or both with & between them",
      );
    }
  }
  return own;
}
