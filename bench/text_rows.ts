/** Rows of COPY's binary format as lines of its text format: what most programs would send. */

/** How the columns of `events` are read, in the order of the rows; all others are text. */
const TYPES = ["uuid", "time", "time", "int", "int"];
const INETS = new Set([9, 11]), INTS = new Set([12, 19]);

const utf8 = new TextDecoder();

export function textRows(data: Uint8Array): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const lines: string[] = [];
  for (let at = 19;;) {
    const fields = view.getInt16(at);
    at += 2;
    if (fields < 0) return lines.join("");
    const row: string[] = [];
    for (let i = 0; i < fields; i++) {
      const n = view.getInt32(at);
      at += 4;
      if (n < 0) {
        row.push("\\N");
        continue;
      }
      const bytes = data.slice(at, at + n);
      const type = TYPES[i] ?? (INETS.has(i) ? "inet" : INTS.has(i) ? "int" : "text");
      row.push(valueOf(type, bytes));
      at += n;
    }
    lines.push(row.join("\t") + "\n");
  }
}

function valueOf(type: string, bytes: Uint8Array): string {
  const number = () => {
    const view = new DataView(bytes.buffer);
    return bytes.length === 4 ? BigInt(view.getInt32(0)) : view.getBigInt64(0);
  };
  switch (type) {
    case "uuid":
      return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
    case "time":
      return timestamp(Number(number() / 1000n) + Date.UTC(2000, 0, 1));
    case "int":
      return String(number());
    case "inet": {
      const address = bytes.subarray(4);
      if (bytes[0] === 2) return address.join(".");
      return Array.from({ length: 8 }, (_, i) => (address[2 * i] << 8 | address[2 * i + 1]))
        .map((group) => group.toString(16)).join(":");
    }
    default:
      return copyText(utf8.decode(bytes));
  }
}

/** Escapes for COPY's text format. */
export function copyText(text: string): string {
  return text.replace(/[\\\t\n\r\0]/g, (c) => {
    const escaped = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" }[c];
    return escaped ?? "\ufffd";
  });
}

export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
