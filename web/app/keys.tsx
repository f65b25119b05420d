/** Keys that work on every page, and the list of them. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { refresh, togglePause } from "./client/live.ts";
import { go } from "./client/router.ts";
import { toggleTheme } from "./client/theme.ts";
import { toggleZone } from "./client/zone.ts";
import { NAVIGATION } from "./pages.ts";
import { Dialog } from "./parts/overlay.tsx";

const OTHERS: readonly (readonly [string, string])[] = [
  ["/", "Focus search"],
  ["↓ ↑ or j k", "Next or previous row"],
  ["Enter", "Open row"],
  ["x", "Select row; with Shift, all from the one selected last"],
  ["Shift ↓ or J", "Select further"],
  ["e", "Status, verdict, assignee and comment of what is selected or shown"],
  ["s", "Silence alerts like those that are selected"],
  ["Esc", "Close dialog or drawer"],
  ["r", "Refresh"],
  ["p", "Pause live updates, or go on"],
  ["d", "Toggle dark theme"],
  ["z", "Show times in UTC, or in the local zone"],
  ["?", "Keyboard shortcuts"],
];

export function Keys({ children }: { children: ComponentChildren }) {
  const [help, setHelp] = useState(false);
  useLayoutEffect(() => {
    let after = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as Element).closest("input, textarea, select, dialog")) return;
      const waiting = event.timeStamp - after < 1200;
      after = 0;
      const page = waiting ? NAVIGATION.find((p) => p.key === event.key) : undefined;
      if (page) go(page.path);
      else if (event.key === "g") after = event.timeStamp;
      else if (event.key === "?") setHelp(true);
      else if (event.key === "d") toggleTheme();
      else if (event.key === "z") toggleZone();
      else if (event.key === "p") togglePause();
      else if (event.key === "r") refresh();
      else if (event.key === "/") document.querySelector<HTMLElement>("[data-search]")?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      {children}
      {help && (
        <Dialog label="Keyboard shortcuts" onClose={() => setHelp(false)}>
          <div class="body">
            <h2>Keyboard shortcuts</h2>
            <dl class="kv">
              {NAVIGATION.map((p) => [
                <dt key={p.key}>
                  <kbd>g</kbd> <kbd>{p.key}</kbd>
                </dt>,
                <dd key={p.path}>{p.title}</dd>,
              ])}
              {OTHERS.map(([key, does]) => [
                <dt key={key}>
                  <kbd>{key}</kbd>
                </dt>,
                <dd key={does}>{does}</dd>,
              ])}
            </dl>
            <div class="row end">
              <button type="button" class="button" onClick={() => setHelp(false)}>Close</button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
