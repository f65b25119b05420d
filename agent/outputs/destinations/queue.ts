/** One after the other: attempts run at once, and a file has one writer. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs it when all that came before is done; gives what it gives. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}
