/**
 * How far a forwarder has come, in a file beside its buffer: what was acknowledged, and no more. It is
 * written anew and renamed, so that a kill leaves one or the other.
 */
import { join } from "node:path";
import type { Position, SavedCheckpoint } from "../store/mod.ts";

interface Saved {
  /** Names what is read, see `streamOf`. */
  readonly stream: string;
  readonly positions: readonly Position[];
}

/** What `resume` asks of a store, by a file. */
export class Positions {
  readonly place: string;
  readonly #file: string;
  readonly #positions = new Map<string, Position>();
  #saving: Promise<void> = Promise.resolve();
  #changed = false;

  constructor(folder: string, private readonly stream: string) {
    this.place = folder;
    this.#file = join(folder, `${stream}.json`);
  }

  claim(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Positions of an earlier run, as a checkpoint without windows; null when there is none. */
  async checkpoint(): Promise<SavedCheckpoint | null> {
    let saved: Saved;
    try {
      saved = JSON.parse(await Deno.readTextFile(this.#file));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    if (saved.stream !== this.stream || !Array.isArray(saved.positions)) return null;
    for (const p of saved.positions) this.#positions.set(p.input, p);
    return { run: "", header: '{"rows":[]}', positions: saved.positions, state: [] };
  }

  set(position: Position): void {
    this.#positions.set(position.input, position);
    this.#changed = true;
  }

  /** Inputs that no later run will ask for. */
  forget(inputs: readonly string[]): void {
    for (const input of inputs) this.#changed = this.#positions.delete(input) || this.#changed;
  }

  /** Writes what has changed since the last time. */
  save(): Promise<void> {
    return this.#saving = this.#saving.then(async () => {
      if (!this.#changed) return;
      this.#changed = false;
      const saved: Saved = { stream: this.stream, positions: [...this.#positions.values()] };
      const next = `${this.#file}.new`;
      const file = await Deno.open(next, {
        write: true,
        create: true,
        truncate: true,
        mode: 0o600,
      });
      try {
        const bytes = new TextEncoder().encode(JSON.stringify(saved));
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
        await file.sync();
      } finally {
        file.close();
      }
      await Deno.rename(next, this.#file);
    });
  }
}
