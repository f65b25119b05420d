import assert from "node:assert/strict";
import { event, eventData } from "./evtx/testing/sample_events.ts";
import { sampleChunk, sampleFile, string } from "./evtx/testing/write_sample.ts";
import { type ContentOptions, ContentReader } from "./content.ts";
import type { TextBatch } from "./lines.ts";
import { InputHandle } from "../input.ts";

function input(name = "t"): InputHandle {
  return new InputHandle({ name });
}

interface Read {
  readonly lines: string[];
  readonly offsets: number[];
  readonly batches: TextBatch[];
  readonly reader: ContentReader;
}

function read(
  data: Uint8Array,
  piece: number,
  options: ContentOptions = {},
  of: InputHandle = input(),
): Read {
  const reader = new ContentReader(of, options);
  const out: Read = { lines: [], offsets: [], batches: [], reader };
  const take = (batch: TextBatch | null) => {
    if (batch === null) return;
    out.batches.push(batch);
    batch.lines.forEach((line, i) => {
      out.lines.push(line);
      out.offsets.push(batch.offset(i));
    });
  };
  // A buffer that is used again, as sources have.
  const buffer = new Uint8Array(piece);
  for (let at = 0; at < data.length; at += piece) {
    const part = data.subarray(at, at + piece);
    buffer.set(part);
    take(reader.push(buffer.subarray(0, part.length), 0));
    buffer.fill(0xee);
  }
  take(reader.end());
  return out;
}

const bytes = (text: string) => new TextEncoder().encode(text);

function utf16(text: string): Uint8Array {
  const units = Uint16Array.from("\ufeff" + text, (c) => c.charCodeAt(0));
  return new Uint8Array(units.buffer);
}

const ONE = '<Event xmlns="x"><System><EventID>1</EventID></System></Event>';
const TWO = "<Event>\n  <System>\n    <EventID>2</EventID>\n  </System>\n</Event>";

Deno.test("exports of XML: one event a record, however the input is cut", () => {
  const texts = [
    `${ONE}\n${TWO}\n`,
    `${ONE}${TWO}`,
    `<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>${ONE}\r\n${TWO}</Events>\r\n`,
    `\n  <Events>\n${ONE}\n${TWO}\n</Events>`,
  ];
  for (const text of texts) {
    for (const data of [bytes(text), bytes("\ufeff" + text), utf16(text)]) {
      for (const piece of [1, 2, 3, 7, 50, 1000]) {
        const { lines, offsets } = read(data, piece);
        assert.deepEqual(lines, [ONE, TWO], `${piece} ${text}`);
        assert.ok(offsets[0] < offsets[1] && offsets[1] <= data.length);
      }
    }
  }
});

Deno.test("an event that has no end is a record of its own, and so is what is left over", () => {
  const { lines } = read(bytes(`<Event><System>\n${ONE}\nrubbish <b>`), 10);
  assert.deepEqual(lines, ["<Event><System>", ONE, "rubbish <b>"]);
});

Deno.test("what merely looks like XML stays lines", () => {
  const svg = '<?xml version="1.0"?>\n<svg>\n</svg>';
  assert.deepEqual(read(bytes(svg), 3).lines, svg.split("\n"));
  assert.deepEqual(read(bytes("<13>Mar 29 x\n<14>y"), 1).lines, ["<13>Mar 29 x", "<14>y"]);
  assert.deepEqual(read(bytes("\n\n"), 1).lines, ["", ""]);
  assert.deepEqual(read(bytes(""), 1).lines, []);
});

Deno.test("JSON over several lines, and lists", () => {
  const a = { a: 'x}"{', b: { c: "\\" } }, b = { d: [1, { e: 2 }] };
  const pretty = (v: unknown) => JSON.stringify(v, null, 2);
  for (
    const text of [
      pretty(a) + "\n" + pretty(b),
      pretty(a) + "\r\n\r\n" + pretty(b) + "\n",
      pretty([a, b]),
      JSON.stringify([a, b]),
    ]
  ) {
    for (const data of [bytes(text), utf16(text)]) {
      for (const piece of [1, 2, 5, 1000]) {
        const { lines } = read(data, piece);
        assert.deepEqual(lines.map((l) => JSON.parse(l)), [a, b], `${piece} ${text}`);
      }
    }
  }
  const oneALine = JSON.stringify(a) + "\n" + JSON.stringify(b) + "\n";
  assert.deepEqual(read(bytes(oneALine), 7).lines, oneALine.trimEnd().split("\n"));
  assert.equal(read(bytes(oneALine), 7).batches[0].encoding, "utf-8");
});

Deno.test("a record over the limit is cut and counted, the next one is whole", () => {
  const long = `<Event><Data>${"x".repeat(5000)}</Data></Event>`;
  for (const piece of [100, 100_000]) {
    const { lines, batches, reader } = read(bytes(`${ONE}${long}${ONE}`), piece, { maxLine: 1000 });
    assert.equal(lines.length, 3);
    assert.deepEqual([lines[0], lines[2]], [ONE, ONE]);
    assert.ok(long.startsWith(lines[1]));
    assert.equal(reader.counters.truncated, 1);
    assert.ok(batches.some((b) => b.truncated !== null));
    assert.equal(lines[1].length + reader.counters.droppedBytes, long.length);
  }
});

