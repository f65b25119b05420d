/** Bytes in blocks, from files and pipes, into buffers that are used again. */
import { HANDLES, type Handles, type Held } from "./handles.ts";

/** A file read in blocks of this many bytes: large enough for batches of some thousand lines. */
const BLOCK = 256 * 1024;
/** stdin gives what a pipe holds, 64 KiB at most on Linux. */
export const PIPE_BLOCK = 64 * 1024;
const LEAST_BLOCK = 4096;
/** Bytes that the buffers of all inputs together may take when there are very many. */
const IN_ALL = 128 * 1024 * 1024;
/**
 * Blocks in use at once: one being decoded, one waiting before the decoder, one being read, and one
 * to spare. A consumer that keeps bytes for longer must copy them.
 */
const BUFFERS = 4;

export interface Blocks {
  /** Null at the end. What it gives stays valid for two further reads. */
  read(): Promise<Uint8Array | null>;
  close(): void;
}

/** Bytes of a block when so many inputs are read at once. */
export function blockSize(inputs: number): number {
  const size = IN_ALL / BUFFERS / Math.max(1, inputs);
  return Math.max(LEAST_BLOCK, Math.min(BLOCK, 2 ** Math.floor(Math.log2(size))));
}

/** Buffers in turn, made when they are first needed. */
function ring(size: number): () => Uint8Array {
  const buffers: Uint8Array[] = [];
  let next = 0;
  return () => {
    const buffer = buffers[next] ??= new Uint8Array(size);
    next = (next + 1) % BUFFERS;
    return buffer;
  };
}

/** Of a file from a byte on, through the handles that it shares with others. */
export function fileBlocks(
  path: string,
  offset: number,
  size: number,
  handles: Handles = HANDLES,
): Blocks {
  const held: Held = { path, key: null };
  const buffer = ring(size);
  let at = offset;
  return {
    async read() {
      const into = buffer();
      const n = await handles.read(held, into, at);
      at += n;
      return n === 0 ? null : into.subarray(0, n);
    },
    close: () => handles.close(held),
  };
}

/** Of what can only be read on: a pipe, a device. */
export function pipeBlocks(
  file: { read(p: Uint8Array): Promise<number | null>; close(): void },
): Blocks {
  const buffer = ring(PIPE_BLOCK);
  return {
    async read() {
      const into = buffer();
      const n = await file.read(into);
      return n === null ? null : into.subarray(0, n);
    },
    close: () => file.close(),
  };
}

export function streamBlocks(stream: ReadableStream<Uint8Array>): Blocks {
  const reader = stream.getReader();
  return {
    read: async () => (await reader.read()).value ?? null,
    close: () => void reader.cancel().catch(() => {}),
  };
}

/** The same, with its first bytes looked at: `first` is what `read` gives next. */
export async function peek(
  blocks: Blocks,
  enough: (seen: Uint8Array) => boolean,
): Promise<{ first: Uint8Array; blocks: Blocks }> {
  let first: Uint8Array = new Uint8Array(0);
  let ended = false;
  while (!enough(first)) {
    const data = await blocks.read();
    if (data === null) {
      ended = true;
      break;
    }
    if (first.length === 0) first = data;
    else {
      const both = new Uint8Array(first.length + data.length);
      both.set(first);
      both.set(data, first.length);
      first = both;
    }
  }
  let given = first.length === 0;
  return {
    first,
    blocks: {
      ...blocks,
      async read() {
        if (!given) {
          given = true;
          return first;
        }
        return ended ? null : await blocks.read();
      },
    },
  };
}

/** Passes over bytes at the beginning: what is packed can be read from there only. */
export function after(blocks: Blocks, offset: number): Blocks {
  let left = offset;
  return {
    ...blocks,
    async read() {
      for (;;) {
        const data = await blocks.read();
        if (data === null || left === 0) return data;
        const cut = Math.min(left, data.length);
        left -= cut;
        if (cut < data.length) return data.subarray(cut);
      }
    },
  };
}
