/** Jobs: one input of one run each, with how far it is. */
import type { Job } from "../../server/types/mod.ts";
import { number, percent } from "../client/format.ts";
import { Time } from "./words.tsx";

const STATE: Record<Job["state"], { class: string; says: string }> = {
  running: { class: "", says: "Running" },
  done: { class: "good", says: "Done" },
  failed: { class: "bad", says: "Failed" },
  stopped: { class: "warn", says: "Stopped" },
};

export function JobLines({ jobs }: { jobs: readonly Job[] }) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Jobs">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col" class="num">Lines</th>
            <th scope="col" class="num">Lines/s</th>
            <th scope="col" class="num">Parse errors</th>
            <th scope="col">Understood</th>
            <th scope="col">Started</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((j) => (
            <tr key={j.id}>
              <td>
                <span class="mono">{j.source}</span>
                <div class="muted">{j.sourcetype ?? "not recognised yet"}</div>
              </td>
              <td>
                <span class={STATE[j.state].class}>{STATE[j.state].says}</span>
                {j.state === "running" && (
                  <div class="bar" role="progressbar" aria-label={`${j.source} is being read`}>
                    <i class="moving" />
                  </div>
                )}
                {j.error && <div class="bad">{j.error}</div>}
              </td>
              <td class="num">{number(j.lines)}</td>
              <td class="num">{number(Math.round(j.rate))}</td>
              <td class="num">{percent(j.lines ? j.parse_errors / j.lines : 0)}</td>
              <td>
                <Understood job={j} />
              </td>
              <td class="nowrap muted">
                <Time at={j.started} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How many events rules can know, and what the others look like: no parse errors says nothing of that. */
function Understood({ job }: { job: Job }) {
  if (job.events === 0) return null;
  return (
    <>
      <span class={job.unread.length > 0 && job.understood * 2 < job.events ? "warn" : ""}>
        {number(job.understood)} of {number(job.events)} events mean something
      </span>
      {job.unread.length > 0 && (
        <details>
          <summary class="muted">Lines that nobody knows</summary>
          {job.unread.map((u) => (
            <div class="muted" key={u.sourcetype + u.shape}>
              {number(u.lines)} × {u.sourcetype}: <span class="mono">{u.shape}</span>
            </div>
          ))}
          <div class="muted">
            <code>deno run parse --unread</code>{" "}
            prints all of them; a sourcetype says what they mean
          </div>
        </details>
      )}
    </>
  );
}
