/** Files, folders, globs and stdin as sources of bytes. */
import { glob } from "node:fs/promises";
import { resolve } from "node:path";
import type { Bytes, Input } from "../event.ts";

/** A file read in blocks of this many bytes: large enough for batches of some thousand lines. */
const BLOCK = 256 * 1024;
/** stdin gives what a pipe holds, 64 KiB at most on Linux. */
const PIPE_BLOCK = 64 * 1024;
/**
 * Blocks in use at once: one being decoded, one waiting before the decoder, one being read, and one
 * to spare. A consumer that keeps bytes for longer must copy them.
 */
const BUFFERS = 4;

/** An input that could not be opened or read: reported, and the others go on; exit code 3. */
export class InputError extends Error {
  constructor(readonly input: string, reason: string) {
    super(`Cannot read "${input}": ${reason}`);
  }
}

/** What an operand names: a path, or stdin. */
export interface Found {
  /** `stdin`, or the path as the user would write it. */
  readonly name: string;
  /** Null for stdin. */
  readonly path: string | null;
}

/**
 * The inputs that operands name, each once, in the order given and sorted within a folder or glob.
 * No operand and `-` are stdin. A folder gives every file below it but hidden ones. What does not
 * exist comes back as an error, beside the rest.
 */
export async function findInputs(
  operands: readonly string[],
): Promise<{ found: Found[]; errors: InputError[] }> {
  const found: Found[] = [];
  const errors: InputError[] = [];
  const seen = new Set<string>();
  const add = async (path: string) => {
    // One file under two names would be read twice and count twice.
    const real = await Deno.realPath(path).catch(() => resolve(path));
    if (seen.has(real)) return;
    seen.add(real);
    found.push({ name: path, path });
  };
  for (const operand of operands.length ? operands : ["-"]) {
    if (operand === "-") {
      if (!seen.has("-")) found.push({ name: "stdin", path: null });
      seen.add("-");
      continue;
    }
    try {
      const stat = await Deno.stat(operand);
      if (stat.isDirectory) {
        const files = await walk(operand);
        if (files.length === 0) errors.push(new InputError(operand, "the folder holds no files"));
        for (const file of files) await add(file);
      } else await add(operand);
    } catch (error) {
      const matches = /[*?[{]/.test(operand) ? await expand(operand) : [];
      if (matches.length === 0) errors.push(new InputError(operand, reason(error)));
      for (const match of matches) await add(match);
    }
  }
  return { found, errors };
}

async function expand(pattern: string): Promise<string[]> {
  const out: string[] = [];
  for await (const path of glob(pattern)) if ((await Deno.stat(path)).isFile) out.push(path);
  return out.sort();
}

async function walk(folder: string): Promise<string[]> {
  const out: string[] = [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = `${folder.replace(/\/+$/, "")}/${entry.name}`;
    if (entry.isDirectory) out.push(...await walk(path));
    else if (entry.isFile || (await Deno.stat(path)).isFile) out.push(path);
  }
  return out;
}

/** The system's reason in words: `no such file`, `permission denied`. */
export function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; run as a user who may read it";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "this run has no permission for it; see --allow-read";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\).*/, "");
}

/**
 * Bytes of a file or of stdin. A chunk's bytes stay valid for two further pulls, then their buffer
 * is used again. Gzip is told by the name and unpacked. Errors with InputError.
 * @param offset where reading begins, in bytes as they come out
 */
export async function openFile(
  found: Found,
  input: Input,
  stdin: () => ReadableStream<Uint8Array>,
  signal: AbortSignal,
  offset = 0,
): Promise<ReadableStream<Bytes>> {
  if (found.path === null) return chunks(readerOf(stdin()), input, signal, found.name);
  let file: Deno.FsFile;
  try {
    file = await Deno.open(found.path);
  } catch (error) {
    throw new InputError(found.name, reason(error));
  }
  if (/\.gz$/i.test(found.path)) {
    const unpacked = file.readable.pipeThrough(new DecompressionStream("gzip"));
    return chunks(after(readerOf(unpacked), offset), input, signal, found.name);
  }
  if (offset > 0) await file.seek(offset, Deno.SeekMode.Start);
  return chunks(blocksOf(file, BLOCK), input, signal, found.name);
}

/** Reads stdin into buffers of its own; `Deno.stdin.readable` costs twice as much. */
export function stdinStream(): ReadableStream<Uint8Array> {
  const blocks = blocksOf(Deno.stdin, PIPE_BLOCK);
  return new ReadableStream({
    async pull(controller) {
      const data = await blocks.read();
      if (data) controller.enqueue(data);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

interface Blocks {
  /** Null at the end. */
  read(): Promise<Uint8Array | null>;
  close(): void;
}

function blocksOf(
  file: { read(p: Uint8Array): Promise<number | null>; close(): void },
  size: number,
): Blocks {
  const buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(size));
  let next = 0;
  return {
    async read() {
      const buffer = buffers[next];
      next = (next + 1) % BUFFERS;
      const n = await file.read(buffer);
      return n === null ? null : buffer.subarray(0, n);
    },
    close: () => file.close(),
  };
}

function readerOf(stream: ReadableStream<Uint8Array>): Blocks {
  const reader = stream.getReader();
  return {
    read: async () => (await reader.read()).value ?? null,
    close: () => void reader.cancel().catch(() => {}),
  };
}

/** Passes over bytes at the beginning: what is packed can be read from there only. */
function after(blocks: Blocks, offset: number): Blocks {
  let left = offset;
  return {
    ...blocks,
    async read() {
      for (;;) {
        const data = await blocks.read();
        if (data === null || left === 0) return data;
        const cut = Math.min(left, data.length);
        left -= cut;
        if (cut < data.length) return data.subarray(cut);
      }
    },
  };
}

function chunks(
  blocks: Blocks,
  input: Input,
  signal: AbortSignal,
  name: string,
): ReadableStream<Bytes> {
  let closed = false;
  const close = () => {
    if (!closed) blocks.close();
    closed = true;
  };
  const aborted = new Promise<null>((done) => {
    if (signal.aborted) done(null);
    else signal.addEventListener("abort", () => done(null), { once: true });
  });
  return new ReadableStream<Bytes>({
    async pull(controller) {
      let data: Uint8Array | null;
      try {
        // A quiet pipe must not keep Ctrl-C waiting.
        data = signal.aborted ? null : await Promise.race([blocks.read(), aborted]);
      } catch (error) {
        close();
        controller.error(new InputError(name, reason(error)));
        return;
      }
      if (data === null) {
        close();
        controller.close();
      } else controller.enqueue({ input, data, arrival: Date.now() });
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
