/** The bytes before the place where reading of a file stands: by them its content is known again. */
import { blocksOf } from "./files.ts";

/** How many of them. */
export const TAIL = 256;

/** Bytes of a file as they come out when it is unpacked. */
export async function bytesAt(path: string, from: number, length: number): Promise<Uint8Array> {
  const blocks = await blocksOf(path, from, 4096);
  const out = new Uint8Array(length);
  let n = 0;
  try {
    while (n < length) {
      const data = await blocks.read();
      if (data === null) break;
      const part = data.subarray(0, length - n);
      out.set(part, n);
      n += part.length;
    }
  } finally {
    blocks.close();
  }
  return out.subarray(0, n);
}

/** The last bytes of what was given so far, with `data` after what they were. */
export function tailOf(before: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.length >= TAIL) return data.slice(data.length - TAIL);
  const kept = before.subarray(Math.max(0, before.length + data.length - TAIL));
  const out = new Uint8Array(kept.length + data.length);
  out.set(kept);
  out.set(data, kept.length);
  return out;
}

export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((b, i) => b === bytes[i]);
}
