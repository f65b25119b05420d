/** What the conformance tests count and print. */

/** How many of how many are right. */
export class Share {
  right = 0;
  all = 0;

  add(right: boolean): void {
    this.all++;
    if (right) this.right++;
  }

  plus(other: Share): void {
    this.right += other.right;
    this.all += other.all;
  }

  /** 1 when there is nothing to be right about. */
  get value(): number {
    return this.all === 0 ? 1 : this.right / this.all;
  }

  toString(): string {
    return `${this.right}/${this.all}`;
  }
}

/** Prints rows of equal length as a table, each column as wide as its widest cell. */
export function printTable(rows: readonly (readonly unknown[])[]): void {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  console.log(
    cells.map((row) => row.map((c, i) => c.padEnd(widths[i])).join("  ").trimEnd()).join("\n"),
  );
}
