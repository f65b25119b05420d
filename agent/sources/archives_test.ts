/** Packed files: what they hold, what damage leaves of it, and how little memory a bomb takes. */
import assert from "node:assert/strict";
import { crc32, gzipSync, zstdCompressSync } from "node:zlib";
import { decided, packedBy } from "./archives.ts";
import { blocksOf, openFile } from "./files.ts";
import { Bunzip2 } from "./bzip2.ts";
import { InputHandle } from "../input.ts";
import { Unxz } from "./xz.ts";

/** 20,000 times `line N of many`, by `bzip2 -1`: four blocks. */
const BZIP2 =
  "QlpoMTFBWSZTWcCk4KEAeR3ZgAAQQAB/4CMngCBAAnwAABQNNDIyYhQNNDIyYhQNNDIyYgmqoeqh71VB6RnqeVCVPV" +
  "QlT5qEqeoHuBwBwB8AdgaB+gP2B/AP6B6A+ANA0DkDQNA0DQNA2BsD3A2BsDYHUDYGwNgbA2BsD2A2BsDYGwMgbA2B" +
  "sDYGwMAwDAMAwDj0B2B2B3A7gdAYBgGQMgdRBWAYByBkDIHNIKwDAMgdAZA4ohWAYBkDIGEiWAYBkDIGAYBgGQMgYB" +
  "gGQMgZAwDrAOIGQMgYBxA4AwDIGQPqoSp91CVPKhKnihKnP1UJU7qEqeKEqeVCVOahKmVCVPwxQVkmU1neNaE1AFl2" +
  "2YAAEEAAf+AjJ4AgQAJ8AAAUDTQyMmIUDTQyMmIUDTQyMmIJqqR+qmnvVQaGJ6qEqd6hKn5UJU+O4HuBxA4gcwNgfE" +
  "D5gdoH1A+4HeB7gbA2B0gbA2BsDYGwNgaB2A0DQNA6gaBoGgaBoGgewGgaBoGgYBoGgaBoGgYBkDIGQMgdwOYHMDkD" +
  "kDrAwDIGAYB1ohWQMgdAMAwDpCFZAyBgHUDAOIgrIGQMAwDIhLIGQMAwDIGQMgYBgGQMgZAwDAMgZAwDAMAyBwBxAy" +
  "BgGAeKhKnkSJeOKqCeqhKnqoSp5qEqbUJU9hEqeqhKnSoSp2qEqf5igrJMprKoEhwSATppswAAIIAA/8BGTwBAgAT4" +
  "AAAoGmhkZMQoGmhkZMQoGmhkZMQTVUPVRt6qg9Qz1TwRKnuoSp/KhKnuB8wOAOAPQHYGgfgD8gfoD9gewPUDQNA5A0" +
  "DQNA0DQNA0D5gaBoGgdAbA2BsDYGwNgfEDYGwNgbAyBsDYGwNgbAyBkDAMAwD49wOwOwOgO4HQGQMAwDIHUQVgGAcw" +
  "MAyBzEFYBgGQOoGQOeaoKwDAOoGQMkiWAYBkDIGQMAwDIGQMAwDAMgZAwDAMAyBkDAOIHAGAYBkD6qEqfdQlTyoSp4" +
  "IlT6ESp3UJU8oJF98EDyoSp1UJU9VCVP+YoKyTKazEgZK+AACRbMAACCAAP/ARk8AQIADtwAgoGmhkZMQoGmhkZMQT" +
  "VUj1NAZDT1ApVSb/VVG36qhkAylStNCib1Ae6gN0taXgngnuT0TifYn3J+CfBPknuTicT2JxOJxOJxOJxPqTicTieS" +
  "cTpOk6TpOk+hOk6TpOk0nSdJ0nSdJiYmJiYnyT0T0T0T1J5JiYmJpPIixMT2JiaT2EWJiYnkmk8KixMTSaTKKxMTSa" +
  "TExMTSaTExMTSaTExMTSaTE8SeBYpYpYS4qA/VAZqAzUBxUB2qAzUBmoDlUBrUB/F3JFOFCQXOC4tw==";
/** The same, by `xz`. */
const XZ =
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj5NJfANJdADYaSh8IoCYDTQad9XdxtKpRV/a/TT8BEmfME3/Fi2bJmVTbZ3S5tPjj" +
  "0iWx5ygiRXmMa446LB1mG2dNWUqxMtsa2LwB2pI6/5L9G5NKs9SDlIwcIR5IkDWC7SXtn7k9nkHw01mR0C1+M+4vypazD0d2" +
  "FZLaIHFhRtj5sNnJFx9nmQgvP22EVd43MXbf8+j1wbZgzhh/aNvPtrk/XQ28J2A77vDB/l2l6tMoZYK1ipmIXxhyVnAObzIT" +
  "rPbUFcvCyzS7ajKxfnFGcQgjAWdZTesAAAAAAEwBjwE/jvE4AAHuAeCkEwCJcpq7scRn+wIAAAAABFla";
