/** The address bar as state: a view is its address, so it can be sent to a colleague. */
import { useEffect, useState } from "preact/hooks";

/** Where the user is. */
export interface Location {
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Location => ({
  path: location.pathname.replace(/\/+$/, "") || "/",
  query: new URLSearchParams(location.search),
});

const listeners = new Set<() => void>();
// Tests of what imports this have no address bar.
let place: Location = globalThis.location ? here() : { path: "/", query: new URLSearchParams() };

function moved(): void {
  place = here();
  for (const tell of [...listeners]) tell();
}

/** Goes to an address of the dashboard; `replace` leaves no entry in the history. */
export function go(href: string, options: { replace?: boolean } = {}): void {
  if (href === location.pathname + location.search) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", href);
  moved();
}

/** Sets parameters of the address, or takes them away (null or empty). */
export function setQuery(
  patch: Readonly<Record<string, string | null>>,
  options: { replace?: boolean } = {},
): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  go(hrefOf(location.pathname, query), options);
}

/** An address with parameters; null and empty ones are left out. */
export function hrefOf(
  path: string,
  query: URLSearchParams | Readonly<Record<string, string | number | null | undefined>>,
): string {
  const all = query instanceof URLSearchParams ? query : new URLSearchParams(
    Object.entries(query).flatMap(([k, v]) =>
      v === null || v === undefined || v === "" ? [] : [[k, String(v)]]
    ),
  );
  // Colons need no escape in a query, and times are easier to read with them.
  const text = all.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text ? `${path}?${text}` : path;
}

/** The place, and a new rendering whenever it changes. */
export function usePlace(): Location {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    listeners.add(tell);
    return () => void listeners.delete(tell);
  }, []);
  return place;
}

/** Lets links of the dashboard change the page without loading it anew. */
export function startRouter(): void {
  addEventListener("popstate", moved);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
    if (!link || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
