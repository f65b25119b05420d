/** Questions to a thread of its own, answered by number. */
import { errorCode, StoreError, storeError, type StoreErrorCode } from "../types/error.ts";

interface Asked<R> {
  readonly id: number;
  readonly request: R;
}

/** An error as it goes between threads. */
interface Fault {
  readonly message: string;
  /** SQLSTATE, or an operating system's code. */
  readonly code?: string;
  /** Of an error that has its sentence already. */
  readonly store?: StoreErrorCode;
}

type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: Fault }
  | { readonly end: Fault };

/** The asking end. */
export class Thread<R> {
  private readonly worker: Worker;
  private readonly waiting = new Map<
    number,
    { resolve(result: unknown): void; reject(error: unknown): void }
  >();
  private next = 0;
  private broken: StoreError | undefined;

  /**
   * @param module made by us
   * @param place how the user knows the store
   */
  constructor(module: URL, place: string) {
    this.worker = new Worker(module, { type: "module" });
    this.worker.onmessage = (event: MessageEvent<Answer>) => {
      const answer = event.data;
      if ("end" in answer) return this.end(storeError(errorOf(answer.end), place));
      const asked = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ("result" in answer) asked?.resolve(answer.result);
      else asked?.reject(errorOf(answer.fault));
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.end(storeError(new Error(event.message), place));
    };
  }

  /** Rejects with the driver's error, or with a StoreError when the thread has ended. */
  ask(request: R, transfer: Transferable[] = []): Promise<unknown> {
    if (this.broken) return Promise.reject(this.broken);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, request } satisfies Asked<R>, transfer);
    });
  }

  get ended(): boolean {
    return this.broken !== undefined;
  }

  /** Ends the thread; what waits and whatever is asked from now on is rejected with `error`. */
  end(error: StoreError): void {
    this.broken ??= error;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(this.broken);
    this.waiting.clear();
  }
}

function errorOf({ message, code, store }: Fault): Error {
  const error = Object.assign(new Error(message), { code });
  return store === undefined ? error : new StoreError(store, message, { cause: error });
}

function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof StoreError
    ? { message, code: errorCode(error.cause), store: error.code }
    : { message, code: errorCode(error) };
}

interface Scope<R> {
  onmessage: ((event: MessageEvent<Asked<R>>) => void) | null;
  postMessage(message: Answer): void;
}

/** What the answering end can tell the asking one unasked. */
export interface Asker {
  /** This thread cannot go on, and may not return from what it does: all that waits is rejected. */
  end(error: Error): void;
}

/**
 * The answering end, to be called once by the thread's module. One request is done after the other,
 * unless they are to run together.
 */
export function answer<R>(run: (request: R) => Promise<unknown>, together = false): Asker {
  // A worker's file is checked against a window's types.
  const scope = self as unknown as Scope<R>;
  let last: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data: { id, request } }) => {
    last = (together ? run(request) : last.then(() => run(request))).then(
      (result) => scope.postMessage({ id, result }),
      (error) => scope.postMessage({ id, fault: faultOf(error) }),
    );
  };
  return { end: (error) => scope.postMessage({ end: faultOf(error) }) };
}
