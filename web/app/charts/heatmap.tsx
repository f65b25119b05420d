/** The ATT&CK matrix: all tactics in order, the techniques that rules name, and what they found. */
import { useState } from "preact/hooks";
import type { Coverage } from "../../server/types/mod.ts";
import { count } from "../client/format.ts";
import { hrefOf, usePlace } from "../client/router.ts";

type Tactic = Coverage["tactics"][number];
type Technique = Tactic["covered"][number];

interface Tip {
  readonly technique: Technique;
  readonly x: number;
  readonly y: number;
}

/** `compact` shows only what was found; else every technique that a rule covers. */
export function Heatmap({ coverage, compact }: { coverage: Coverage; compact?: boolean }) {
  const [tip, setTip] = useState<Tip | null>(null);
  const most = Math.max(1, ...coverage.tactics.flatMap((t) => t.covered.map((c) => c.alerts)));
  return (
    <div class="popover" onPointerLeave={() => setTip(null)}>
      <div
        class={`heat ${compact ? "compact" : ""}`}
        tabIndex={0}
        role="region"
        aria-label="ATT&CK matrix, tactics from left to right"
      >
        {coverage.tactics.map((tactic) => (
          <Column key={tactic.id} tactic={tactic} most={most} compact={compact} onTip={setTip} />
        ))}
      </div>
      {tip && <TipBox tip={tip} />}
    </div>
  );
}

function Column(props: {
  tactic: Tactic;
  most: number;
  compact?: boolean;
  onTip(tip: Tip | null): void;
}) {
  const { tactic, compact, most, onTip } = props;
  const shown = [...tactic.covered]
    .filter((t) => !compact || t.alerts > 0)
    .sort((a, b) => b.alerts - a.alerts || (a.id < b.id ? -1 : 1));
  const silent = tactic.covered.length - shown.length;
  return (
    <section aria-label={tactic.name}>
      <h3>{tactic.name}</h3>
      {shown.map((t) => <Tile key={t.id} technique={t} most={most} onTip={onTip} />)}
      {compact && shown.length === 0 && (
        <span class="gap">{silent ? `${silent} watched` : "no rule"}</span>
      )}
      {!compact && tactic.covered.length === 0 && <span class="gap">No coverage</span>}
    </section>
  );
}

function Tile({ technique: t, most, onTip }: {
  technique: Technique;
  most: number;
  onTip(tip: Tip | null): void;
}) {
  const { query } = usePlace();
  const show = (event: Event) => {
    const tile = event.currentTarget as HTMLElement;
    const box = tile.closest(".popover")!.getBoundingClientRect();
    const at = tile.getBoundingClientRect();
    onTip({ technique: t, x: at.left - box.left, y: at.bottom - box.top + 4 });
  };
  const view = { range: query.get("range"), from: query.get("from"), to: query.get("to") };
  const href = hrefOf("/attack", { ...view, technique: t.id });
  return (
    <a
      class={`tech ${t.alerts ? "hit" : "none"}`}
      // From a fifth to half of the colour, by the logarithm: counts differ by powers of ten.
      style={t.alerts
        ? { "--share": `${Math.round(18 + 30 * Math.log1p(t.alerts) / Math.log1p(most))}%` }
        : undefined}
      href={href}
      onPointerEnter={show}
      onFocus={show}
      onBlur={() => onTip(null)}
    >
      <b>{t.id}</b>
      {t.name}
      {t.alerts > 0 && <span class="n" aria-hidden="true">{count(t.alerts, "alert")}</span>}
      <span class="unseen">, {count(t.alerts, "alert")}, by {t.rules.join(", ")}</span>
    </a>
  );
}

function TipBox({ tip }: { tip: Tip }) {
  const { technique: t } = tip;
  return (
    <div class="tipbox" style={{ left: `min(${tip.x}px, calc(100% - 260px))`, top: `${tip.y}px` }}>
      <strong>{t.id} {t.name}</strong>
      <div>{count(t.alerts, "alert")}</div>
      <div class="muted">{t.rules.length === 1 ? "Rule" : "Rules"}:</div>
      <ul>{t.rules.map((r) => <li key={r} class="mono">{r}</li>)}</ul>
    </div>
  );
}
