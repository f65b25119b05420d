/** Memory that threads share, kept for reuse. */

/** Bytes of a new buffer. */
const FIRST = 1 << 18;
/** Buffers kept for reuse, and the largest of them: fresh memory costs more than what is written into it. */
const KEPT = 3, LARGEST = 1 << 27;

const unused: SharedArrayBuffer[] = [];

/** Gives a buffer back that nobody reads any more. */
export function release(buffer: ArrayBufferLike): void {
  if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength > LARGEST) return;
  if (unused.length < KEPT && !unused.includes(buffer)) unused.push(buffer);
}

/** A buffer to write into. */
export function takeBuffer(): SharedArrayBuffer {
  return unused.pop() ?? new SharedArrayBuffer(FIRST);
}
