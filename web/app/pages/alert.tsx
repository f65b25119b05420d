/** One alert: its events, rule, related alerts and history. */
import { useState } from "preact/hooks";
import type { Alert, AlertDetail, Status } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { hrefOf } from "../client/router.ts";
import { useKey } from "../client/use_key.ts";
import { number } from "../client/format.ts";
import { Page } from "../parts/page.tsx";
import { Code } from "../parts/code.tsx";
import { ContextPanel } from "../parts/context.tsx";
import { EventDrawer } from "../parts/event_drawer.tsx";
import { EventLines } from "../parts/event_lines.tsx";
import { AlertLines, IncidentLines } from "../parts/lines.tsx";
import { Long } from "../parts/long.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { StatusDialog } from "../parts/status_dialog.tsx";
import { Summary } from "./alert_summary.tsx";
import { BeforePanel } from "./alert_before.tsx";
import { SilenceDialog } from "../parts/silence_dialog.tsx";
import { VERDICT_NAMES } from "../parts/triage_fields.tsx";
import { ExceptionDialog, TriagePanel } from "./alert_triage.tsx";
import { Value } from "../parts/value_menu.tsx";
import { SEARCHABLE } from "../parts/words.tsx";

export default function AlertPage({ value: id }: { value: string }) {
  const detail = useApi<AlertDetail>(`/api/alerts/${encodeURIComponent(id)}`, ["alert"]);
  const [asking, setAsking] = useState<Status | null>(null);
  const [dialog, setDialog] = useState<"silence" | "exception" | null>(null);
  const alert = detail.data?.alert;
  useKey("e", () => alert && setAsking(alert.status === "closed" ? "open" : "closed"));
  return (
    <Page
      title={alert?.title ?? "Alert"}
      crumb={{ title: "Alerts", href: "/alerts" }}
      tools={alert && <Actions alert={alert} onAsk={setAsking} onDialog={setDialog} />}
    >
      <Loaded from={detail} height={420}>
        {(d) => <Detail detail={d} onDone={() => detail.reload()} />}
      </Loaded>
      {dialog === "silence" && alert && (
        <SilenceDialog
          alerts={[alert]}
          onClose={() => setDialog(null)}
          onDone={() => {
            setDialog(null);
            detail.reload();
          }}
        />
      )}
      {dialog === "exception" && alert && (
        <ExceptionDialog
          alert={alert}
          onClose={() => setDialog(null)}
          onDone={() => detail.reload()}
        />
      )}
      {asking && alert && (
        <StatusDialog
          alerts={[alert]}
          status={asking}
          onClose={() => setAsking(null)}
          onDone={() => {
            setAsking(null);
            detail.reload();
          }}
        />
      )}
    </Page>
  );
}

function Actions(
  { alert, onAsk, onDialog }: {
    alert: Alert;
    onAsk(status: Status): void;
    onDialog(dialog: "silence" | "exception"): void;
  },
) {
  return (
    <>
      <button type="button" class="button" onClick={() => onDialog("exception")}>
        Not this again
      </button>
      <button type="button" class="button" onClick={() => onDialog("silence")}>Silence</button>
      {alert.status === "open" && (
        <button
          type="button"
          class="button"
          onClick={() => onAsk("acknowledged")}
        >
          Acknowledge
        </button>
      )}
      {alert.status !== "closed" && (
        <button
          type="button"
          class="button primary"
          onClick={() => onAsk("closed")}
        >
          Close
        </button>
      )}
      {alert.status !== "open" && (
        <button
          type="button"
          class="button"
          onClick={() => onAsk("open")}
        >
          Reopen
        </button>
      )}
    </>
  );
}

function Detail({ detail, onDone }: { detail: AlertDetail; onDone(): void }) {
  const { alert, events, rule, others, incidents, history } = detail;
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div class="grid">
      <Summary alert={alert} />
      <Panel title="Entities and fields" span="s4">
        <Facts
          items={[
            ...Object.entries(alert.entity).map(([k, v]) =>
              [k, <Value key={k} name={k} value={v} />] as const
            ),
            ...Object.entries(alert.fields)
              .filter(([k, v]) => !Object.hasOwn(alert.entity, k) && v !== null)
              .map(([k, v]) => [k, <Value key={k} name={fieldOf(k)} value={v} />] as const),
          ]}
        />
      </Panel>
      {alert.context && <ContextPanel context={alert.context} />}
      <Panel
        title={`Contributing events (${number(events.length)}${
          alert.count > events.length ? ` of ${number(alert.count)}` : ""
        })`}
        span="s12"
        flush
      >
        {events.length
          ? <EventLines events={events} onOpen={setOpen} />
          : (
            <Empty title="Events not stored">
              The agent ran without storing events, or retention removed them.
            </Empty>
          )}
      </Panel>
      <div class="s7 stack">
        {incidents.length > 0 && (
          <Panel title="Incidents" flush>
            <IncidentLines incidents={incidents} />
          </Panel>
        )}
        <BeforePanel key={`before ${alert.id}`} alert={alert} />
        <Panel
          title="Related alerts"
          flush
          tools={others.length > 0 && <a href={relatedHref(alert)}>All of this entity</a>}
        >
          {others.length
            ? <AlertLines alerts={others.slice(0, 6)} />
            : <Empty title="No related alerts">No other alerts on this entity.</Empty>}
        </Panel>
        <Panel
          title="Matched rule"
          tools={rule && <a href={`/rules/${encodeURIComponent(rule.name)}`}>{rule.file}</a>}
        >
          {rule
            ? <Why rule={rule} alert={alert} />
            : (
              <Empty title={`Rule ${alert.rule} not loaded`}>
                Load the rule to see its source.
              </Empty>
            )}
        </Panel>
      </div>
      <div class="s5 stack">
        <TriagePanel key={alert.id} alert={alert} onDone={onDone} />
        <Panel title="History" flush={history.length > 0}>
          {history.length ? <History history={history} /> : <span class="muted">Nothing yet.</span>}
        </Panel>
      </div>
      {open && <EventDrawer key={open} id={open} onClose={() => setOpen(null)} onOpen={setOpen} />}
    </div>
  );
}

