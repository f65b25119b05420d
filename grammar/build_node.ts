/** What every node is made with: lists that grow, and spans. */
import type * as ast from "./ast.ts";
import type { Token } from "./token.ts";

export interface Spanned {
  readonly span: ast.Span;
}
export type Placed = Token | Spanned;

/** Lists grow at their end once per token, so they are chains until a node takes them. */
export interface Chain<T> {
  readonly before: Chain<T> | null;
  readonly item: T;
}

export const first = (d: readonly unknown[]): unknown => d[0];
export const second = (d: readonly unknown[]): unknown => d[1];
export const nothing = (): null => null;
export const empty = (): null => null;
export const cons = <T>(before: Chain<T> | null, item: T): Chain<T> => ({ before, item });
export const one = (d: readonly unknown[]): Chain<unknown> => cons(null, d[0]);
export const push = (d: readonly unknown[]): Chain<unknown> =>
  cons(d[0] as Chain<unknown> | null, d[1]);
/** The same with a mark between. */
export const push2 = (d: readonly unknown[]): Chain<unknown> =>
  cons(d[0] as Chain<unknown> | null, d[2]);

export function all<T>(chain: Chain<T> | null): T[] {
  const items: T[] = [];
  for (let c = chain; c !== null; c = c.before) items.push(c.item);
  return items.reverse();
}

export const startOf = (p: Placed): number => "span" in p ? p.span.start : p.start;
export const endOf = (p: Placed): number => "span" in p ? p.span.end : p.end;
export const over = (a: Placed, z: Placed): ast.Span => ({ start: startOf(a), end: endOf(z) });

/** The last of what is there, for a node whose tail may be missing. */
export function last(...placed: readonly (Placed | null)[]): Placed {
  for (let i = placed.length - 1; i > 0; i--) {
    const p = placed[i];
    if (p != null) return p;
  }
  return placed[0] as Placed;
}
export const lastOf = (chain: Chain<Spanned> | null): Spanned | null => chain?.item ?? null;
