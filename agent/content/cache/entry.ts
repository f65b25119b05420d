/**
 * A file of the cache: plain data in parts, each of which is made when it is asked for.
 *
 *     "picket-cache 1\n" · SHA-256 of the name and of all that follows · number of parts, u32 · their
 *     lengths, u32 each · the parts, by v8.serialize
 *
 * The digest is looked at once for all, so that no run meets damage later; it takes the name in, so that
 * a file under another's name is none.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";

const MAGIC = new TextEncoder().encode("picket-cache 1\n");
const DIGEST = 32, U32 = 4;

function digest(name: string, following: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256").update(name);
  for (const bytes of following) hash.update(bytes);
  return hash.digest();
}

/** The bytes of a file, in pieces. @param parts plain data: no functions, no instances of classes */
export function packEntry(name: string, parts: readonly unknown[]): Uint8Array[] {
  const packed = parts.map((part) => serialize(part));
  const head = new Uint8Array(U32 * (1 + packed.length));
  const view = new DataView(head.buffer);
  [packed.length, ...packed.map((p) => p.length)].forEach((n, i) => view.setUint32(i * U32, n));
  const following = [head, ...packed];
  return [MAGIC, digest(name, following), ...following];
}

/** Makes a part by its number. */
export type Parts = (i: number) => unknown;

/** What {@link packEntry} has made; null where it is damaged, of another kind, or another's. */
export function readEntry(name: string, bytes: Uint8Array): Parts | null {
  const start = MAGIC.length + DIGEST;
  if (bytes.length < start + U32 || !same(bytes.subarray(0, MAGIC.length), MAGIC)) return null;
  const following = bytes.subarray(start);
  if (!same(digest(name, [following]), bytes.subarray(MAGIC.length, start))) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const parts: Uint8Array[] = [];
  const count = view.getUint32(0);
  let from = U32 * (1 + count);
  for (let i = 0; i < count; i++) {
    const to = from + view.getUint32(U32 * (1 + i));
    parts.push(following.subarray(from, to));
    from = to;
  }
  return (i) => deserialize(Buffer.from(parts[i].buffer, parts[i].byteOffset, parts[i].length));
}

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
