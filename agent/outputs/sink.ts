/** What alerts and health events go to, and the fan-out that keeps one sink's failure from the run. */
import type { AlertChange } from "../event.ts";
import type { HealthEvent } from "../store/mod.ts";

export type { HealthEvent };

/** What a sink gets at once. Both lists may be empty; they and what is in them are not to be changed. */
export interface SinkBatch {
  /** In the order in which they came about; the last change of an alert says all of it. */
  readonly alerts: readonly AlertChange[];
  readonly health: readonly HealthEvent[];
  /** The input goes on, so that nobody can wait for its end. Once true it stays true. */
  readonly live: boolean;
}

/**
 * A destination. Calls come in the order open, write and flush as often as needed, close. Whatever it
 * throws is counted and reported by {@link Sinks} and stops nothing.
 */
export interface Sink {
  /** Names it in messages: `stdout`. */
  readonly name: string;
  open(): Promise<void>;
  /** Takes the batch into bounded memory of its own and returns at once: ingestion waits for no sink. */
  write(batch: SinkBatch): void;
  /** Resolves when all that was written is delivered, or rejects. */
  flush(): Promise<void>;
  /** The end of the run: delivers what is left and frees what it holds. A second call does nothing. */
  close(): Promise<void>;
}

/** An option of the command line and of configuration files. Without `value` it is a switch. */
export interface SinkOption {
  readonly name: string;
  /** Placeholder of its value. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly summary: string;
}

/** What a sink is made with. */
export interface SinkContext {
  /** The value given for an option; undefined when it was not given. */
  get(option: string): string | undefined;
  /** Whether an option was given. */
  flag(option: string): boolean;
  /** Writes to stdout. */
  readonly out: (text: string) => unknown;
  readonly outIsTerminal: boolean;
  /** Colours are wanted on stdout. */
  readonly color: boolean;
}

/** A sink as a command offers it: one object of this shape a file, one line in sinks.ts. */
export interface SinkSpec {
  readonly options: readonly SinkOption[];
  /** Null when the options ask for none. */
  make(context: SinkContext): Sink | null;
}

/** All sinks of a run. None of its methods throws or rejects. */
export class Sinks {
  /** Failed calls, by the sink's name. */
  readonly errors: Record<string, number> = {};
  readonly #sinks: readonly Sink[];
  readonly #notice: (text: string) => void;
  readonly #open = new Set<Sink>();
  #live: boolean;

  /**
   * @param notice gets a sink's first failure; further ones are counted
   * @param live whether the input goes on from the start
   */
  constructor(sinks: readonly Sink[], notice: (text: string) => void, live = false) {
    this.#sinks = sinks;
    this.#notice = notice;
    this.#live = live;
  }

  /** A sink that does not open gets nothing. */
  async open(): Promise<void> {
    for (const sink of this.#sinks) {
      try {
        await sink.open();
        this.#open.add(sink);
      } catch (error) {
        this.#failed(sink, error);
      }
    }
  }

  alerts(alerts: readonly AlertChange[]): void {
    this.#write({ alerts, health: [], live: this.#live });
  }

  health(health: readonly HealthEvent[]): void {
    this.#write({ alerts: [], health, live: this.#live });
  }

  /** The input turns out to go on. */
  live(): void {
    this.#live = true;
    this.#write({ alerts: [], health: [], live: true });
  }

  flush(): Promise<void> {
    return this.#each((sink) => sink.flush());
  }

  async close(): Promise<void> {
    await this.#each((sink) => sink.close());
    this.#open.clear();
  }

  #write(batch: SinkBatch): void {
    for (const sink of this.#open) {
      try {
        sink.write(batch);
      } catch (error) {
        this.#failed(sink, error);
      }
    }
  }

  async #each(call: (sink: Sink) => Promise<void>): Promise<void> {
    await Promise.all([...this.#open].map(async (sink) => {
      try {
        await call(sink);
      } catch (error) {
        this.#failed(sink, error);
      }
    }));
  }

  #failed(sink: Sink, error: unknown): void {
    const count = (this.errors[sink.name] ?? 0) + 1;
    this.errors[sink.name] = count;
    if (count > 1) return;
    const why = error instanceof Error ? error.message : String(error);
    this.#notice(
      `error: Output "${sink.name}" failed: ${why}; the run goes on, further failures are counted`,
    );
  }
}
