/** Where simulated lines go: files, syslog receivers, stdout. */
import { createSocket } from "node:dgram";
import { FILES, type Line, type Stream } from "./world.ts";

export interface Outlet {
  /** Takes lines in their order; resolves when the outlet has room for more. */
  write(lines: readonly Line[]): Promise<void>;
  close(): Promise<void>;
}

/** Logs that syslog carries as they are. */
export const SYSLOG_STREAMS: ReadonlySet<Stream> = new Set(["auth", "firewall", "dns"]);

/**
 * One file for each log in a folder, made when it is not there. `append` goes on in files that are
 * there, as a running system does. Throws what the system says.
 */
export async function openFiles(
  folder: string,
  streams: readonly Stream[],
  append: boolean,
): Promise<Outlet & { readonly paths: readonly string[] }> {
  await Deno.mkdir(folder, { recursive: true });
  const files = new Map<Stream, Deno.FsFile>();
  const paths: string[] = [];
  for (const stream of streams) {
    const path = `${folder.replace(/\/+$/, "")}/${FILES[stream]}`;
    paths.push(path);
    files.set(
      stream,
      await Deno.open(path, { create: true, write: true, append, truncate: !append }),
    );
  }
  const encoder = new TextEncoder();
  return {
    paths,
    async write(lines) {
      const texts = new Map<Stream, string>();
      for (const { stream, text } of lines) {
        texts.set(stream, `${texts.get(stream) ?? ""}${text}\n`);
      }
      for (const [stream, text] of texts) {
        const file = files.get(stream)!;
        const bytes = encoder.encode(text);
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      }
    },
    close() {
      for (const file of files.values()) file.close();
      return Promise.resolve();
    },
  };
}

/** Where syslog is sent to. */
export interface Receiver {
  readonly transport: "udp" | "tcp";
  readonly hostname: string;
  readonly port: number;
}

/** Reads `udp://host:port` and `tcp://host:port`; null when it is neither. */
export function parseReceiver(text: string): Receiver | null {
  const m = /^(udp|tcp):\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  if (!m || Number(m[3]) > 65535) return null;
  return {
    transport: m[1] as "udp" | "tcp",
    hostname: m[2].replace(/^\[|\]$/g, ""),
    port: Number(m[3]),
  };
}

/** Facility authpriv, severity info (RFC 5424, section 6.2.1): what the header of RFC 3164 begins with. */
const PRI = "<86>";

/** Sends the logs that syslog carries; others are passed over. */
export async function openSyslog(to: Receiver): Promise<Outlet> {
  const fit = (lines: readonly Line[]) => lines.filter((l) => SYSLOG_STREAMS.has(l.stream));
  if (to.transport === "tcp") {
    const conn = await Deno.connect({ hostname: to.hostname, port: to.port });
    const encoder = new TextEncoder();
    return {
      async write(lines) {
        const bytes = encoder.encode(fit(lines).map((l) => `${PRI}${l.text}\n`).join(""));
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      },
      close: () => Promise.resolve(conn.close()),
    };
  }
  const socket = createSocket(to.hostname.includes(":") ? "udp6" : "udp4");
  return {
    async write(lines) {
      for (const { text } of fit(lines)) {
        await new Promise<void>((done, fail) =>
          socket.send(PRI + text, to.port, to.hostname, (e) => e ? fail(e) : done())
        );
      }
    },
    close: () => new Promise((done) => socket.close(() => done())),
  };
}
