/**
 * Members of a .zip, by its central directory. A member's path is the archive's with its name behind
 * it, as `logs.zip/var/log/auth.log`: it can be given like any file's.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { Buffer } from "node:buffer";
import { crc32, createInflateRaw } from "node:zlib";
import { ArchiveError } from "./archives.ts";
import { type Blocks, fileBlocks } from "./blocks.ts";

/** What the directory says of a file in the archive. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly sum: number;
  /** Bytes packed and unpacked. */
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
}

/** Members and bytes of a directory that are read: more than any set of logs has. */
const MOST_MEMBERS = 10_000, MOST_DIRECTORY = 16 * 1024 * 1024;
const END = 0x06054b50, END_64 = 0x06064b50, LOCATOR_64 = 0x07064b50, ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22, LOCATOR_SIZE = 20, ENTRY_SIZE = 46, LOCAL_SIZE = 30;
const LONGEST_COMMENT = 0xffff;
const STORED = 0, DEFLATED = 8;
const METHODS: Record<number, string> = { 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd" };

const damaged = (words: string) => new ArchiveError(`${words} (the archive is damaged)`);

const MAGIC = [0x50, 0x4b];
/** After the magic: a first member, or the end of an archive that has none. */
const SECOND = [[3, 4], [5, 6]];

/** Whether a file that begins so is a zip. */
export const isZip = (first: Uint8Array): boolean =>
  MAGIC.every((b, i) => first[i] === b) &&
  SECOND.some(([a, b]) => first[2] === a && first[3] === b);

/**
 * The archive and the member that a path names; null when no part of it is a zip. What follows the
 * name of a file is looked for in it.
 */
export async function zipPath(path: string): Promise<{ archive: string; member: string } | null> {
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    const archive = path.slice(0, at);
    const stat = await Deno.stat(archive).catch(() => null);
    if (stat === null) return null;
    if (!stat.isFile) continue;
    const first = new Uint8Array(4);
    using file = await Deno.open(archive);
    await file.read(first);
    return isZip(first) ? { archive, member: path.slice(at + 1) } : null;
  }
  return null;
}

/** Files in an archive, in its order, without folders. Throws ArchiveError. */
export async function zipMembers(path: string): Promise<ZipMember[]> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const { at, bytes, members } = await directoryOf(file, size);
  if (members > MOST_MEMBERS || bytes > MOST_DIRECTORY) {
    throw new ArchiveError(
      `it holds ${members} files, and ${MOST_MEMBERS} are looked at; unpack it first`,
    );
  }
  const data = await bytesOf(file, at, bytes);
  const view = new DataView(data.buffer);
  const out: ZipMember[] = [];
  for (let p = 0, n = 0; n < members; n++) {
    if (p + ENTRY_SIZE > data.length || view.getUint32(p, true) !== ENTRY) {
      throw damaged("its directory is cut short");
    }
    const name = view.getUint16(p + 28, true), extra = view.getUint16(p + 30, true);
    const member = memberOf(data, view, p, name, extra);
    p += ENTRY_SIZE + name + extra + view.getUint16(p + 32, true);
    if (p > data.length) throw damaged("its directory is cut short");
    if (!member.name.endsWith("/")) out.push(member);
  }
  return out;
}

function memberOf(
  data: Uint8Array,
  view: DataView,
  p: number,
  nameLength: number,
  extraLength: number,
): ZipMember {
  const from = p + ENTRY_SIZE;
  const sizes = [
    view.getUint32(p + 24, true),
    view.getUint32(p + 20, true),
    view.getUint32(p + 42, true),
  ];
  // Zip64: those that are all ones stand in an extra field of the type 1, in this order.
  const end = Math.min(data.length, from + nameLength + extraLength);
  for (let at = from + nameLength; at + 4 <= end;) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let value = at + 4;
      for (let i = 0; i < 3; i++) {
        if (sizes[i] !== 0xffffffff || value + 8 > Math.min(end, at + 4 + length)) continue;
        sizes[i] = Number(view.getBigUint64(value, true));
        value += 8;
      }
    }
    at += 4 + length;
  }
  return {
    name: new TextDecoder().decode(data.subarray(from, from + nameLength)),
    encrypted: (view.getUint16(p + 8, true) & 1) !== 0,
    method: view.getUint16(p + 10, true),
    sum: view.getUint32(p + 16, true),
    size: sizes[0],
    packed: sizes[1],
    at: sizes[2],
  };
}

