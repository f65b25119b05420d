/**
 * Sketches that take over when exact state grows too large. HyperLogLog: Flajolet et al. 2007 with
 * linear counting below 2.5 m. DDSketch: Masson, Rim, Lee 2019, collapsing nothing, ratio 1.01/0.99.
 */
const BITS = 11;
const M = 1 << BITS;

/** FNV-1a over UTF-16 units, mixed as in MurmurHash3's finaliser. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One HyperLogLog of 2,048 registers: standard error 1.04/√2048 = 2.3 %. */
export function hllAdd(registers: Uint8Array, value: string, union: HllUnion | null = null): void {
  const h = hash(value);
  const rank = Math.clz32((h << BITS) | (1 << (BITS - 1))) + 1;
  const i = h >>> (32 - BITS);
  if (rank <= registers[i]) return;
  registers[i] = rank;
  union?.raise(i, rank);
}

/**
 * The union of some, which follows what is added to them: its estimate is asked for at every row. Its
 * sum is exact, whatever the order of additions, since every term is a multiple of 2^-22.
 */
export class HllUnion {
  readonly #registers = newHll();
  #sum = M;
  #zeros = M;

  constructor(parts: readonly Uint8Array[]) {
    for (let i = 0; i < M; i++) {
      let r = 0;
      for (const p of parts) if (p[i] > r) r = p[i];
      if (r > 0) this.raise(i, r);
    }
  }

  /** A register of one of the parts has this rank now. */
  raise(i: number, rank: number): void {
    const before = this.#registers[i];
    if (rank <= before) return;
    if (before === 0) this.#zeros--;
    this.#sum += 2 ** -rank - 2 ** -before;
    this.#registers[i] = rank;
  }

  /** One of the parts is none any more. @param left the others */
  without(part: Uint8Array, left: readonly Uint8Array[]): void {
    for (let i = 0; i < M; i++) {
      const before = this.#registers[i];
      if (before === 0 || part[i] < before) continue;
      let r = 0;
      for (const p of left) if (p[i] > r) r = p[i];
      if (r === before) continue;
      if (r === 0) this.#zeros++;
      this.#sum += 2 ** -r - 2 ** -before;
      this.#registers[i] = r;
    }
  }

  /** How many distinct values there are. */
  get estimate(): number {
    const raw = 0.7213 / (1 + 1.079 / M) * M * M / this.#sum;
    if (raw <= 2.5 * M && this.#zeros > 0) return Math.round(M * Math.log(M / this.#zeros));
    // 32 bits of hash: the correction for collisions of hashes.
    const two32 = 2 ** 32;
    return Math.round(raw > two32 / 30 ? -two32 * Math.log(1 - raw / two32) : raw);
  }
}

export const newHll = (): Uint8Array => new Uint8Array(M);

const GAMMA = Math.log(1.01 / 0.99);

/** Bucket counts by sign and logarithm; takes values out again; relative error of a percentile 1 %. */
export class DDSketch {
  readonly buckets = new Map<number, number>();
  n = 0;

  static bucket(v: number): number {
    if (v === 0) return 0;
    // Shifted so that positive values have positive numbers, whatever their size.
    const b = Math.ceil(Math.log(Math.abs(v)) / GAMMA) + 40_000;
    return v > 0 ? b : -b;
  }
  add(v: number, times = 1): void {
    const b = DDSketch.bucket(v);
    const n = (this.buckets.get(b) ?? 0) + times;
    if (n <= 0) this.buckets.delete(b);
    else this.buckets.set(b, n);
    this.n += times;
  }
  quantile(q: number): number | undefined {
    let left = Math.max(1, Math.ceil(q * this.n));
    for (const b of [...this.buckets.keys()].sort((x, y) => x - y)) {
      left -= this.buckets.get(b)!;
      if (left <= 0) {
        if (b === 0) return 0;
        const size = 2 * Math.exp((Math.abs(b) - 40_000) * GAMMA) / (1 + Math.exp(GAMMA));
        return b > 0 ? size : -size;
      }
    }
    return undefined;
  }
}
