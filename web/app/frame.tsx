/** The frame around every page: navigation at the left. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Stats } from "../server/types/mod.ts";
import { useApi } from "./client/fetch.ts";
import { noteCounts, refresh, togglePause, useLiveState } from "./client/live.ts";
import { count, short } from "./client/format.ts";
import { noteAlerts, seeAlerts, useNews } from "./client/news.ts";
import { usePlace } from "./client/router.ts";
import { toggleTheme, useTheme } from "./client/theme.ts";
import { NAVIGATION } from "./pages.ts";
import { Icon, iconOf } from "./parts/icon.tsx";
import { FrameContext } from "./parts/page.tsx";
import { Time } from "./parts/words.tsx";
import { SignOut } from "./sign_in.tsx";

/** @param title of the page in it, as the list of pages has it */
export function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const context = useMemo(() => ({ title, openMenu: () => setOpen(true) }), [title]);
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
  const news = useNews();
  useEffect(() => {
    if (stats.data) noteAlerts(stats.data.alerts);
  }, [stats.data?.alerts]);
  useEffect(() => {
    if (!stats.data) return;
    noteCounts({ ...stats.data, open_alerts: stats.data.alerts_by_status.open });
  }, [stats.data]);
  useEffect(() => {
    // Whoever has the list in sight sees what comes as it comes.
    const look = () => path === "/alerts" && document.visibilityState === "visible" && seeAlerts();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [path, news]);
  return (
    <div class="frame">
      <a class="skip" href="#main">Skip to content</a>
      <aside class={`side ${open ? "open" : ""}`} aria-label="Picket">
        <a class="brand" href="/">
          <svg viewBox="0 0 20 20" fill="currentColor" aria-hidden="true">
            <path d="M4 8.5 6 5l2 3.5V18H4zM8.8 6.5 10.8 3l2 3.5V18h-4zM13.6 8.5l2-3.5 2 3.5V18h-4zM2 10.5h16.5V13H2z" />
          </svg>
          Picket
        </a>
        <nav class="nav" aria-label="Pages">
          {NAVIGATION.map((n) => (
            <a
              key={n.path}
              href={n.path}
              aria-current={here(path, n.path) ? "page" : undefined}
              title={`${n.title} (g ${n.key})`}
            >
              <Icon name={iconOf(n.path)} />
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
      </aside>
      <div class="content">
        <div role="status" class="news">
          {news > 0 && path !== "/alerts" && (
            <a href="/alerts">
              {count(news, "new alert")}
            </a>
          )}
        </div>
        <Gone />
        <FrameContext.Provider value={context}>{children}</FrameContext.Provider>
      </div>
    </div>
  );
}

function here(path: string, link: string): boolean {
  return link === "/" ? path === "/" : path === link || path.startsWith(`${link}/`);
}

/** ms without a connection after which it is said: one that is made anew is no matter. */
const UNNOTICED = 3000;

/** Says that the server does not answer, on every page, since what is shown may be old. */
function Gone() {
  const off = useLiveState() === "off";
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    if (!off) return setSince(null);
    const at = Date.now();
    const timer = setTimeout(() => setSince(at), UNNOTICED);
    return () => clearTimeout(timer);
  }, [off]);
  return (
    <div role="status" class="gone">
      {since !== null && (
        <p>
          Picket does not answer since{" "}
          <Time at={since} />: what is shown may be old. It is asked again.
        </p>
      )}
    </div>
  );
}

const SAYS = { connecting: "Connecting", on: "Live", off: "Reconnecting", paused: "Paused" };

/** Whether what comes is shown as it comes, with what holds it and what asks anew. */
function Live() {
  const state = useLiveState();
  return (
    <div class="row">
      <span class={`live ${state}`} role="status">
        <i />
        {SAYS[state]}
      </span>
      <span class="row live-tools">
        <button
          type="button"
          class="button plain small"
          aria-label={state === "paused" ? "Go on with live updates" : "Pause live updates"}
          title={state === "paused" ? "Go on (p)" : "Pause (p)"}
          onClick={togglePause}
        >
          <Icon name={state === "paused" ? "play" : "pause"} />
        </button>
        <button
          type="button"
          class="button plain small"
          aria-label="Refresh"
          title="Refresh (r)"
          onClick={refresh}
        >
          <Icon name="refresh" />
        </button>
      </span>
    </div>
  );
}
