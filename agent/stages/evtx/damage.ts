/** What is wrong with a file, and the limits that hostile input runs into. */

/** Why a chunk or a record could not be read, or not be trusted. The keys of `Damage.reasons`. */
export type Reason =
  | "not an event log"
  | "file header is damaged"
  | "chunk is cut off"
  | "chunk signature is wrong"
  | "chunk header checksum is wrong"
  | "chunk data checksum is wrong"
  | "chunk free space offset is out of range"
  | "record signature is wrong"
  | "record size is out of range"
  | "record size and its copy differ"
  | "record is missing"
  | "data ends too early"
  | "unknown token"
  | "unexpected token"
  | "name is out of range"
  | "template is out of range"
  | "values cross the end of the record"
  | "nested too deep"
  | "expands too far"
  | "record has no event";

/** Counts of what could not be read in one chunk. */
export interface Damage {
  /** Chunks of which something is wrong, whether or not their records could be read. */
  chunks: number;
  /** Records that are known to be, or to have been, there and could not be read. */
  records: number;
  /** How often each reason was met; a record that was read in spite of it is counted here alone. */
  readonly reasons: Partial<Record<Reason, number>>;
}

/** Thrown inside the reader alone; without a stack, as hostile files raise it thousands of times. */
export class Unreadable {
  constructor(readonly reason: Reason) {}
}

/** Depth of elements, templates and embedded fragments together. Windows stays below ten. */
export const MAX_DEPTH = 64;
/**
 * Tokens parsed per chunk. A token takes at least a byte and a sound chunk says each of its bytes
 * once, so only definitions that overlap can go beyond it.
 */
export const MAX_TOKENS = 65_536;
/** Characters that the fields of one chunk may hold; 64 KiB of real events give some 200,000. */
export const MAX_CHUNK_TEXT = 16 * 1024 * 1024;
/** Characters that one record may give, as fields or as XML. */
export const MAX_RECORD_TEXT = 2 * 1024 * 1024;
/** What one value costs beside its characters, so that empty ones are not free. */
export const VALUE_COST = 16;

/** An empty count. */
export function noDamage(): Damage {
  return { chunks: 0, records: 0, reasons: {} };
}

/** Counts `reason` once more. */
export function note(damage: Damage, reason: Reason, times = 1): void {
  damage.reasons[reason] = (damage.reasons[reason] ?? 0) + times;
}
