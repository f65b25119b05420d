/**
 * Takes datagrams off the kernel's buffer, which holds some milliseconds of them, in a thread that does
 * nothing else: while the pipeline parses or waits for its database they pile up here, not there.
 */

/** What the listener says: where to listen, how much of what it was sent it has done with, and stop. */
export type ToWorker =
  | { readonly hostname: string; readonly port: number }
  | { readonly done: number }
  | "stop";

/** Datagrams one after the other, how long each is, and who sent it. */
export interface Datagrams {
  readonly bytes: Uint8Array;
  readonly lengths: number[];
  readonly peers: string[];
}

export type FromWorker =
  | { readonly port: number }
  | { readonly error: string; readonly code: string }
  | Datagrams & { readonly dropped: number }
  | "stopped";

/** Bytes that the listener has not done with, beyond which datagrams are dropped and counted. */
const LIMIT = 64 * 1024 * 1024;
const BLOCK = 256 * 1024;
/** Longest that a datagram waits for others, in ms. */
const WAIT = 5;
/** The kernel's buffer is empty when nothing has come for so long, in ms. */
const LAST = 50;
const LARGEST = 65_536;

// Checked as a page's script would be: what a worker has is said here.
const scope = self as unknown as {
  onmessage: (event: { data: ToWorker }) => void;
  postMessage(message: FromWorker, transfer?: ArrayBufferLike[]): void;
};

let socket: Deno.DatagramConn | null = null;
let block = new Uint8Array(BLOCK);
let used = 0;
let lengths: number[] = [];
let peers: string[] = [];
let outstanding = 0;
let dropped = 0;
let heard = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (lengths.length === 0 && dropped === 0) return;
  const bytes = block.subarray(0, used);
  scope.postMessage({ bytes, lengths, peers, dropped }, [block.buffer]);
  block = new Uint8Array(BLOCK);
  used = 0;
  lengths = [];
  peers = [];
  dropped = 0;
}

async function receive(): Promise<void> {
  const buffer = new Uint8Array(LARGEST);
  while (socket) {
    let data: Uint8Array, from: Deno.Addr;
    try {
      [data, from] = await socket.receive(buffer);
    } catch {
      // Closed, or an error of one datagram, which the next does not have.
      if (socket) await new Promise((done) => setTimeout(done, 10));
      continue;
    }
    heard = performance.now();
    timer ??= setTimeout(flush, WAIT);
    if (outstanding + data.length > LIMIT) {
      dropped++;
      continue;
    }
    if (used + data.length > BLOCK) flush();
    timer ??= setTimeout(flush, WAIT);
    block.set(data, used);
    used += data.length;
    outstanding += data.length;
    lengths.push(data.length);
    peers.push((from as Deno.NetAddr).hostname);
  }
}

function listen(hostname: string, port: number): void {
  try {
    socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  } catch (error) {
    const { name, message, code = "" } = error as Error & { code?: string };
    scope.postMessage({ error: message, code: code || name });
    return;
  }
  scope.postMessage({ port: (socket.addr as Deno.NetAddr).port });
  receive();
}

async function stop(): Promise<void> {
  heard = performance.now();
  while (performance.now() - heard < LAST) await new Promise((done) => setTimeout(done, LAST / 2));
  const closing = socket;
  socket = null;
  closing?.close();
  flush();
  scope.postMessage("stopped");
}

scope.onmessage = ({ data }) => {
  if (data === "stop") stop();
  else if ("done" in data) outstanding -= data.done;
  else listen(data.hostname, data.port);
};
