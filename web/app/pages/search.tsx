/** Search: SDL, or words, over what is stored; rows as a table, every value a step further. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SearchAnswer } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, shown } from "../client/format.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
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

export default function Search() {
  const { query } = usePlace();
  const q = query.get("q");
  const from = query.get("from") ?? "-24h";
  const found = useApi<SearchAnswer>(
    q === null ? null : hrefOf("/api/search", { q: q || "*", from, limit: 500 }),
  );
  return (
    <Page>
      <div class="stack">
        <Form q={q ?? ""} from={from} busy={found.loading} />
        {q === null
          ? <Examples />
          : found.error
          ? found.error.code === "bad_search"
            ? <Mistake q={q} message={found.error.message} />
            : <Failed error={found.error} retry={found.reload} />
          : found.data === null
          ? <Loading height={200} />
          : <Answer answer={found.data} q={q} />}
      </div>
    </Page>
  );
}

function Form({ q, from, busy }: { q: string; from: string; busy: boolean }) {
  const [text, setText] = useState(q);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setText(q), [q]);
  const run = (event: Event) => {
    event.preventDefault();
    setQuery({ q: text.trim() || "*" });
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
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? "Searching" : "Search"}
        </button>
        <span class="muted">Enter searches, Shift+Enter starts a line.</span>
      </div>
    </form>
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

function Answer({ answer, q }: { answer: SearchAnswer; q: string }) {
  const { rows, columns, events, notes, more } = answer;
  const names = columns.map((c) => c.name);
  const visible = events ? EVENT_COLUMNS.filter((n) => names.includes(n)) : names;
  return (
    <>
      <p role="status">
        {count(rows.length, "row")}
        {more && ", and there are more"} of <Time at={answer.from} /> to <Time at={answer.to} />
        {answer.counted_from !== null && (
          <span class="muted">, counted back from the newest event</span>
        )}
      </p>
      {notes.map((note) => <p key={note} class="notice warning">{note}</p>)}
      {rows.length === 0
        ? (
          <Empty title="Nothing found">
            Nothing in this range fits; a longer one may have it.
          </Empty>
        )
        : (
          <div class="table-wrap" tabIndex={0} role="region" aria-label="Results">
            <table class="plain">
              <thead>
                <tr>
                  {visible.map((n) => (
                    <th key={n} scope="col" class={typeof rows[0][n] === "number" ? "num" : ""}>
                      {titleOf(n)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, i) => (
                  <tr key={String(row._id ?? i)}>
                    {visible.map((n) => (
                      <td key={n} class={typeof row[n] === "number" ? "num" : "mono"}>
                        <Cell name={n} value={row[n]} q={q} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </>
  );
}

const titleOf = (name: string) => name === "_time" ? "Time" : name === "_raw" ? "Line" : name;

/** A value; of a field that events have it narrows the search. */
function Cell({ name, value, q }: { name: string; value: unknown; q: string }) {
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
  return (
    <a href={hrefOf("/search", { q: narrowed })} title="Only these">
      <bdi>{value}</bdi>
    </a>
  );
}
