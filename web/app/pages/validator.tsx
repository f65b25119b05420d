/** The validator: paste lines, see what they are taken for and how well they fit the CIM. */
import { useState } from "preact/hooks";
import type { SourcetypeList, ValidateAnswer } from "../../server/types/mod.ts";
import { request, useApi } from "../client/fetch.ts";
import { count, shown } from "../client/format.ts";
import { useSending } from "../client/use_sending.ts";
import { Page } from "../parts/page.tsx";
import { Dataset } from "../parts/event_drawer.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
import { Empty } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";

type Line = ValidateAnswer["lines"][number];
type Field = Line["fields"][number];

const FIELDS: readonly PlainColumn<Field>[] = [
  { title: "Field", class: "mono", sort: (f) => f.name, cell: (f) => f.name },
  {
    title: "Value",
    class: "mono",
    sort: (f) => shown(f.value),
    cell: (f) => <bdi>{shown(f.value)}</bdi>,
  },
  { title: "Type", class: "nowrap muted", sort: (f) => f.type, cell: (f) => f.type },
  { title: "From", class: "nowrap muted", sort: (f) => f.from, cell: (f) => f.from },
  { title: "CIM", class: "nowrap", sort: (f) => Number(f.cim), cell: (f) => f.cim ? "yes" : "" },
];
const SAMPLE =
  "Mar  9 13:54:23 web1 sshd[4120]: Accepted password for deploy from 203.0.113.66 port 52144 ssh2";

export default function Validator() {
  const sourcetypes = useApi<SourcetypeList>("/api/sourcetypes");
  const [lines, setLines] = useState(SAMPLE);
  const [sourcetype, setSourcetype] = useState("");
  const [answer, setAnswer] = useState<ValidateAnswer | null>(null);
  const { error, busy, sending } = useSending();
  const run = (event: Event) => {
    event.preventDefault();
    sending(async () => {
      const body = { lines, ...(sourcetype ? { sourcetype } : {}) };
      setAnswer(await request<ValidateAnswer>("/api/validate", { method: "POST", body }));
    });
  };
  return (
    <Page>
      <div class="stack">
        <Panel title="CIM validation">
          <form class="stack" onSubmit={run}>
            <textarea
              class="input mono"
              rows={6}
              wrap="off"
              spellcheck={false}
              aria-label="Log lines"
              data-search
              value={lines}
              onInput={(e) => setLines(e.currentTarget.value)}
            />
            <div class="row">
              <select
                class="input"
                aria-label="Sourcetype"
                value={sourcetype}
                onChange={(e) => setSourcetype(e.currentTarget.value)}
              >
                <option value="">Detect sourcetype</option>
                {sourcetypes.data?.sourcetypes.map((s) => (
                  <option key={s.name} value={s.name}>{s.name}</option>
                ))}
              </select>
              <button type="submit" class="button primary" disabled={busy || !lines.trim()}>
                Validate
              </button>
              <span class="muted">Lines are not stored.</span>
            </div>
            {error && <p class="notice error" role="alert">{error}</p>}
          </form>
        </Panel>
        {answer ? <Answer answer={answer} /> : (
          <Empty title="No lines validated">
            Each line shows its sourcetype, pattern, CIM datasets, and present or missing fields.
          </Empty>
        )}
      </div>
    </Page>
  );
}

function Answer({ answer }: { answer: ValidateAnswer }) {
  // A line that no pattern takes is a parse error and nothing else.
  const bad = answer.lines.length - answer.valid - answer.parse_errors;
  return (
    <>
      <p role="status">
        {count(answer.lines.length, "line")}: <span class="good">{answer.valid} valid</span>
        {bad > 0 && (
          <>
            , <span class="warn">{bad} incomplete</span>
          </>
        )}
        {answer.parse_errors > 0 && (
          <>
            , <span class="bad">{count(answer.parse_errors, "parse error")}</span>
          </>
        )}
      </p>
      {answer.lines.slice(0, 200).map((line, i) => <LineOf key={i} at={i + 1} line={line} />)}
    </>
  );
}

/** @param at its number, from 1; the first ones are open */
function LineOf({ at, line }: { at: number; line: Line }) {
  return (
    <details class="panel" open={at <= 3}>
      <summary>
        <span class={line.pattern === null ? "bad" : line.valid ? "good" : "warn"}>
          {line.pattern === null ? "Parse error" : line.valid ? "Valid" : "Incomplete"}
        </span>{" "}
        <bdi class="mono">{line.line}</bdi>
      </summary>
      <div class="inside grid">
        <div class="s5 stack">
          <p>
            {line.sourcetype
              ? (
                <>
                  Sourcetype <strong>{line.sourcetype}</strong>
                </>
              )
              : "No sourcetype matches"}
            {line.pattern && (
              <>
                , pattern <code>{line.pattern}</code>
              </>
            )}
            {line.time && (
              <>
                , <Time at={line.time} />
              </>
            )}
          </p>
          {line.parse_error && <p class="notice error">{line.parse_error}</p>}
          {line.pattern && line.datasets.length === 0 && (
            <p class="muted">The pattern maps to no CIM dataset.</p>
          )}
          {line.datasets.map((d) => <Dataset key={d.name} check={d} />)}
        </div>
        <div class="s7">
          {line.fields.length > 0 && (
            <PlainTable
              label={`Extracted fields of line ${at}`}
              columns={FIELDS}
              rows={line.fields}
              idOf={(f) => f.name}
            />
          )}
        </div>
      </div>
    </details>
  );
}
