/**
 * Binary event logs of Windows, in the order of their records. A log that has reached its size goes on
 * in its oldest chunk, so that the file of nearly every live machine begins with its newest records:
 * read like that, all others would be late.
 */
import { type Blocks, fileBlocks } from "./blocks.ts";
import { HANDLES, type Handles, type Held } from "./handles.ts";

const HEADER = 4096;
const CHUNK = 65_536;
/** First bytes of a file, and of a chunk. */
const FILE_SIGNATURE = "ElfFile\0";
const CHUNK_SIGNATURE = "ElfChnk\0";
/** Where a chunk has the id of its first record. */
const FIRST_ID = 24;
const BUFFERS = 4;

/** Whether a file that begins with these bytes is one. */
export function isEventLog(first: Uint8Array): boolean {
  return startsWith(first, FILE_SIGNATURE);
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  return String.fromCharCode(...bytes.subarray(0, 8)) === signature;
}

/**
 * The file's header, its chunks by the ids of their first records, and what is no whole chunk or has
 * no signature behind them. What the file's header says of the order is older than its chunks when
 * the file was copied while in use, so each chunk is asked. `offset` counts in this order.
 */
export async function eventLogBlocks(
  path: string,
  offset: number,
  size: number,
  handles: Handles = HANDLES,
): Promise<Blocks> {
  const held: Held = { path, key: null };
  const order = await chunkOrder(held, handles).catch((error) => {
    handles.close(held);
    throw error;
  });
  if (order === null) {
    handles.close(held);
    return fileBlocks(path, offset, size, handles);
  }
  const buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(CHUNK));
  let turn = 0;
  let at = offset;
  return {
    async read() {
      const buffer = buffers[turn = (turn + 1) % BUFFERS];
      const inHeader = at < HEADER;
      const k = Math.floor((at - HEADER) / CHUNK);
      const into = inHeader ? at : (at - HEADER) % CHUNK;
      // Behind the last whole chunk, the file is as it is.
      const real = inHeader || k >= order.length ? at : order[k] + into;
      const room = inHeader ? HEADER - at : CHUNK - into;
      const n = await handles.read(held, buffer.subarray(0, room), real);
      at += n;
      return n === 0 ? null : buffer.subarray(0, n);
    },
    close: () => handles.close(held),
  };
}

/** Offsets of the whole chunks as they are to be read; null when that is as they stand. */
async function chunkOrder(held: Held, handles: Handles): Promise<number[] | null> {
  const head = new Uint8Array(FIRST_ID + 8);
  const view = new DataView(head.buffer);
  const { size } = await Deno.stat(held.path);
  const chunks: { at: number; id: number }[] = [];
  for (let at = HEADER; at + CHUNK <= size; at += CHUNK) {
    if (await handles.read(held, head, at) < head.length) break;
    const id = startsWith(head, CHUNK_SIGNATURE)
      ? Number(view.getBigUint64(FIRST_ID, true))
      : Infinity;
    chunks.push({ at, id });
  }
  const sorted = chunks.toSorted((a, b) => a.id === b.id ? a.at - b.at : a.id - b.id);
  return sorted.every((c, i) => c === chunks[i]) ? null : sorted.map((c) => c.at);
}
