/** The raw lines around an event, of the same host, or of the same file where no host is named. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Event, EventPage } from "../../server/types/mod.ts";
import { useApi, usePages } from "../client/fetch.ts";
import { duration } from "../client/format.ts";
import { gist } from "../client/gist.ts";
import { hrefOf } from "../client/router.ts";
import { EventLine } from "./event_lines.tsx";
import { Empty, Loaded, Loading } from "./states.tsx";
import { Clock } from "./words.tsx";

/** Lines before and after; more at a click. */
const FEW = 5, MANY = 40;
/** ms after an event in which what followed is looked for: the first that is not too many. */
const AFTER = [300_000, 30_000, 3000, 0] as const;
const LIMIT = 500;
/** Portions of the store that are looked through for what came before. */
const PORTIONS = 20;

/** Where it stands: its host, else the file that it is a line of. */
function placeOf(event: Event): readonly ["host" | "source", string] {
  return typeof event.host === "string" && event.host !== ""
    ? ["host", event.host]
    : ["source", event.source];
}

export function Around({ event, onOpen }: { event: Event; onOpen?(id: string): void }) {
  const [most, setMost] = useState(FEW);
  const [width, setWidth] = useState(0);
  const [name, value] = placeOf(event);
  const at = Date.parse(event._time);
  const iso = (ms: number) => new Date(ms).toISOString();
  const before = usePages<EventPage, Event>(
    hrefOf("/api/events", { [name]: value, to: iso(at + 1), limit: MANY * 2 }),
    (p) => p.events,
    (e) => e._id,
  );
  // Rare lines are looked for a portion at a time.
  const own = before.rows.findIndex((e) => e._id === event._id);
  const wanted = own < 0 || before.rows.length < own + 1 + FEW;
  const read = useRef(0);
  useEffect(() => {
    if (!wanted || before.loading || before.more === null || read.current >= PORTIONS) return;
    read.current++;
    before.loadMore();
  }, [before.loading, before.more]);
  const looking = before.loading ||
    wanted && before.more !== null && before.error === null && read.current < PORTIONS;
  const after = useApi<EventPage>(
    hrefOf("/api/events", {
      [name]: value,
      from: iso(at),
      to: iso(at + 1 + AFTER[width]),
      limit: LIMIT,
    }),
  );
  if (after.data?.next && width + 1 < AFTER.length) setWidth(width + 1);
  const wide = (ms: number, query: Record<string, string>) =>
    hrefOf("/events", { ...query, from: iso(at - ms), to: iso(at + ms + 1), event: event._id });
  return (
    <section>
      <h3>
        Around it {name === "host" ? "on" : "in"} <bdi class="mono">{value}</bdi>
      </h3>
      <Loaded from={after} height={120}>
        {(a) =>
          looking ? <Loading /> : (
            <Lines
              events={around([...a.events, ...before.rows], event._id, most)}
              own={event._id}
              onOpen={onOpen}
            />
          )}
      </Loaded>
      <p class="row">
        {most === FEW && (
          <button type="button" class="button small" onClick={() => setMost(MANY)}>
            More lines
          </button>
        )}
        <a href={wide(300_000, { [name]: value })}>
          {duration(300_000)} {name === "host" ? `on ${value}` : "in this file"}
        </a>
        <a href={wide(60_000, {})}>1 min everywhere</a>
      </p>
    </section>
  );
}

/** So many before and after it, each once, the oldest first. */
function around(events: readonly Event[], own: string, most: number): Event[] {
  const each = [...new Map(events.map((e) => [e._id, e])).values()].reverse();
  const at = each.findIndex((e) => e._id === own);
  return at < 0 ? [] : each.slice(Math.max(0, at - most), at + most + 1);
}

function Lines({ events, own, onOpen }: {
  events: readonly Event[];
  own: string;
  onOpen?(id: string): void;
}) {
  if (events.length === 0) return <Empty title="Not stored">Its neighbours are gone.</Empty>;
  return (
    <ol class="around">
      {events.map((e, i) => (
        <li
          key={e._id}
          class={e._id === own ? "own" : ""}
          aria-current={e._id === own || undefined}
        >
          <span class="muted">
            <Clock at={e._time} before={events[i - 1]?._time ?? e._time} />
          </span>
          {onOpen && e._id !== own
            ? <EventLine event={e} onOpen={onOpen} />
            : <bdi class="mono" title={e._raw.slice(0, 2000)}>{gist(e)}</bdi>}
        </li>
      ))}
    </ol>
  );
}
