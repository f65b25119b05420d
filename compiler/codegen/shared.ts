// Control characters cannot stand in generated code otherwise: JSON escapes them.
// deno-lint-ignore no-control-regex
const MARK = /\u0001(\d+)\u0002/g;

/**
 * Subexpressions of one generated function. Each is written as a mark; when the function is
 * finished, those used once stand in place and the others become variables computed at first need.
 */
export class Shared {
  readonly #defs: string[] = [];
  readonly #index = new Map<string, number>();
  readonly #cheap = new Set<number>();

  /** @param eager what is cheap is computed first, since code is small where it need not ask whether it was */
  constructor(readonly eager = false) {}

  /** @param cheap it costs about as much as to look whether it was computed */
  use(js: string, cheap = false): string {
    let i = this.#index.get(js);
    if (i === undefined) {
      i = this.#defs.length;
      this.#defs.push(js);
      this.#index.set(js, i);
      if (cheap) this.#cheap.add(i);
    }
    return `\u0001${i}\u0002`;
  }

  /** The same with what stands for its marks. */
  text(js: string): string {
    return js.replace(MARK, (_, i) => this.text(this.#defs[Number(i)]));
  }

  /** The body with its variables declared. `N` is the mark of a variable not computed yet. */
  finish(body: string): string {
    const uses = new Array<number>(this.#defs.length).fill(0);
    const count = (text: string) => {
      for (const m of text.matchAll(MARK)) {
        if (uses[Number(m[1])]++ === 0) count(this.#defs[Number(m[1])]);
      }
    };
    count(body);
    const vars: string[] = [], first: string[] = [];
    const done = new Set<number>();
    const write = (text: string): string =>
      text.replace(MARK, (_, d) => {
        const i = Number(d);
        if (uses[i] === 1) return `(${write(this.#defs[i])})`;
        if (this.eager && this.#cheap.has(i)) {
          if (!done.has(i)) {
            done.add(i);
            const value = write(this.#defs[i]);
            first.push(`v${i}=${value}`);
          }
          return `v${i}`;
        }
        if (!done.has(i)) {
          done.add(i);
          vars.push(`v${i}=N`);
        }
        return `(v${i}!==N?v${i}:(v${i}=${write(this.#defs[i])}))`;
      });
    const out = write(body);
    return (vars.length ? `let ${vars.join(",")};` : "") +
      (first.length ? `const ${first.join(",")};` : "") + out;
  }
}
