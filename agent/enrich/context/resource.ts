/** A file or an address that is read at the start and again from time to time. */
import type { Span } from "../../../grammar/ast.ts";
import { durationText } from "../../../grammar/literals.ts";
import { reason } from "../../sources/files.ts";
import type { Copies, CopyFacts } from "./copies.ts";

/** Where something is read from, by `agent.yaml`. */
export interface ResourceSetting {
  /** A path, or an address with https:// or http://. */
  readonly from: string;
  readonly span: Span;
  /** ms between two readings; a file is read when it has changed. */
  readonly every: number;
  /** Addresses of the machine's own network may be reached. */
  readonly allowPrivate: boolean;
}

export interface ResourceOptions<T> {
  /** As people call it: `Threat list "feodo"`. */
  readonly what: string;
  /** Bytes at most. */
  readonly most: number;
  /** @throws {Error} for what does not read */
  readonly parse: (bytes: Uint8Array) => T;
  readonly notice: (text: string) => void;
  /** Called with each failure. */
  readonly health?: (message: string) => void;
  /** Keeps what addresses gave; null where nothing is kept. */
  readonly copies?: Copies | null;
  /** ms of a request; a minute unless told. */
  readonly timeout?: number;
}

/** ms of a request. */
const TIMEOUT = 60_000;
/** ms to the next attempt after a failure, and at most after several. */
const SOON = 60_000, LATER = 3_600_000;

export const isUrl = (from: string): boolean => /^https?:\/\//i.test(from);

/** A path as it is, an address without what may be secret in it: a password, and what is asked. */
export function shownSource(from: string): string {
  if (!isUrl(from) || !URL.canParse(from)) return from;
  const { origin, pathname, search } = new URL(from);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}

/** An address that could not be read, and when it wants to be asked again. */
class Unanswered extends Error {
  constructor(message: string, readonly after = 0) {
    super(message);
  }
}

export class Resource<T> {
  /** Null until it was read. */
  value: T | null = null;
  /** When that was read; of a file, when it was changed. Epoch ms. */
  asOf = 0;
  /** Why the last reading failed. */
  error: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #modified = NaN;
  /** Of the value that an address gave. */
  #facts: CopyFacts | null = null;
  /** Failures in a row, and ms for which the server asks to be left alone. */
  #failures = 0;
  #after = 0;
  #closed = false;
  readonly #abort = new AbortController();

  constructor(readonly setting: ResourceSetting, private readonly options: ResourceOptions<T>) {}

  /** Begins with what another one of the same setting has read. */
  adopt(other: Resource<T>): void {
    if (other.value === null) return;
    this.value = other.value;
    this.asOf = other.asOf;
    this.#facts = other.#facts;
    this.#modified = other.#modified;
  }

  /**
   * Reads it for the first time: an address by what is kept of it, and by asking where that is older than
   * it may be. Gives why it cannot be read.
   */
  async begin(): Promise<string | null> {
    const { setting: { from, every }, options: { copies, most, parse } } = this;
    if (!isUrl(from)) return await this.read();
    const copy = this.value === null ? await copies?.read(from, most) ?? null : null;
    if (copy !== null) {
      try {
        this.value = parse(copy.bytes);
        this.#facts = copy;
        // A clock that was set back says nothing of its age.
        this.asOf = Math.min(copy.asOf, Date.now());
      } catch {
        // It is read otherwise now, or by another version: the address is asked for all of it.
      }
    }
    return this.value !== null && Date.now() - this.asOf < every ? null : await this.read();
  }

  /** Reads it. Gives why it cannot be read; what was read before then stays. Does not reject. */
  async read(): Promise<string | null> {
    const { from } = this.setting;
    const { asOf } = this;
    try {
      if (isUrl(from)) await this.#ask(from);
      else {
        const bytes = await this.#file(from);
        if (bytes !== null) this.value = this.options.parse(bytes);
      }
      this.error = null;
      this.#failures = this.#after = 0;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      this.#failures++;
      this.#after = error instanceof Unanswered ? error.after : 0;
      this.asOf = asOf;
    }
    return this.error;
  }

