/** What every page stands in: its head, and what is under it. */
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import { visible } from "../../../grammar/visible.ts";
import { useNews } from "../client/news.ts";
import { toggleZone, useZone, zoneName } from "../client/zone.ts";
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
  const news = useNews();
  useEffect(() => {
    document.title = `${news > 0 ? `(${news}) ` : ""}${visible(title)} · Picket`;
  }, [title, news]);
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
        <div class="tools">
          {props.tools}
          <ZoneSwitch />
        </div>
      </header>
      <main id="main" class={`page ${props.full ? "full" : ""}`} tabIndex={-1}>
        {props.children}
      </main>
    </>
  );
}

/** The zone of the times on the page; a click takes the other one. */
function ZoneSwitch() {
  const zone = useZone();
  const other = zone === "utc" ? "in the local zone" : "in UTC";
  return (
    <button
      type="button"
      class="button plain zone"
      onClick={toggleZone}
      title={`Show times ${other} (z)`}
    >
      <span class="unseen">Times are in</span>
      {zone === "utc" ? "UTC" : zoneName(Date.now()).replace(/^UTC$/, "Local (UTC)")}
    </button>
  );
}
