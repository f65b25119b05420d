/** The frame around every page: navigation at the left, the page's head above it. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Stats } from "../server/types/mod.ts";
import { useApi } from "./client/fetch.ts";
import { useLiveState } from "./client/live.ts";
import { short } from "./client/format.ts";
import { usePlace } from "./client/router.ts";
import { toggleTheme, useTheme } from "./client/theme.ts";
import { Icon, type IconName } from "./parts/icon.tsx";
import { SignOut } from "./sign_in.tsx";

const NAV: readonly { path: string; title: string; icon: IconName; key: string }[] = [
  { path: "/", title: "Overview", icon: "overview", key: "o" },
  { path: "/alerts", title: "Alerts", icon: "alerts", key: "a" },
  { path: "/incidents", title: "Incidents", icon: "incidents", key: "i" },
  { path: "/events", title: "Events", icon: "events", key: "e" },
  { path: "/attack", title: "ATT&CK", icon: "attack", key: "t" },
  { path: "/rules", title: "Rules", icon: "rules", key: "r" },
  { path: "/sources", title: "Sources", icon: "sources", key: "s" },
  { path: "/validate", title: "Validator", icon: "validate", key: "v" },
  { path: "/system", title: "Health", icon: "health", key: "h" },
];
/** After `g`, the key of a page goes there. */
export const PAGE_KEYS = NAV.map(({ path, title, key }) => ({ path, title, key }));

let openMenu: (open: boolean) => void = () => {};

export function Frame({ children }: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  openMenu = setOpen;
  const { path } = usePlace();
  useEffect(() => setOpen(false), [path]);
  useLayoutEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    const onDown = (event: Event) =>
      !(event.target as Element).closest(".side, .menu-button") && setOpen(false);
    addEventListener("keydown", onKey);
    addEventListener("pointerdown", onDown);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("pointerdown", onDown);
    };
  }, [open]);
  const stats = useApi<Stats>("/api/stats", ["alert", "counters"]);
  const theme = useTheme();
  return (
    <div class="frame">
      <a class="skip" href="#main">Skip to the page</a>
      <div class={`side ${open ? "open" : ""}`}>
        <a class="brand" href="/">
          <svg viewBox="0 0 20 20" fill="currentColor" aria-hidden="true">
            <path d="M4 8.5 6 5l2 3.5V18H4zM8.8 6.5 10.8 3l2 3.5V18h-4zM13.6 8.5l2-3.5 2 3.5V18h-4zM2 10.5h16.5V13H2z" />
          </svg>
          Picket
        </a>
        <nav class="nav" aria-label="Pages">
          {NAV.map((n) => (
            <a
              key={n.path}
              href={n.path}
              aria-current={here(path, n.path) ? "page" : undefined}
              title={`${n.title} (g ${n.key})`}
            >
              <Icon name={n.icon} />
              {n.title}
              {n.path === "/alerts" && stats.data && stats.data.alerts_by_status.open > 0 && (
                <span class="count" title="Open alerts">
                  {short(stats.data.alerts_by_status.open)}
                </span>
              )}
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <Live />
          <SignOut />
          <div>
            <button
              type="button"
              class="button plain small"
              onClick={toggleTheme}
              aria-label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}
            >
              <Icon name={theme === "dark" ? "sun" : "moon"} />
              {theme === "dark" ? "Light" : "Dark"}
            </button>
            <span class="muted">
              <kbd>?</kbd> keys
            </span>
          </div>
        </div>
      </div>
      <div class="content">{children}</div>
    </div>
  );
}

function here(path: string, link: string): boolean {
  return link === "/" ? path === "/" : path === link || path.startsWith(`${link}/`);
}

function Live() {
  const state = useLiveState();
  const says = { connecting: "Connecting", on: "Live", off: "Not live, trying" };
  return (
    <span class={`live ${state}`} role="status">
      <i />
      {says[state]}
    </span>
  );
}

/** A page: its head, and what is under it. `full` pages fill the window and scroll inside. */
export function Page(props: {
  title: string;
  crumb?: { title: string; href: string };
  tools?: ComponentChildren;
  full?: boolean;
  children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${props.title} · Picket`;
  }, [props.title]);
  return (
    <>
      <header class="head">
        <button
          type="button"
          class="button plain menu-button"
          aria-label="Menu"
          onClick={() => openMenu(true)}
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
          {props.title}
        </h1>
        {props.tools && <div class="tools">{props.tools}</div>}
      </header>
      <main id="main" class={`page ${props.full ? "full" : ""}`} tabIndex={-1}>
        {props.children}
      </main>
    </>
  );
}
