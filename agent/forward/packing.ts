/** How batches are compressed. */
import { zstdCompressSync } from "node:zlib";
import { kafkaLibrary } from "../kafka/library.ts";
import type { Packing } from "./records.ts";

/** As Kafka's producers call them; gzip takes several times as long as the others. */
export const PACKINGS: readonly string[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** What packs by a name of {@link PACKINGS}; null for none. */
export async function packingOf(name: string): Promise<Packing | null> {
  if (name === "none") return null;
  if (name === "zstd") return { attribute: 4, pack: (data) => zstdCompressSync(data) };
  const { compressionsAlgorithms } = await kafkaLibrary();
  const algorithm = compressionsAlgorithms[name as "gzip"];
  return { attribute: algorithm.bitmask, pack: (data) => algorithm.compressSync(data) };
}
