/**
 * The last good answer of each address, kept in a folder over restarts: what it was, when it was learnt,
 * and what tells the server that it is known (RFC 9110 13.1). The address itself is not written, since it
 * may have a key in it. Nothing is believed that its digest does not bear out; what cannot be read or
 * written is as if it were not there.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** What is known of an answer. */
export interface CopyFacts {
  /** When it was learnt, or last heard to be the same; epoch ms. */
  readonly asOf: number;
  readonly etag: string | null;
  /** `Last-Modified` as it was sent. */
  readonly modified: string | null;
}

/** ms for which a copy is kept that nobody has renewed: its address is configured no more. */
const KEPT = 90 * 86_400_000;
/** Most characters of a header that are kept; servers send some dozen. */
const LONGEST = 1000;
const FACTS = ".json", BYTES = ".data";

export class Copies {
  constructor(private readonly folder: string) {}

  /** @param most bytes; a longer one is none */
  async read(url: string, most: number): Promise<CopyFacts & { bytes: Uint8Array } | null> {
    try {
      const name = nameOf(url);
      const facts = JSON.parse(await Deno.readTextFile(join(this.folder, name + FACTS)));
      const { asOf, digest } = facts;
      if (!Number.isFinite(asOf) || !/^[0-9a-f]{64}$/.test(digest)) return null;
      const path = join(this.folder, dataOf(name, digest));
      if ((await Deno.stat(path)).size > most) return null;
      const bytes = await Deno.readFile(path);
      if (digestOf(bytes) !== digest) return null;
      return { asOf, etag: header(facts.etag), modified: header(facts.modified), bytes };
    } catch {
      return null;
    }
  }

  /** Keeps an answer; null bytes are those that are kept. False where that failed. */
  async write(url: string, facts: CopyFacts, bytes: Uint8Array | null): Promise<boolean> {
    const name = nameOf(url), path = join(this.folder, name + FACTS);
    try {
      await Deno.mkdir(this.folder, { recursive: true, mode: 0o700 });
      const digest = bytes === null
        ? JSON.parse(await Deno.readTextFile(path)).digest
        : digestOf(bytes);
      // The bytes first: facts that name them are not there before they are.
      if (bytes !== null) await this.#replace(dataOf(name, digest), bytes);
      const { asOf, etag, modified } = facts;
      const text = JSON.stringify({ asOf, etag: header(etag), modified: header(modified), digest });
      await this.#replace(name + FACTS, new TextEncoder().encode(text + "\n"));
      await this.#prune(name, dataOf(name, digest));
      return true;
    } catch {
      return false;
    }
  }

  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.folder, `.${crypto.randomUUID()}`);
    try {
      await Deno.writeFile(temporary, bytes, { createNew: true, mode: 0o600 });
      await Deno.rename(temporary, join(this.folder, name));
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  }

  /** Takes away earlier bytes of the name, what a killed process left, and what nobody renews. */
  async #prune(name: string, data: string): Promise<void> {
    for await (const { name: file, isFile } of Deno.readDir(this.folder)) {
      if (!isFile || file === data || file === name + FACTS) continue;
      const path = join(this.folder, file);
      const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
      const age = Date.now() - (mtime?.getTime() ?? Date.now());
      const old = file.startsWith(".") ? age > KEPT / 90 : await this.#isOld(file, age);
      if (file.startsWith(name) || old) await Deno.remove(path).catch(() => {});
    }
  }

  /** Bytes are as old as the facts about them, which are written each time. */
  async #isOld(file: string, age: number): Promise<boolean> {
    if (!file.endsWith(BYTES)) return age > KEPT;
    const facts = join(this.folder, file.slice(0, NAME) + FACTS);
    const { mtime } = await Deno.stat(facts).catch(() => ({ mtime: null }));
    return age > KEPT && Date.now() - (mtime?.getTime() ?? 0) > KEPT;
  }
}

const NAME = 32;

const digestOf = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");
const nameOf = (url: string): string => digestOf(url).slice(0, NAME);
const dataOf = (name: string, digest: string): string => `${name}-${digest.slice(0, 16)}${BYTES}`;

/** A header's value as it may be sent again; null for none. */
const header = (text: unknown): string | null =>
  typeof text === "string" && text.length <= LONGEST && /^[\x20-\x7e]+$/.test(text) ? text : null;
