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

/** Names and values. */
export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="kv">
      {items.map((
        [name, value],
      ) => [<dt key={`t${name}`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}
