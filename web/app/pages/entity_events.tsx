/** Of an entity: whether somebody logged in, and its newest events. */
import type { Entity } from "../../server/types/mod.ts";
import { number } from "../client/format.ts";
import { EventLine, EventLines } from "../parts/event_lines.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
import { eventsHref, Time } from "../parts/words.tsx";

type Login = Entity["logins"][number];

const RESULTS = [
  { action: "success", says: "Succeeded" },
  { action: "failure", says: "Failed" },
] as const;

/** Whether anybody got in: by the field in which it stands, how many, and the newest of each. */
export function LoginsPanel({ entity: e, onOpen }: { entity: Entity; onOpen(id: string): void }) {
  const rows = e.logins.flatMap((l) => RESULTS.map(({ action, says }) => ({ ...l, action, says })));
  const succeeded = e.logins.some((l) => l.succeeded > 0);
  return (
    <Panel
      title="Logins"
      flush={rows.length > 0}
      tools={rows.length > 0 && (
        <span class="muted">{succeeded ? "at least one succeeded" : "none succeeded"}</span>
      )}
    >
      {rows.length === 0 ? <p class="muted">None of its events is a login.</p> : (
        <PlainTable
          label="Logins"
          columns={loginColumns(e.value, onOpen)}
          rows={rows}
          idOf={(r) => `${r.field} ${r.action}`}
        />
      )}
    </Panel>
  );
}

type LoginRow = Login & { readonly action: string; readonly says: string };

const lastOf = (r: LoginRow) => r.action === "success" ? r.last_success : r.last_failure;
const timesOf = (r: LoginRow) => r.action === "success" ? r.succeeded : r.failed;

const loginColumns = (
  value: string,
  onOpen: (id: string) => void,
): readonly PlainColumn<LoginRow>[] => [
  {
    title: "Result",
    class: "nowrap",
    sort: (r) => r.says,
    cell: (r) => (
      <>
        {r.says} <span class="muted">as {r.field}</span>
      </>
    ),
  },
  {
    title: "Times",
    class: "num",
    sort: timesOf,
    cell: (r) =>
      lastOf(r) === null
        ? <span class="muted">0</span>
        : (
          <a href={didHref(r.field, value, { dataset: "Authentication", action: r.action })}>
            {r.exact ? "" : "≥ "}
            {number(timesOf(r))}
          </a>
        ),
  },
  {
    title: "Last",
    class: "nowrap muted wide",
    sort: (r) => lastOf(r)?._time ?? "",
    cell: (r) => {
      const last = lastOf(r);
      return last && <Time at={last._time} />;
    },
  },
  {
    title: "The last one",
    cell: (r) => {
      const last = lastOf(r);
      return last && <EventLine event={last} onOpen={onOpen} />;
    },
  },
];

/** Its events that are so. */
export const didHref = (field: string, value: string, of: Readonly<Record<string, string>>) =>
  eventsHref(field, value, { ...of, range: "all" });

const HOUR = 3_600_000;

/** What it did last, and a way to all of its last day. */
export function NewestEvents({ entity: e, onOpen }: { entity: Entity; onOpen(id: string): void }) {
  const field = e.roles[0]?.field;
  if (field === undefined || e.last === null) return null;
  const to = Date.parse(e.last) + 1;
  const day = { from: new Date(to - 24 * HOUR).toISOString(), to: new Date(to).toISOString() };
  return (
    <Panel
      title="Newest events"
      flush
      tools={<a href={eventsHref(field, e.value, day)}>Its last 24 hours</a>}
    >
      <EventLines events={e.newest} onOpen={onOpen} />
    </Panel>
  );
}
