/** What a person makes of an alert: verdict, assignment, comment, silence, exception. */
import { useRef, useState } from "preact/hooks";
import type {
  Alert,
  AlertAnswer,
  ExceptionAnswer,
  ExceptionProposal,
  SilenceAnswer,
  Verdict,
} from "../../server/types/mod.ts";
import { ApiFailure, request, useApi } from "../client/fetch.ts";
import { count, fromLocal, number } from "../client/format.ts";
import { Code } from "../parts/code.tsx";
import { Dialog } from "../parts/overlay.tsx";
import { Panel } from "../parts/panel.tsx";
import { Loaded } from "../parts/states.tsx";
import { SeverityBadge, Time } from "../parts/words.tsx";

export const VERDICT_NAMES: Readonly<Record<Verdict, string>> = {
  true_positive: "True positive",
  false_positive: "False positive",
  benign: "Benign",
};

/** Sends what is asked, and says what went wrong. */
function useSending<T>(done: (answer: T) => void) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (path: string, method: string, body: unknown) => {
    setBusy(true);
    setError(null);
    try {
      done(await request<T>(path, { method, body }));
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, send };
}

const savedName = () => localStorage.getItem("who") ?? "";

function NameField({ who, onChange }: { who: string; onChange(who: string): void }) {
  return (
    <label class="field">
      Your name
      <input
        class="input"
        maxLength={200}
        value={who}
        onInput={(e) => {
          onChange(e.currentTarget.value);
          localStorage.setItem("who", e.currentTarget.value.trim());
        }}
      />
    </label>
  );
}

const named = (who: string) => who.trim() ? { who: who.trim() } : {};

/** Verdict, assignment and a comment; the status stays as it is. */
export function TriagePanel({ alert, onDone }: { alert: Alert; onDone(): void }) {
  const [verdict, setVerdict] = useState<Verdict | "">(alert.verdict ?? "");
  const [assignee, setAssignee] = useState(alert.assignee ?? "");
  const [comment, setComment] = useState("");
  const [who, setWho] = useState(savedName);
  const { error, busy, send } = useSending<AlertAnswer>(() => {
    setComment("");
    onDone();
  });
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
          send(`/api/alerts/${alert.id}`, "PATCH", { ...changes, ...named(who) });
        }}
      >
        {alert.silenced && (
          <p class="notice">
            Silenced until <Time at={alert.silenced.ends} /> by {alert.silenced.who}:{" "}
            {alert.silenced.reason}
          </p>
        )}
        <label class="field">
          Verdict
          <select
            class="input"
            value={verdict}
            onChange={(e) => setVerdict(e.currentTarget.value as Verdict | "")}
          >
            <option value="">None</option>
            {Object.entries(VERDICT_NAMES).map(([value, name]) => (
              <option key={value} value={value}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field">
          Assigned to
          <input
            class="input"
            maxLength={200}
            value={assignee}
            placeholder="Nobody"
            onInput={(e) => setAssignee(e.currentTarget.value)}
          />
        </label>
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
        {error && <p class="notice error" role="alert">{error}</p>}
        <div class="row end">
          <button
            type="submit"
            class="button primary"
            disabled={busy || Object.keys(changes).length === 0}
          >
            Record
          </button>
        </div>
      </form>
    </Panel>
  );
}

const HOURS: readonly (readonly [hours: number, name: string])[] = [
  [1, "1 hour"],
  [8, "8 hours"],
  [24, "1 day"],
  [168, "7 days"],
  [720, "30 days"],
];

/** Alerts of the rule, about the entity, or both are not delivered for a time. */
export function SilenceDialog(
  { alert, onClose, onDone }: { alert: Alert; onClose(): void; onDone(): void },
) {
  const entity = Object.entries(alert.entity).flatMap(([name, value]) =>
    value === null || typeof value === "object" ? [] : [[name, String(value)] as const]
  );
  const [rule, setRule] = useState(true);
  const [names, setNames] = useState<readonly string[]>(entity.map(([name]) => name));
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState("");
  const [who, setWho] = useState(savedName);
  const { error, busy, send } = useSending<SilenceAnswer>(onDone);
  return (
    <Dialog label="Silence" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send("/api/silences", "POST", {
            ...(rule ? { rule: alert.rule } : {}),
            fields: Object.fromEntries(entity.filter(([name]) => names.includes(name))),
            reason: reason.trim(),
            ends: new Date(Date.now() + hours * 3_600_000).toISOString(),
            ...named(who),
          });
        }}
      >
        <h2>Silence alerts like this</h2>
        <p class="muted">They are stored and shown, marked as silenced, and not delivered.</p>
        <div class="stack" role="group" aria-label="Which alerts">
          <label class="check">
            <input
              type="checkbox"
              checked={rule}
              onChange={(e) => setRule(e.currentTarget.checked)}
            />
            Rule {alert.rule}
          </label>
          {entity.map(([name, value]) => (
            <label key={name} class="check">
              <input
                type="checkbox"
                checked={names.includes(name)}
                onChange={(e) =>
                  setNames(
                    e.currentTarget.checked ? [...names, name] : names.filter((n) => n !== name),
                  )}
              />
              {name} is {value}
            </label>
          ))}
        </div>
        <label class="field">
          For
          <select
            class="input"
            value={hours}
            onChange={(e) => setHours(Number(e.currentTarget.value))}
          >
            {HOURS.map(([h, name]) => <option key={h} value={h}>{name}</option>)}
          </select>
        </label>
        <ReasonField reason={reason} onChange={setReason} />
        <NameField who={who} onChange={setWho} />
        {error && <p class="notice error" role="alert">{error}</p>}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class="button primary"
            disabled={busy || !reason.trim() || (!rule && names.length === 0)}
          >
            Silence
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function ReasonField({ reason, onChange }: { reason: string; onChange(reason: string): void }) {
  return (
    <label class="field">
      Reason
      <input
        class="input"
        required
        maxLength={4096}
        value={reason}
        onInput={(e) => onChange(e.currentTarget.value)}
      />
    </label>
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
  const { error, busy, send } = useSending<ExceptionAnswer>(({ exception }) => {
    setYaml(exception.yaml);
    onDone();
  });
  const path = `/api/alerts/${alert.id}/exception`;
  const asked = names === null ? "" : `?fields=${encodeURIComponent(names.join(","))}`;
  const proposal = useApi<ExceptionProposal>(names?.length === 0 ? null : path + asked);
  // While another choice is asked about, the one before stays in sight.
  const shown = useRef<ExceptionProposal | null>(null);
  shown.current = proposal.data ?? shown.current;
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
          if (proposal.data === null) return;
          send(path, "POST", {
            where: proposal.data.where,
            reason: reason.trim(),
            // The day that is named is the last one on which it holds.
            ...(until
              ? { until: new Date(fromLocal(until + "T00:00") + 86_400_000).toISOString() }
              : {}),
            ...named(who),
          });
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
        {error && <p class="notice error" role="alert">{error}</p>}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class="button primary"
            disabled={busy || !reason.trim() || proposal.data === null || names?.length === 0}
          >
            Take exception
          </button>
        </div>
      </form>
    </Dialog>
  );
}

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
      <table class="plain">
        <tbody>
          {proposal.alerts.slice(0, 8).map((a) => (
            <tr key={a.id}>
              <td class="nowrap muted">
                <Time at={a.time} />
              </td>
              <td>
                <SeverityBadge severity={a.severity} />
              </td>
              <td>{a.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
