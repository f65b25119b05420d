/**
 * Sends lines to a topic: idempotent, in order for each source, and acknowledged by all replicas in
 * sync. What fails is sent again, the same bytes under the same number, until it is there.
 */
import { Buffer } from "node:buffer";
import type { Cluster } from "../kafka/cluster.ts";
import { KafkaError } from "../kafka/errors.ts";
import { BatchWriter, type Line, type Packing, type Producer } from "./records.ts";

export interface SenderOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  /** What messages call it: `kafka://HOST:PORT/TOPIC`. */
  readonly name: string;
  readonly crc32c: (data: Uint8Array) => number;
  readonly murmur2: (data: Buffer) => number;
  readonly packing: Packing | null;
  /** Partitions with which the topic is made when it is not there; null to wait for it. */
  readonly create: number | null;
  readonly notice: (text: string) => void;
}

/** Lines that go together; told when all of them are there. */
interface Group {
  readonly lines: readonly Line[];
  readonly bytes: number;
  /** Lines of it that are not there yet. */
  left: number;
  readonly done: () => void;
}

/** Characters of one batch: brokers take a million bytes unless told otherwise. */
const BATCH = 700_000;
const MOST_LINES = 16_384;
/** ms between two attempts at most. */
const SLOWEST = 5000;
/** ms for which lines wait before that is said. */
const GRACE = 1500;
/** Errors of Kafka (https://kafka.apache.org/protocol#protocol_error_codes) that are told apart. */
const TOO_LARGE = [10, 18], DUPLICATE = 46, NEW_PRODUCER = [45, 47, 59, 90], LASTING = [17, 29, 31];

/** One partition: a batch at a time, whose number the broker knows. */
class Lane {
  readonly waiting: Group[] = [];
  /** By whose numbers the broker knows a batch that comes again; a partition has one of its own. */
  producer: Producer | null = null;
  sequence = 0;
  busy = false;
  /** Characters of a batch, less after one that was too large. */
  limit = BATCH;
  leader = -1;

  constructor(readonly partition: number) {}
}

export class Sender {
  /** Lines that a topic does not take, however they are sent. */
  tooLarge = 0;
  sent = 0;
  #lanes: Lane[] = [];
  readonly #writer: BatchWriter;
  #stopped = false;
  #away: number | null = null;
  #reported = false;
  #failed: KafkaError | null = null;
  #wakes = new Set<() => void>();
  #looking: Promise<void> | null = null;

  constructor(private readonly options: SenderOptions) {
    this.#writer = new BatchWriter(options.crc32c, options.packing);
  }

  /** Why nothing can be sent any more: a user that is refused. */
  get failed(): KafkaError | null {
    return this.#failed;
  }

  /** Since when nothing gets through, of performance.now; null when it does. */
  get away(): number | null {
    return this.#away;
  }

