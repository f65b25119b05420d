/** Events as lines that open the drawer, and a short list of them. */
import { useState } from "preact/hooks";
import type { Event } from "../../server/types/mod.ts";
import { gist } from "../client/gist.ts";
import { type PlainColumn, PlainTable, timeColumn } from "./plain_table.tsx";

const FIRST = 8;

/** An event in one line that opens it; more of it on hover. */
export function EventLine({ event, onOpen }: { event: Event; onOpen(id: string): void }) {
  return (
    <button
      type="button"
      class="line"
      title={event._raw.slice(0, 2000)}
      onClick={() => onOpen(event._id)}
    >
      <bdi>{gist(event)}</bdi>
    </button>
  );
}

export function EventLines({ events, onOpen }: {
  events: readonly Event[];
  onOpen(id: string): void;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? events : events.slice(0, FIRST);
  const columns: readonly PlainColumn<Event>[] = [
    timeColumn("Time", (e) => e._time),
    {
      title: "Sourcetype",
      class: "nowrap wide",
      sort: (e) => e.sourcetype,
      cell: (e) => e.sourcetype,
    },
    { title: "Event", cell: (e) => <EventLine event={e} onOpen={onOpen} /> },
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