Deno.test("reading goes on after any batch with the records that are left", () => {
  const json = JSON.stringify({ a: "1" }, null, 2);
  for (const text of [`<Events>${ONE}\n${TWO}${ONE}</Events>`, `${json}\n${json}\n${json}`]) {
    const data = bytes(text);
    const whole = read(data, 20);
    for (const batch of whole.batches) {
      const rest = read(data.subarray(batch.end), 20, {
        offset: batch.end,
        encoding: batch.encoding,
      });
      const at = whole.batches.slice(0, whole.batches.indexOf(batch) + 1)
        .reduce((n, b) => n + b.lines.length, 0);
      assert.deepEqual(rest.lines, whole.lines.slice(at));
      assert.deepEqual(rest.offsets, whole.offsets.slice(at));
    }
  }
});

/** Three chunks of 40 events each. */
function log(): Uint8Array {
  const chunk = (first: number) =>
    sampleChunk(
      Array.from({ length: 40 }, (_, i) =>
        event(first + i, eventData(2, { Name: string(`v${first + i}`) }), i % 2 === 1)),
    );
  return sampleFile([chunk(1), chunk(41), chunk(81)]);
}

Deno.test("a binary event log: its XML as text, its fields as keys, told by name or first bytes", () => {
  const data = log();
  for (const piece of [1000, 65_536, 1 << 20]) {
    const got = read(data, piece);
    assert.equal(got.lines.length, 120);
    assert.ok(got.lines.every((l) => l.startsWith("<Event ") && l.endsWith("</Event>")));
    assert.ok(got.offsets.every((o, i) => i === 0 || o > got.offsets[i - 1]));
    assert.equal(got.batches.flatMap((b) => b.keys ?? []).length, 120);
    assert.match(got.reader.input.identity!, /^[0-9a-f]{16}$/);
    assert.equal(got.reader.counters.unreadable, 0);
    assert.equal(got.reader.counters.bytes, data.length);
    assert.deepEqual(got.offsets, read(data, 4096).offsets);
  }
  // Without its header it is still one, and by its name even when the first bytes are damaged.
  assert.equal(read(data.subarray(4096), 5000).lines.length, 120);
  const damaged = data.slice();
  damaged.fill(0x41, 0, 7);
  assert.equal(read(damaged, 5000, {}, input("Security.evtx")).lines.length, 120);
  assert.ok(read(damaged, 5000).batches.every((b) => b.keys === undefined));
});

Deno.test("a binary event log goes on where a batch ended", () => {
  const data = log();
  const whole = read(data, 70_000);
  assert.ok(whole.batches.length > 1);
  for (const batch of whole.batches) {
    const rest = read(data.subarray(batch.end), 70_000, {
      offset: batch.end,
      encoding: batch.encoding,
    });
    assert.deepEqual(whole.lines.slice(-rest.lines.length || whole.lines.length), rest.lines);
    assert.deepEqual(whole.offsets.slice(whole.offsets.length - rest.offsets.length), rest.offsets);
    assert.equal(rest.reader.counters.damagedChunks, 0);
  }
});

Deno.test("a damaged event log: the intact records, and a count of the others", () => {
  const data = log();
  // The size of the second chunk's first record.
  const at = 4096 + 65_536 + 512 + 4;
  data.fill(0xff, at, at + 4);
  const { lines, reader } = read(data, 65_536);
  assert.equal(lines.length, 119);
  assert.equal(reader.counters.unreadable, 1);
  assert.equal(reader.counters.damagedChunks, 1);
  assert.equal(reader.counters.damage["record size is out of range"], 1);
  assert.equal(
    read(data.subarray(0, 100_000), 65_536).reader.counters.damage["chunk is cut off"],
    1,
  );
});

Deno.test("events as XML and lines of another kind may mix", () => {
  const line = "<38>Nov 28 10:15:01 gw sshd[811]: Failed password for root";
  for (const piece of [1, 7, 100_000]) {
    const text = `${ONE}\n${line}\r\n\n${line}\n${ONE}${line}\n`;
    for (const data of [bytes(text), bytes("\ufeff" + text)]) {
      const { lines } = read(data, piece);
      assert.deepEqual(lines, [ONE, line, line, ONE, line]);
    }
  }
});

Deno.test("a long stretch of lines after an event is not taken for one record", () => {
  const text = ONE + "\n" + "a line of text\n".repeat(5000) + ONE;
  const { lines, reader } = read(bytes(text), 1000, { maxLine: 1000 });
  assert.equal(lines.length, 5002);
  assert.equal(reader.counters.truncated, 0);
});

Deno.test("counted messages (RFC 6587) in a file, with and without line feeds", () => {
  const message = "<38>1 2026-03-10T10:00:01Z h sshd 1 - - a \u00e4\nb";
  const counted = `${bytes(message).length} ${message}`;
  for (const piece of [1, 7, 100_000]) {
    for (const between of ["", "\n"]) {
      const { lines, batches } = read(bytes([counted, counted, counted].join(between)), piece);
      assert.deepEqual(lines, [message, message, message]);
      assert.equal(batches[0].encoding, "octets utf-8");
    }
    // What only looks like a count.
    const { lines } = read(bytes("93 <38>text\n12 <38>more\n"), piece);
    assert.deepEqual(lines, ["93 <38>text", "12 <38>more"]);
  }
});

Deno.test("holes of NULs before a line are no part of it, UTF-16 needs no mark", () => {
  const hole = "\0".repeat(5000);
  for (const piece of [1, 7, 64, 100_000]) {
    const { lines, offsets } = read(bytes(`a b\n${hole}Nov 28 c\0d\n${hole}e`), piece, {
      maxLine: 1000,
    });
    assert.deepEqual(lines, ["a b", "Nov 28 c\\x00d", "e"]);
    assert.deepEqual(offsets, [0, 5004, 5004 + 11 + 5000]);
    const wide = utf16("Nov 28 one\r\nNov 28 two\n").subarray(2);
    assert.deepEqual(read(wide, piece).lines, ["Nov 28 one", "Nov 28 two"]);
  }
});
