/** Silences and exceptions, and who did what. */
import { useState } from "preact/hooks";
import type { AuditPage, ExceptionList, SilenceList } from "../../server/types/mod.ts";
import { ApiFailure, request, useApi } from "../client/fetch.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";

export default function TuningPage() {
  const silences = useApi<SilenceList>("/api/silences?active=true");
  const exceptions = useApi<ExceptionList>("/api/exceptions?active=true");
  const audit = useApi<AuditPage>("/api/audit?limit=100");
  const [error, setError] = useState<string | null>(null);
  const end = async (path: string) => {
    setError(null);
    try {
      await request(path, { method: "DELETE" });
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    }
    for (const list of [silences, exceptions, audit]) list.reload();
  };
  return (
    <Page title="Tuning">
      <div class="stack">
        {error && <p class="notice error" role="alert">{error}</p>}
        <Panel title="Exceptions taken from alerts" flush>
          <Loaded from={exceptions} height={120}>
            {(d) => <Exceptions list={d} onEnd={(id) => end(`/api/exceptions/${id}`)} />}
          </Loaded>
        </Panel>
        <Panel title="Silences in force" flush>
          <Loaded from={silences} height={120}>
            {(d) => <Silences list={d} onEnd={(id) => end(`/api/silences/${id}`)} />}
          </Loaded>
        </Panel>
        {audit.error?.status !== 403 && (
          <Panel title="Audit" flush>
            <Loaded from={audit} height={200}>{(d) => <Audit page={d} />}</Loaded>
          </Panel>
        )}
      </div>
    </Page>
  );
}

interface Ending {
  onEnd(id: string): void;
}

function Exceptions({ list, onEnd }: { list: ExceptionList } & Ending) {
  if (list.exceptions.length === 0) {
    return (
      <Empty title="No exceptions">
        "Not this again" on an alert proposes one. Those of agent.yaml are on their rules' pages.
      </Empty>
    );
  }
  return (
    <table class="plain">
      <thead>
        <tr>
          {["Rule", "What is no alert", "Reason", "By", "Until", ""].map((h) => (
            <th key={h} scope="col">{h || <span class="unseen">To do</span>}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.exceptions.map((e) => (
          <tr key={e.id}>
            <td>
              <a href={`/rules/${encodeURIComponent(e.rule)}`}>{e.rule}</a>
            </td>
            <td>
              <code>{e.where}</code>
              {e.alert && (
                <div>
                  <a href={`/alerts/${e.alert}`}>The alert it was taken from</a>
                </div>
              )}
            </td>
            <td>{e.reason}</td>
            <td>
              {e.who}
              <div class="muted">
                <Time at={e.created} />
              </div>
            </td>
            <td class="nowrap">{e.until ? <Time at={e.until} /> : "no end"}</td>
            <td>
              <button type="button" class="button small" onClick={() => onEnd(e.id)}>End</button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Silences({ list, onEnd }: { list: SilenceList } & Ending) {
  if (list.silences.length === 0) {
    return <Empty title="No silences">Alerts are delivered as agent.yaml says.</Empty>;
  }
  return (
    <table class="plain">
      <thead>
        <tr>
          {["Rule", "Fields", "Reason", "By", "Until", ""].map((h) => (
            <th key={h} scope="col">{h || <span class="unseen">To do</span>}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.silences.map((s) => (
          <tr key={s.id}>
            <td>{s.rule ?? <span class="muted">any</span>}</td>
            <td>
              {Object.entries(s.fields).map(([name, value]) => `${name} is ${value}`).join(", ") ||
                <span class="muted">any</span>}
            </td>
            <td>{s.reason}</td>
            <td>
              {s.who}
              <div class="muted">
                <Time at={s.created} />
              </div>
            </td>
            <td class="nowrap">
              <Time at={s.ends} />
            </td>
            <td>
              <button type="button" class="button small" onClick={() => onEnd(s.id)}>End</button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Audit({ page }: { page: AuditPage }) {
  if (page.entries.length === 0) {
    return <Empty title="Nothing yet">Edits of alerts, silences, exceptions and tokens.</Empty>;
  }
  return (
    <table class="plain">
      <thead>
        <tr>
          {["Time", "Who", "What", "Of", "Detail"].map((h) => <th key={h} scope="col">{h}</th>)}
        </tr>
      </thead>
      <tbody>
        {page.entries.map((e) => (
          <tr key={e.id}>
            <td class="nowrap muted">
              <Time at={e.time} />
            </td>
            <td>{e.who}</td>
            <td class="nowrap">{e.action}</td>
            <td>
              {e.action === "alert.edit"
                ? <a href={`/alerts/${e.subject}`}>{e.subject.slice(0, 8)}</a>
                : e.subject.slice(0, 32)}
            </td>
            <td>
              {Object.entries(e.detail).filter(([, v]) => v !== null)
                .map(([k, v]) => `${k}: ${typeof v === "object" ? JSON.stringify(v) : v}`)
                .join(", ")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
