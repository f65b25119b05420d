/** Search: SDL, or words, over what is stored; rows as a table, every value a step further. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SavedSearch, SearchAnswer } from "../../server/types/mod.ts";
import { request, useApi } from "../client/fetch.ts";
import { count, shown } from "../client/format.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { type Searching, useSearch } from "../client/search_stream.ts";
import { zoneQuery } from "../client/zone.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Value } from "../parts/value_menu.tsx";
import { Time } from "../parts/words.tsx";

const RANGES = [
  ["-1h", "Last hour"],
  ["-24h", "Last 24 hours"],
  ["-7d", "Last 7 days"],
  ["-30d", "Last 30 days"],
  ["1970-01-01", "All time"],
] as const;

const PLACEHOLDER = 'user:root status>=500 "failed password" -debug | top 10 src';

const EXAMPLES = [
  ["failed password", "Lines with both words"],
  ["action:failure | top 10 src", "Who fails most to log in"],
  ["status>=500 | timechart count() as n by host span 1h", "Server errors by host and hour"],
  [
    'from Authentication where action == "failure" | stats count() as n, dc(user) as users by src | sort -n',
    "Sources by failures, with how many accounts each tried",
  ],
] as const;

/** Columns of events that tell most; the others are in the raw text. */
const EVENT_COLUMNS = ["_time", "host", "sourcetype", "_raw"];

/** The zone, where it makes a difference: another one searches anew. */
const zoneOf = (q: string) => /\btimechart\b/i.test(q) ? zoneQuery() : {};

export default function Search() {
  const { query } = usePlace();
  const q = query.get("q");
  const from = query.get("from") ?? "-24h";
  const found = useSearch(
    q === null
      ? null
      : hrefOf("/api/search/stream", { q: q || "*", from, ...zoneOf(q), limit: 500 }),
  );
  const { answer, error, progress, state } = found;
  return (
    <Page>
      <div class="stack">
        <Form
          q={q ?? ""}
          from={from}
          stop={state === "running" ? found.stop : null}
          again={found.again}
        />
        {q === null
          ? (
            <>
              <Saved />
              <Examples />
            </>
          )
          : error?.code === "bad_search"
          ? <Mistake q={q} message={error.message} />
          : (
            <>
              {error && <Failed error={error} retry={found.again} />}
              {state === "stopped" && (
                <p class="notice warning">
                  Stopped{progress?.read && (
                    <>
                      {" "}at <Time at={progress.read} />
                    </>
                  )}: not all of the range was looked at.
                </p>
              )}
              {answer === null ? state === "running" && <Loading height={200} /> : (
                <Answer
                  answer={answer}
                  q={q}
                  from={from}
                  searching={state === "running" ? progress : null}
                  state={state}
                />
              )}
            </>
          )}
      </div>
    </Page>
  );
}

function Form({ q, from, stop, again }: {
  q: string;
  from: string;
  stop: (() => void) | null;
  again(): void;
}) {
  const [text, setText] = useState(q);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setText(q), [q]);
  const run = (event: Event) => {
    event.preventDefault();
    const asked = text.trim() || "*";
    if (asked === q) again();
    else setQuery({ q: asked });
  };
  return (
    <form class="stack" onSubmit={run}>
      <textarea
        ref={field}
        class="input mono"
        rows={Math.min(6, Math.max(2, text.split("\n").length))}
        spellcheck={false}
        aria-label="Search"
        placeholder={PLACEHOLDER}
        data-search
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter" && !e.shiftKey) run(e);
        }}
      />
      <div class="row">
        <select
          class="input"
          aria-label="Time range"
          value={from}
          onChange={(e) => setQuery({ from: e.currentTarget.value })}
        >
          {RANGES.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
        <button type="submit" class="button primary">Search</button>
        {stop && <button type="button" class="button" onClick={stop}>Stop</button>}
        <span class="muted">Enter searches, Shift+Enter starts a line.</span>
        {q !== "" && q !== "*" && <Keep key={q} query={q} from={from} />}
      </div>
    </form>
  );
}

/** Keeps the search that was run under a name. */
function Keep({ query, from }: { query: string; from: string }) {
  const [name, setName] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  if (said !== "") return <span role="status">{said}</span>;
  if (name === null) {
    return <button type="button" class="button" onClick={() => setName("")}>Keep it</button>;
  }
  const keep = () => {
    const since = /^-(\d+[smhdw])$/.exec(from)?.[1] ?? null;
    request("/api/searches", { method: "POST", body: { name: name.trim(), query, since } }).then(
      () => setSaid(`Kept as "${name.trim()}"`),
      (error) => setSaid((error as Error).message),
    );
  };
  return (
    <>
      <input
        class="input"
        aria-label="Name of the search"
        placeholder="Its name"
        maxLength={64}
        value={name}
        onInput={(e) => setName(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key !== "Enter") return;
          e.preventDefault();
          keep();
        }}
      />
      <button type="button" class="button" disabled={name.trim() === ""} onClick={keep}>
        Keep
      </button>
    </>
  );
}

