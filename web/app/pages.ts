/**
 * The pages, in the order of the navigation. A page is a file in pages/ and a line here: the router,
 * the navigation, the keyboard's help, the server (by static/pages.json) and the browser tests read
 * this list. Evaluating it evaluates no page, so it loads where there is no browser, too.
 */
import type { ComponentType } from "preact";

export interface PageSpec {
  /** Its address, where `:NAME` stands for one segment. */
  readonly path: string;
  /** Its name in the navigation, and the head of a page that gives none of its own. */
  readonly title: string;
  /** The key that goes there after `g`; pages that have one are in the navigation. */
  readonly key?: string;
  /** Its component; `value` is the segment of `:NAME`, decoded. */
  readonly load: () => Promise<{ readonly default: ComponentType<{ value: string }> }>;
}

export const PAGES: readonly PageSpec[] = [
  { path: "/", title: "Overview", key: "o", load: () => import("./pages/overview.tsx") },
  { path: "/alerts", title: "Alerts", key: "a", load: () => import("./pages/alerts.tsx") },
  { path: "/alerts/:id", title: "Alert", load: () => import("./pages/alert.tsx") },
  { path: "/incidents", title: "Incidents", key: "i", load: () => import("./pages/incidents.tsx") },
  { path: "/incidents/:id", title: "Incident", load: () => import("./pages/incident.tsx") },
  { path: "/risk", title: "Risk", key: "k", load: () => import("./pages/risk.tsx") },
  { path: "/events", title: "Events", key: "e", load: () => import("./pages/events.tsx") },
  { path: "/entities/:value", title: "Entity", load: () => import("./pages/entity.tsx") },
  { path: "/search", title: "Search", key: "f", load: () => import("./pages/search.tsx") },
  { path: "/attack", title: "ATT&CK", key: "t", load: () => import("./pages/attack.tsx") },
  { path: "/rules", title: "Rules", key: "r", load: () => import("./pages/rules.tsx") },
  { path: "/rules/:name", title: "Rule", load: () => import("./pages/rule.tsx") },
  { path: "/tuning", title: "Tuning", key: "u", load: () => import("./pages/tuning.tsx") },
  { path: "/sources", title: "Sources", key: "s", load: () => import("./pages/sources.tsx") },
  { path: "/sources/:name", title: "Sourcetype", load: () => import("./pages/sourcetype.tsx") },
  { path: "/validate", title: "Validator", key: "v", load: () => import("./pages/validator.tsx") },
  {
    path: "/deliveries",
    title: "Deliveries",
    key: "n",
    load: () => import("./pages/deliveries.tsx"),
  },
  { path: "/system", title: "Health", key: "h", load: () => import("./pages/system.tsx") },
];

/** What an address outside the list shows. */
const MISSING: PageSpec = {
  path: "",
  title: "Not found",
  load: () => import("./pages/missing.tsx"),
};

/** Pages with a key, which the navigation and the keyboard's help show. */
export const NAVIGATION: readonly (PageSpec & { readonly key: string })[] = PAGES.flatMap((p) =>
  p.key === undefined ? [] : [{ ...p, key: p.key }]
);

/** The page at an address, and the segment that its `:NAME` stands for ("" without one). */
export function pageAt(address: string): { page: PageSpec; value: string } {
  const given = address.split("/");
  for (const page of PAGES) {
    const parts = page.path.split("/");
    if (parts.length !== given.length) continue;
    if (!parts.every((p, i) => p.startsWith(":") ? given[i] !== "" : p === given[i])) continue;
    const at = parts.findIndex((p) => p.startsWith(":"));
    return { page, value: at < 0 ? "" : decoded(given[at]) };
  }
  return { page: MISSING, value: "" };
}

/** A segment of a path; one that is no valid escape stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
