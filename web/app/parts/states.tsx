/** What a panel shows instead of data: that it loads, that there is nothing, what went wrong. */
import type { ComponentChildren } from "preact";
import { PROGRAM } from "../client/program.ts";
import type { ApiFailure, Fetched } from "../client/fetch.ts";

/** Grey blocks of about the height of what comes. */
export function Loading({ height = 120 }: { height?: number }) {
  return (
    <div role="status" aria-label="Loading">
      <div class="skeleton" style={{ height: `${height}px` }} />
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Failed({ error, retry }: { error: ApiFailure; retry?: () => void }) {
  return (
    <div class="state" role="alert">
      <strong>{error.status === 404 ? "Not found" : "Request failed"}</strong>
      {error.message}
      {retry && error.status !== 404 && (
        <div>
          <button type="button" class="button" onClick={retry}>Try again</button>
        </div>
      )}
    </div>
  );
}

/** The data once it is there, else why it is not. */
export function Loaded<T>(props: {
  from: Fetched<T>;
  height?: number;
  children: (data: T) => ComponentChildren;
}) {
  const { from, height, children } = props;
  if (from.data !== null) return <>{children(from.data)}</>;
  if (from.error) return <Failed error={from.error} retry={from.reload} />;
  return <Loading height={height} />;
}

/** What to do when the store is still empty. */
export function NoData() {
  return (
    <Empty title="No data yet">
      Ingest a log; events appear here as they are stored:
      <div>
        <pre>{PROGRAM} agent --serve /var/log/auth.log</pre>
      </div>
    </Empty>
  );
}
