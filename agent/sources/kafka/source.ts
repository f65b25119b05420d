/**
 * Topics of Apache Kafka. A partition is an input: its identity is of the cluster, the topic's id and
 * the partition, its position is Kafka's offset, which goes to the store in the transaction of the
 * events. Who leads partitions is asked for every few seconds, and after each failure.
 */
import { createHash } from "node:crypto";
import type { ClusterMetadata, TopicMetadata } from "../../kafka/cluster.ts";
import { CODE, KafkaError } from "../../kafka/errors.ts";
import type { Fetched } from "../../kafka/messages.ts";
import { InputError } from "../files.ts";
import type { InputAnnounced, Listener, Loss } from "../listener.ts";
import { GroupOffsets } from "./group_offsets.ts";
import { mend, SourceNotes } from "./notes.ts";
import type { From, KafkaSourceOptions } from "./options.ts";
import { Partition } from "./partition.ts";

export type { From, KafkaSourceOptions } from "./options.ts";

/** ms that a fetch waits for records; shorter where some partition is full and may soon not be. */
const WAIT = 500, SHORT_WAIT = 50;
/** Bytes of all partitions together that are held at most, of one at least, and of one fetch. */
const MEMORY = 64 * 1024 * 1024, LEAST = 128 * 1024, MOST = 1024 * 1024;
/** ms between two attempts at most, and see {@link KafkaSourceOptions.hold}. */
const SLOWEST = 5000, HOLD = 300_000;
/** Times that a topic has to be missing before it is gone. */
const MISSED = 2;

/** Resolves after so many ms, or when it is told to end. */
function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
  });
}

/** A partition as a coordinator names it. */
export interface PartitionName {
  readonly identity: string;
  readonly topic: string;
  readonly partition: number;
  /** Records that are there and were not given; null where this source does not read it. */
  readonly lag: number | null;
}

export class KafkaSource implements Listener {
  arrived: (arrival: InputAnnounced) => void = () => {};
  /** Every partition of the topics, by identity. */
  readonly #all = new Map<string, { topic: TopicMetadata; partition: number; leader: number }>();
  readonly #open = new Map<string, Partition>();
  /** Which identities are read, and from where; null for all. */
  #assigned: ReadonlyMap<string, number | null> | null = null;
  /** Names of topics to their ids. */
  readonly #ids = new Map<string, string>();
  readonly #missing = new Map<string, number>();
  /** Topics that were not there at the start. */
  readonly #absent = new Set<string>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #wakes = new Map<number, () => void>();
  #cluster = "";
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | null = null;
  #admitting: Promise<unknown> = Promise.resolve();
  readonly #notes: SourceNotes;
  readonly #group: GroupOffsets;

  constructor(private readonly options: KafkaSourceOptions) {
    this.#notes = new SourceNotes(options);
    this.#group = new GroupOffsets(options, () => this.#open.values());
  }

  get ends(): boolean {
    return this.options.ends ?? false;
  }

  async start(): Promise<readonly InputAnnounced[]> {
    const { options } = this;
    const out = await this.#first();
    if (options.signal?.aborted) return out;
    const text = out.length === 1 ? "1 partition" : `${out.length} partitions`;
    options.notice(`Reading ${text} of ${options.name}/${options.topics.join(",")}`);
    this.#serve();
    if (!this.ends) this.#later();
    this.#group.start();
    return out;
  }

  /** What is there at the start. Rejects with KafkaError where a later attempt may succeed. */
  async #begin(): Promise<InputAnnounced[]> {
    const { options } = this;
    const found = await options.cluster.metadata(options.topics);
    this.#cluster = found.cluster;
    for (const topic of options.topics) {
      const there = found.topics.find((t) => t.name === topic);
      const why = there === undefined ? CODE.unknownTopic : there.error;
      if (why === CODE.topicNotAuthorized) {
        throw new InputError(`${options.name}/${topic}`, "this user may not read the topic");
      }
      if (why === 0 && there!.partitions.length > 0) {
        this.#note(there!);
        continue;
      }
      if (this.ends) {
        throw new InputError(
          `${options.name}/${topic}`,
          "there is no such topic; correct its name, or make it first",
        );
      }
      if (this.#absent.has(topic)) continue;
      this.#absent.add(topic);
      options.notice(
        `warning: ${options.name}/${topic}: there is no such topic; it is read when there is one`,
      );
    }
    return await this.#admit(options.from);
  }

