/** Scores of risk go on from what earlier runs stored. */
import { RISK_RULE } from "../../compiler/ir/risk.ts";
import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/mod.ts";

/** Stored alerts that are taken up, the newest. */
const REMEMBERED = 20_000;
/** Behind every event time, epoch ms. */
const FOREVER = Date.UTC(9999, 0);

/** Hands the engine what is stored, where a rule adds up risk. Before any event. */
export async function rememberRisk(store: Store, engine: Engine): Promise<void> {
  if (store.unopened || !engine.plan.rules.some(({ rule }) => rule.name === RISK_RULE)) return;
  const { alerts } = await store.riskAlerts({ from: 0, to: FOREVER, limit: REMEMBERED });
  engine.past.set(alerts);
}
