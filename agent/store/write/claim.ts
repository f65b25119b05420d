/** Who may go on with a stream: two runs of one would write over each other's checkpoint. */
import type { Database } from "../types/database.ts";
import { StoreError } from "../types/error.ts";

/** Any constant will do as long as no other program on the server takes the same locks. */
const LOCK = 0x7069636c;

/** A server takes a moment to notice that the run before was killed, in ms. */
const PATIENCE = 3000;

/** The streams that this process has for itself, by locks that its database's sessions hold. */
export class Claims {
  private readonly held = new Map<string, { lost: boolean }>();

  constructor(private readonly db: Database) {}

  /** False when another run has the stream. A data folder is one process's alone, and so are its streams. */
  async claim(stream: string, patience = PATIENCE): Promise<boolean> {
    if (!this.db.hold) return true;
    const claim = { lost: false };
    for (const end = performance.now() + patience;;) {
      if (await this.db.hold([LOCK, numberOf(stream)], () => claim.lost = true)) {
        this.held.set(stream, claim);
        return true;
      }
      if (performance.now() >= end) return false;
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Before a checkpoint is written: a session that ended has lost its lock, and is to have it again. */
  async check(stream: string): Promise<void> {
    if (!this.held.get(stream)?.lost || await this.claim(stream, 0)) return;
    throw new StoreError(
      "unreachable",
      `Another run reads the same inputs into "${this.db.place}"; stop one of them`,
    );
  }
}

/** A stream's name is hexadecimal; its first 32 bits as PostgreSQL's integer. */
function numberOf(stream: string): number {
  return parseInt(stream.slice(0, 8), 16) | 0;
}