  /** Every partition that there is now, in the order of topics and numbers. */
  partitions(): PartitionName[] {
    return this.#sorted().map(([identity, { topic, partition }]) => ({
      identity,
      topic: topic.name,
      partition,
      lag: this.#open.get(identity)?.lag ?? null,
    }));
  }

  /**
   * Says which partitions are read from now on, by identity, and from which offset, null for where it
   * stood; others end. Null: all of them.
   */
  async assign(partitions: ReadonlyMap<string, number | null> | null): Promise<void> {
    this.#assigned = partitions;
    for (const [identity, partition] of this.#open) {
      if (partitions !== null && !partitions.has(identity)) {
        partition.drop();
        this.#open.delete(identity);
      }
    }
    for (const arrival of await this.#admit("earliest")) this.arrived(arrival);
    this.#serve();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#group.stop();
    for (const partition of this.#open.values()) partition.finish();
    for (const wake of this.#wakes.values()) wake();
    await this.options.cluster.close();
    await Promise.allSettled(this.#loops.values());
  }

  lags(): ReadonlyMap<string, number> {
    return new Map([...this.#open.values()].map((p) => [p.of.name, p.lag]));
  }

  losses(): Promise<readonly Loss[]> {
    return Promise.resolve(this.#notes.take(this.#open.values()));
  }

  /** The first look: a broker may be long in coming, an address with a mistake in it never does. */
  async #first(): Promise<InputAnnounced[]> {
    const { cluster, topics, name, signal, patience = 60_000 } = this.options;
    const began = performance.now();
    for (let pause = 250;; pause = Math.min(2 * pause, SLOWEST)) {
      try {
        const found = await this.#begin();
        this.#notes.answers(-1);
        return found;
      } catch (error) {
        if (!(error instanceof KafkaError)) {
          await cluster.close();
          throw error;
        }
        const { message, lasting } = error;
        if (signal?.aborted) return [];
        if (lasting || performance.now() - began + pause > patience) {
          await cluster.close();
          throw new InputError(`${name}/${topics.join(",")}`, `${message}; ${mend(message)}`);
        }
        this.#fails(-1, message, `it is tried for ${Math.round(patience / 1000)} s`);
        await pauseFor(pause, signal);
      }
    }
  }

  #note(topic: TopicMetadata): void {
    this.#ids.set(topic.name, topic.id);
    this.#missing.delete(topic.name);
    for (const { partition, leader } of topic.partitions) {
      this.#all.set(this.#identity(topic.id, partition), { topic, partition, leader });
    }
  }

  #identity(topicId: string, partition: number): string {
    return createHash("sha256").update(`kafka ${this.#cluster} ${topicId} ${partition}`)
      .digest("hex").slice(0, 16);
  }

  #sorted() {
    const { topics } = this.options;
    return [...this.#all].sort(([, a], [, b]) =>
      topics.indexOf(a.topic.name) - topics.indexOf(b.topic.name) || a.partition - b.partition
    );
  }

  /** Inputs of partitions that are to be read and are not yet, in the order of topics and numbers. */
  #admit(from: From): Promise<InputAnnounced[]> {
    // Two at once would each announce what both find.
    const found = this.#admitting.then(() => this.#found(from));
    this.#admitting = found.catch(() => {});
    return found;
  }

  async #found(from: From): Promise<InputAnnounced[]> {
    const { options } = this;
    const added: Partition[] = [];
    const all = this.#sorted();
    const room = Math.max(LEAST, Math.min(MOST, MEMORY / Math.max(1, all.length)));
    for (const [identity, { topic, partition, leader }] of all) {
      const open = this.#open.get(identity);
      if (open) {
        open.leader = leader;
        continue;
      }
      if (this.#stopped || (this.#assigned !== null && !this.#assigned.has(identity))) continue;
      const made = new Partition({
        topic: topic.name,
        topicId: topic.id,
        partition,
        name: `${options.name}/${topic.name}/${partition}`,
        identity,
        codecs: options.codecs,
        maxLine: options.maxLine,
        named: options.sourcetype === null,
        room,
        hold: options.hold ?? HOLD,
      });
      made.leader = leader;
      made.hungry = () => this.#wakes.get(made.leader)?.();
      added.push(made);
    }
    await this.#bounds(added, from);
    return added.map((made) => {
      this.#open.set(made.of.identity, made);
      const arrival: InputAnnounced = {
        found: { name: made.of.name, path: null },
        live: made,
        identity: made.of.identity,
        ...options.sourcetype === null ? {} : { sourcetype: options.sourcetype },
        lateness: options.lateness,
        offset: this.#assigned?.get(made.of.identity) ?? made.given,
      };
      made.arrival = arrival;
      return arrival;
    });
  }

  /** Where partitions begin and end, and where reading begins. */
  async #bounds(partitions: readonly Partition[], from: From): Promise<void> {
    const groups = Map.groupBy(partitions, (p) => `${p.leader} ${p.of.topic}`);
    for (const group of groups.values()) {
      const { leader, of: { topic } } = group[0];
      // One without a leader begins where it is found to begin once it is read.
      if (leader < 0 && from === "earliest" && !this.ends) continue;
      const numbers = group.map((p) => p.of.partition);
      const ask = (time: number) => this.options.cluster.offsets(leader, topic, numbers, time);
      try {
        const first = await ask(-2), last = await ask(-1);
        const at = from === "earliest" ? first : from === "latest" ? last : await ask(from);
        for (const p of group) {
          const end = last.get(p.of.partition) ?? 0;
          const start = at.get(p.of.partition) ?? -1;
          p.beginning = first.get(p.of.partition) ?? 0;
          p.high = p.end = end;
          // No record is as late as the time that was asked for.
          p.position = p.given = start < 0 ? end : start;
          if (this.ends) p.until = end;
        }
      } catch (error) {
        // Where it begins and ends has to be known.
        if (this.ends || from !== "earliest") throw error;
      }
    }
  }

  /** Sees to it that each node that leads partitions is asked for records. */
  #serve(): void {
    for (const { leader } of this.#open.values()) {
      if (leader < 0 || this.#loops.has(leader) || this.#stopped) continue;
      const loop = this.#loop(leader).finally(() => this.#loops.delete(leader));
      this.#loops.set(leader, loop);
    }
  }

  async #loop(node: number): Promise<void> {
    let pause = 100;
    while (!this.#stopped) {
      const of = [...this.#open.values()].filter((p) => p.leader === node);
      if (of.length === 0) {
        // Others lead what it led.
        this.#notes.forget(node);
        return;
      }
      const wanted = of.filter((p) => p.wants);
      if (wanted.length === 0) {
        // What is full is no sign of a broker that is away.
        for (const p of of) p.heard = performance.now();
        await this.#woken(node, 1000);
        continue;
      }
      const asked = wanted.map((p) => ({
        topicId: p.of.topicId,
        partition: p.of.partition,
        offset: p.position,
        maxBytes: p.of.room,
      }));
      try {
        const wait = wanted.length < of.length ? SHORT_WAIT : WAIT;
        const maxBytes = 8 * MOST;
        const fetched = await this.options.cluster.fetch(node, asked, { wait, maxBytes });
        if (this.#stopped) return;
        this.#notes.answers(node);
        const failed = await this.#deal(wanted, asked, fetched);
        if (!failed) {
          pause = 100;
          continue;
        }
      } catch (error) {
        if (this.#stopped) return;
        if (!(error instanceof KafkaError)) throw error;
        this.#fails(node, error.message);
      }
      await this.#woken(node, pause);
      pause = Math.min(2 * pause, SLOWEST);
      await this.#look();
    }
  }

  #woken(node: number, most: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, most);
      this.#wakes.set(node, () => {
        clearTimeout(timer);
        done();
      });
    });
  }

  /** Gives what was fetched to its partitions. Whether the cluster has to be looked at anew. */
  async #deal(
    wanted: readonly Partition[],
    asked: readonly { readonly offset: number }[],
    fetched: readonly Fetched[],
  ): Promise<boolean> {
    let failed = false;
    for (const got of fetched) {
      const i = wanted.findIndex((p) =>
        p.of.topicId === got.topicId && p.of.partition === got.partition
      );
      const partition = wanted[i];
      // It was opened anew, or ended, meanwhile.
      if (!partition || partition.ended || partition.position !== asked[i].offset) continue;
      if (got.error === 0) partition.took(got);
      else if (got.error === CODE.offsetOutOfRange) await this.#outOfRange(partition);
      else {
        this.#notes.refused(partition, got.error);
        failed = true;
      }
    }
    return failed;
  }

  /** The position is not there: retention has passed it, or the log was cut below it. */
  async #outOfRange(partition: Partition): Promise<void> {
    const { topic, partition: number } = partition.of;
    const { position, leader } = partition;
    try {
      const { cluster } = this.options;
      const start = (await cluster.offsets(leader, topic, [number], -2)).get(number) ?? 0;
      const end = (await cluster.offsets(leader, topic, [number], -1)).get(number) ?? 0;
      if (partition.position !== position || (position >= start && position <= end)) return;
      this.#notes.passed(partition, start, end);
      partition.skip(position < start ? start : end);
    } catch {
      // The next fetch says so again.
    }
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(async () => {
      await this.#look();
      this.#later();
    }, this.options.every ?? 10_000);
  }

  /** Looks at the cluster: who leads what, and which partitions have come or gone. */
  #look(): Promise<void> {
    return this.#looking ??= this.#see().finally(() => this.#looking = null);
  }

  async #see(): Promise<void> {
    const { cluster, topics } = this.options;
    let found: ClusterMetadata;
    try {
      found = await cluster.metadata(topics);
    } catch (error) {
      if (!this.#stopped) this.#fails(-1, (error as Error).message);
      return;
    }
    if (this.#stopped) return;
    this.#notes.answers(-1);
    for (const name of topics) {
      const topic = found.topics.find((t) => t.name === name);
      const before = this.#ids.get(name);
      if (topic !== undefined && topic.error === 0) {
        if (before !== undefined && before !== topic.id) this.#gone(name, before, true);
        if (before === undefined) this.options.notice(`${this.options.name}/${name} is there now`);
        else if (before === topic.id) this.#counted(topic);
        this.#note(topic);
      } else if (before !== undefined && (!topic || topic.error === CODE.unknownTopic)) {
        const times = (this.#missing.get(name) ?? 0) + 1;
        this.#missing.set(name, times);
        if (times >= MISSED) this.#gone(name, before, false);
      }
    }
    try {
      for (const arrival of await this.#admit("earliest")) this.arrived(arrival);
    } catch {
      // The next look asks again.
    }
    this.#serve();
  }

  /** Says that partitions were added. */
  #counted(topic: TopicMetadata): void {
    const known =
      topic.partitions.filter((p) => this.#all.has(this.#identity(topic.id, p.partition))).length;
    const added = topic.partitions.length - known;
    if (added > 0) this.#notes.added(topic.name, added);
  }

  /** A topic was deleted: what was not read of it is gone. */
  #gone(name: string, id: string, anew: boolean): void {
    let unread = 0;
    for (const [identity, { topic }] of this.#all) {
      if (topic.id !== id) continue;
      this.#all.delete(identity);
      const partition = this.#open.get(identity);
      if (!partition) continue;
      unread += Math.max(0, partition.high - partition.position);
      partition.finish();
      this.#open.delete(identity);
    }
    this.#ids.delete(name);
    this.#missing.delete(name);
    this.#notes.deleted(name, anew, unread);
  }

  #fails(node: number, why: string, then?: string): void {
    // No run takes what is lost of a source without inputs.
    if (this.#notes.fails(node, why, then) && this.#open.size === 0) this.#notes.flush();
  }
}
