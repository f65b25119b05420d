/** Canonical text of IP addresses (RFC 5952 for IPv6) and networks. */

function v4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = parts.map(Number);
  return parts.every((p) => /^\d{1,3}$/.test(p)) && bytes.every((b) => b <= 255) ? bytes : null;
}

function v6(text: string): number[] | null {
  let head = text;
  const tail: number[] = [];
  const dotted = /(?:\d+\.)+\d+$/.exec(text);
  if (dotted !== null) {
    const b = v4(dotted[0]);
    if (b === null) return null;
    tail.push((b[0] ?? 0) * 256 + (b[1] ?? 0), (b[2] ?? 0) * 256 + (b[3] ?? 0));
    head = text.slice(0, dotted.index);
    if (!head.endsWith(":")) return null;
    if (!head.endsWith("::")) head = head.slice(0, -1);
  }
  const halves = head.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((h) => h === "" ? [] : h.split(":"));
  if (!groups.flat().every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return null;
  const left = (groups[0] ?? []).map((g) => parseInt(g, 16));
  const right = (groups[1] ?? []).map((g) => parseInt(g, 16)).concat(tail);
  if (halves.length === 1) {
    const all = left.concat(tail);
    return all.length === 8 ? all : null;
  }
  const gap = 8 - left.length - right.length;
  return gap < 1 ? null : [...left, ...new Array<number>(gap).fill(0), ...right];
}

/** The canonical text of an address, or null when it is none. */
export function canonicalIp(text: string): string | null {
  if (!text.includes(":")) return v4(text)?.join(".") ?? null;
  const groups = v6(text);
  if (groups === null) return null;
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) {
    const [a = 0, b = 0] = groups.slice(6);
    return `::ffff:${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
  }
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) {
      best = i;
      length = n;
    }
  }
  const hex = groups.map((g) => g.toString(16));
  if (best < 0) return hex.join(":");
  return `${hex.slice(0, best).join(":")}::${hex.slice(best + length).join(":")}`;
}

/** The canonical text of a network, or null; bits beyond the prefix are left as written. */
export function canonicalCidr(text: string): string | null {
  const slash = text.indexOf("/");
  const ip = canonicalIp(text.slice(0, slash));
  const prefix = Number(text.slice(slash + 1));
  if (ip === null || !Number.isInteger(prefix)) return null;
  return prefix <= (ip.includes(":") ? 128 : 32) ? `${ip}/${prefix}` : null;
}
