/**
 * Temporary files for what has to be read a second time: the bytes of a pipe, and sorted runs of
 * rows. A spool's file has no name while it is used, so that it goes with the process, however that
 * ends.
 */
import { type Spool, SpoolFull } from "../engine/ordering/row_sorter.ts";
import { sizeText } from "../outputs/render/text.ts";

/** Bytes of all spools of a run. */
export class SpoolBudget {
  #used = 0;
  #peak = 0;

  /** @param limit bytes */
  constructor(readonly limit: number) {}

  get peak(): number {
    return this.#peak;
  }

  /** Takes room for bytes; false when there is none. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  /** What was taken last is on disk. */
  written(): void {
    this.#peak = Math.max(this.#peak, this.#used);
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** A file that grows at its end and is read anywhere. */
export class SpoolFile implements Spool {
  #file: Deno.FsFile | null = null;
  #path: string | null = null;
  #size = 0;

  constructor(private readonly budget: SpoolBudget) {}

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): number {
    if (!this.budget.take(bytes.length)) {
      throw new SpoolFull(
        `temporary files have reached their limit of ${sizeText(this.budget.limit)}`,
      );
    }
    const position = this.#size;
    try {
      const file = this.#open();
      file.seekSync(position, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } catch (error) {
      this.budget.give(bytes.length);
      const why = error instanceof Error ? error.message : String(error);
      throw new SpoolFull(`a temporary file cannot be written: ${why}`);
    }
    this.budget.written();
    this.#size += bytes.length;
    return position;
  }

  read(position: number, into: Uint8Array): number {
    const file = this.#open();
    file.seekSync(position, Deno.SeekMode.Start);
    let n = 0;
    while (n < into.length) {
      const read = file.readSync(into.subarray(n));
      if (read === null) break;
      n += read;
    }
    return n;
  }

  close(): void {
    this.#file?.close();
    if (this.#path !== null) Deno.removeSync(this.#path);
    this.budget.give(this.#size);
    this.#file = this.#path = null;
    this.#size = 0;
  }

  #open(): Deno.FsFile {
    if (this.#file !== null) return this.#file;
    const path = Deno.makeTempFileSync({ prefix: "picket-spool-" });
    const file = Deno.openSync(path, { read: true, write: true });
    try {
      Deno.removeSync(path);
    } catch {
      // Where an open file cannot be removed it goes at the end.
      this.#path = path;
    }
    return this.#file = file;
  }
}

/** Bytes of a pipe that are held in memory before they go to a file. */
const IN_MEMORY = 8 * 1024 * 1024;

/** The bytes of a pipe, kept while they are read, so that they can be read again. */
export class PipeSpool {
  readonly #file: SpoolFile;
  readonly #parts: Uint8Array[] = [];
  #inMemory = 0;
  /** Why nothing can be read again; null while it can. */
  lost: string | null = null;

  constructor(budget: SpoolBudget) {
    this.#file = new SpoolFile(budget);
  }

  /** Hands a stream through and keeps what comes. */
  keep(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    return new ReadableStream({
      pull: async (controller) => {
        const { value, done } = await reader.read();
        if (done) return controller.close();
        this.#add(value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** What came, from the beginning. */
  again(): ReadableStream<Uint8Array> {
    const parts = this.#parts.values();
    let at = 0;
    const { size } = this.#file;
    return new ReadableStream({
      pull: (controller) => {
        const part = parts.next();
        if (!part.done) return controller.enqueue(part.value.slice());
        if (at >= size) return controller.close();
        const bytes = new Uint8Array(Math.min(256 * 1024, size - at));
        at += this.#file.read(at, bytes);
        controller.enqueue(bytes);
      },
    }, { highWaterMark: 0 });
  }

  /** Lets go of what was kept; nothing can be read again. */
  close(why: string): void {
    this.lost ??= why;
    this.#parts.length = 0;
    this.#file.close();
  }

  #add(bytes: Uint8Array): void {
    if (this.lost !== null) return;
    if (this.#inMemory + bytes.length <= IN_MEMORY && this.#file.size === 0) {
      this.#inMemory += bytes.length;
      // The chunk's buffer is used again.
      this.#parts.push(bytes.slice());
      return;
    }
    try {
      this.#file.append(bytes);
    } catch (error) {
      if (!(error instanceof SpoolFull)) throw error;
      this.close(error.message);
    }
  }
}
