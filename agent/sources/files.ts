/** Files, folders, globs and stdin as sources of bytes. */
import { resolve } from "node:path";
import type { Bytes, InputHandle } from "../input.ts";
import { expandGlob, isGlob } from "./glob.ts";
import { ArchiveError, decided, packedBy, unpack } from "./archives.ts";
import {
  after,
  type Blocks,
  blockSize,
  fileBlocks,
  peek,
  pipeBlocks,
  streamBlocks,
} from "./blocks.ts";
import { eventLogBlocks, isEventLog } from "./event_log.ts";
import { isZip, zipBlocks, type ZipMember, zipMembers, zipPath } from "./zip.ts";

/** An input that could not be opened or read: reported, and the others go on; exit code 3. */
export class InputError extends Error {
  constructor(readonly input: string, reason: string) {
    super(`Cannot read "${input}": ${reason}`);
  }
}

/** What an operand names: a path, or stdin. */
export interface InputPath {
  /** `stdin`, or the path as the user would write it. */
  readonly name: string;
  /** Null for stdin. */
  readonly path: string | null;
}

/**
 * The inputs that operands name, each once, in the order given and sorted within a folder or glob.
 * No operand and `-` are stdin. A folder gives every file below it but hidden ones and those that
 * are no text, which are named in `binary`. What does not exist comes back as an error, beside the rest.
 */
export async function findInputs(
  operands: readonly string[],
): Promise<{ found: InputPath[]; errors: InputError[]; binary: string[] }> {
  const found: InputPath[] = [];
  const errors: InputError[] = [];
  const binary: string[] = [];
  const seen = new Set<string>();
  const add = async (path: string, named: boolean) => {
    if (await isZipFile(path)) return await addMembers(path);
    if (!named && await isBinary(path)) return void binary.push(path);
    // One file under two names would be read twice and count twice.
    const real = await Deno.realPath(path).catch(() => resolve(path));
    if (seen.has(real)) return;
    seen.add(real);
    found.push({ name: path, path });
  };
  const addMembers = async (path: string) => {
    let members: ZipMember[];
    try {
      members = await zipMembers(path);
    } catch (error) {
      return void errors.push(new InputError(path, reason(error)));
    }
    if (members.length === 0) errors.push(new InputError(path, "the archive holds no files"));
    for (const name of members.map((m) => m.name).sort()) await add(`${path}/${name}`, false);
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
        for (const file of files) await add(file, false);
      } else await add(operand, true);
    } catch (error) {
      if (await zipPath(operand)) {
        await add(operand, true);
        continue;
      }
      const matches = isGlob(operand) ? await expand(operand) : [];
      if (matches.length === 0) errors.push(new InputError(operand, reason(error)));
      for (const match of matches) await add(match, true);
    }
  }
  return { found, errors, binary };
}

async function isZipFile(path: string): Promise<boolean> {
  const stat = await Deno.stat(path).catch(() => null);
  if (stat === null || !stat.isFile) return false;
  return isZip(await firstBytes(path).catch(() => new Uint8Array(0)));
}

/** Bytes that are looked at, and the share of control characters among them that no text has. */
const LOOKED_AT = 4096, CONTROLS = 0.05;

/**
 * Whether a file is neither text nor anything else that is read. NULs say nothing: text in UTF-16 has
 * them, and so has a log that lost a block in a power cut.
 */
async function isBinary(path: string): Promise<boolean> {
  // What cannot be read, or might wait for somebody, is told when it is opened.
  const stat = await Deno.stat(path).catch(() => null);
  if (stat !== null && (!stat.isFile || stat.size === 0)) return false;
  let first: Uint8Array;
  try {
    first = await firstBytes(path, LOOKED_AT);
  } catch {
    return false;
  }
  if (packedBy(first) !== null || isEventLog(first)) return false;
  let controls = 0, bytes = 0;
  for (const b of first) {
    if (b === 0) continue;
    bytes++;
    // Tab, line feed, form feed, carriage return and escape stand in logs.
    if (b < 32 && b !== 9 && b !== 10 && b !== 12 && b !== 13 && b !== 27 || b === 127) controls++;
  }
  return controls > CONTROLS * bytes;
}

async function expand(pattern: string): Promise<string[]> {
  const out: string[] = [];
  for (const path of expandGlob(pattern)) if ((await Deno.stat(path)).isFile) out.push(path);
  return out;
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
  if (error instanceof ArchiveError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\).*/, "");
}

export interface Opening {
  /** Where reading begins, in bytes as they come out; 0 unless told. */
  readonly offset?: number;
  /** Bytes read at once, see `blockSize`; as of one input unless told. */
  readonly block?: number;
  /** Told when reading fails midway: the stream then ends, and what it gave counts. */
  failed(error: InputError): void;
}

/**
 * Bytes of a file or of stdin. A chunk's bytes stay valid for two further pulls, then their buffer
 * is used again. What is packed by gzip, zstd, bzip2, xz or zip is told by its first bytes and unpacked.
 * Rejects with InputError when it cannot be opened.
 */
