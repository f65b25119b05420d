/** Whether the threads of a run have cores to run on. */
import process from "node:process";

/** ms between two looks. */
const EVERY = 5000;
/** Cores that a process has to get for threads to pay: with less they wait for each other. */
const LEAST = 1.2;

export class CoreShare {
  #at: number;
  #used: number;

  /**
   * @param now ms of a clock
   * @param used ms of processors' time that this process has had
   */
  constructor(
    private readonly now = () => performance.now(),
    private readonly used = processorMs,
  ) {
    this.#at = now();
    this.#used = used();
  }

  /** False once the process has got too little since the last look; to be asked between batches. */
  enough(): boolean {
    const now = this.now();
    const elapsed = now - this.#at;
    if (elapsed < EVERY) return true;
    const used = this.used();
    const cores = (used - this.#used) / elapsed;
    this.#at = now;
    this.#used = used;
    return cores >= LEAST;
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
