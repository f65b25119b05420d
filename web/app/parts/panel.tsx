import type { ComponentChildren } from "preact";

/** A titled box. `tools` stand at the right of the title. */
export function Panel(props: {
  title: ComponentChildren;
  tools?: ComponentChildren;
  span?: string;
  flush?: boolean;
  label?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${props.span ?? ""}`} aria-label={props.label}>
      <header>
        <h2>{props.title}</h2>
        {props.tools && <div class="tools">{props.tools}</div>}
      </header>
      <div class={`body ${props.flush ? "flush" : ""}`}>{props.children}</div>
    </section>
  );
}

/** A name and what stands beside it. */
export type Fact = readonly [string, ComponentChildren];

/** Names and values. @param items what is no fact, as `condition && fact` may be none, is left out */
export function Facts({ items }: { items: readonly (Fact | false | "" | null | undefined)[] }) {
  return (
    <dl class="kv">
      {items.map((item) =>
        item && [<dt key={`t${item[0]}`}>{item[0]}</dt>, <dd key={item[0]}>{item[1]}</dd>]
      )}
    </dl>
  );
}