export async function openFile(
  found: InputPath,
  input: InputHandle,
  stdin: () => ReadableStream<Uint8Array>,
  signal: AbortSignal,
  { offset = 0, block = blockSize(1), failed }: Opening,
): Promise<ReadableStream<Bytes>> {
  const wrong = (error: unknown) => new InputError(found.name, reason(error));
  let blocks: Blocks;
  try {
    blocks = found.path === null
      ? await unpacked(streamBlocks(stdin()), offset)
      : await blocksOf(found.path, offset, block);
  } catch (error) {
    throw wrong(error);
  }
  return chunks(blocks, input, signal, (error) => failed(wrong(error)));
}

/** A file's bytes from an offset on, unpacked if it is an archive. */
export async function blocksOf(path: string, offset: number, block: number): Promise<Blocks> {
  const zipped = await zipPath(path);
  if (zipped) return await unpacked(await memberBlocks(zipped, block), offset);
  const { isFile } = await Deno.stat(path);
  if (!isFile) return await unpacked(pipeBlocks(await Deno.open(path)), offset);
  const start = fileBlocks(path, 0, block);
  const { first, blocks } = await peek(start, decided);
  if (isZip(first)) {
    blocks.close();
    return await unpacked(await memberBlocks({ archive: path, member: null }, block), offset);
  }
  if (packedBy(first)) return await unpacked(blocks, offset);
  if (isEventLog(first)) {
    blocks.close();
    return await eventLogBlocks(path, offset, block);
  }
  return offset === 0 ? blocks : fileBlocks(path, offset, block);
}

/** Of a member of a zip; without a name, of the only one. Throws ArchiveError. */
async function memberBlocks(
  { archive, member }: { archive: string; member: string | null },
  block: number,
): Promise<Blocks> {
  const members = await zipMembers(archive);
  const found = members.find((m) => m.name === member) ??
    (member === null ? members[0] : undefined);
  if (found === undefined) throw new ArchiveError("the archive holds no such file");
  if (member === null && members.length > 1) {
    throw new ArchiveError(
      `it holds ${members.length} files; name one, as in ${archive}/${found.name}`,
    );
  }
  return await zipBlocks(archive, found, block);
}

/** Looks at the first bytes, and unpacks if they say so. */
async function unpacked(from: Blocks, offset: number): Promise<Blocks> {
  const { first, blocks } = await peek(from, decided);
  const format = packedBy(first);
  return after(format ? unpack(format, blocks) : blocks, offset);
}

/** Of a file, or of the zip that it is a member of. Rejects as `Deno.stat` does. */
export async function statOf(path: string): Promise<Deno.FileInfo> {
  return await Deno.stat((await zipPath(path))?.archive ?? path);
}

/** Whether a file is packed: then its length says nothing of what it holds. */
export async function isPacked(path: string): Promise<boolean> {
  return await zipPath(path) !== null || packedBy(await firstBytes(path)) !== null;
}

/** Whether a file is no text that grows: packed, or an event log of Windows. */
export async function isWhole(path: string): Promise<boolean> {
  const first = await firstBytes(path);
  return packedBy(first) !== null || isEventLog(first);
}

async function firstBytes(path: string, size = 16): Promise<Uint8Array> {
  const zipped = await zipPath(path);
  const blocks = zipped ? await memberBlocks(zipped, size) : fileBlocks(path, 0, size);
  try {
    return (await peek(blocks, decided)).first;
  } finally {
    blocks.close();
  }
}

/** Reads stdin into buffers of its own; `Deno.stdin.readable` costs twice as much. */
export function stdinStream(): ReadableStream<Uint8Array> {
  const blocks = pipeBlocks(Deno.stdin);
  return new ReadableStream({
    async pull(controller) {
      const data = await blocks.read();
      if (data) controller.enqueue(data);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Bytes of a pipe that has a path, opened when they are first asked for. Throws as opening does. */
export function openPipe(path: string): ReadableStream<Uint8Array> {
  let blocks: Blocks | null = null;
  return new ReadableStream({
    async pull(controller) {
      blocks ??= pipeBlocks(await Deno.open(path));
      const data = await blocks.read();
      if (data) controller.enqueue(data);
      else controller.close();
    },
    cancel: () => blocks?.close(),
  }, { highWaterMark: 0 });
}

function chunks(
  blocks: Blocks,
  input: InputHandle,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): ReadableStream<Bytes> {
  // A quiet pipe must not keep Ctrl-C waiting. One promise that lasts as long as the input and is
  // raced with each read would hold whatever any read ever gave.
  let interrupt = () => {};
  const onAbort = () => interrupt();
  signal.addEventListener("abort", onAbort);
  const read = () =>
    new Promise<Uint8Array | null>((done, broke) => {
      interrupt = () => done(null);
      blocks.read().then(done, broke);
    });
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    signal.removeEventListener("abort", onAbort);
    blocks.close();
  };
  return new ReadableStream<Bytes>({
    async pull(controller) {
      let data: Uint8Array | null = null;
      try {
        data = signal.aborted ? null : await read();
      } catch (error) {
        failed(error);
      }
      if (data === null) {
        close();
        controller.close();
      } else controller.enqueue({ input, data, arrival: Date.now() });
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
