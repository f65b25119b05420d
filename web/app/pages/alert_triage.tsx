/** What a person makes of an alert: verdict, assignment, comment, silence, exception. */
import { useRef, useState } from "preact/hooks";
import type {
  Alert,
  AlertAnswer,
  ExceptionAnswer,
  ExceptionProposal,
  Verdict,
} from "../../server/types/mod.ts";
import { request, useApi } from "../client/fetch.ts";
import { count, fromLocal, number } from "../client/format.ts";
import { rankOf } from "../client/severity.ts";
import { useSending } from "../client/use_sending.ts";
import { Code } from "../parts/code.tsx";
import { Dialog } from "../parts/overlay.tsx";
import { Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable, timeColumn } from "../parts/plain_table.tsx";
import { Loaded } from "../parts/states.tsx";
import {
  AssigneeField,
  FormEnd,
  named,
  NameField,
  ReasonField,
  savedName,
  VerdictField,
} from "../parts/triage_fields.tsx";
import { SeverityBadge, Time } from "../parts/words.tsx";

/** Verdict, assignment and a comment; the status stays as it is. */
export function TriagePanel({ alert, onDone }: { alert: Alert; onDone(): void }) {
  const [verdict, setVerdict] = useState<Verdict | "">(alert.verdict ?? "");
  const [assignee, setAssignee] = useState(alert.assignee ?? "");
  const [comment, setComment] = useState("");
  const [who, setWho] = useState(savedName);
  const { error, busy, sending } = useSending();
  const changes = {
    ...(verdict === (alert.verdict ?? "") ? {} : { verdict: verdict || null }),
    ...(assignee.trim() === (alert.assignee ?? "") ? {} : { assignee: assignee.trim() || null }),
    ...(comment.trim() ? { comment: comment.trim() } : {}),
  };
  return (
    <Panel title="Triage">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          sending(async () => {
            const body = { ...changes, ...named(who) };
            await request<AlertAnswer>(`/api/alerts/${alert.id}`, { method: "PATCH", body });
            setComment("");
            onDone();
          });
        }}
      >
        {alert.silenced && (
          <p class="notice">
            Silenced until <Time at={alert.silenced.ends} /> by {alert.silenced.who}:{" "}
            {alert.silenced.reason}
          </p>
        )}
        <VerdictField verdict={verdict} none="None" onChange={setVerdict} />
        <AssigneeField assignee={assignee} none="Nobody" onChange={setAssignee} />
        <label class="field">
          Comment
          <textarea
            class="input"
            rows={2}
            maxLength={4096}
            value={comment}
            onInput={(e) => setComment(e.currentTarget.value)}
          />
        </label>
        <NameField who={who} onChange={setWho} />
        <FormEnd error={error} ready={!busy && Object.keys(changes).length > 0}>Record</FormEnd>
      </form>
    </Panel>
  );
}

/** "Not this again": proposes an exception, shows what it would have held back, and takes it. */
export function ExceptionDialog(
  { alert, onClose, onDone }: { alert: Alert; onClose(): void; onDone(): void },
) {
  const [names, setNames] = useState<readonly string[] | null>(null);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [who, setWho] = useState(savedName);
  const [yaml, setYaml] = useState<string | null>(null);
  const { error, busy, sending } = useSending();
  const path = `/api/alerts/${alert.id}/exception`;
  const asked = names === null ? "" : `?fields=${encodeURIComponent(names.join(","))}`;
  const proposal = useApi<ExceptionProposal>(names?.length === 0 ? null : path + asked);
  // While another choice is asked about, the one before stays in sight.
  const shown = useRef<ExceptionProposal | null>(null);
  shown.current = proposal.data ?? shown.current;
  const take = async (where: string) => {
    const body = {
      where,
      reason: reason.trim(),
      // The day that is named is the last one on which it holds.
      ...(until ? { until: new Date(fromLocal(until + "T00:00") + 86_400_000).toISOString() } : {}),
      ...named(who),
    };
    const { exception } = await request<ExceptionAnswer>(path, { method: "POST", body });
    setYaml(exception.yaml);
    onDone();
  };
  if (yaml !== null) {
    return (
      <Dialog label="Exception taken" onClose={onClose}>
        <h2>Exception taken</h2>
        <p>
          A running agent applies it within seconds, later runs from their start. For{" "}
          <code>agent.yaml</code>:
        </p>
        <Code text={yaml} label="The exception as YAML" plain />
        <div class="row end">
          <button type="button" class="button primary" onClick={onClose}>Done</button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog label="Not this again" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const { data } = proposal;
          if (data !== null) sending(() => take(data.where));
        }}
      >
        <h2>Not this again</h2>
        {shown.current
          ? <Proposal proposal={shown.current} names={names} onFields={setNames} />
          : <Loaded from={proposal} height={200}>{() => null}</Loaded>}
        {proposal.error && shown.current && (
          <p class="notice error" role="alert">{proposal.error.message}</p>
        )}
        {names?.length === 0 && (
          <p class="notice warning">
            Ask one field at least.{" "}
            <button type="button" class="button" onClick={() => setNames(null)}>
              Propose again
            </button>
          </p>
        )}
        <ReasonField reason={reason} onChange={setReason} />
        <label class="field">
          Last day (events; empty: without an end)
          <input
            class="input"
            type="date"
            value={until}
            onInput={(e) => setUntil(e.currentTarget.value)}
          />
        </label>
        <NameField who={who} onChange={setWho} />
        <FormEnd
          error={error}
          ready={!busy && reason.trim() !== "" && proposal.data !== null && names?.length !== 0}
          onClose={onClose}
        >
          Take exception
        </FormEnd>
      </form>
    </Dialog>
  );
}

const HELD_BACK: readonly PlainColumn<ExceptionProposal["alerts"][number]>[] = [
  timeColumn("Time", (a) => a.time),
  {
    title: "Severity",
    class: "nowrap",
    sort: (a) => rankOf(a.severity),
    cell: (a) => <SeverityBadge severity={a.severity} />,
  },
  { title: "Alert", sort: (a) => a.message, cell: (a) => a.message },
];

function Proposal(
  { proposal, names, onFields }: {
    proposal: ExceptionProposal;
    /** Those that were chosen; null: those that are proposed. */
    names: readonly string[] | null;
    onFields(names: readonly string[]): void;
  },
) {
  const taken = names ?? proposal.fields.filter((f) => f.taken).map((f) => f.name);
  return (
    <div class="stack">
      <Code text={proposal.where} label="Condition of the exception" />
      <div class="stack" role="group" aria-label="Fields that the condition asks">
        {proposal.fields.map((f) => (
          <label key={f.name} class="check">
            <input
              type="checkbox"
              checked={taken.includes(f.name)}
              onChange={(e) =>
                onFields(
                  e.currentTarget.checked ? [...taken, f.name] : taken.filter((n) => n !== f.name),
                )}
            />
            <span>
              {f.name} is {f.value} <span class="muted">({f.why})</span>
            </span>
          </label>
        ))}
      </div>
      <p>
        It would have held back {number(proposal.silenced)} of {count(proposal.compared, "alert")}
        {" "}
        of {proposal.rule} in {count(proposal.days, "day")}.
      </p>
      {proposal.alerts.some((a) => a.verdict === "true_positive") && (
        <p class="notice error">One of them was judged a true positive.</p>
      )}
      {proposal.alerts.length > 0 && (
        <PlainTable
          label="Alerts that it would have held back"
          columns={HELD_BACK}
          rows={proposal.alerts.slice(0, 8)}
          idOf={(a) => a.id}
        />
      )}
    </div>
  );
}
