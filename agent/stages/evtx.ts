/** Binary event logs of Windows: bytes as read → records, with the XML of each as its text. */
import { type EvtxBatch, EvtxReader } from "./evtx/mod.ts";
import { type Keyed, windowsRecord } from "../../compiler/sourcetype/mod.ts";
import type { InputHandle } from "../input.ts";
import { identityOf, type LineCounters, type TextBatch } from "./lines.ts";

/**
 * Reads chunk by chunk; a batch holds the records of the chunks that one piece of the input ends.
 *
 * The text of a record, its `_raw`, is its XML as Windows itself would export it: it says all of the
 * record, is what people search for (`<Data Name="TargetUserName">bob</Data>`), and read again as a
 * line of EventXML it gives the same event. JSON from the same reader takes more than twice as long to
 * write. The fields come from the binary record, not from that text.
 */
export class EvtxFrames {
  readonly #reader: EvtxReader;
  #arrival = 0;

  /** @param offset where a chunk begins, when reading goes on from a checkpoint */
  constructor(
    readonly input: InputHandle,
    readonly counters: LineCounters,
    offset: number,
    checksums: boolean,
  ) {
    this.#reader = new EvtxReader({ checksums }, offset);
  }

  push(data: Uint8Array, arrival: number): TextBatch | null {
    this.#arrival = arrival;
    this.counters.bytes += data.length;
    return this.#batch([...this.#reader.push(data)]);
  }

  end(): TextBatch | null {
    return this.#batch([...this.#reader.end()]);
  }

  #batch(batches: readonly EvtxBatch[]): TextBatch | null {
    const lines: string[] = [];
    const keys: Keyed[] = [];
    const offsets: number[] = [];
    for (const { records, damaged, offset } of batches) {
      this.counters.damagedChunks += damaged.chunks;
      this.counters.unreadable += damaged.records;
      for (const [reason, n] of Object.entries(damaged.reasons)) {
        this.counters.damage[reason] = (this.counters.damage[reason] ?? 0) + n;
      }
      for (const record of records) {
        const { system } = record;
        // A record without a time of its own was written at the time that its header says.
        if (system.TimeCreated === undefined && Number.isFinite(record.time)) {
          system.TimeCreated = new Date(record.time).toISOString();
        }
        // Empty is the XML of a hostile record alone, which says its values many times.
        lines.push(record.xml() || JSON.stringify(record.fields()));
        keys.push(windowsRecord(system, record.data));
        offsets.push(offset + record.offset);
      }
    }
    if (lines.length === 0) return null;
    this.counters.lines += lines.length;
    if (this.input.identity === null) this.input.identify(identityOf(lines[0]));
    return {
      input: this.input,
      lines,
      keys,
      arrival: this.#arrival,
      offset: (i) => offsets[i],
      truncated: null,
      end: this.#reader.offset,
      encoding: this.#reader.checksums ? "evtx" : "evtx unchecked",
    };
  }
}
