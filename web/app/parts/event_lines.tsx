/** The events of an alert as a short list; each opens the drawer. */
import { useState } from "preact/hooks";
import type { Event } from "../../server/types/mod.ts";
import { gist } from "../client/gist.ts";
import { type PlainColumn, PlainTable } from "./plain_table.tsx";
import { Clock } from "./words.tsx";

const FIRST = 8;

export function EventLines({ events, onOpen }: {
  events: readonly Event[];
  onOpen(id: string): void;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? events : events.slice(0, FIRST);
  const columns: readonly PlainColumn<Event>[] = [
    {
      title: "Time",
      class: "nowrap muted",
      sort: (e) => e._time,
      cell: (e, before) => <Clock at={e._time} before={before?._time} />,
    },
    {
      title: "Sourcetype",
      class: "nowrap wide",
      sort: (e) => e.sourcetype,
      cell: (e) => e.sourcetype,
    },
    {
      title: "Event",
      cell: (e) => (
        <button
          type="button"
          class="line"
          title={e._raw.slice(0, 2000)}
          onClick={() => onOpen(e._id)}
        >
          <bdi>{gist(e)}</bdi>
        </button>
      ),
    },
  ];
  return (
    <PlainTable
      label="Events"
      columns={columns}
      rows={shown}
      idOf={(e) => e._id}
      after={events.length > shown.length && (
        <button
          type="button"
          class="button plain"
          onClick={() => setAll(true)}
        >
          Show all {events.length}
        </button>
      )}
    />
  );
}
