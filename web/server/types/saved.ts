/** Searches and views that people keep. */
import {
  about,
  type Infer,
  list,
  moment,
  named,
  nullable,
  object,
  oneOf,
  prose,
  text,
} from "./schema.ts";
import { MAX_COMMENT } from "./shared.ts";
import { who } from "./triage.ts";

const since = about(
  'From when it searches, as in "7d"; null for what whoever runs it says',
  nullable(text({ pattern: "^[1-9][0-9]{0,7}[smhdw]$" })),
);

export const SavedSearch = named(
  "SavedSearch",
  object({ name: text(), query: text(), since, description: text(), who: text(), updated: moment }),
);
export type SavedSearch = Infer<typeof SavedSearch>;

export const SavedSearches = named("SavedSearches", object({ searches: list(SavedSearch) }));

export const NewSavedSearch = named(
  "NewSavedSearch",
  object(
    {
      name: about(
        "One of the same name is replaced",
        text({ pattern: "^[A-Za-z][\\w .-]{0,63}$" }),
      ),
      query: text({ minLength: 1, maxLength: 8192 }),
    },
    { since, description: prose({ maxLength: MAX_COMMENT }), who },
  ),
);

export const SavedSearchAnswer = named("SavedSearchAnswer", object({ search: SavedSearch }));
export const SavedSearchRule = named("SavedSearchRule", object({ rule: text() }));

/** Pages whose lists have views. */
export const VIEWED = ["events", "alerts", "incidents"] as const;

export const SavedView = named(
  "SavedView",
  object({
    page: oneOf(VIEWED),
    name: text(),
    query: about("Of the address of the list, as in `severity=critical&status=open`", text()),
    who: text(),
    updated: moment,
  }),
);
export type SavedView = Infer<typeof SavedView>;

export const SavedViews = named("SavedViews", object({ views: list(SavedView) }));
export type SavedViewList = Infer<typeof SavedViews>;

export const NewSavedView = named(
  "NewSavedView",
  object({
    page: oneOf(VIEWED),
    name: about(
      "One of the same name of that page is replaced",
      text({ pattern: "^[A-Za-z][\\w .-]{0,63}$" }),
    ),
    query: about(
      "Of the address of the list, in its escapes",
      text({ maxLength: 4096, pattern: "^[!-~]*$" }),
    ),
  }, { who }),
);

export const SavedViewAnswer = named("SavedViewAnswer", object({ view: SavedView }));
