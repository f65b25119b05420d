/** Syslog over TCP and TLS (RFC 6587, RFC 5425): `tcp://127.0.0.1:5514`, `tls://…`. */
import { type LineCounters, newLineCounters } from "../stages/lines.ts";
import type { InputAnnounced, Listener, Loss } from "./listener.ts";
import { InputError, reason } from "./files.ts";
import { Framing } from "./framing.ts";
import { type ListenerOptions, type Queue, Queues, type Records } from "./queue.ts";

export interface TcpOptions extends ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  /** Certificate and key as PEM; null for TCP without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Longest record in bytes; the rest of a longer one is dropped and counted. */
  readonly maxLine: number;
  /** Connections at once; 1000 unless told. */
  readonly connections?: number;
  /** What records without an end may take in it and in the listeners that it shares this with. */
  readonly memory: TcpMemory;
  /** ms after a stop until what is still sent is cut off. Default: 20 s */
  readonly last?: number;
}

const BLOCK = 64 * 1024;
/** How long a TLS handshake may take, in ms. */
const HANDSHAKE = 10_000;
/** A connection that has been silent for so long makes room for another when there are too many, in ms. */
const QUIET = 60_000;
/** When the run ends, a connection is read until it has been silent for so long, in ms … */
const GRACE = 200;
/** … or for so long, when it never is. */
const LAST = 20_000;

/** What all connections of all listeners may hold of records without an end, in bytes. */
export class TcpMemory {
  /** Bytes held of records without an end. */
  held = 0;
  /** Characters of records that wait for room, and who waits for those. */
  pending = 0;
  private waiting: (() => void)[] = [];
  private readonly connections = new Set<Connection>();

  constructor(readonly limit: number) {}

  add(connection: Connection): void {
    this.connections.add(connection);
  }

  delete(connection: Connection): void {
    this.connections.delete(connection);
  }

  /** Brings the sum of what is held up to date. */
  count(connection: Connection, held = connection.framing.held): void {
    this.held += held - connection.held;
    connection.held = held;
  }

  /** Cuts the longest records without an end until half is free: each look is worth it. */
  async free(): Promise<void> {
    const longest = [...this.connections].sort((a, b) => b.held - a.held);
    for (const connection of longest) {
      if (this.held <= this.limit / 2) return;
      if (connection.held > 0) await connection.cut();
    }
  }

  /** Resolves when some of the records that wait for room have got it. */
  drained(): Promise<void> {
    return new Promise((done) => this.waiting.push(done));
  }

  /** Says that some of the records that waited for room have got it. */
  took(size: number): void {
    this.pending -= size;
    for (const done of this.waiting.splice(0)) done();
  }
}

interface Connection {
  readonly conn: Deno.Conn;
  readonly framing: Framing;
  readonly peer: string;
  queue: Queue | null;
  /** Bytes of its record without an end, as counted in the sum of all. */
  held: number;
  /** Passes on, as a cut record, what there is of the one without an end. */
  cut(): Promise<void>;
  /** When it last gave something, or was last ready to take more; Infinity while the queue is full. */
  heard: number;
}