/** The searches that people keep. */
function Saved() {
  const { data } = useApi<{ readonly searches: readonly SavedSearch[] }>("/api/searches");
  if (data === null || data.searches.length === 0) return null;
  return (
    <Panel title="Kept searches">
      <ul class="stack">
        {data.searches.map(({ name, query, since, who }) => (
          <li key={name}>
            <a href={hrefOf("/search", { q: query, from: since && `-${since}` })}>{name}</a>{" "}
            <span class="muted">{who}</span>
            <div class="mono muted">{query}</div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Examples() {
  return (
    <Panel title="Examples">
      <ul class="stack">
        {EXAMPLES.map(([text, does]) => (
          <li key={text}>
            <a class="mono" href={hrefOf("/search", { q: text })}>{text}</a>
            <div class="muted">{does}</div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** `LINE:COLUMN: message` with the line and a caret under the place. */
function Mistake({ q, message }: { q: string; message: string }) {
  const m = /^(\d+):(\d+): (.*)$/s.exec(message);
  const line = m === null ? null : q.split("\n")[Number(m[1]) - 1] ?? null;
  return (
    <div class="notice error" role="alert">
      <p>{m?.[3] ?? message}</p>
      {m !== null && line !== null && (
        <pre class="mono">{`${line}\n${" ".repeat(Number(m[2]) - 1)}^`}</pre>
      )}
    </div>
  );
}

function Answer({ answer, q, from, searching, state }: {
  answer: SearchAnswer;
  q: string;
  from: string;
  searching: Searching["progress"];
  state: Searching["state"];
}) {
  const { rows, columns, events, notes, more } = answer;
  const names = columns.map((c) => c.name);
  const visible = events ? EVENT_COLUMNS.filter((n) => names.includes(n)) : names;
  return (
    <>
      <p role="status">
        {count(rows.length, "row")}
        {state === "running" && " so far"}
        {more && ", and there are more"} of <Time at={answer.from} /> to <Time at={answer.to} />
        {answer.counted_from !== null && (
          <span class="muted">, counted back from the newest event</span>
        )}
        {searching?.read && (
          <span class="muted">
            . Searching, at <Time at={searching.read} />
          </span>
        )}
      </p>
      {notes.map((note) => <p key={note} class="notice warning">{note}</p>)}
      {rows.length === 0
        ? state === "running"
          ? <Loading height={200} />
          : state === "done" && (
            <Empty title="Nothing found">
              Nothing in this range fits; a longer one may have it.
            </Empty>
          )
        : (
          <PlainTable
            label="Results"
            fit
            columns={visible.map((name) => columnOf(name, { rows, q, from }))}
            rows={rows}
            // Rows of sums have no id; they stand in the order in which they came.
            idOf={(row) => String(row._id ?? rows.indexOf(row))}
          />
        )}
    </>
  );
}

type Row = SearchAnswer["rows"][number];

/** A column of an answer. */
function columnOf(
  name: string,
  { rows, q, from }: { rows: readonly Row[]; q: string; from: string },
): PlainColumn<Row> {
  const isNumber = rows.every((r) => r[name] === undefined || typeof r[name] === "number");
  return {
    title: titleOf(name),
    class: isNumber ? "num" : "mono",
    sort: (row) => {
      const value = row[name];
      return isNumber ? Number(value ?? -Infinity) : shown(value).toLowerCase();
    },
    cell: (row) => <Cell name={name} value={row[name]} q={q} from={from} />,
  };
}

const titleOf = (name: string) => name === "_time" ? "Time" : name === "_raw" ? "Line" : name;

/** A value; of a field that events have it narrows the search. */
function Cell({ name, value, q, from }: {
  name: string;
  value: unknown;
  q: string;
  from: string;
}) {
  if (value === undefined) return null;
  if (name === "_time") return <Time at={String(value)} />;
  if (name === "_raw") return <bdi>{shown(value)}</bdi>;
  if (typeof value !== "string" || !/^[\w.:@/-]+$/.test(value)) return <bdi>{shown(value)}</bdi>;
  const pipe = q.indexOf("|");
  const head = (pipe < 0 ? q : q.slice(0, pipe)).trim();
  // Behind a source stands SDL, where no short form goes on.
  const narrowed = /^(?:from|sequence|together)\b/i.test(head) || head === "*"
    ? `${name}:${value}`
    : `${head} ${name}:${value}`;
  return <Value name={name} value={value} narrowed={hrefOf("/search", { q: narrowed, from })} />;
}
