/** What the same rule, and the same entity, gave cause for before an alert. */
import type { Alert, AlertPage } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { AlertLines } from "../parts/lines.tsx";
import { Panel } from "../parts/panel.tsx";
import { Loaded } from "../parts/states.tsx";

const DAY = 86_400_000;
/** Days that are looked back, alerts that are counted and listed. */
const DAYS = 30, COUNTED = 100, LISTED = 3;

/** How often the rule raised an alert in the days before, how often about the same, and the last. */
export function BeforePanel({ alert }: { alert: Alert }) {
  const from = new Date(Date.parse(alert.time) - DAYS * DAY).toISOString();
  const earlier = useApi<AlertPage>(
    hrefOf("/api/alerts", { rule: alert.rule, from, to: alert.time, limit: COUNTED }),
  );
  const all = hrefOf("/alerts", { rule: alert.rule, range: "all" });
  return (
    <Panel
      title="The same rule before"
      flush
      tools={<a href={all}>All its alerts</a>}
    >
      <Loaded from={earlier} height={60}>
        {({ alerts, next }) => (
          <>
            <p class="inside">
              {alerts.length === 0
                ? `No alert in the ${DAYS} days before: this is new.`
                : `${next ? "At least " : ""}${
                  count(alerts.length, "alert")
                } in the ${DAYS} days ` +
                  `before, ${
                    number(alerts.filter((a) => isSame(a, alert)).length)
                  } of the same entity.`}
            </p>
            {alerts.length > 0 && <AlertLines alerts={alerts.slice(0, LISTED)} brief />}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const isSame = (a: Alert, b: Alert) =>
  Object.entries(b.entity).every(([name, value]) => a.entity[name] === value);