export class TcpListener implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  private readonly lanes: Queues;
  private listener: Deno.Listener | null = null;
  private readonly open = new Set<Connection>();
  private readonly served = new Set<Promise<void>>();
  private refused = 0;
  private broken = 0;
  /** Records that were cut since all connections together held too much. */
  private cut = 0;
  private stopped = false;
  private stopping: Promise<void> | null = null;
  readonly counters: LineCounters = newLineCounters();

  private readonly memory: TcpMemory;

  constructor(private readonly options: TcpOptions) {
    this.memory = options.memory;
    this.lanes = new Queues(options, (arrival) => this.arrived(arrival));
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.listener!.addr as Deno.NetAddr).port;
  }

  start(): Promise<readonly InputAnnounced[]> {
    const { hostname, port, tls, name, notice } = this.options;
    try {
      this.listener = tls
        ? Deno.listenTls({ hostname, port, ...tls })
        : Deno.listen({ hostname, port });
    } catch (error) {
      return Promise.reject(new InputError(name, listenReason(error)));
    }
    notice(`Listening on ${tls ? "tls" : "tcp"}://${hostname}:${this.port}`);
    this.accept();
    return Promise.resolve([]);
  }

  stop(): Promise<void> {
    return this.stopping ??= this.end();
  }

  private async end(): Promise<void> {
    this.stopped = true;
    this.listener?.close();
    // What was sent before is read, however long the queue is full.
    const began = performance.now();
    const { last = LAST } = this.options;
    const timer = setInterval(() => {
      const now = performance.now();
      for (const { conn, heard } of this.open) {
        if (now - Math.max(heard, began) > GRACE || now - began > last) close(conn);
      }
      // What its connections have read waits for room no longer: nobody may be taking.
      if (now - began > last) this.lanes.release();
    }, GRACE / 4);
    await Promise.allSettled(this.served);
    clearInterval(timer);
    this.lanes.end();
  }

  losses(): Promise<readonly Loss[]> {
    const out: Loss[] = [];
    const { name } = this.options;
    if (this.refused > 0) {
      out.push({
        subject: name,
        message: `${name} refused ${this.refused} connections: ${this.limit} are open`,
        reason: null,
        count: this.refused,
      });
    }
    if (this.broken > 0) {
      out.push({
        subject: name,
        message: `${name} closed ${this.broken} connections whose messages' lengths were wrong`,
        reason: null,
        count: this.broken,
      });
    }
    if (this.cut > 0) {
      out.push({
        subject: name,
        message: `${name} cut ${this.cut} records without an end: all connections together held ` +
          `more than ${this.memory.limit} bytes`,
        reason: null,
        count: this.cut,
      });
    }
    this.refused = this.broken = this.cut = 0;
    return Promise.resolve(out);
  }

  private get limit(): number {
    return this.options.connections ?? 1000;
  }

  private async accept(): Promise<void> {
    while (!this.stopped) {
      let conn: Deno.Conn;
      try {
        conn = await this.listener!.accept();
      } catch (error) {
        if (this.stopped || error instanceof Deno.errors.BadResource) return;
        // Out of handles, or a client that left at once: the next one may do.
        await new Promise((done) => setTimeout(done, 100));
        continue;
      }
      if (this.open.size >= this.limit && !this.makeRoom()) {
        this.refused++;
        close(conn);
        continue;
      }
      const connection: Connection = {
        conn,
        framing: new Framing(this.options.maxLine, this.counters),
        peer: (conn.remoteAddr as Deno.NetAddr).hostname,
        queue: null,
        held: 0,
        heard: performance.now(),
        cut: () => this.cutRecord(connection),
      };
      this.open.add(connection);
      this.memory.add(connection);
      const serving = this.serve(connection).finally(() => {
        this.open.delete(connection);
        this.memory.delete(connection);
        this.served.delete(serving);
      });
      this.served.add(serving);
    }
  }

  /** Closes the connection that has been silent for longest. */
  private makeRoom(): boolean {
    let longest: Connection | null = null;
    for (const c of this.open) if (!longest || c.heard < longest.heard) longest = c;
    if (!longest || performance.now() - longest.heard < QUIET) return false;
    close(longest.conn);
    this.open.delete(longest);
    return true;
  }

  private async serve(connection: Connection): Promise<void> {
    const { conn, framing } = connection;
    const { memory } = this;
    try {
      if ("handshake" in conn) await shake(conn as Deno.TlsConn);
      else (conn as Deno.TcpConn).setKeepAlive(true);
      const buffer = new Uint8Array(BLOCK);
      while (!framing.broken) {
        const n = await conn.read(buffer);
        if (n === null) break;
        connection.heard = performance.now();
        const records = framing.push(buffer.subarray(0, n));
        memory.count(connection);
        if (records) await this.put(connection, records);
        if (memory.held > memory.limit) await memory.free();
        while (memory.pending > memory.limit && !this.stopped) await this.drain(connection);
      }
    } catch {
      // Reset by its peer, a handshake that failed, or closed by us: what came is kept.
    }
    if (framing.broken) this.broken++;
    try {
      const last = framing.end();
      memory.count(connection, 0);
      if (last) await this.put(connection, last);
    } finally {
      close(conn);
    }
  }

  /** Gives records to the queue of the connection's sourcetype, when it has room. */
  private async put(connection: Connection, records: Records): Promise<void> {
    if (records.lines.length === 0) return;
    const queue = connection.queue ??= this.lanes.of(records.lines);
    if (queue.full) {
      let size = 0;
      for (const line of records.lines) size += line.length;
      this.memory.pending += size;
      connection.heard = Infinity;
      await queue.room();
      connection.heard = performance.now();
      this.memory.took(size);
    }
    queue.put(records, connection.peer);
  }

  /** Waits until some of the records that wait for room have got it. */
  private async drain(connection: Connection): Promise<void> {
    connection.heard = Infinity;
    await this.memory.drained();
    connection.heard = performance.now();
  }

  private async cutRecord(connection: Connection): Promise<void> {
    const records = connection.framing.cut();
    this.memory.count(connection);
    if (!records) return;
    this.cut++;
    await this.put(connection, records);
  }
}

async function shake(conn: Deno.TlsConn): Promise<void> {
  const timer = setTimeout(() => close(conn), HANDSHAKE);
  try {
    await conn.handshake();
  } finally {
    clearTimeout(timer);
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

/** Why an address cannot be listened on, in words. */
export function listenReason(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  const is = (kind: string, number: string) => name === kind || code === kind || code === number;
  if (is("AddrInUse", "EADDRINUSE")) {
    return "the port is taken; choose another";
  }
  if (is("PermissionDenied", "EACCES")) {
    return "ports below 1024 are the system's; choose a higher one";
  }
  if (is("AddrNotAvailable", "EADDRNOTAVAIL")) {
    return "it is no address of this machine";
  }
  const text = (error as { error?: string }).error;
  return text ?? reason(error);
}