/** The events' own name of a field: that of a step of a sequence has the step before it. */
const fieldOf = (name: string): string => {
  const own = name.slice(name.lastIndexOf(".") + 1);
  return SEARCHABLE.has(own) ? own : name;
};

/** All alerts about whom this one is about: the address before the account before the host. */
function relatedHref({ entity }: Alert): string {
  const value = entity.src ?? entity.user ?? entity.dest ?? Object.values(entity)[0];
  return hrefOf("/alerts", { entity: String(value), range: "all" });
}

type Rule = NonNullable<AlertDetail["rule"]>;

/** The rule's text from its first line on, with the lines of the condition that held. */
function Why({ rule, alert }: { rule: Rule; alert: Alert }) {
  const text = ruleText(rule.source, rule.name);
  const at = text.indexOf(rule.condition);
  const held = new Set<number>();
  if (rule.condition && at >= 0) {
    const first = text.slice(0, at).split("\n").length - 1;
    rule.condition.trimEnd().split("\n").forEach((_, i) => held.add(first + i));
  }
  return (
    <div class="stack">
      {rule.plan_hash !== alert.plan_hash && (
        <p class="notice warning">
          The rule has changed since this alert; the current version is shown.
        </p>
      )}
      <p class="muted">
        The highlighted lines matched the events{Object.keys(alert.fields).length
          ? "; their results are under Entities and fields."
          : "."}
      </p>
      {rule.selections && (
        <p>
          Selections that held: {rule.selections.length ? rule.selections.join(", ") : "none"}
        </p>
      )}
      <Code text={text} label={`Source of ${rule.name}`} held={held} />
    </div>
  );
}

/** Only the rule out of its file, without its tests: what decided, not what was tried. */
export function ruleText(source: string, name: string): string {
  const lines = source.split("\n");
  const from = lines.findIndex((l) => new RegExp(`^\\s*rule\\s+${name}\\b`, "i").test(l));
  if (from < 0) return source;
  const end = lines.findIndex((l, i) => i > from && /^}/.test(l));
  const own = lines.slice(from, end < 0 ? undefined : end + 1);
  const test = own.findIndex((l) => /^ {2}test "/.test(l));
  return (test < 0 ? own : [...trimmed(own.slice(0, test)), "}"]).join("\n");
}

function trimmed(lines: readonly string[]): string[] {
  let end = lines.length;
  while (end > 0 && lines[end - 1].trim() === "") end--;
  return lines.slice(0, end);
}

type Entry = AlertDetail["history"][number];

/** What somebody did, in words. */
function didOf(h: Entry): string {
  return [
    ...(h.from === h.to ? [] : [`${h.from ?? "new"} → ${h.to}`]),
    ...(h.verdict === undefined
      ? []
      : [h.verdict === null ? "took the verdict back" : VERDICT_NAMES[h.verdict]]),
    ...(h.assignee === undefined
      ? []
      : [h.assignee === null ? "assigned to nobody" : `assigned to ${h.assignee}`]),
  ].join(", ") || (h.comment ? "commented" : h.to);
}

const HISTORY: readonly PlainColumn<Entry>[] = [
  timeColumn("Time", (h) => h.at),
  { title: "Who", sort: (h) => h.who, cell: (h) => <strong>{h.who}</strong> },
  {
    title: "What",
    sort: didOf,
    cell: (h) => (
      <>
        {didOf(h)}
        {h.comment && (
          <div>
            <Long text={h.comment} />
          </div>
        )}
      </>
    ),
  },
];

const History = ({ history }: { history: AlertDetail["history"] }) => (
  <PlainTable
    label="History"
    columns={HISTORY}
    rows={history}
    idOf={(h) => `${h.at} ${h.who} ${didOf(h)}`}
  />
);
