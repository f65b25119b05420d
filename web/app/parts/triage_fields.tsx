/** Fields of what a person makes of alerts, for one and for many. */
import type { ComponentChildren } from "preact";
import type { Verdict } from "../../server/types/mod.ts";

export const VERDICT_NAMES: Readonly<Record<Verdict, string>> = {
  true_positive: "True positive",
  false_positive: "False positive",
  benign: "Benign",
};

export const savedName = () => localStorage.getItem("who") ?? "";

export function NameField({ who, onChange }: { who: string; onChange(who: string): void }) {
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

export const named = (who: string) => who.trim() ? { who: who.trim() } : {};

/** @param none what no choice means */
export function VerdictField({ verdict, none, onChange }: {
  verdict: Verdict | "";
  none: string;
  onChange(verdict: Verdict | ""): void;
}) {
  return (
    <label class="field">
      Verdict
      <select
        class="input"
        value={verdict}
        onChange={(e) => onChange(e.currentTarget.value as Verdict | "")}
      >
        <option value="">{none}</option>
        {Object.entries(VERDICT_NAMES).map(([value, name]) => (
          <option key={value} value={value}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** @param none what an empty field means */
export function AssigneeField({ assignee, none, onChange }: {
  assignee: string;
  none: string;
  onChange(assignee: string): void;
}) {
  return (
    <label class="field">
      Assigned to
      <input
        class="input"
        maxLength={200}
        value={assignee}
        placeholder={none}
        onInput={(e) => onChange(e.currentTarget.value)}
      />
    </label>
  );
}

export function ReasonField(
  { reason, onChange }: { reason: string; onChange(reason: string): void },
) {
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

/** The end of a form: what went wrong, and the buttons. @param children what the button that sends says */
export function FormEnd({ error, ready, onClose, children }: {
  error: string | null;
  /** Whether it can be sent. */
  ready: boolean;
  /** Left out: the form stays. */
  onClose?(): void;
  children: ComponentChildren;
}) {
  return (
    <>
      {error && <p class="notice error" role="alert">{error}</p>}
      <div class="row end">
        {onClose && <button type="button" class="button" onClick={onClose}>Cancel</button>}
        <button type="submit" class="button primary" disabled={!ready}>{children}</button>
      </div>
    </>
  );
}