  /** Waits until the topic is known; false when it was stopped before. */
  async ready(): Promise<boolean> {
    for (let pause = 250; !this.#stopped && this.#failed === null;) {
      await this.#look();
      if (this.#lanes.length > 0) return true;
      await this.#pause(pause);
      pause = Math.min(2 * pause, SLOWEST);
    }
    return false;
  }

  /**
   * Sends lines of one source after those that it was given before; resolves when they are there, and
   * false when it was stopped before.
   */
  send(lines: readonly Line[]): Promise<boolean> {
    if (lines.length === 0) return Promise.resolve(true);
    if (this.#stopped || this.#lanes.length === 0) return Promise.resolve(false);
    const hash = this.options.murmur2(Buffer.from(lines[0].of.key)) & 0x7fffffff;
    const lane = this.#lanes[hash % this.#lanes.length];
    return new Promise((resolve) => {
      const stop = () => resolve(false);
      this.#wakes.add(stop);
      lane.waiting.push({
        lines,
        bytes: lines.reduce((n, line) => n + line.text.length + 40, 0),
        left: lines.length,
        done: () => {
          this.#wakes.delete(stop);
          resolve(true);
        },
      });
      void this.#work(lane);
    });
  }

  async close(): Promise<void> {
    this.#stopped = true;
    for (const wake of [...this.#wakes]) wake();
    await this.options.cluster.close();
  }

  async #work(lane: Lane): Promise<void> {
    if (lane.busy) return;
    lane.busy = true;
    try {
      while (lane.waiting.length > 0 && !this.#stopped) await this.#batch(lane);
    } finally {
      lane.busy = false;
    }
  }

  /** Sends the next lines of a lane, until they are there. */
  async #batch(lane: Lane): Promise<void> {
    const lines = next(lane);
    let bytes: Buffer | null = null;
    for (let pause = 100; !this.#stopped; pause = Math.min(2 * pause, SLOWEST)) {
      try {
        const { cluster, topic } = this.options;
        if (lane.producer === null) {
          lane.producer = await cluster.newProducer();
          lane.sequence = 0;
          bytes = null;
        }
        bytes ??= this.#writer.write(lines, lane.producer, lane.sequence);
        const error = await cluster.produce(lane.leader, topic, lane.partition, bytes);
        if (error === 0 || error === DUPLICATE) {
          this.#answers();
          // The number of a record has 31 bits.
          lane.sequence = (lane.sequence + lines.length) % 2 ** 31;
          return this.#acknowledge(lane, lines.length);
        }
        if (TOO_LARGE.includes(error)) return this.#smaller(lane, lines);
        if (NEW_PRODUCER.includes(error)) {
          // The broker has forgotten this producer: a new one begins.
          lane.producer = null;
        } else if (LASTING.includes(error)) {
          return this.#fail(new KafkaError(`it answers with error ${error}`, true));
        } else this.#fails(`it answers with error ${error}`);
      } catch (error) {
        if (this.#stopped) return;
        if (!(error instanceof KafkaError)) throw error;
        if (error.lasting) return this.#fail(error);
        this.#fails(error.message);
      }
      await this.#pause(pause);
      await this.#look();
    }
  }

  #acknowledge(lane: Lane, n: number): void {
    this.sent += n;
    while (n > 0) {
      const group = lane.waiting[0];
      const taken = Math.min(n, group.left);
      group.left -= taken;
      n -= taken;
      if (group.left === 0) {
        lane.waiting.shift();
        group.done();
      }
    }
  }

  /** The topic takes no batch as large: half of it, or, of one line, none. */
  #smaller(lane: Lane, lines: readonly Line[]): void {
    if (lines.length > 1) {
      const size = lines.reduce((n, line) => n + line.text.length + 40, 0);
      lane.limit = Math.max(1, Math.floor(size / 2));
      return;
    }
    const { of, offset, text } = lines[0];
    this.tooLarge++;
    this.options.notice(
      `warning: ${of.source}: the line at ${offset} of ${text.length} characters is larger than ` +
        `${this.options.name} takes (max.message.bytes) and was left out`,
    );
    this.#acknowledge(lane, 1);
    this.sent--;
  }

  #look(): Promise<void> {
    return this.#looking ??= this.#see().finally(() => this.#looking = null);
  }

  async #see(): Promise<void> {
    const { cluster, topic } = this.options;
    try {
      const found = (await cluster.metadata([topic])).topics.find((t) => t.name === topic);
      if (found?.error === 29) {
        return this.#fail(new KafkaError("this user may not write to the topic", true));
      }
      if (!found || found.error !== 0 || found.partitions.length === 0) {
        const { create } = this.options;
        if (create === null) return this.#missing();
        await cluster.create(topic, create);
        return this.#fails("the topic was made and is not there yet");
      }
      const partitions = [...found.partitions].sort((a, b) => a.partition - b.partition);
      if (this.#lanes.length === 0) {
        this.#answers();
        this.#lanes = partitions.map((p) => new Lane(p.partition));
      }
      // Partitions that are added meanwhile are left alone: a source stays where it is.
      for (const lane of this.#lanes) lane.leader = partitions[lane.partition]?.leader ?? -1;
    } catch (error) {
      if (this.#stopped || !(error instanceof KafkaError)) return;
      if (error.lasting) this.#fail(error);
      else this.#fails(error.message);
    }
  }

  #fail(error: KafkaError): void {
    this.#failed = error;
    this.#stopped = true;
    for (const wake of [...this.#wakes]) wake();
  }

  /** Says at once that there is no topic: a start has nothing to wait for that passes by itself. */
  #missing(): void {
    this.#away ??= performance.now();
    if (this.#reported) return;
    this.#reported = true;
    this.options.notice(
      `warning: ${this.options.name}: there is no such topic; lines wait until there is one: ` +
        "make it, or give create=3 behind the URL, which makes it with three partitions",
    );
  }

  /** Says once why lines wait, when they have waited for a while: a leader that changes is no news. */
  #fails(why: string): void {
    this.#away ??= performance.now();
    if (this.#reported || performance.now() - this.#away < GRACE) return;
    this.#reported = true;
    this.options.notice(`warning: ${this.options.name}: ${why}; lines wait until it answers`);
  }

  #answers(): void {
    const { away, reported } = { away: this.#away, reported: this.#reported };
    this.#away = null;
    this.#reported = false;
    if (away === null || !reported) return;
    const seconds = Math.round((performance.now() - away) / 1000);
    this.options.notice(`${this.options.name} takes lines again after ${seconds} s`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const end = () => {
        clearTimeout(timer);
        this.#wakes.delete(end);
        done();
      };
      const timer = setTimeout(end, ms);
      this.#wakes.add(end);
    });
  }
}

/** The lines of the next batch, of as many groups as it takes. */
function next(lane: Lane): Line[] {
  const out: Line[] = [];
  let size = 0;
  for (const group of lane.waiting) {
    for (let i = group.lines.length - group.left; i < group.lines.length; i++) {
      const line = group.lines[i];
      size += line.text.length + 40;
      if (out.length > 0 && (size > lane.limit || out.length === MOST_LINES)) return out;
      out.push(line);
    }
  }
  return out;
}
