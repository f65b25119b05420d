/** Syslog over UDP (RFC 5426): `udp://127.0.0.1:5514`. A datagram is a record. */
import { type LineCounters, newLineCounters } from "../stages/lines.ts";
import type { InputAnnounced, Listener, Loss } from "./listener.ts";
import { InputError } from "./files.ts";
import { recordText } from "./framing.ts";
import { type ListenerOptions, type Queue, Queues } from "./queue.ts";
import { listenReason } from "./tcp.ts";
import type { Datagrams, FromWorker, ToWorker } from "./udp_worker.ts";

export interface UdpOptions extends ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  /** Longest record in bytes; the rest of a longer one is dropped and counted. */
  readonly maxLine: number;
}

/** Senders whose sourcetype is remembered. */
const SENDERS = 10_000;
/** Least pause between two looks at what the kernel dropped, in ms. */
const LOOK = 10_000;

export class UdpListener implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  readonly counters: LineCounters = newLineCounters();
  private readonly lanes: Queues;
  private worker: Worker | null = null;
  private readonly senders = new Map<string, Queue>();
  /** Datagrams that came while all room was taken. */
  private full = 0;
  private kernel = 0;
  private told = 0;
  private looked = -Infinity;
  private stopped = false;
  private stopping: Promise<void> | null = null;
  private taking: Promise<void> = Promise.resolve();
  private ended: () => void = () => {};

  constructor(private readonly options: UdpOptions) {
    this.lanes = new Queues(options, (arrival) => this.arrived(arrival));
  }

  /** The port that it listens on. */
  port = 0;

  async start(): Promise<readonly InputAnnounced[]> {
    const { hostname, port, name, notice } = this.options;
    const worker = new Worker(new URL("./udp_worker.ts", import.meta.url), { type: "module" });
    this.worker = worker;
    const first = new Promise<FromWorker>((done, failed) => {
      worker.onmessage = (e: MessageEvent<FromWorker>) => done(e.data);
      worker.onerror = (e) => {
        e.preventDefault();
        failed(new InputError(name, e.message));
      };
    });
    this.say({ hostname, port });
    const answer = await first;
    if (typeof answer === "string" || !("port" in answer)) {
      worker.terminate();
      throw new InputError(name, listenReason(answer));
    }
    this.port = answer.port;
    worker.onmessage = (e: MessageEvent<FromWorker>) => this.hear(e.data);
    notice(`Listening on udp://${hostname}:${this.port}`);
    return [];
  }

  stop(): Promise<void> {
    return this.stopping ??= this.end();
  }

  private async end(): Promise<void> {
    this.stopped = true;
    // What the worker holds is bounded; the queues take it also when nobody empties them.
    this.lanes.release();
    await this.look();
    const ended = new Promise<void>((done) => this.ended = done);
    this.say("stop");
    await ended;
    await this.taking;
    this.worker?.terminate();
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

  private say(message: ToWorker): void {
    this.worker!.postMessage(message);
  }

  private hear(message: FromWorker): void {
    if (message === "stopped") this.ended();
    else if ("bytes" in message) {
      this.full += message.dropped;
      this.taking = this.taking.then(() => this.take(message));
    }
  }

  /** Puts datagrams into their senders' lanes; those that wait for room count in the worker. */
  private async take({ bytes, lengths, peers }: Datagrams): Promise<void> {
    let at = 0;
    for (let i = 0; i < lengths.length;) {
      const peer = peers[i];
      const lines: string[] = [], truncated: number[] = [];
      for (; i < lengths.length && peers[i] === peer; i++) {
        lines.push(this.record(bytes.subarray(at, at + lengths[i]), lines.length, truncated));
        at += lengths[i];
      }
      const lane = this.laneOf(peer, lines);
      await lane.room();
      lane.put({ lines, truncated: truncated.length > 0 ? truncated : null }, peer);
    }
    this.say({ done: bytes.length });
  }

  private record(data: Uint8Array, index: number, truncated: number[]): string {
    const { maxLine } = this.options;
    const { counters } = this;
    counters.bytes += data.length;
    if (data.length <= maxLine) return recordText(data, counters);
    truncated.push(index);
    counters.truncated++;
    counters.droppedBytes += data.length - maxLine;
    return recordText(data.subarray(0, maxLine), counters);
  }

  private laneOf(peer: string, lines: string[]): Queue {
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
