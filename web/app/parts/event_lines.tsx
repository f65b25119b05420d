/** The events of an alert as a short list; each opens the drawer. */
import { useState } from "preact/hooks";
import type { Event } from "../../server/types/mod.ts";
import { Time } from "./words.tsx";

const FIRST = 8;

export function EventLines({ events, onOpen }: {
  events: readonly Event[];
  onOpen(id: string): void;
}) {
  const [all, setAll] = useState(false);
  const shown = all ? events : events.slice(0, FIRST);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Events">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Sourcetype</th>
            <th scope="col">Event</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((e) => (
            <tr key={e._id}>
              <td class="nowrap muted">
                <Time at={e._time} />
              </td>
              <td class="nowrap">{e.sourcetype}</td>
              <td>
                <button type="button" class="line" onClick={() => onOpen(e._id)}>
                  <bdi>{e._raw}</bdi>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {events.length > shown.length && (
        <button
          type="button"
          class="button plain"
          onClick={() => setAll(true)}
        >
          Show all {events.length}
        </button>
      )}
    </div>
  );
}
