/** The client library's checksum and decompression, with a bound on what unpacks. */
import type { Buffer } from "node:buffer";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { kafkaLibrary } from "../../kafka/library.ts";
import type { Codecs } from "./batches.ts";

/** Snappy and LZ4 unpack to some 250 times their size at most; gzip and zstd are bounded here. */
export async function kafkaCodecs(): Promise<Codecs> {
  const { crc32c, compressionsAlgorithmsByBitmask: by } = await kafkaLibrary();
  const plain = (bit: 2 | 3) => (data: Buffer) => by[bit].decompressSync(data);
  return {
    crc32c,
    unpack: {
      1: (data, maxOutputLength) => gunzipSync(data, { maxOutputLength }),
      2: plain(2),
      3: plain(3),
      4: (data, maxOutputLength) => zstdDecompressSync(data, { maxOutputLength }),
    },
  };
}
