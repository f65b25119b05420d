/** Values of literals, and the canonical text of each. */

const UNIT_MS: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];
const MS = new Map(UNIT_MS);

/** `1h30m` → 5,400,000 ms. */
export function durationMs(text: string): number {
  let sum = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    sum += Number(part[1]) * (MS.get(part[2] ?? "") ?? 0);
  }
  return Math.round(sum);
}

/**
 * The shortest way to write a duration: one unit where a whole number of it under 1,000 does (`90s`
 * stays, `3600s` becomes `1h`), otherwise the units from the largest (`1h30m`).
 */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  for (const [unit, size] of UNIT_MS) {
    if (unit !== "w" && ms % size === 0 && ms / size < 1000) return `${ms / size}${unit}`;
  }
  let text = "";
  let rest = ms;
  for (const [unit, size] of UNIT_MS) {
    const n = Math.floor(rest / size);
    if (n > 0) text += `${n}${unit}`;
    rest -= n * size;
  }
  return text;
}

/** A number as people read it: at most two decimals, three digits where it is under 1. Whole ones stay. */
export function numberText(n: number): string {
  if (Number.isInteger(n) || !Number.isFinite(n)) return String(n);
  return String(Number(Math.abs(n) >= 1 ? n.toFixed(2) : n.toPrecision(3)));
}

const PREFIX = "KMGTP";

/** `10MB` → 10,000,000; `10MiB` → 10,485,760; rounded to whole bytes. */
export function bytesOf(text: string): number {
  const m = /^([\d.]+)(?:([kKMGTP])(i?))?B$/.exec(text);
  if (m === null) return 0;
  const power = m[2] === undefined ? 0 : PREFIX.indexOf(m[2].toUpperCase()) + 1;
  return Math.round(Number(m[1]) * (m[3] === "i" ? 1024 : 1000) ** power);
}

/** Canonical prefix: `kB`, `KiB`, `MB`. */
export function bytesText(text: string): string {
  return text.replace(/[kK](?=i?B)/, (k) => text.includes("i") ? "K" : k.toLowerCase());
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/** Reads the inside of a string; `bad(at, length, escape)` hears of each escape that means nothing. */
export function readString(
  body: string,
  bad: (at: number, length: number, escape: string) => void,
): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|([^]))/g,
    (all: string, hex: string | undefined, char: string | undefined, at: number) => {
      if (hex !== undefined) {
        const code = parseInt(hex, 16);
        if (code <= 0x10ffff) return String.fromCodePoint(code);
      } else {
        const known = Object.hasOwn(ESCAPES, char ?? "") ? ESCAPES[char ?? ""] : undefined;
        if (known !== undefined) return known;
      }
      bad(at, all.length, all);
      return char ?? "";
    },
  );
}

/** The one way to write a string, without its quotes. */
export function escapeString(value: string): string {
  // deno-lint-ignore no-control-regex
  return value.replace(/["\\\u0000-\u001f\u007f\u0085\u2028\u2029]|[\ud800-\udfff]/gu, (c) => {
    switch (c) {
      case '"':
        return '\\"';
      case "\\":
        return "\\\\";
      case "\n":
        return "\\n";
      case "\t":
        return "\\t";
      case "\r":
        return "\\r";
      default:
        return `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;
    }
  });
}

/**
 * The text of `"""…"""`: without the line of the opening quotes and that of the closing ones when
 * they are blank, and without the indentation that all its lines share. Escapes are not read.
 */
export function readBlock(inside: string): string {
  const lines = inside.replaceAll("\r\n", "\n").split("\n");
  if (lines.length > 1 && lines[0]?.trim() === "") lines.shift();
  if (lines.length > 1 && lines.at(-1)?.trim() === "") lines.pop();
  let indent = Infinity;
  for (const line of lines) {
    if (line.trim() !== "") indent = Math.min(indent, line.length - line.trimStart().length);
  }
  return lines.map((line) => line.trim() === "" ? "" : line.slice(indent)).join("\n");
}

/** A regex as it stands between slashes, which means the same: what is not escaped there is. */
export function regexSource(source: string): string {
  let out = "", set = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === "\\") out += c + (source[++i] ?? "");
    else if (c === "/" && !set) out += "\\/";
    else if (c === "\n") out += "\\n";
    else {
      if (c === "[") set = true;
      else if (c === "]") set = false;
      out += c;
    }
  }
  return out;
}
