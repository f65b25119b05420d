/**
 * What a source of Kafka's topics says of brokers, topics and partitions: each thing once, among what the
 * run takes as lost, or as a notice at once.
 */
import { CODE } from "../../kafka/errors.ts";
import type { Loss } from "../listener.ts";
import type { KafkaSourceOptions } from "./options.ts";
import type { Partition } from "./partition.ts";

/** ms for which a partition gives errors before that is told. */
const REFUSED = 5000;

/** What to do about brokers that a start asked in vain. */
export function mend(message: string): string {
  if (/refuses the user/.test(message)) {
    return "correct them, or the mechanism that sasl= names";
  }
  if (/was cut|[Cc]onnection closed/.test(message)) {
    return "its port may want TLS (kafkas://), or not speak it, or want a user (?sasl=plain&user=NAME)";
  }
  return "start a broker, or correct the address";
}

/** What is told and not taken yet, and which brokers are away. */
export class SourceNotes {
  readonly #lost: Loss[] = [];
  /** Brokers that do not answer, and since when, of performance.now; -1 for all of them. */
  readonly #away = new Map<number, number>();

  constructor(private readonly options: Pick<KafkaSourceOptions, "name" | "cluster" | "notice">) {}

  /** Says once that a broker does not answer; -1 for all of them. Whether it was said now. */
  fails(node: number, why: string, then = "reading holds until it does"): boolean {
    if (this.#away.has(node)) return false;
    this.#away.set(node, performance.now());
    const { name, cluster } = this.options;
    const who = node < 0
      ? "no broker answers"
      : `broker ${cluster.placeOf(node) ?? node} does not answer`;
    this.#tell(name, `${name}: ${who} (${why}); ${then}`);
    return true;
  }

  /** Says that a broker answers again, where it was told that it does not. */
  answers(node: number): void {
    const since = this.#away.get(node);
    if (since === undefined) return;
    this.#away.delete(node);
    const { name, cluster, notice } = this.options;
    const seconds = Math.round((performance.now() - since) / 1000);
    const who = node < 0 ? "A broker" : `Broker ${cluster.placeOf(node) ?? node}`;
    notice(`${name}: ${who} answers again after ${seconds} s`);
  }

  /** Nothing is wanted of the broker any more. */
  forget(node: number): void {
    this.#away.delete(node);
  }

  /** Says once that a partition cannot be read, when it could not for a while: leaders change. */
  refused(partition: Partition, error: number): void {
    const failing = partition.failing ??= { since: performance.now(), told: false };
    if (failing.told || performance.now() - failing.since < REFUSED) return;
    failing.told = true;
    const { name } = partition.of;
    const why = error === CODE.topicNotAuthorized
      ? "this user may not read the topic"
      : `its broker answers with error ${error}`;
    this.#tell(name, `${name} cannot be read: ${why}; reading goes on when it can`);
  }

  /** The position of a partition is not between where its log starts and ends. */
  passed({ of: { name }, position }: Partition, start: number, end: number): void {
    this.#tell(
      name,
      position < start
        ? `${name}: records ${position} to ${start - 1} were deleted before they were read; ` +
          `reading goes on at ${start}`
        : `${name}: the log ends at ${end}, before record ${position} that was next: the cluster ` +
          `has lost records; reading goes on at ${end}`,
    );
  }

  /** Partitions were added to a topic. */
  added(topic: string, count: number): void {
    const text = count === 1 ? "1 partition was" : `${count} partitions were`;
    this.options.notice(`${this.options.name}/${topic}: ${text} added`);
  }

  /** A topic was deleted. @param anew and there is another one of its name */
  deleted(topic: string, anew: boolean, unread: number): void {
    const subject = `${this.options.name}/${topic}`;
    const what = unread === 0
      ? "all that was known to be there had been read"
      : `${unread} records of it that were not read are gone`;
    this.#tell(
      subject,
      `${subject} was deleted${anew ? " and made anew" : ""}; ${what}` +
        (anew ? ". The new one is read from its beginning" : ""),
    );
  }

  /** All that was told since the last call, and what partitions had that is no line. */
  take(partitions: Iterable<Partition>): readonly Loss[] {
    for (const { lost, of: { name } } of partitions) {
      if (lost.tombstones > 0) {
        this.#lost.push({
          subject: name,
          message:
            `${name}: ${lost.tombstones} records have no value (tombstones) and are no lines`,
          reason: "Kafka records without a value",
          count: lost.tombstones,
        });
      }
      if (lost.unreadable > 0) {
        this.#lost.push({
          subject: name,
          message: `${name}: ${lost.unreadable} records cannot be read: ${lost.why}`,
          reason: "Kafka records that cannot be read",
          count: lost.unreadable,
        });
      }
      lost.tombstones = lost.unreadable = 0;
    }
    return this.#lost.splice(0);
  }

  /** Says at once what waits to be taken. */
  flush(): void {
    for (const { message } of this.#lost.splice(0)) this.options.notice(`warning: ${message}`);
  }

  #tell(subject: string, message: string): void {
    this.#lost.push({ subject, message, reason: null, count: 0 });
  }
}
