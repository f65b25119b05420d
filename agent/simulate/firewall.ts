/** Lines of the Linux packet filter as ufw has the kernel write them. */
import { syslogTime } from "./auth.ts";
import type { Random } from "./random.ts";

/** A packet; ports are missing for what has none. */
export interface Packet {
  readonly src: string;
  readonly dest: string;
  readonly port: number;
  readonly transport?: "TCP" | "UDP";
}

/** Writes what the packet filter of one host logs; times are epoch ms. */
export class FirewallLog {
  #booted = 0;

  constructor(
    readonly random: Random,
    readonly host: string,
    readonly emit: (time: number, text: string) => void,
  ) {}

  /** A packet from the network outside. */
  inbound(time: number, verdict: "BLOCK" | "ALLOW", packet: Packet) {
    this.#write(
      time,
      `[UFW ${verdict}] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00`,
      packet,
    );
  }

  /** The first packet of a connection from inside. */
  outbound(time: number, packet: Packet) {
    this.#write(time, "[UFW ALLOW] IN=eth1 OUT=eth0", packet);
  }

  #write(time: number, head: string, { src, dest, port, transport = "TCP" }: Packet) {
    const r = this.random;
    if (this.#booted === 0) this.#booted = time - 86_400_000;
    const uptime = ((time - this.#booted) / 1000).toFixed(6).padStart(12);
    const tail = transport === "TCP" ? "WINDOW=64240 RES=0x00 SYN URGP=0" : "LEN=56";
    this.emit(
      time,
      `${
        syslogTime(time)
      } ${this.host} kernel: [${uptime}] ${head} SRC=${src} DST=${dest} LEN=60 TOS=0x00 ` +
        `PREC=0x00 TTL=${r.int(40, 63)} ID=${r.int(1, 65535)} PROTO=${transport} ` +
        `SPT=${r.int(32768, 60999)} DPT=${port} ${tail}`,
    );
  }
}
