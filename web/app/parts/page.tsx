/** What every page stands in: its head, and what is under it. */
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import { visible } from "../../../grammar/visible.ts";
import { Icon } from "./icon.tsx";

/** What the frame gives its pages: the title in the list of pages, and the navigation's opening. */
export const FrameContext = createContext({ title: "", openMenu: () => {} });

/** A page: its head, and what is under it. `full` pages fill the window and scroll inside. */
export function Page(props: {
  /** Text of its head, unless it is the one in the list of pages. */
  title?: string;
  crumb?: { title: string; href: string };
  tools?: ComponentChildren;
  full?: boolean;
  children: ComponentChildren;
}) {
  const frame = useContext(FrameContext);
  const title = props.title ?? frame.title;
  useEffect(() => {
    document.title = `${visible(title)} · Picket`;
  }, [title]);
  return (
    <>
      <header class="head">
        <button
          type="button"
          class="button plain menu-button"
          aria-label="Menu"
          onClick={frame.openMenu}
        >
          <Icon name="menu" />
        </button>
        <h1 class="clip">
          {props.crumb && (
            <>
              <a class="crumb" href={props.crumb.href}>{props.crumb.title}</a>{" "}
              <span class="crumb">/</span>
              {" "}
            </>
          )}
          <bdi>{title}</bdi>
        </h1>
        {props.tools && <div class="tools">{props.tools}</div>}
      </header>
      <main id="main" class={`page ${props.full ? "full" : ""}`} tabIndex={-1}>
        {props.children}
      </main>
    </>
  );
}
