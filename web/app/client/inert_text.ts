/**
 * Characters that reorder, hide or control text are written out as `\u{202e}` wherever a page shows
 * text, so that a user name of a log cannot read as another's. It is done where Preact makes elements
 * rather than where pages show values: no page can forget it. Values that are sent or linked stay
 * exact.
 */
import { type ComponentChildren, options, type VNode } from "preact";
import { visibleLines } from "../../../grammar/visible.ts";

/** Attributes whose text is shown or spoken. */
const SHOWN = ["title", "aria-label", "placeholder", "label"] as const;

/** Children with every text among them inert; the same object when nothing in it acts. */
export function inertChildren(children: ComponentChildren): ComponentChildren {
  if (typeof children === "string") return visibleLines(children);
  if (!Array.isArray(children)) return children;
  let changed = false;
  const out = children.map((child) => {
    const inert = inertChildren(child);
    if (inert !== child) changed = true;
    return inert;
  });
  return changed ? out : children;
}

/** From now on, whatever is made is inert. Called once, before anything is rendered. */
export function startInertText(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    const props = vnode.props as Record<string, unknown> & { children?: ComponentChildren };
    if (props.children !== undefined) {
      const inert = inertChildren(props.children);
      if (inert !== props.children) props.children = inert;
    }
    if (typeof vnode.type === "string") {
      for (const name of SHOWN) {
        const text = props[name];
        if (typeof text === "string") props[name] = visibleLines(text);
      }
    }
    before?.(vnode);
  };
}