/** 300 a, 4 b, 5 c, and every byte thrice, by `bzip2 -9`. */
const RUNS =
  "QlpoOTFBWSZTWeRUAKkAAJV/////////////////////////////////////////////sAFwAJMABMAATAAAAAAAAA" +
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAABD//VVRNBMAJgmAAmjAEek2gEwEwJiMAGagJghgAIxMJgAaDQATJgEwTAAABGm" +
  "AAAmAAI9GiTAATAAEwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAg42CiImFQqOo8j6QPgSFIkjSRJUmSdKEpSp" +
  "8KVpYlqXJe+JMExTJM00TVNk3ThOU6TtPHxp6+R8qJn6gKCoShqIoqjPmfOhlHfQpCHUlSlLUxTVOU99KoKiqSpqoq" +
  "qrPqVdWFZVpW1cfWrqvK++x9qwLCsSxrIsqzLOtC0rUiEMjImEgoCDgIeEQECFQi1rYtq3LeuD7lxXJc10XV978H4r" +
  "su68LyvS9r4vq/L+wDAsE/J+bBsIwr9GGYdiGJfqxTFsYxrHMeyDIskybKMqimWZdmGZRbNM2zjOs8z7QNC0TRv2aR" +
  "pX7tM07UNS1TVtY1r+Gua9sGxbJ/LZto2rbNu3Dct03beN63zfuA4LhOG4jiuM47kOS/p/blP8ctzHNc5z3QdF0nTd" +
  "R1XWdd2HZdp23cd1/rvO+8DwvE8byPK8zzvQ9L1PW9j/n/oqMRb2vcjXvF3JFOFCQ5FQAqQA==";

const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = new TextEncoder().encode(
  Array.from({ length: 20_000 }, (_, i) => `line ${i % 50} of many\n`).join(""),
);
const joined = (...parts: Uint8Array[]) => {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
};
/** A frame that decoders pass over: its magic, its length, and what is in it. */
const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9);

const FORMATS: Record<string, Uint8Array> = {
  gzip: gzipSync(text),
  zstd: zstdCompressSync(text),
  bzip2: bytesOf(BZIP2),
  xz: bytesOf(XZ),
};

async function withFile<T>(data: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, data);
    return await work(path);
  } finally {
    await Deno.remove(path);
  }
}

/** What comes out before the end, or before what went wrong, and the largest block of it. */
async function read(data: Uint8Array, offset = 0) {
  return await withFile(data, async (path) => {
    const input = new InputHandle({
      name: path,
    });
    let error = "";
    const parts: Uint8Array[] = [];
    let largest = 0;
    try {
      const stream = await openFile(
        { name: "x", path },
        input,
        () => new ReadableStream(),
        new AbortController().signal,
        { offset, failed: (e) => error = e.message },
      );
      for await (const { data } of stream) {
        largest = Math.max(largest, data.length);
        parts.push(data.slice());
      }
    } catch (e) {
      error = (e as Error).message;
    }
    return { bytes: joined(...parts), error, largest };
  });
}

for (const [name, packed] of Object.entries(FORMATS)) {
  Deno.test(`${name}: is told by its first bytes and gives what was packed`, async () => {
    assert.equal(packedBy(packed)?.name, name);
    const { bytes, error } = await read(packed);
    assert.equal(error, "");
    assert.deepEqual(bytes, text);
    const rest = await read(packed, 100_000);
    assert.deepEqual(rest.bytes, text.subarray(100_000));
  });

  Deno.test(`${name}: several in one file are read one after the other`, async () => {
    const parts = name === "zstd" ? [packed, skippable, packed] : [packed, packed];
    const { bytes, error } = await read(joined(...parts));
    assert.equal(error, "");
    assert.equal(bytes.length, 2 * text.length);
  });

  Deno.test(`${name}: of a file that is cut short, what there is is given`, async () => {
    const { bytes, error } = await read(packed.subarray(0, packed.length - 9));
    assert.match(error, /^Cannot read "x": it ends too early \(the archive is damaged\)$/);
    assert.deepEqual(bytes, text.subarray(0, bytes.length));
    if (name === "bzip2") assert.ok(bytes.length > 100_000);
    assert.ok((await read(packed.subarray(0, 9))).error.includes("too early"));
  });

  Deno.test(`${name}: of a file with a wrong byte, no wrong text is given in silence`, async () => {
    for (let at = packed.length >> 1; at < packed.length - 12; at += packed.length >> 3) {
      const wrong = packed.slice();
      wrong[at] ^= 0x55;
      const { error } = await read(wrong);
      assert.match(error, /^Cannot read "x": .*archive is damaged\)$/, `byte ${at}`);
    }
  });

  Deno.test(`${name}: what follows the archive and is none is told`, async () => {
    const { error } = await read(joined(packed, new TextEncoder().encode("some other text")));
    assert.match(error, /archive is damaged/);
  });
}

