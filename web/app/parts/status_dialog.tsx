/** Gives alerts a status, with a comment and the name of who says so. */
import { useState } from "preact/hooks";
import type { Alert, BulkAnswer, Status } from "../../server/types/mod.ts";
import { ApiFailure, request } from "../client/fetch.ts";
import { count } from "../client/format.ts";
import { Dialog } from "./overlay.tsx";

const CHOICES: readonly { status: Status; says: string }[] = [
  { status: "acknowledged", says: "Acknowledged: under investigation" },
  { status: "closed", says: "Closed: resolved or false positive" },
  { status: "open", says: "Open: not triaged" },
];

/** Alerts in one request of the API. */
const MOST = 1000;

export function StatusDialog(props: {
  alerts: readonly Alert[];
  /** Preselected. */
  status?: Status;
  onClose(): void;
  onDone(status: Status): void;
}) {
  const [status, setStatus] = useState<Status>(props.status ?? "acknowledged");
  const [comment, setComment] = useState("");
  const [who, setWho] = useState(localStorage.getItem("who") ?? "");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    localStorage.setItem("who", who.trim());
    const said = {
      status,
      ...(comment.trim() ? { comment: comment.trim() } : {}),
      ...(who.trim() ? { who: who.trim() } : {}),
    };
    // What has the status already keeps who gave it, and with which words.
    const others = props.alerts.filter((a) => a.status !== status);
    const ids = (others.length > 0 || said.comment === undefined ? others : props.alerts)
      .map((a) => a.id);
    try {
      for (let at = 0; at < ids.length; at += MOST) {
        await request<BulkAnswer>("/api/alerts/status", {
          method: "POST",
          body: { ids: ids.slice(at, at + MOST), ...said },
        });
      }
      props.onDone(status);
    } catch (e) {
      setBusy(false);
      setError(e instanceof ApiFailure ? e.message : String(e));
    }
  };
  return (
    <Dialog label="Set status" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <h2>Status of {count(props.alerts.length, "alert")}</h2>
        <div class="stack" role="radiogroup" aria-label="Status">
          {CHOICES.map((c) => (
            <label key={c.status} class="check">
              <input
                type="radio"
                name="status"
                value={c.status}
                checked={status === c.status}
                autofocus={status === c.status}
                onChange={() => setStatus(c.status)}
              />
              {c.says}
            </label>
          ))}
        </div>
        <label class="field">
          Comment
          <textarea
            class="input"
            rows={3}
            maxLength={4096}
            value={comment}
            placeholder="Findings and reason for the status"
            onInput={(e) => setComment(e.currentTarget.value)}
          />
        </label>
        <label class="field">
          Your name
          <input
            class="input"
            maxLength={200}
            value={who}
            onInput={(e) => setWho(e.currentTarget.value)}
          />
        </label>
        {error && <p class="notice error" role="alert">{error}</p>}
        <div class="row end">
          <button type="button" class="button" onClick={props.onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={busy}>Save</button>
        </div>
      </form>
    </Dialog>
  );
}
