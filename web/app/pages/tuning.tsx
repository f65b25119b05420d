/** Silences and exceptions, and who did what. */
import type { AuditPage, ExceptionList, SilenceList } from "../../server/types/mod.ts";
import { request, useApi } from "../client/fetch.ts";
import { useSending } from "../client/use_sending.ts";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Time } from "../parts/words.tsx";

export default function TuningPage() {
  const silences = useApi<SilenceList>("/api/silences?active=true");
  const exceptions = useApi<ExceptionList>("/api/exceptions?active=true");
  const audit = useApi<AuditPage>("/api/audit?limit=100");
  const { error, sending } = useSending();
  const end = async (path: string) => {
    await sending(() => request(path, { method: "DELETE" }));
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

type Exception = ExceptionList["exceptions"][number];
type Silence = SilenceList["silences"][number];
type Entry = AuditPage["entries"][number];

/** The button that ends one. */
const ending = <R extends { readonly id: string }>(
  onEnd: (id: string) => void,
): PlainColumn<R> => ({
  title: "Actions",
  untitled: true,
  class: "num",
  cell: ({ id }) => (
    <button type="button" class="button small" onClick={() => onEnd(id)}>End</button>
  ),
});

/** Who did it and when, in two lines. */
const by = (e: { readonly who: string; readonly created: string }) => (
  <>
    {e.who}
    <div class="muted">
      <Time at={e.created} />
    </div>
  </>
);

const EXCEPTIONS: readonly PlainColumn<Exception>[] = [
  {
    title: "Rule",
    sort: (e) => e.rule,
    cell: (e) => <a href={`/rules/${encodeURIComponent(e.rule)}`}>{e.rule}</a>,
  },
  {
    title: "What is no alert",
    sort: (e) => e.where,
    cell: (e) => (
      <>
        <code>{e.where}</code>
        {e.alert && (
          <div>
            <a href={`/alerts/${e.alert}`}>The alert it was taken from</a>
          </div>
        )}
      </>
    ),
  },
  { title: "Reason", sort: (e) => e.reason, cell: (e) => e.reason },
  { title: "By", class: "nowrap", sort: (e) => e.created, cell: by },
  {
    title: "Until",
    class: "nowrap",
    sort: (e) => e.until ?? "~",
    cell: (e) => e.until ? <Time at={e.until} /> : "no end",
  },
];

const fieldsOf = (s: Silence) =>
  Object.entries(s.fields).map(([name, value]) => `${name} is ${value}`).join(", ");

const ANY = <span class="muted">any</span>;

const SILENCES: readonly PlainColumn<Silence>[] = [
  {
    title: "Rule",
    sort: (s) => s.rule ?? "",
    cell: (s) => s.rule ? <a href={`/rules/${encodeURIComponent(s.rule)}`}>{s.rule}</a> : ANY,
  },
  { title: "Fields", sort: fieldsOf, cell: (s) => fieldsOf(s) || ANY },
  { title: "Reason", sort: (s) => s.reason, cell: (s) => s.reason },
  { title: "By", class: "nowrap", sort: (s) => s.created, cell: by },
  { title: "Until", class: "nowrap", sort: (s) => s.ends, cell: (s) => <Time at={s.ends} /> },
];

const AUDIT: readonly PlainColumn<Entry>[] = [
  timeColumn("Time", (e) => e.time),
  { title: "Who", sort: (e) => e.who, cell: (e) => e.who },
  { title: "What", class: "nowrap", sort: (e) => e.action, cell: (e) => e.action },
  {
    title: "Of",
    class: "mono",
    sort: (e) => e.subject,
    cell: (e) =>
      e.action === "alert.edit"
        ? <a href={`/alerts/${e.subject}`}>{e.subject.slice(0, 8)}</a>
        : e.subject.slice(0, 32),
  },
  {
    title: "Detail",
    cell: (e) =>
      Object.entries(e.detail).filter(([, v]) => v !== null)
        .map(([k, v]) => `${k}: ${typeof v === "object" ? JSON.stringify(v) : v}`)
        .join(", "),
  },
];

function Exceptions({ list, onEnd }: { list: ExceptionList } & Ending) {
  if (list.exceptions.length === 0) {
    return (
      <Empty title="No exceptions">
        "Not this again" on an alert proposes one. Those of agent.yaml are on their rules' pages.
      </Empty>
    );
  }
  return (
    <PlainTable
      label="Exceptions"
      columns={[...EXCEPTIONS, ending<Exception>(onEnd)]}
      rows={list.exceptions}
      idOf={(e) => e.id}
    />
  );
}

function Silences({ list, onEnd }: { list: SilenceList } & Ending) {
  if (list.silences.length === 0) {
    return <Empty title="No silences">Alerts are delivered as agent.yaml says.</Empty>;
  }
  return (
    <PlainTable
      label="Silences"
      columns={[...SILENCES, ending<Silence>(onEnd)]}
      rows={list.silences}
      idOf={(s) => s.id}
    />
  );
}

function Audit({ page }: { page: AuditPage }) {
  if (page.entries.length === 0) {
    return <Empty title="Nothing yet">Edits of alerts, silences, exceptions and tokens.</Empty>;
  }
  return <PlainTable label="Audit" columns={AUDIT} rows={page.entries} idOf={(e) => e.id} />;
}