Deno.test("a bomb is unpacked in parts", async () => {
  const bomb = new Uint8Array(50_000_000);
  for (const packed of [gzipSync(bomb), zstdCompressSync(bomb)]) {
    const blocks = await withFile(packed, async (path) => {
      const blocks = await blocksOf(path, 0, 1 << 18);
      let n = 0, largest = 0;
      for (let data = await blocks.read(); data !== null; data = await blocks.read()) {
        n += data.length;
        largest = Math.max(largest, data.length);
      }
      blocks.close();
      return [n, largest];
    });
    assert.equal(blocks[0], bomb.length);
    assert.ok(blocks[1] <= 17_000_000, `${blocks[1]} bytes at once`);
  }
});

Deno.test("bzip2: runs, every byte, and bytes one by one", () => {
  const expected = joined(
    new TextEncoder().encode("a".repeat(300) + "b".repeat(4) + "c".repeat(5)),
    ...[1, 2, 3].map(() => Uint8Array.from({ length: 256 }, (_, i) => i)),
  );
  const decoder = new Bunzip2();
  const parts: Uint8Array[] = [];
  for (const byte of bytesOf(RUNS)) parts.push(...decoder.push(Uint8Array.of(byte)));
  parts.push(...decoder.end());
  assert.deepEqual(joined(...parts), expected);
});

Deno.test("xz: a filter that is not read, and a dictionary that is too large, are named", async () => {
  const header = (filter: number, dictionary: number) => {
    const head = Uint8Array.of(2, 0, filter, 1, dictionary, 0, 0, 0);
    const sum = new Uint8Array(4);
    new DataView(sum.buffer).setUint32(0, crc32(head), true);
    return joined(FORMATS.xz.subarray(0, 12), head, sum);
  };
  assert.match((await read(header(4, 0))).error, /uses the filter x86, which is not read/);
  assert.match((await read(header(0x21, 40))).error, /a dictionary of 4096 MiB, more than the 64/);
});

Deno.test("xz: bytes one by one", () => {
  const decoder = new Unxz();
  const parts: Uint8Array[] = [];
  for (const byte of FORMATS.xz) parts.push(...decoder.push(Uint8Array.of(byte)));
  parts.push(...decoder.end());
  assert.deepEqual(joined(...parts), text);
});

Deno.test("an archive within an archive is named and not read", async () => {
  const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0);
  const tar = new Uint8Array(1024);
  tar.set(new TextEncoder().encode("auth.log"));
  tar.set(new TextEncoder().encode("ustar"), 257);
  for (
    const [packed, by, inner] of [
      [gzipSync(FORMATS.gzip), "gzip", "gzip"],
      [gzipSync(FORMATS.bzip2), "gzip", "bzip2"],
      [zstdCompressSync(FORMATS.zstd), "zstd", "zstd"],
      [zstdCompressSync(zip), "zstd", "zip"],
      [gzipSync(tar), "gzip", "tar"],
    ] as const
  ) {
    const { bytes, error } = await read(packed);
    assert.equal(bytes.length, 0);
    assert.equal(
      error,
      `Cannot read "x": it is packed by ${by} and holds an archive by ${inner}; unpack it first`,
    );
  }
});

Deno.test("what was read is let go: memory does not grow with what a bomb holds", async () => {
  const bomb = Deno.makeTempFileSync();
  try {
    // 64 MiB of zeros, without a line feed, several times over.
    const part = {
      gz: gzipSync(new Uint8Array(1 << 26)),
      zst: zstdCompressSync(new Uint8Array(1 << 26)),
    };
    const peak = async (packed: Uint8Array, times: number) => {
      await Deno.writeFile(bomb, joined(...Array.from({ length: times }, () => packed)));
      const script = `
        import { openFile } from ${JSON.stringify(new URL("files.ts", import.meta.url).href)};
        import { InputHandle } from ${JSON.stringify(new URL("../input.ts", import.meta.url).href)};
        const stream = await openFile({ name: "x", path: Deno.args[0] }, new InputHandle({ name: "x" }),
          () => new ReadableStream(), new AbortController().signal, { failed: (e) => { throw e; } });
        let bytes = 0, peak = 0;
        for await (const { data } of stream) {
          bytes += data.length;
          peak = Math.max(peak, Deno.memoryUsage().rss);
        }
        console.log(JSON.stringify({ bytes, peak }));`;
      const file = await Deno.makeTempFile({ suffix: ".ts" });
      await Deno.writeTextFile(file, script);
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--allow-read", "--no-config", "--no-lock", file, bomb],
        stderr: "inherit",
      }).output();
      await Deno.remove(file);
      return JSON.parse(new TextDecoder().decode(stdout)) as { bytes: number; peak: number };
    };
    for (const packed of [part.gz, part.zst]) {
      const { bytes, peak: most } = await peak(packed, 10);
      assert.equal(bytes, 10 * (1 << 26));
      assert.ok(most < 400e6, `${most / 1e6} MB for ${bytes / 1e6} MB`);
    }
  } finally {
    await Deno.remove(bomb);
  }
});

Deno.test("text is told apart at once, also when it is short", () => {
  for (const start of ["M", "{", "BEGIN", "P"]) {
    const bytes = new TextEncoder().encode(start);
    assert.equal(decided(bytes), !["B", "P"].some((c) => start === c), start);
    assert.equal(packedBy(bytes), null);
  }
});
