/** Silences: alerts like those that are shown are not delivered for a time. */
import { useMemo, useState } from "preact/hooks";
import type { Alert, SilenceAnswer } from "../../server/types/mod.ts";
import { request } from "../client/fetch.ts";
import { count } from "../client/format.ts";
import { useSending } from "../client/use_sending.ts";
import { Dialog } from "./overlay.tsx";
import { FormEnd, named, NameField, ReasonField, savedName } from "./triage_fields.tsx";

const HOURS: readonly (readonly [hours: number, name: string])[] = [
  [1, "1 hour"],
  [8, "8 hours"],
  [24, "1 day"],
  [168, "7 days"],
  [720, "30 days"],
];

/** What a silence asks of an alert. */
interface Asked {
  readonly rule?: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The silences that alerts make, each once. @param names of the entity's fields that are asked */
export function silencesOf(
  alerts: readonly Pick<Alert, "rule" | "entity">[],
  rule: boolean,
  names: readonly string[],
): Asked[] {
  const all = alerts.map((a) => ({
    ...(rule ? { rule: a.rule } : {}),
    fields: Object.fromEntries(entityOf(a).filter(([name]) => names.includes(name))),
  }));
  // One that asks nothing would silence everything.
  const some = all.filter((s) => s.rule !== undefined || Object.keys(s.fields).length > 0);
  return [...new Map(some.map((s) => [JSON.stringify(s), s])).values()];
}

const entityOf = ({ entity }: Pick<Alert, "entity">) =>
  Object.entries(entity).flatMap(([name, value]) =>
    value === null || typeof value === "object" ? [] : [[name, String(value)] as const]
  );

/** Alerts of their rules, about their entities, or both are not delivered for a time. */
export function SilenceDialog(
  { alerts, onClose, onDone }: { alerts: readonly Alert[]; onClose(): void; onDone(): void },
) {
  // Fields of the entities, and the value of each where all have the same.
  const fields = useMemo(() => {
    const values = new Map<string, Set<string>>();
    for (const [name, value] of alerts.flatMap(entityOf)) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
    return [...values];
  }, [alerts]);
  const rules = new Set(alerts.map((a) => a.rule));
  const [rule, setRule] = useState(true);
  const [names, setNames] = useState<readonly string[]>(fields.map(([name]) => name));
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState("");
  const [who, setWho] = useState(savedName);
  const { error, busy, sending } = useSending();
  const asked = silencesOf(alerts, rule, names);
  const save = async () => {
    const said = {
      reason: reason.trim(),
      ends: new Date(Date.now() + hours * 3_600_000).toISOString(),
      ...named(who),
    };
    for (const silence of asked) {
      await request<SilenceAnswer>("/api/silences", {
        method: "POST",
        body: { ...silence, ...said },
      });
    }
    onDone();
  };
  return (
    <Dialog label="Silence" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          sending(save);
        }}
      >
        <h2>Silence alerts like {alerts.length === 1 ? "this" : `these ${alerts.length}`}</h2>
        <p class="muted">They are stored and shown, marked as silenced, and not delivered.</p>
        <div class="stack" role="group" aria-label="Which alerts">
          <label class="check">
            <input
              type="checkbox"
              checked={rule}
              autofocus
              onChange={(e) => setRule(e.currentTarget.checked)}
            />
            {rules.size === 1 ? `Rule ${alerts[0].rule}` : `Their ${count(rules.size, "rule")}`}
          </label>
          {fields.map(([name, values]) => (
            <label key={name} class="check">
              <input
                type="checkbox"
                checked={names.includes(name)}
                onChange={(e) =>
                  setNames(
                    e.currentTarget.checked ? [...names, name] : names.filter((n) => n !== name),
                  )}
              />
              {values.size === 1
                ? `${name} is ${[...values][0]}`
                : `${name} is that of each, ${values.size} in all`}
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
        <FormEnd
          error={error}
          ready={!busy && reason.trim() !== "" && asked.length > 0}
          onClose={onClose}
        >
          {asked.length > 1 ? `Silence (${asked.length})` : "Silence"}
        </FormEnd>
      </form>
    </Dialog>
  );
}
