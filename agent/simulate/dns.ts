/** Lines of BIND's query log as it writes them through syslog. */
import { syslogTime } from "./auth.ts";
import type { Random } from "./random.ts";

/** Writes what the name server of one host logs; times are epoch ms. */
export class DnsLog {
  constructor(
    readonly random: Random,
    readonly host: string,
    readonly emit: (time: number, text: string) => void,
  ) {}

  query(time: number, src: string, name: string, type: "A" | "AAAA" | "TXT" = "A") {
    const client = this.random.int(0x7f0000000000, 0x7fffffffffff).toString(16);
    const port = this.random.int(32768, 60999);
    this.emit(
      time,
      `${
        syslogTime(time)
      } ${this.host} named[812]: queries: info: client @0x${client} ${src}#${port} ` +
        `(${name}): query: ${name} IN ${type} +E(0)K (10.0.0.53)`,
    );
  }
}
