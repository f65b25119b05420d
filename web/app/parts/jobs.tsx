/** Jobs: one input of one run each, with how far it is. */
import { PROGRAM } from "../client/program.ts";
import type { Job } from "../../server/types/mod.ts";
import { count, number, percent } from "../client/format.ts";
import { type PlainColumn, PlainTable, timeColumn } from "./plain_table.tsx";

const STATE: Record<Job["state"], { class: string; says: string }> = {
  running: { class: "", says: "Running" },
  done: { class: "good", says: "Done" },
  failed: { class: "bad", says: "Failed" },
  stopped: { class: "warn", says: "Stopped" },
};

const COLUMNS: readonly PlainColumn<Job>[] = [
  {
    title: "Source",
    sort: (j) => j.source,
    cell: (j) => (
      <>
        <span class="mono">{j.source}</span>
        <div class="muted">
          {j.sourcetype ?? (j.events > 0 ? "as each record says" : "not recognised yet")}
        </div>
      </>
    ),
  },
  {
    title: "State",
    class: "nowrap",
    sort: (j) => j.state,
    cell: (j) => <State job={j} />,
  },
  { title: "Lines", class: "num", sort: (j) => j.lines, cell: (j) => number(j.lines) },
  {
    title: "Lines/s",
    class: "num wide",
    sort: (j) => j.rate,
    cell: (j) => number(Math.round(j.rate)),
  },
  {
    title: "Records behind",
    class: "num",
    sort: (j) => j.lag ?? -1,
    cell: (j) => j.lag === null ? "" : number(j.lag),
  },
  { title: "Parse errors", class: "num wide", sort: errorsOf, cell: (j) => percent(errorsOf(j)) },
  {
    title: "Understood",
    class: "understood wide",
    sort: (j) => j.events ? j.understood / j.events : 0,
    cell: (j) => <Understood job={j} />,
  },
  timeColumn("Started", (j) => j.started, "wide"),
];

function errorsOf({ lines, parse_errors }: Job): number {
  return lines ? parse_errors / lines : 0;
}

export function JobLines({ jobs }: { jobs: readonly Job[] }) {
  const lags = jobs.some((j) => j.lag !== null);
  const columns = COLUMNS.filter((c) => lags || c.title !== "Records behind");
  return <PlainTable label="Jobs" columns={columns} rows={jobs} idOf={(j) => j.id} />;
}

function State({ job: j }: { job: Job }) {
  return (
    <>
      <span class={STATE[j.state].class}>{STATE[j.state].says}</span>
      {j.state === "running" && (
        <div class="bar" role="progressbar" aria-label={`${j.source} is being read`}>
          <i class="moving" />
        </div>
      )}
      {j.error && <div class="bad">{j.error}</div>}
    </>
  );
}

/** How many events rules can know, and what the others look like: no parse errors says nothing of that. */
function Understood({ job }: { job: Job }) {
  if (job.events === 0) return null;
  return (
    <>
      <span class={job.unread.length > 0 && job.understood * 2 < job.events ? "warn" : ""}>
        {number(job.understood)} of {count(job.events, "event")}
      </span>
      {job.unread.length > 0 && (
        <details>
          <summary class="muted">Lines that no rule can know</summary>
          {job.unread.map((u) => (
            <div class="muted" key={u.sourcetype + u.shape}>
              {number(u.lines)} × {u.sourcetype}: <span class="mono">{u.shape}</span>
            </div>
          ))}
          <div class="muted">
            <code>{PROGRAM} parse --unread</code>{" "}
            prints all of them; a sourcetype says what they mean
          </div>
        </details>
      )}
    </>
  );
}
