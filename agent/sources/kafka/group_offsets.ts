/** A group's offsets: brokers are told how far reading is, for monitors of lag. Picket goes by its own. */
import { KafkaError } from "../../kafka/errors.ts";
import type { KafkaSourceOptions } from "./options.ts";
import type { Partition } from "./partition.ts";

/** ms between two times that brokers are told, and for which an end waits for that. */
const TELL_EVERY = 5000, TELL_LAST = 2000;

type GroupOptions = Pick<KafkaSourceOptions, "cluster" | "group" | "owns" | "name" | "notice">;

/** Tells them every few seconds, where a group is named. */
export class GroupOffsets {
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What brokers were told, by identity. */
  readonly #told = new Map<string, number>();
  #mayNot = false;

  /** @param open the partitions that are read */
  constructor(
    private readonly options: GroupOptions,
    private readonly open: () => Iterable<Partition>,
  ) {}

  start(): void {
    if (this.options.group) this.#timer = setInterval(() => void this.#tell(), TELL_EVERY);
  }

  /** Tells them once more, and waits for that, if not for long. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.race([this.#tell(), new Promise((done) => setTimeout(done, TELL_LAST))]);
  }

  /** What does not get through is told the next time. */
  async #tell(): Promise<void> {
    const { cluster, group, owns = () => true, name, notice } = this.options;
    if (!group) return;
    const moved = [...this.open()].filter(({ of, given }) =>
      owns(of.identity) && this.#told.get(of.identity) !== given
    );
    if (moved.length === 0) return;
    const read = moved.map(({ of, given }) => ({ ...of, offset: given }));
    try {
      await cluster.commit(group, read);
      read.forEach(({ identity, offset }) => this.#told.set(identity, offset));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // A group's coordinator comes up when it is first asked for.
      if (this.#mayNot || !/AUTHORIZATION/.test(error.message)) return;
      this.#mayNot = true;
      notice(
        `warning: ${name}: the group "${group}" is not told how far reading is: ${error.message}`,
      );
    }
  }
}
