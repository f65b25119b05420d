/** JSON lines in the Elastic Common Schema, as an application and a flow exporter write them. */
import type { Random } from "./random.ts";

/** Writes JSON lines; times are epoch ms. */
export class AppLog {
  constructor(
    readonly random: Random,
    readonly emit: (time: number, text: string) => void,
  ) {}

  /** Somebody signs in to the application. */
  login(time: number, src: string, user: string, outcome: "success" | "failure") {
    this.#write(time, {
      event: { category: ["authentication"], type: ["start"], action: "sign-in", outcome },
      source: { ip: src, port: this.random.int(32768, 60999) },
      user: { name: user },
      service: { name: "shop" },
      host: { name: "app1" },
      ...(outcome === "failure" ? { message: "Wrong password" } : {}),
    });
  }

  /** A connection that has ended, with the bytes that `src` sent and received. */
  flow(time: number, src: string, dest: string, port: number, sent: number, received: number) {
    this.#write(time, {
      event: {
        category: ["network"],
        type: ["connection", "end"],
        action: "allowed",
        duration: this.random.int(1, 90) * 1e9,
      },
      source: { ip: src, port: this.random.int(32768, 60999), bytes: sent },
      destination: { ip: dest, port, bytes: received },
      network: { transport: "tcp", bytes: sent + received, direction: "outbound" },
      observer: { name: "gw1" },
    });
  }

  /** Something that matters to developers alone. */
  message(time: number, level: "info" | "warn" | "error", message: string) {
    this.#write(time, {
      "log.level": level,
      message,
      service: { name: "shop" },
      host: { name: "app1" },
      trace: { id: this.random.int(0, 2 ** 48).toString(16).padStart(12, "0") },
    });
  }

  #write(time: number, record: Record<string, unknown>) {
    this.emit(time, JSON.stringify({ "@timestamp": new Date(time).toISOString(), ...record }));
  }
}
