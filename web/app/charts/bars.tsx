/** Names by how often each is there, as bars. */
import type { ComponentChildren } from "preact";
import { number } from "../client/format.ts";

/** @param cell the name as it is shown, cut where it is too long */
export function Bars({ items, cell }: {
  items: readonly { readonly name: string; readonly count: number }[];
  cell(name: string): ComponentChildren;
}) {
  const most = Math.max(1, ...items.map((i) => i.count));
  return (
    <ul class="bars">
      {items.map(({ name, count }) => (
        <li key={name}>
          {cell(name)}
          <span class="bar">
            <i style={{ width: `${100 * count / most}%` }} />
          </span>
          <span class="num">{number(count)}</span>
        </li>
      ))}
    </ul>
  );
}
