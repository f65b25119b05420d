/** Gives alerts a status, a verdict, somebody to look at them, and a comment: one or many at once. */
import { useState } from "preact/hooks";
import type { Alert, BulkAnswer, Status, Verdict } from "../../server/types/mod.ts";
import { request } from "../client/fetch.ts";
import { count } from "../client/format.ts";
import { useSending } from "../client/use_sending.ts";
import { Dialog } from "./overlay.tsx";
import {
  AssigneeField,
  FormEnd,
  named,
  NameField,
  savedName,
  VerdictField,
} from "./triage_fields.tsx";

const CHOICES: readonly { status: Status | null; says: string }[] = [
  { status: "acknowledged", says: "Acknowledged: under investigation" },
  { status: "closed", says: "Closed: resolved or false positive" },
  { status: "open", says: "Open: not triaged" },
  { status: null, says: "As it is" },
];

/** Alerts in one request of the API. */
const MOST = 1000;

/** What is said of them; what is left out stays as it is. */
export interface Said {
  readonly status?: Status;
  readonly verdict?: Verdict;
  readonly assignee?: string;
  readonly comment?: string;
}

/** Sends what is said in as many requests as it takes. */
async function send(alerts: readonly Alert[], said: Said, who: string): Promise<void> {
  const { status, ...more } = said;
  // What has the status already keeps who gave it, and with which words.
  const has = (a: Alert) => status === undefined || a.status === status;
  const groups = [
    { of: alerts.filter((a) => !has(a)), says: said },
    { of: Object.keys(more).length > 0 ? alerts.filter(has) : [], says: more },
  ];
  for (const { of, says } of groups) {
    const ids = of.map((a) => a.id);
    for (let at = 0; at < ids.length; at += MOST) {
      await request<BulkAnswer>("/api/alerts/status", {
        method: "POST",
        body: { ids: ids.slice(at, at + MOST), ...says, ...named(who) },
      });
    }
  }
}

export function StatusDialog(props: {
  alerts: readonly Alert[];
  /** Preselected. */
  status?: Status;
  onClose(): void;
  onDone(said: Said): void;
}) {
  const [status, setStatus] = useState<Status | null>(props.status ?? "acknowledged");
  const [verdict, setVerdict] = useState<Verdict | "">("");
  const [assignee, setAssignee] = useState("");
  const [comment, setComment] = useState("");
  const [who, setWho] = useState(savedName);
  const { error, busy, sending } = useSending();
  const said: Said = {
    ...(status === null ? {} : { status }),
    ...(verdict === "" ? {} : { verdict }),
    ...(assignee.trim() ? { assignee: assignee.trim() } : {}),
    ...(comment.trim() ? { comment: comment.trim() } : {}),
  };
  return (
    <Dialog label="Triage" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          sending(async () => {
            await send(props.alerts, said, who);
            props.onDone(said);
          });
        }}
      >
        <h2>Triage {count(props.alerts.length, "alert")}</h2>
        <div class="stack tight" role="radiogroup" aria-label="Status">
          {CHOICES.map((c) => (
            <label key={c.status} class="check">
              <input
                type="radio"
                name="status"
                value={c.status ?? "same"}
                checked={status === c.status}
                autofocus={status === c.status}
                onChange={() => setStatus(c.status)}
              />
              {c.says}
            </label>
          ))}
        </div>
        <div class="pair">
          <VerdictField verdict={verdict} none="As it is" onChange={setVerdict} />
          <AssigneeField assignee={assignee} none="As it is" onChange={setAssignee} />
        </div>
        <label class="field">
          Comment
          <textarea
            class="input"
            rows={3}
            maxLength={4096}
            value={comment}
            placeholder="Findings and reason"
            onInput={(e) => setComment(e.currentTarget.value)}
          />
        </label>
        <NameField who={who} onChange={setWho} />
        <FormEnd
          error={error}
          ready={!busy && Object.keys(said).length > 0}
          onClose={props.onClose}
        >
          Save
        </FormEnd>
      </form>
    </Dialog>
  );
}
