/** Views of the dashboard's lists that people keep. */
import { SAVED_NAME } from "../../../agent/search/as_rule.ts";
import type { SavedView as Stored } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { ApiError } from "../http/error.ts";
import { oneOf, pattern } from "../http/params.ts";
import { route } from "../route/route.ts";
import { whoOf } from "../route/who.ts";
import { NewSavedView, type SavedView, SavedViewAnswer, SavedViews, VIEWED } from "../types/mod.ts";

/** Views that are kept, over all pages. */
const MOST = 1000;

export const viewRoutes = [
  route({
    path: "/api/views",
    tag: "Views",
    summary: "Views of lists that people keep, by page and name",
    role: "read",
    answer: SavedViews,
    async handle({ store }) {
      return { views: (await store.savedViews()).map(viewJson) };
    },
  }),
  route({
    method: "post",
    path: "/api/views",
    tag: "Views",
    summary: "Keep a view of a list under a name; one of the same name is replaced",
    role: "write",
    body: NewSavedView,
    answer: SavedViewAnswer,
    refuses: { 409: `More than ${MOST} views are kept` },
    async handle({ store, body, caller }) {
      const { page, name, query } = body;
      const kept = await store.savedViews();
      if (kept.length >= MOST && !kept.some((v) => v.page === page && v.name === name)) {
        throw new ApiError(409, "too_many_views", `At most ${MOST} views are kept; remove one`);
      }
      const who = whoOf(caller, body.who);
      return { view: viewJson(await store.saveView({ page, name, query, who })) };
    },
  }),
  route({
    method: "delete",
    path: "/api/views/:page/:name",
    tag: "Views",
    summary: "Keep a view no longer",
    role: "write",
    ids: {
      page: oneOf("Page of the list", VIEWED),
      name: pattern("Its name", SAVED_NAME.source, "Open and critical"),
    },
    answer: SavedViews,
    async handle({ store, path: { page, name }, caller }) {
      if (!await store.removeView({ page, name }, whoOf(caller, undefined))) {
        throw new ApiError(404, "not_found", `No view "${name}" of ${page} is kept`, "name");
      }
      return { views: (await store.savedViews()).map(viewJson) };
    },
  }),
];

const viewJson = ({ page, name, query, who, updated }: Stored): SavedView => ({
  // What a newer version kept of other pages is given as it is.
  page: page as SavedView["page"],
  name,
  query,
  who,
  updated: rfc3339(updated),
});
