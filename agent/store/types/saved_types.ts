/** Searches and views that people keep under a name. */

export interface NewSavedSearch {
  readonly name: string;
  /** As it was typed: see grammar/search.ts. */
  readonly query: string;
  /** From when it searches, as in `7d`; null for what whoever runs it says. */
  readonly since: string | null;
  readonly description: string;
  readonly who: string;
}

export interface SavedSearch extends NewSavedSearch {
  /** Epoch ms. */
  readonly updated: number;
}

export interface NewSavedView {
  /** Of the dashboard: `alerts`. */
  readonly page: string;
  readonly name: string;
  /** The query of its address. */
  readonly query: string;
  readonly who: string;
}

export interface SavedView extends NewSavedView {
  /** Epoch ms. */
  readonly updated: number;
}
