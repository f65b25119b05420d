/** The columns that most rows of an extraction agree in, in COPY's binary format. */

/** What stands before the rows: signature, flags, no extension. */
export const SIGNATURE: readonly number[] = [
  ...[0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 10, 0xff, 13, 10, 0],
  ...Array<number>(8).fill(0),
];
/** Bytes of a row's header, and where in it offset, time, source and kind stand. */
export const HEADER = 70, OFFSET = 14, TIME = 26, SOURCE = 50, KIND = 62;
/** 2000-01-01, from which PostgreSQL counts microseconds. */
export const EPOCH = Date.UTC(2000, 0, 1);

/**
 * The beginning of rows that agree in all of it but offset, check and time: the number of fields, id,
 * time, ingested, source and kind.
 * @param identity 16 hex digits; ids go on with the offset in 6 bytes and the check in 2
 * @param ingested ms since the Unix epoch, a whole number
 */
export function rowHeader(
  fields: number,
  identity: string,
  ingested: number,
  source: string,
  kind: string,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER));
  header.setInt16(0, fields);
  header.setInt32(2, 16);
  header.setBigUint64(6, BigInt(`0x${identity}`));
  [0n, BigInt(ingested - EPOCH) * 1000n, BigInt(source), BigInt(kind)].forEach((n, i) => {
    header.setInt32(22 + 12 * i, 8);
    header.setBigInt64(TIME + 12 * i, n);
  });
  return new Uint8Array(header.buffer);
}
