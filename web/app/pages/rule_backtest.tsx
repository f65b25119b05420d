/** What rules would have raised over stored events: one that is loaded, or those of a text. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { BacktestAnswer } from "../../server/types/mod.ts";
import { type ApiFailure, request } from "../client/fetch.ts";
import { count, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { Facts, Panel } from "../parts/panel.tsx";
import { SeverityBadge, Time } from "../parts/words.tsx";

const RANGES = [["-1d", "Last day"], ["-7d", "Last 7 days"], ["-30d", "Last 30 days"]] as const;

/** @param of the name of a loaded rule, or the text of some; `broken`: it has mistakes */
export function RuleBacktest(
  { of, broken }: { of: { name: string } | { text: string }; broken?: boolean },
) {
  const [from, setFrom] = useState<string>("-7d");
  const [answer, setAnswer] = useState<BacktestAnswer | null>(null);
  const [ofText, setOfText] = useState("");
  const [said, setSaid] = useState("");
  const [running, setRunning] = useState<AbortController | null>(null);
  const last = useRef<AbortController | null>(null);
  useEffect(() => () => last.current?.abort(), []);
  const run = () => {
    const stop = last.current = new AbortController();
    setRunning(stop);
    setSaid("");
    const path = "name" in of ? `/api/rules/${encodeURIComponent(of.name)}` : "/api/rules";
    const asked = "name" in of ? {} : { method: "POST", body: { text: of.text } } as const;
    request<BacktestAnswer>(hrefOf(`${path}/backtest`, { from }), {
      ...asked,
      signal: stop.signal,
    }).then(
      (found) => {
        setAnswer(found);
        setOfText("text" in of ? of.text : "");
      },
      (error) => setSaid(stop.signal.aborted ? "Stopped" : (error as ApiFailure).message),
    ).finally(() => setRunning(null));
  };
  return (
    <Panel title="Backtest">
      <div class="stack">
        <div class="row">
          <select
            class="input"
            aria-label="Range of the backtest"
            value={from}
            onChange={(e) => setFrom(e.currentTarget.value)}
          >
            {RANGES.map(([value, says]) => <option key={value} value={value}>{says}</option>)}
          </select>
          {running
            ? <button type="button" class="button" onClick={() => running.abort()}>Stop</button>
            : (
              <button
                type="button"
                class="button"
                disabled={broken}
                title={broken ? "Fix the errors first" : undefined}
                onClick={run}
              >
                Backtest
              </button>
            )}
          {running && <span class="muted" role="status">Reading stored events</span>}
          {answer && !running && "text" in of && of.text !== ofText && (
            <span class="muted">Modified since the last backtest</span>
          )}
        </div>
        {said !== "" && <p class="notice warning" role="alert">{said}</p>}
        {answer && !running && <Outcome answer={answer} />}
      </div>
    </Panel>
  );
}

function Outcome({ answer }: { answer: BacktestAnswer }) {
  const { alerts, days, verdicts, examples, more, reached } = answer;
  const judged = (["true_positive", "false_positive", "benign"] as const)
    .filter((v) => verdicts[v] > 0).map((v) => `${verdicts[v]} ${v.replaceAll("_", " ")}`);
  return (
    <>
      <p role="status">
        {count(alerts, "alert")}
        {more && " and more"} of {number(answer.events)} events, <Time at={answer.from} /> to{" "}
        <Time at={reached ?? answer.to} />
        {reached !== null && ": the time was up"}
      </p>
      <Facts
        items={[
          ["Judged", judged.join(", ") || "none of them"],
          ["Not raised by a run", number(answer.not_stored)],
          ["By day", days.map((d) => `${d.day.slice(0, 10)}: ${d.alerts}`).join(", ") || "none"],
        ]}
      />
      <ul class="stack">
        {examples.slice(0, 5).map((a) => (
          <li key={a.id}>
            <SeverityBadge severity={a.severity} /> <Time at={a.time} /> <bdi>{a.message}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
