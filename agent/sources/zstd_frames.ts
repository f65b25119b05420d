/**
 * Cuts zstd's bytes into frames and blocks (RFC 8878, section 3.1), since the runtime's decoder stops
 * after one frame, and fed block by block it never gives more than 128 KiB at once.
 */

/** A part of the packed bytes; `ends` when what follows is for another decoder. */
export interface ZstdFrame {
  readonly data: Uint8Array;
  readonly ends: boolean;
}

type Want = "magic" | "descriptor" | "header" | "block" | "content" | "check" | "size" | "skip";

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export class ZstdFrames {
  private want: Want = "magic";
  /** Bytes of the present field that are still to come, and what was read of it. */
  private left = 4;
  private field: number[] = [];
  private lastBlock = false;
  private checked = false;

  /** Whether the bytes so far end with a frame. */
  get complete(): boolean {
    return this.want === "magic" && this.left === 4;
  }

  /** Parts that end with a block; skippable frames are left out. Throws for what is no frame. */
  *parts(data: Uint8Array): Generator<ZstdFrame> {
    let from = 0;
    for (let at = 0; at < data.length;) {
      const { want } = this;
      const n = Math.min(this.left, data.length - at);
      if (want !== "content" && want !== "skip") {
        for (let i = 0; i < n; i++) this.field.push(data[at + i]);
      }
      at += n;
      this.left -= n;
      if (this.left === 0) this.next();
      if (want === "magic" || want === "size" || want === "skip") from = at;
      else if (this.complete || want === "content") {
        yield { data: this.given(data.subarray(from, at)), ends: this.complete };
        from = at;
      }
    }
    if (from < data.length) yield { data: this.given(data.subarray(from)), ends: false };
  }

  /** A frame's magic number is held back until it is known not to be a skippable frame's. */
  private held = false;

  private given(data: Uint8Array): Uint8Array {
    if (!this.held) return data;
    this.held = false;
    return Uint8Array.from([...MAGIC, ...data]);
  }

  private next(): void {
    const bytes = this.field;
    this.field = [];
    const number = () => bytes.reduce((sum, b, i) => sum + b * 2 ** (8 * i), 0);
    switch (this.want) {
      case "magic": {
        const magic = number();
        if (magic === 0xfd2fb528) {
          this.held = true;
          return this.expect("descriptor", 1);
        }
        if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) return this.expect("size", 4);
        throw new Error("what follows is not packed by zstd");
      }
      case "descriptor": {
        const [d] = bytes;
        const single = (d >> 5) & 1;
        this.checked = ((d >> 2) & 1) === 1;
        const content = [single, 2, 4, 8][d >> 6];
        const length = (single ? 0 : 1) + [0, 1, 2, 4][d & 3] + content;
        return length > 0 ? this.expect("header", length) : this.expect("block", 3);
      }
      case "header":
        return this.expect("block", 3);
      case "block": {
        const b = number();
        this.lastBlock = (b & 1) === 1;
        const type = (b >> 1) & 3;
        if (type === 3) throw new Error("a block is damaged");
        const length = type === 1 ? 1 : b >> 3;
        return length > 0 ? this.expect("content", length) : this.blockEnd();
      }
      case "content":
        return this.blockEnd();
      case "check":
      case "skip":
        return this.expect("magic", 4);
      case "size": {
        const length = number();
        return length > 0 ? this.expect("skip", length) : this.expect("magic", 4);
      }
    }
  }

  private blockEnd(): void {
    if (!this.lastBlock) this.expect("block", 3);
    else if (this.checked) this.expect("check", 4);
    else this.expect("magic", 4);
  }

  private expect(want: Want, left: number): void {
    this.want = want;
    this.left = left;
  }
}
