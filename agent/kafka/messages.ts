/**
 * Requests whose records are bytes here and not what the client library makes of them
 * (https://kafka.apache.org/protocol#protocol_messages): they are written and read by its own means.
 */
import type { Buffer } from "node:buffer";
import type { Connection } from "@platformatic/kafka";
import { KafkaError } from "./errors.ts";
import type { Library } from "./library.ts";

/** Records of open and of aborted transactions are left out. */
export const READ_COMMITTED = 1;

interface Api {
  readonly key: number;
  readonly version: number;
}

export const FETCH: Api = { key: 1, version: 13 };
export const PRODUCE: Api = { key: 0, version: 9 };

type Send = Parameters<Connection["send"]>;
type Request = ReturnType<Send[2]>;
type Reader = Parameters<Send[3]>[3];

/** One partition of a fetch. */
export interface Wanted {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

/** What a fetch gave of a partition. */
export interface Fetched {
  readonly topicId: string;
  readonly partition: number;
  /** See https://kafka.apache.org/protocol#protocol_error_codes; 0 for none. */
  readonly error: number;
  /** Offset behind the last record, and behind the last that may be read: of no open transaction. */
  readonly high: number;
  readonly end: number;
  /** Offset of the first record that is still there. */
  readonly start: number;
  /** Transactions that were aborted, by their producer, with their first offset. */
  readonly aborted: readonly { readonly producer: bigint; readonly first: number }[];
  /** Whole record batches, and perhaps a part of one; null for none. */
  readonly records: Uint8Array | null;
}

/** Sends a request and reads its answer. Rejects with whatever the library does. */
export function exchange<T>(
  connection: Connection,
  { key, version }: Api,
  request: () => Request,
  parse: (answer: Reader) => T,
): Promise<T> {
  return new Promise<T>((done, failed) =>
    connection.send(
      key,
      version,
      request,
      (_correlation, _key, _version, reader) => parse(reader),
      true,
      true,
      (error, answer) => error ? failed(error) : done(answer as T),
    )
  );
}

/** Fetch Request. @param at `wait`: ms at most; `maxBytes` of all partitions together */
export function fetchRequest(
  { fetchV13 }: Library,
  wanted: readonly Wanted[],
  at: { readonly wait: number; readonly maxBytes: number },
): Request {
  const topics = [...Map.groupBy(wanted, (w) => w.topicId)].map(([topicId, of]) => ({
    topicId,
    partitions: of.map((w) => ({
      partition: w.partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(w.offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: w.maxBytes,
    })),
  }));
  return fetchV13.createRequest(at.wait, 1, at.maxBytes, READ_COMMITTED, 0, -1, topics, [], "");
}

/** Fetch Response, version 13, with the records left as they are. */
export function parseFetch(reader: Reader): Fetched[] {
  const out: Fetched[] = [];
  reader.skip(4);
  const error = reader.readInt16();
  if (error !== 0) throw new KafkaError(`it answers a fetch with error ${error}`);
  reader.skip(4);
  reader.readArray((r) => {
    const topicId = r.readUUID();
    r.readArray((r) => {
      const partition = r.readInt32();
      const error = r.readInt16();
      const high = Number(r.readInt64());
      const end = Number(r.readInt64());
      const start = Number(r.readInt64());
      const aborted = r.readNullableArray((r) => ({
        producer: r.readInt64(),
        first: Number(r.readInt64()),
      })) ?? [];
      r.skip(4);
      const size = r.readUnsignedVarInt() - 1;
      let records: Uint8Array | null = null;
      if (size > 0) {
        records = (r.buffer as { slice(from: number, to: number): Buffer })
          .slice(r.position, r.position + size);
        r.skip(size);
      }
      out.push({ topicId, partition, error, high, end, start, aborted, records });
      return null;
    });
    return null;
  });
  return out;
}

/** Produce Request of one record batch, which all replicas in sync are to have. */
export function produceRequest(
  { Writer }: Library,
  of: {
    readonly topic: string;
    readonly partition: number;
    readonly batch: Buffer;
    /** ms */
    readonly timeout: number;
  },
): Request {
  return Writer.create()
    .appendString(null)
    .appendInt16(-1)
    .appendInt32(of.timeout)
    .appendArray([of.topic], (w, name) => {
      w.appendString(name).appendArray([of.partition], (w, index) => {
        w.appendInt32(index).appendUnsignedVarInt(of.batch.length + 1).append(of.batch);
      });
    })
    .appendTaggedFields();
}

/** Produce Response: the error of its one partition, 0 for none. */
export function parseProduced(reader: Reader): number {
  let code = -1;
  reader.readArray((r) => {
    r.readString();
    r.readArray((r) => {
      r.skip(4);
      code = r.readInt16();
      r.skip(24);
      r.readArray((r) => {
        r.skip(4);
        r.readNullableString();
        return null;
      });
      r.readNullableString();
      return null;
    });
    return null;
  });
  return code;
}
