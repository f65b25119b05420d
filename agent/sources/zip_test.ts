/** Zips: each file in one is an input of its own; what is damaged, encrypted or no log is told. */
import assert from "node:assert/strict";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { blocksOf, findInputs, reason } from "./files.ts";

interface Member {
  readonly name: string;
  readonly data: Uint8Array;
  readonly stored?: boolean;
  readonly encrypted?: boolean;
  readonly method?: number;
  readonly sum?: number;
}

const encoder = new TextEncoder();

/** The format's records, numbers little-endian: [bytes, value]. */
function record(...fields: (readonly [2 | 4 | 8, number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((n, [size]) => n + size, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return out;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** An archive as zip programs write it. @param large with the fields of Zip64 */
function zip(members: readonly Member[], large = false): Uint8Array<ArrayBuffer> {
  const out: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  for (const m of members) {
    const packed = m.stored ? m.data : deflateRawSync(m.data);
    const name = encoder.encode(m.name);
    const about = [
      [2, m.encrypted ? 1 : 0],
      [2, m.method ?? (m.stored ? 0 : 8)],
      [4, 0],
      [4, m.sum ?? crc32(m.data)],
    ] as const;
    const local = joined([
      record([4, 0x04034b50], [2, 20], ...about, [4, packed.length], [4, m.data.length], [
        2,
        name.length,
      ], [2, 0]),
      name,
      packed,
    ]);
    const extra = large
      ? record([2, 1], [2, 24], [8, m.data.length], [8, packed.length], [8, at])
      : new Uint8Array(0);
    const ones = 0xffffffff;
    directory.push(
      record(
        [4, 0x02014b50],
        [2, 20],
        [2, 20],
        ...about,
        [4, large ? ones : packed.length],
        [4, large ? ones : m.data.length],
        [2, name.length],
        [2, extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, large ? ones : at],
      ),
      name,
      extra,
    );
    out.push(local);
    at += local.length;
  }
  const entries = joined(directory);
  const tail = [];
  if (large) {
    const n = members.length;
    tail.push(
      record([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, n], [8, n], [
        8,
        entries.length,
      ], [8, at]),
      record([4, 0x07064b50], [4, 0], [8, at + entries.length], [4, 1]),
    );
  }
  const n = large ? 0xffff : members.length;
  tail.push(
    record([4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, entries.length], [4, at], [2, 0]),
  );
  return joined([...out, entries, ...tail]);
}

const text = (name: string) =>
  encoder.encode(Array.from({ length: 5000 }, (_, i) => `${name} ${i}\n`).join(""));

async function withZip<T>(data: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/logs.zip`, data);
    return await work(`${folder}/logs.zip`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a path gives, and what went wrong in the end. */
async function read(path: string, offset = 0): Promise<{ bytes: Uint8Array; error: string }> {
  const parts: Uint8Array[] = [];
  try {
    const blocks = await blocksOf(path, offset, 4096);
    for (let data = await blocks.read(); data !== null; data = await blocks.read()) {
      parts.push(data.slice());
    }
    blocks.close();
  } catch (error) {
    return { bytes: joined(parts), error: reason(error) };
  }
  return { bytes: joined(parts), error: "" };
}

const LOGS: readonly Member[] = [
  { name: "var/", data: new Uint8Array(0), stored: true },
  { name: "var/b.log", data: text("b") },
  { name: "a.log", data: text("a"), stored: true },
  { name: "photo.bin", data: Uint8Array.from({ length: 3000 }, (_, i) => i * 7 % 31) },
];

for (const large of [false, true]) {
  Deno.test(`a zip${large ? " of Zip64" : ""}: each file in it is an input`, async () => {
    await withZip(zip(LOGS, large), async (path) => {
      const { found, errors, binary } = await findInputs([path]);
      assert.deepEqual(errors, []);
      assert.deepEqual(found.map((f) => f.name), [`${path}/a.log`, `${path}/var/b.log`]);
      assert.deepEqual(binary, [`${path}/photo.bin`]);
      assert.deepEqual(await read(found[0].path!), { bytes: text("a"), error: "" });
      assert.deepEqual(await read(found[1].path!), { bytes: text("b"), error: "" });
      assert.deepEqual((await read(found[1].path!, 777)).bytes, text("b").subarray(777));
    });
  });
}

Deno.test("a file in a zip can be named, and is found in a folder", async () => {
  await withZip(zip(LOGS), async (path) => {
    const { found } = await findInputs([`${path}/a.log`, path.replace(/\/[^/]*$/, "")]);
    assert.deepEqual(found.map((f) => f.path), [`${path}/a.log`, `${path}/var/b.log`]);
    assert.equal((await read(`${path}/c.log`)).error, "the archive holds no such file");
    assert.match(
      (await read(path)).error,
      /holds 3 files; name one, as in .*logs\.zip\/var\/b\.log$/,
    );
  });
  await withZip(zip(LOGS.slice(1, 2)), async (path) => {
    assert.deepEqual((await read(path)).bytes, text("b"), "the only one need not be named");
  });
});

Deno.test("what cannot be read of a zip is told", async () => {
  const one = (m: Partial<Member>) => zip([{ name: "a.log", data: text("a"), ...m }]);
  const good = one({});
  const inner = gzipSync(text("a"));
  for (
    const [data, message] of [
      [one({ encrypted: true }), /^it is encrypted, which is not read; unpack it first$/],
      [one({ method: 14 }), /^it is packed by LZMA in the zip, which is not read/],
      [one({ sum: 1 }), /^its sum does not fit \(the archive is damaged\)$/],
      [good.subarray(0, good.length - 30), /^it ends too early \(the archive is damaged\)$/],
      [zip([]), /^the archive holds no such file$/],
    ] as const
  ) {
    await withZip(data, async (path) => assert.match((await read(path)).error, message));
  }
  await withZip(zip([{ name: "a.log.gz", data: inner, stored: true }]), async (path) => {
    assert.deepEqual((await read(`${path}/a.log.gz`)).bytes, text("a"), "rotated logs are packed");
  });
  await withZip(zip([]), async (path) => {
    const { errors } = await findInputs([path]);
    assert.match(errors[0].message, /logs\.zip": the archive holds no files$/);
  });
});

Deno.test("of a zip with any byte wrong, no wrong text is given in silence", async () => {
  const data = text("a").subarray(0, 4000);
  const good = zip([{ name: "a.log", data }]);
  for (let at = 0; at < good.length; at += 3) {
    const wrong = good.slice();
    wrong[at] ^= 0x55;
    await withZip(wrong, async (path) => {
      const { found } = await findInputs([path]).catch(() => ({ found: [] }));
      const { bytes, error } = await read(found[0]?.path ?? path);
      // Names, times and versions have no sum.
      if (error === "" && found[0]?.path?.includes(".zip/")) assert.deepEqual(bytes, data, `${at}`);
    });
  }
});