/** Where the directory is: from the record at the archive's end. */
async function directoryOf(
  file: Deno.FsFile,
  size: number,
): Promise<{ at: number; bytes: number; members: number }> {
  const from = Math.max(0, size - END_SIZE - LONGEST_COMMENT);
  const tail = await bytesOf(file, from, size - from);
  const view = new DataView(tail.buffer);
  let p = tail.length - END_SIZE;
  while (p >= 0 && view.getUint32(p, true) !== END) p--;
  if (p < 0) throw new ArchiveError("it ends too early (the archive is damaged)");
  const found = {
    members: view.getUint16(p + 10, true),
    bytes: view.getUint32(p + 12, true),
    at: view.getUint32(p + 16, true),
  };
  if (p < LOCATOR_SIZE || view.getUint32(p - LOCATOR_SIZE, true) !== LOCATOR_64) return found;
  const record = await bytesOf(file, Number(view.getBigUint64(p - LOCATOR_SIZE + 8, true)), 56);
  const large = new DataView(record.buffer);
  if (large.getUint32(0, true) !== END_64) throw damaged("its directory is not where it says");
  return {
    members: Number(large.getBigUint64(32, true)),
    bytes: Number(large.getBigUint64(40, true)),
    at: Number(large.getBigUint64(48, true)),
  };
}

async function bytesOf(
  file: Deno.FsFile,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await file.stat();
  if (at + length > size) throw damaged("its directory is not where it says");
  const out = new Uint8Array(length);
  await file.seek(at, Deno.SeekMode.Start);
  for (let n = 0; n < length;) {
    const read = await file.read(out.subarray(n));
    if (read === null) throw damaged("it ends too early");
    n += read;
  }
  return out;
}

/** A member's bytes, unpacked; its sum is checked at its end. Throws ArchiveError. */
export async function zipBlocks(path: string, member: ZipMember, block: number): Promise<Blocks> {
  if (member.encrypted) {
    throw new ArchiveError("it is encrypted, which is not read; unpack it first");
  }
  if (member.method !== STORED && member.method !== DEFLATED) {
    const method = METHODS[member.method] ?? `method ${member.method}`;
    throw new ArchiveError(
      `it is packed by ${method} in the zip, which is not read; unpack it first`,
    );
  }
  using file = await Deno.open(path);
  const head = await bytesOf(file, member.at, LOCAL_SIZE);
  const view = new DataView(head.buffer);
  if (view.getUint32(0, true) !== LOCAL) throw damaged("its directory is not where it says");
  const from = member.at + LOCAL_SIZE + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = limited(fileBlocks(path, from, block), member.packed);
  return checked(member.method === STORED ? packed : inflated(packed), member);
}

/** The first bytes, and an error where there are fewer. */
function limited(blocks: Blocks, bytes: number): Blocks {
  let left = bytes;
  return {
    ...blocks,
    async read() {
      if (left === 0) return null;
      const data = await blocks.read();
      if (data === null) throw damaged("it ends too early");
      const part = data.subarray(0, left);
      left -= part.length;
      return part;
    },
  };
}

/** Fed so many bytes at once: each can become a thousand. */
const PART = 16 * 1024;

function inflated(packed: Blocks): Blocks {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  const out: Uint8Array[] = [];
  let failure: Error | null = null, ended = false, waiting: Uint8Array = new Uint8Array(0);
  let wake = () => {};
  inflate.on("data", (data: Uint8Array) => out.push(data));
  inflate.on("end", () => {
    ended = true;
    wake();
  });
  inflate.on("error", (error: Error) => {
    failure = damaged(/unexpected end/.test(error.message) ? "it ends too early" : error.message);
    wake();
  });
  const written = (part: Uint8Array) =>
    new Promise<void>((done) => {
      wake = done;
      inflate.write(Buffer.from(part), () => done());
    });
  const finished = () =>
    new Promise<void>((done) => {
      wake = done;
      inflate.end();
    });
  return {
    async read() {
      while (out.length === 0 && !ended && failure === null) {
        if (waiting.length === 0) {
          const data = await packed.read();
          if (data === null) {
            await finished();
            continue;
          }
          waiting = data;
        }
        const part = waiting.subarray(0, PART);
        waiting = waiting.subarray(part.length);
        await written(part);
      }
      const data = out.shift();
      if (data) return data;
      if (failure) throw failure;
      return null;
    },
    close() {
      inflate.destroy();
      packed.close();
    },
  };
}

function checked(blocks: Blocks, member: ZipMember): Blocks {
  let sum = 0, size = 0;
  return {
    ...blocks,
    async read() {
      const data = await blocks.read();
      if (data === null) {
        if (size < member.size) throw damaged("it ends too early");
        if (sum !== member.sum) throw damaged("its sum does not fit");
        return null;
      }
      sum = crc32(data, sum);
      size += data.length;
      if (size > member.size) throw damaged("it holds more than its directory says");
      return data;
    },
  };
}
