/** The ATT&CK matrix: what the rules cover, and what they found. */
import type { AlertPage, Coverage } from "../../server/types/mod.ts";
import { Heatmap } from "../charts/heatmap.tsx";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { type Range, useRange } from "../client/range.ts";
import { hrefOf, setQuery, usePlace } from "../client/router.ts";
import { Page } from "../parts/page.tsx";
import { AlertLines } from "../parts/lines.tsx";
import { Drawer } from "../parts/overlay.tsx";
import { Panel } from "../parts/panel.tsx";
import { RangePicker } from "../parts/range_picker.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { TechniqueLink } from "../parts/words.tsx";

export default function Attack() {
  const { query } = usePlace();
  const range = useRange("all");
  const coverage = useApi<Coverage>(
    range.known ? hrefOf("/api/attack", range.params) : null,
    ["alert"],
  );
  const open = query.get("technique");
  return (
    <Page tools={<RangePicker range={range} />}>
      <Loaded from={coverage} height={460}>
        {(c) => (
          <div class="stack">
            <Panel
              title={`${number(c.techniques)} techniques covered`}
              tools={
                <span class="muted">ATT&CK Enterprise {c.version}; darker means more alerts</span>
              }
            >
              <Heatmap coverage={c} />
            </Panel>
            {c.unknown.length > 0 && (
              <p class="notice warning">
                Technique IDs unknown to this ATT&CK release: {c.unknown.join(", ")}
              </p>
            )}
            {open && <Technique id={open} coverage={c} range={range} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Technique({ id, coverage, range }: { id: string; coverage: Coverage; range: Range }) {
  const close = () => setQuery({ technique: null });
  const tactics = coverage.tactics.filter((t) => t.covered.some((c) => c.id === id));
  const technique = tactics[0]?.covered.find((c) => c.id === id);
  return (
    <Drawer label={`Technique ${id}`} title={`${id} ${technique?.name ?? ""}`} onClose={close}>
      {technique
        ? (
          <>
            <p>
              {tactics.map((t) => t.name).join(", ")}; {count(technique.alerts, "alert")}.{" "}
              <TechniqueLink id={id} name="at MITRE" />
            </p>
            {technique.rules.map((rule) => <OfRule key={rule} rule={rule} range={range} />)}
          </>
        )
        : <Empty title="No coverage">No loaded rule is mapped to this technique.</Empty>}
    </Drawer>
  );
}

function OfRule({ rule, range }: { rule: string; range: Range }) {
  const alerts = useApi<AlertPage>(
    hrefOf("/api/alerts", { ...range.params, rule, limit: 5 }),
    ["alert"],
  );
  const view = range.name === null ? range.params : { range: range.name };
  return (
    <section>
      <h3>
        Rule <a href={`/rules/${encodeURIComponent(rule)}`}>{rule}</a>
      </h3>
      <Loaded from={alerts} height={60}>
        {(page) =>
          page.alerts.length
            ? (
              <>
                <AlertLines alerts={page.alerts} />
                {page.next && <a href={hrefOf("/alerts", { ...view, rule })}>View all</a>}
              </>
            )
            : <p class="muted">No alerts in this time range.</p>}
      </Loaded>
    </section>
  );
}
