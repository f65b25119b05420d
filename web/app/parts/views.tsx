/** Views of a list that people keep: its filters, range, columns and order under a name. */
import { useState } from "preact/hooks";
import type { SavedView, SavedViewList } from "../../server/types/mod.ts";
import { request, useApi } from "../client/fetch.ts";
import { hrefOf, usePlace } from "../client/router.ts";
import { Icon } from "./icon.tsx";
import { Popover } from "./overlay.tsx";

/** The view that is looked at, as it is kept: what is open in it is no part of it. */
function currentQuery(query: URLSearchParams): string {
  const kept = new URLSearchParams(query);
  kept.delete("event");
  kept.sort();
  return kept.toString();
}

export function Views({ page }: { page: SavedView["page"] }) {
  const { query } = usePlace();
  const list = useApi<SavedViewList>("/api/views");
  const views = list.data?.views.filter((v) => v.page === page) ?? [];
  const current = currentQuery(query);
  const here = views.find((v) => v.query === current);
  return (
    <Popover
      label={here ? `View: ${here.name}` : "Views"}
      button={
        <>
          <Icon name="star" />
          {here?.name ?? "Views"}
        </>
      }
    >
      {(close) => (
        <div class="stack">
          {views.length === 0
            ? <p class="muted">None is kept yet. A view is filters, time range and order.</p>
            : (
              <ul class="views">
                {views.map((v) => (
                  <li key={v.name} class="row">
                    <a
                      href={hrefOf(`/${page}`, new URLSearchParams(v.query))}
                      aria-current={v === here ? "true" : undefined}
                      title={`${v.query || "no filters"}, kept by ${v.who}`}
                      onClick={close}
                    >
                      {v.name}
                    </a>
                    <Remove view={v} done={list.reload} />
                  </li>
                ))}
              </ul>
            )}
          {!here && <Keep page={page} query={current} done={list.reload} />}
        </div>
      )}
    </Popover>
  );
}

function Remove({ view: { page, name }, done }: { view: SavedView; done(): void }) {
  return (
    <button
      type="button"
      class="button plain small"
      aria-label={`Remove the view ${name}`}
      title="Remove"
      onClick={() =>
        request(`/api/views/${page}/${encodeURIComponent(name)}`, { method: "DELETE" })
          .then(done, done)}
    >
      <Icon name="close" />
    </button>
  );
}

function Keep({ page, query, done }: { page: SavedView["page"]; query: string; done(): void }) {
  const [name, setName] = useState("");
  const [failed, setFailed] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        request("/api/views", { method: "POST", body: { page, name: name.trim(), query } })
          .then(done, (error) => setFailed((error as Error).message));
      }}
    >
      <input
        class="input grow"
        aria-label="Name of this view"
        placeholder="Name of this view"
        maxLength={64}
        value={name}
        onInput={(e) => setName(e.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={name.trim() === ""}>Keep</button>
      {failed !== "" && <p class="bad" role="alert">{failed}</p>}
    </form>
  );
}
