/** The table of routes: the server, the OpenAPI document, the docs and the metrics read it. */
import type { Route } from "./route/route.ts";
import * as themes from "./routes/mod.ts";

/**
 * Routes by path, with a fixed segment before one that a parameter stands for, since the first one
 * that fits answers: `/api/events/export` before `/api/events/:id`, whichever file comes first.
 */
export function inOrder(routes: readonly Route[]): readonly Route[] {
  // "~" is behind every character of a path, and so are parameters behind fixed segments.
  const key = (r: Route) => r.path.replaceAll(":", "~");
  return routes.toSorted((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

export const ROUTES: readonly Route[] = inOrder(Object.values(themes).flat());
