/** Constants that generated code refers to by names made here: sets, regexes, tables, functions. */
export class ConstantPool {
  readonly values: unknown[] = [];
  readonly #index = new Map<string, number>();
  #used = new Set<number>();

  /** The identifier of a constant, made at its first use. Equal `id`s stand for one constant. */
  ref(id: string, make: () => unknown): string {
    let i = this.#index.get(id);
    if (i === undefined) {
      i = this.values.length;
      this.values.push(make());
      this.#index.set(id, i);
    }
    this.#used.add(i);
    return `c${i}`;
  }

  valueOf(ref: string): unknown {
    return this.values[Number(ref.slice(1))];
  }

  /** Declares all identifiers, from an array of the values. */
  declarations(array: string): string {
    return this.values.map((_, i) => `const c${i}=${array}[${i}];`).join("");
  }

  /** Declares those that were given since the last call. */
  declareUsed(array: string): string {
    const used = [...this.#used].sort((a, b) => a - b);
    this.#used = new Set();
    return used.map((i) => `const c${i}=${array}[${i}];`).join("");
  }
}
