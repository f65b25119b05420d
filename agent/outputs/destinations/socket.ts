/** TCP and TLS to a host whose address was checked. */
import net from "node:net";
import tls from "node:tls";
import type { DestinationContext } from "./destination.ts";

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** The certificate is verified for `host`. */
  readonly tls: boolean;
  /** Certificates (PEM) that are trusted in place of the public ones. */
  readonly ca?: string;
}

/** An open socket, which is destroyed when the signal is aborted; rejects when it does not open. */
export async function openSocket(
  context: DestinationContext,
  { host, port, tls: secure, ca }: SocketTarget,
  signal: AbortSignal,
): Promise<net.Socket> {
  signal.throwIfAborted();
  const address = await context.resolve(host);
  signal.throwIfAborted();
  const servername = net.isIP(host) === 0 ? host : undefined;
  const socket = secure
    ? tls.connect({ host: address, port, servername, ca })
    : net.connect({ host: address, port });
  const stop = () => socket.destroy(new Error("The attempt was given up"));
  signal.addEventListener("abort", stop, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", stop));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once(secure ? "secureConnect" : "connect", () => resolve());
  await promise;
  socket.off("error", reject);
  // Whoever uses it listens, too; without a listener an error would end the program.
  socket.on("error", () => {});
  return socket;
}
