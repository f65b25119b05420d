/** The filters over the list of alerts, as the address has them. */
import { useState } from "preact/hooks";
import type { RuleList, Severity } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { setQuery, usePlace } from "../client/router.ts";
import { SEVERITIES } from "../client/severity.ts";
import { SeverityBadge } from "../parts/words.tsx";

/** Parameters of the address that the API takes as they are. */
export const FILTERS = ["severity", "status", "rule", "entity"] as const;

export function Filters() {
  const { query } = usePlace();
  const chosen = new Set((query.get("severity") ?? "").split(",").filter(Boolean));
  const rules = useApi<RuleList>("/api/rules");
  const toggle = (s: Severity) => {
    const next = new Set(chosen);
    if (!next.delete(s)) next.add(s);
    setQuery({ severity: SEVERITIES.filter((x) => next.has(x)).join(",") });
  };
  const any = FILTERS.some((f) => query.has(f));
  return (
    <div class="row filters" role="search" aria-label="Alert filters">
      <span class="row" role="group" aria-label="Severity">
        {SEVERITIES.map((s) => (
          <button
            key={s}
            type="button"
            class="chip"
            aria-pressed={chosen.size === 0 || chosen.has(s)}
            onClick={() => toggle(s)}
          >
            <SeverityBadge severity={s} />
          </button>
        ))}
      </span>
      <select
        class="input"
        aria-label="Status"
        value={query.get("status") ?? ""}
        onChange={(e) => setQuery({ status: e.currentTarget.value })}
      >
        <option value="">Any status</option>
        <option value="open">Open</option>
        <option value="acknowledged">Acknowledged</option>
        <option value="closed">Closed</option>
      </select>
      <select
        class="input"
        aria-label="Rule"
        value={query.get("rule") ?? ""}
        onChange={(e) => setQuery({ rule: e.currentTarget.value })}
      >
        <option value="">Any rule</option>
        {query.get("rule") && !rules.data?.rules.some((r) => r.name === query.get("rule")) && (
          <option value={query.get("rule")!}>{query.get("rule")}</option>
        )}
        {rules.data?.rules.map((r) => <option key={r.name} value={r.name}>{r.name}</option>)}
      </select>
      <EntityFilter key={query.get("entity") ?? ""} value={query.get("entity") ?? ""} />
      {any && (
        <button
          type="button"
          class="button plain"
          onClick={() => setQuery(Object.fromEntries(FILTERS.map((f) => [f, null])))}
        >
          Clear filters
        </button>
      )}
    </div>
  );
}

function EntityFilter({ value }: { value: string }) {
  const [text, setText] = useState(value);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ entity: text.trim() });
      }}
    >
      <input
        class="input wide"
        type="search"
        data-search
        placeholder="Entity: address, user, host"
        aria-label="Entity: address, user or host"
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
        onBlur={() => text.trim() !== value && setQuery({ entity: text.trim() })}
      />
    </form>
  );
}
