/** Syslog over UDP (RFC 5426): `udp://127.0.0.1:5514`. A datagram is a record. */
import dgram from "node:dgram";
import { type LineCounters, newLineCounters } from "../stages/lines.ts";
import type { Arrival, Feed, Loss } from "./feed.ts";
import { InputError } from "./files.ts";
import { recordText } from "./framing.ts";
import { Lane, Lanes, type ListenerOptions } from "./lanes.ts";
import { listenReason } from "./tcp.ts";

export interface UdpOptions extends ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  /** Longest record in bytes; the rest of a longer one is dropped and counted. */
  readonly maxLine: number;
}

/** The kernel's buffer is asked to be so large: what comes while this process is busy waits there. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;
/** Senders whose sourcetype is remembered. */
const SENDERS = 10_000;
/** Least pause between two looks at what the kernel dropped, in ms. */
const LOOK = 10_000;

export class UdpListener implements Feed {
  arrived: (arrival: Arrival) => void = () => {};
  readonly counters: LineCounters = newLineCounters();
  private readonly lanes: Lanes;
  private readonly socket: dgram.Socket;
  private readonly senders = new Map<string, Lane>();
  /** Datagrams that came while the queue was full. */
  private full = 0;
  private kernel = 0;
  private told = 0;
  private looked = -Infinity;
  private stopped = false;

  constructor(private readonly options: UdpOptions) {
    this.lanes = new Lanes(options, (arrival) => this.arrived(arrival));
    this.socket = dgram.createSocket({ type: options.hostname.includes(":") ? "udp6" : "udp4" });
  }

  /** The port that it listens on. */
  get port(): number {
    return this.socket.address().port;
  }

  async start(): Promise<readonly Arrival[]> {
    const { hostname, port, name, notice } = this.options;
    await new Promise<void>((done, failed) => {
      this.socket.once("error", (error) => failed(new InputError(name, listenReason(error))));
      this.socket.bind(port, hostname, () => done());
    });
    this.socket.removeAllListeners("error");
    this.socket.on("error", (error) => notice(`warning: ${name}: ${error.message}`));
    try {
      this.socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {
      // The system gives what it gives.
    }
    this.socket.on("message", (data, { address }) => this.take(data, address));
    notice(`Listening on udp://${hostname}:${this.port}`);
    return [];
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.look();
    this.socket.close();
    this.lanes.end();
  }

  async losses(): Promise<readonly Loss[]> {
    if (!this.stopped && performance.now() - this.looked > LOOK) await this.look();
    const out: Loss[] = [];
    const tell = (count: number, why: string, what: string) => {
      if (count <= 0) return;
      out.push({
        subject: this.options.name,
        message: `${this.options.name} lost ${count} datagrams: ${what}`,
        reason: why,
        count,
      });
    };
    tell(this.kernel - this.told, "udp_kernel", "they came faster than they were read");
    tell(this.full, "udp_queue", "they came faster than they were processed");
    this.told = this.kernel;
    this.full = 0;
    return out;
  }

  private take(data: Uint8Array, peer: string): void {
    const { maxLine } = this.options;
    this.counters.bytes += data.length;
    const cut = data.length > maxLine;
    if (cut) {
      this.counters.truncated++;
      this.counters.droppedBytes += data.length - maxLine;
    }
    const lines = [recordText(cut ? data.subarray(0, maxLine) : data, this.counters)];
    const lane = this.laneOf(peer, lines);
    if (lane.full) this.full++;
    else lane.put({ lines, truncated: cut ? [0] : null }, peer);
  }

  private laneOf(peer: string, lines: string[]): Lane {
    let lane = this.senders.get(peer);
    if (lane) return lane;
    lane = this.lanes.of(lines);
    this.senders.set(peer, lane);
    if (this.senders.size > SENDERS) this.senders.delete(this.senders.keys().next().value!);
    return lane;
  }

  private async look(): Promise<void> {
    this.looked = performance.now();
    this.kernel = await kernelDrops(this.port, this.options.hostname.includes(":")) ?? this.kernel;
  }
}

/**
 * Datagrams for a port that the kernel dropped since its socket was opened; null when the system does
 * not tell. Linux says it in /proc/net/udp, which Deno lets no program read without all permissions:
 * `cat` reads it.
 */
export async function kernelDrops(port: number, six: boolean): Promise<number | null> {
  if (Deno.build.os !== "linux") return null;
  const { state } = await Deno.permissions.query({ name: "run", command: "cat" });
  if (state !== "granted") return null;
  try {
    const { stdout } = await new Deno.Command("cat", {
      args: [six ? "/proc/net/udp6" : "/proc/net/udp"],
      stdin: "null",
      stderr: "null",
    }).output();
    return dropsIn(new TextDecoder().decode(stdout), port);
  } catch {
    return null;
  }
}

/** The last column of the port's row: `sl local_address … drops`, addresses as hex, `0100007F:158A`. */
export function dropsIn(table: string, port: number): number | null {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const row of table.split("\n").slice(1)) {
    const columns = row.trim().split(/\s+/);
    if (columns[1]?.endsWith(`:${hex}`)) return Number(columns.at(-1));
  }
  return null;
}
