/** Windows event logs (EVTX): see README.md beside this file. */
export { CHUNK_SIZE, type ChunkOptions, type ChunkResult, EvtxRecord, readChunk } from "./chunk.ts";
export { type Damage, type Reason } from "./damage.ts";
export { type SystemFields } from "./fields.ts";
export { type EvtxBatch, EvtxReader, isEvtx, readEvtx } from "./read.ts";
