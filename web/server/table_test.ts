import assert from "node:assert/strict";
import type { Route } from "./route/route.ts";
import { inOrder, ROUTES } from "./table.ts";

Deno.test("a fixed segment comes before a parameter, whatever the order of files", () => {
  const paths = ["/api/b/:id", "/api/b/:id/x", "/api/b/all", "/api/a/:id", "/api/b"];
  const sorted = inOrder(paths.map((path) => ({ path }) as Route)).map((r) => r.path);
  assert.deepEqual(sorted, ["/api/a/:id", "/api/b", "/api/b/all", "/api/b/:id", "/api/b/:id/x"]);
});

Deno.test("no two routes have one method and address", () => {
  const all = ROUTES.flatMap((r) =>
    [r.path, ...r.also ?? []].map((p) => `${r.method ?? "get"} ${p.replace(/:\w+/g, ":")}`)
  );
  assert.equal(new Set(all).size, all.length);
  assert.ok(ROUTES.length > 30);
});