  /** Reads it again and again until it is closed, and calls `changed` when it has. */
  follow(changed: () => void): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#again(changed), this.#pause());
    // Nobody waits for it at the end.
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  #pause(): number {
    const { every, from } = this.setting;
    if (this.#failures > 0 || this.value === null) {
      const soon = Math.min(LATER, SOON * 2 ** Math.max(0, this.#failures - 1));
      return Math.max(Math.min(every, soon), this.#after);
    }
    return isUrl(from) ? Math.max(1000, every - (Date.now() - this.asOf)) : every;
  }

  async #again(changed: () => void): Promise<void> {
    const { what, notice, health } = this.options;
    const before = this.error, { value } = this;
    await this.read();
    if (this.#closed) return;
    if (this.error !== null && this.error !== before) {
      const message = `${what} cannot be read: ${this.error}; ${this.stays()}`;
      notice(`warning: ${message}`);
      health?.(message);
    } else if (this.error === null && before !== null) {
      notice(`${what} is read again`);
    }
    if (this.value !== value) changed();
    this.follow(changed);
  }

  /** What is known of it although it cannot be read. */
  stays(): string {
    if (this.value === null) return "nothing is known of it";
    const age = Math.max(0, Math.round((Date.now() - this.asOf) / 1000) * 1000);
    return `what was read ${durationText(age)} ago stays`;
  }

  close(): void {
    this.#closed = true;
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  /** Null where it is as it was. */
  async #file(path: string): Promise<Uint8Array | null> {
    const { most } = this.options;
    let bytes: Uint8Array;
    try {
      const { size, isFile, mtime } = await Deno.stat(path);
      if (!isFile) throw new Error(`"${path}" is no file`);
      if (size > most) throw new Error(`"${path}" has ${size} bytes, and ${most} is the limit`);
      const modified = mtime?.getTime() ?? NaN;
      if (modified === this.#modified && this.error === null) return null;
      bytes = await Deno.readFile(path);
      this.#modified = modified;
      this.asOf = Number.isNaN(modified) ? Date.now() : modified;
    } catch (error) {
      if (
        !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)
      ) {
        throw error;
      }
      throw new Error(`"${path}": ${reason(error)}`);
    }
    return bytes;
  }

  /** Asks the address; what it gives is taken when it reads, and then kept. */
  async #ask(url: string): Promise<void> {
    const { copies, parse } = this.options;
    const known = this.value === null ? null : this.#facts;
    const answer = await this.#fetch(url, known);
    const asOf = Date.now();
    if (answer.status === 304 && known !== null) {
      this.#facts = { ...known, asOf };
      this.asOf = asOf;
      await copies?.write(url, this.#facts, null);
      return;
    }
    const bytes = await this.#bytesOf(answer);
    this.value = parse(bytes);
    const { headers } = answer;
    this.#facts = { asOf, etag: headers.get("etag"), modified: headers.get("last-modified") };
    this.asOf = asOf;
    await copies?.write(url, this.#facts, bytes);
  }

  async #fetch(url: string, known: CopyFacts | null): Promise<Response> {
    const { most, timeout = TIMEOUT } = this.options;
    // What makes requests is loaded where some are made.
    const { guardedNetwork } = await import("../../outputs/destinations/http.ts");
    const { fetch } = guardedNetwork({ allowPrivate: this.setting.allowPrivate });
    const late = AbortSignal.timeout(timeout);
    try {
      return await fetch(url, {
        method: "GET",
        signal: AbortSignal.any([this.#abort.signal, late]),
        most: most + 1,
        headers: {
          ...(known?.etag ? { "if-none-match": known.etag } : {}),
          ...(known?.modified ? { "if-modified-since": known.modified } : {}),
        },
      });
    } catch (error) {
      if (late.aborted) throw new Error(`no whole answer within ${timeout / 1000} s`);
      throw error;
    }
  }

  /** @throws {Unanswered} for an answer that is not what was asked for */
  async #bytesOf(answer: Response): Promise<Uint8Array> {
    const { status, headers } = answer, { most } = this.options;
    if (status !== 200) {
      const redirect = status >= 300 && status < 400
        ? ", a redirect, which is not followed: set the address that it leads to"
        : "";
      const { retryAfter } = await import("../../outputs/destinations/http.ts");
      const after = retryAfter(headers.get("retry-after"), Date.now());
      throw new Unanswered(`it answers HTTP ${status}${redirect}`, after);
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > most) throw new Unanswered(`it has more than ${most} bytes`);
    if (bytes.length === 0) throw new Unanswered("its answer is empty");
    // Some of the words of a page could be taken for names.
    const start = new TextDecoder().decode(bytes.subarray(0, 512));
    if (/^\ufeff?\s*(?:<!--[^]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i.test(start)) {
      throw new Unanswered("it answers with a page (HTML), as for a login or an error");
    }
    return bytes;
  }
}
