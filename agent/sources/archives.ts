/** Packed files, told by their first bytes, unpacked as they are read. */
import { Buffer } from "node:buffer";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Blocks } from "./blocks.ts";
import { Bunzip2 } from "./bzip2.ts";
import { Unxz } from "./xz.ts";
import { type ZstdFrame, ZstdFrames } from "./zstd_frames.ts";

interface Format {
  readonly name: string;
  readonly magic: readonly number[];
  /** Null for a zip: its directory is at its end, and what follows a byte cannot be told. */
  readonly open: ((packed: Blocks) => Blocks) | null;
}

const FORMATS: readonly Format[] = [
  { name: "gzip", magic: [0x1f, 0x8b], open: gzip },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], open: zstd },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], open: (packed) => pushed(packed, new Bunzip2()) },
  {
    name: "xz",
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    open: (packed) => pushed(packed, new Unxz()),
  },
  { name: "zip", magic: [0x50, 0x4b, 0x03, 0x04], open: null },
];

/** The archive could not be unpacked to its end, or holds what is not read; the message says why. */
export class ArchiveError extends Error {}

const fits = (format: Format, first: Uint8Array) =>
  format.magic.every((b, i) => i >= first.length || first[i] === b);

/** Whether these bytes tell what a file is: a quiet pipe must not be waited for without need. */
export function decided(first: Uint8Array): boolean {
  return first.length > 0 &&
    FORMATS.every((f) => first.length >= f.magic.length || !fits(f, first));
}

/** What a file that begins so is packed by; null when it is not. */
export function packedBy(first: Uint8Array): Format | null {
  return FORMATS.find((f) => first.length >= f.magic.length && fits(f, first)) ?? null;
}

/**
 * Unpacks. Reading throws ArchiveError for damage, when all before it has been given, and for an
 * archive within the archive: unpacked without a limit on depth, a few bytes make terabytes.
 */
export function unpack(format: Format, packed: Blocks): Blocks {
  if (format.open === null) {
    throw new ArchiveError(
      `a ${format.name} is read from a file and not from a pipe or another archive; unpack it first`,
    );
  }
  const blocks = format.open(packed);
  let first = true;
  return {
    ...blocks,
    async read() {
      const data = await blocks.read();
      const inner = first && data ? packedBy(data)?.name ?? (isTar(data) ? "tar" : null) : null;
      first = false;
      if (inner === null) return data;
      throw new ArchiveError(
        `it is packed by ${format.name} and holds an archive by ${inner}; unpack it first`,
      );
    },
  };
}

/** Where a tar's first header says what it is. */
const USTAR = { at: 257, text: "ustar" };

const isTar = (data: Uint8Array) =>
  [...USTAR.text].every((c, i) => data[USTAR.at + i] === c.charCodeAt(0));

/** Buffer that a decoder of the runtime fills, bytes: 16 KiB unless told, and batches as small. */
const CHUNK = 256 * 1024;
/** Bytes fed to gzip at once: each can become a thousand. */
const GZIP_PART = 16 * 1024;

function gzip(packed: Blocks): Blocks {
  return through(packed, () => createGunzip({ chunkSize: CHUNK }), function* (data) {
    for (let at = 0; at < data.length; at += GZIP_PART) {
      yield { data: data.subarray(at, at + GZIP_PART), ends: false };
    }
  });
}

/** A file may hold several frames, and the runtime's decoder reads one. */
function zstd(packed: Blocks): Blocks {
  const frames = new ZstdFrames();
  return through(
    packed,
    () => createZstdDecompress({ chunkSize: CHUNK }),
    (data) => frames.parts(data),
    () => {
      if (!frames.complete) throw new Error("it ends too early");
    },
  );
}

interface Decoder {
  write(data: Uint8Array, done: (error?: Error | null) => void): void;
  end(): void;
  on(event: "data", heard: (data: Uint8Array) => void): unknown;
  on(event: "end", heard: () => void): unknown;
  on(event: "error", heard: (error: Error) => void): unknown;
  destroy(): void;
}

/** Feeds packed bytes part by part to decoders of the runtime. */
function through(
  packed: Blocks,
  make: () => unknown,
  parts: (data: Uint8Array) => Iterable<ZstdFrame>,
  check: () => void = () => {},
): Blocks {
  const out: Uint8Array[] = [];
  let decoder: Decoder | null = null;
  let fails: (error: Error) => void = () => {};
  let ended: Promise<void> = Promise.resolve();
  const decoderOf = (): Decoder => {
    if (decoder) return decoder;
    const d = make() as Decoder;
    d.on("data", (data) => out.push(data));
    ended = new Promise<void>((done, failed) => {
      d.on("end", done);
      d.on("error", (error) => {
        failed(error);
        fails(error);
      });
    });
    ended.catch(() => {});
    return decoder = d;
  };
  async function* run(): AsyncGenerator<Uint8Array> {
    for (let data = await packed.read(); data !== null; data = await packed.read()) {
      for (const part of parts(data)) {
        await new Promise<void>((done, failed) => {
          fails = failed;
          // Copied: the decoder may hold what it is given for longer than the block stays.
          decoderOf().write(Buffer.from(part.data), (e) => e ? failed(e) : done());
        });
        if (part.ends) yield* finish();
        yield* out.splice(0);
      }
    }
    check();
    yield* finish();
  }
  async function* finish(): AsyncGenerator<Uint8Array> {
    if (!decoder) return;
    decoder.end();
    await ended;
    yield* out.splice(0);
    decoder = null;
  }
  return reading(run(), out, () => {
    decoder?.destroy();
    packed.close();
  });
}

/** Takes packed bytes and gives unpacked ones, in parts. */
interface Unpacker {
  push(data: Uint8Array): Iterable<Uint8Array>;
  end(): Iterable<Uint8Array>;
}

function pushed(packed: Blocks, unpacker: Unpacker): Blocks {
  async function* run(): AsyncGenerator<Uint8Array> {
    for (let data = await packed.read(); data !== null; data = await packed.read()) {
      yield* unpacker.push(data);
    }
    yield* unpacker.end();
  }
  return reading(run(), [], () => packed.close());
}

/** @param left what the decoder gave before it failed */
function reading(
  run: AsyncGenerator<Uint8Array>,
  left: Uint8Array[],
  close: () => void,
): Blocks {
  let failure: unknown;
  return {
    async read() {
      for (;;) {
        try {
          if (failure === undefined) {
            const { value, done } = await run.next();
            if (done) return null;
            if (value.length > 0) return value;
            continue;
          }
        } catch (error) {
          failure = error;
        }
        const rest = left.shift();
        if (rest) return rest;
        throw failure instanceof Error && !("code" in failure && failure.code === "ENOENT")
          ? new ArchiveError(`${words(failure)} (the archive is damaged)`)
          : failure;
      }
    },
    close,
  };
}

function words(error: Error): string {
  const text = error.message;
  return /unexpected end|too early/i.test(text) ? "it ends too early" : text;
}
