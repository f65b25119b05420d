import assert from "node:assert/strict";
import { findInputs } from "./files.ts";

Deno.test("of a folder what is no text is passed over by name, and read when it is named", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const line =
      "Mar  9 13:54:23 web1 sshd[4120]: Accepted password for deploy from 203.0.113.66\n";
    const utf16 = new Uint8Array(line.length * 2);
    for (let i = 0; i < line.length; i++) utf16[2 * i] = line.charCodeAt(i);
    const random = Uint8Array.from({ length: 5000 }, (_, i) => Math.imul(i + 7, 2654435761) >>> 24);
    const files: Record<string, Uint8Array> = {
      "a.log": new TextEncoder().encode(line),
      "b_utf16.log": utf16,
      "c_hole.log": new TextEncoder().encode(line + "\0".repeat(3000) + line),
      "d_latin1.log": Uint8Array.from({ length: 300 }, (_, i) => i % 9 ? 0xe9 : 0x20),
      "e_colour.log": new TextEncoder().encode(`\x1b[31m${line}\x1b[0m`),
      "f_empty.log": new Uint8Array(0),
      "g.gz": Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4]),
      "x.bin": random,
      "y_elf": Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 3, 0, 0x3e, 0, 1, 0]),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    const base = (path: string) => path.slice(folder.length + 1);
    const { found, errors, binary } = await findInputs([folder]);
    assert.deepEqual(errors, []);
    assert.deepEqual(binary.map(base), ["x.bin", "y_elf"]);
    assert.equal(found.length, 7);
    const named = await findInputs([`${folder}/x.bin`]);
    assert.deepEqual(named.found.map((f) => base(f.name)), ["x.bin"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
