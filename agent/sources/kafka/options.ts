/** What a source of Kafka's topics is told. */
import type { Cluster } from "../../kafka/cluster.ts";
import type { Codecs } from "./batches.ts";

/** Where reading begins without an earlier run: at an end of what is there, or at a time in epoch ms. */
export type From = "earliest" | "latest" | number;

export interface KafkaSourceOptions {
  readonly cluster: Cluster;
  readonly codecs: Codecs;
  readonly topics: readonly string[];
  /** What `source` of events begins with: `kafka://HOST:PORT`. */
  readonly name: string;
  readonly from: From;
  /** Reads what is there when it starts, and ends. Default: false */
  readonly ends?: boolean;
  /** Of all that comes; null to go by the records' headers, and by a partition's first lines. */
  readonly sourcetype: string | null;
  /** ms */
  readonly lateness: number;
  readonly maxLine: number;
  readonly notice: (text: string) => void;
  /** A start that waits for brokers ends by it, without inputs. */
  readonly signal?: AbortSignal;
  /** ms for which a start waits for brokers. Default: 60 s */
  readonly patience?: number;
  /** ms between two looks at the cluster. Default: 10 s */
  readonly every?: number;
  /** ms for which a partition whose broker does not answer holds the others back. Default: 5 min */
  readonly hold?: number;
  /** Group under which the brokers are told how far reading is, for monitors of lag. Default: none */
  readonly group?: string | null;
  /** For which partitions they are told, by identity. Default: all */
  readonly owns?: (identity: string) => boolean;
}
