/** A thread that runs a part of the rules, as the one that reads sees it. */
import type { Health } from "../engine/engine.ts";
import type { Reply, Request, Results, Standing } from "./thread_messages.ts";

/** A thread of the run has ended: what its rules found is not known. */
export class ThreadError extends Error {
  override name = "ThreadError";
}

interface Waiting {
  resolve(result: Results[keyof Results]): void;
  reject(error: Error): void;
}

const NOTHING: Standing = {
  changed: 0,
  has: { all: false, opened: false, ended: false },
  health: [],
  counters: null,
};

export class RuleThread {
  /** After its latest answer. */
  standing: Standing = NOTHING;
  readonly #worker: Worker;
  /** Questions without an answer; answers come in their order. */
  readonly #waiting: Waiting[] = [];
  #failure: ThreadError | null = null;
  #health: Health[] = [];

  constructor() {
    this.#worker = new Worker(new URL("./rules_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#answered(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message);
    };
    this.#worker.onmessageerror = () => this.#fail("what it sent does not read");
  }

  /** Rejects with ThreadError when the thread has ended, or what is asked went wrong there. */
  ask<Op extends Request["op"]>(
    request: Extract<Request, { op: Op }>,
    transfer: Transferable[] = [],
  ): Promise<Results[Op]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Results[keyof Results]>();
    this.#waiting.push({ resolve, reject });
    try {
      this.#worker.postMessage(request, transfer);
    } catch (error) {
      this.#fail((error as Error).message);
    }
    return promise as Promise<Results[Op]>;
  }

  /** What whoever runs this should know, since the last call. */
  takeHealth(): Health[] {
    const out = this.#health;
    this.#health = [];
    return out;
  }

  close(): void {
    this.#worker.terminate();
  }

  #answered(reply: Reply): void {
    if ("fault" in reply) return this.#fail(reply.fault);
    const { standing } = reply;
    this.#health.push(...standing.health);
    this.standing = { ...standing, counters: standing.counters ?? this.standing.counters };
    this.#waiting.shift()!.resolve(reply.result);
  }

  #fail(reason: string): void {
    this.#failure ??= new ThreadError(
      `A thread that runs rules has ended: ${reason}; --threads 1 reads without it`,
    );
    this.#worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
