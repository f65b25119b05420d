/** One sourcetype: its YAML, patterns, fields, samples, and the rules that it can feed. */
import type { SourcetypeDetail } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number, shown } from "../client/format.ts";
import { Page } from "../parts/page.tsx";
import { Code } from "../parts/code.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { Loaded } from "../parts/states.tsx";

export default function SourcetypePage({ value: name }: { value: string }) {
  const detail = useApi<SourcetypeDetail>(`/api/sourcetypes/${encodeURIComponent(name)}`);
  return (
    <Page title={name} crumb={{ title: "Sources", href: "/sources" }}>
      <Loaded from={detail} height={420}>{(d) => <Shown detail={d} />}</Loaded>
    </Page>
  );
}

function Shown({ detail }: { detail: SourcetypeDetail }) {
  const { sourcetype: s, samples } = detail;
  const failed = samples.filter((x) => !x.passed).length;
  return (
    <div class="grid">
      <Panel title="Sourcetype details" span="s5">
        <Facts
          items={[
            ["Format", s.summary],
            ["Events", number(s.events)],
            ["Parse errors", number(s.parse_errors)],
            ["Datasets", s.datasets.join(", ")],
            ["Family", s.parent ?? "none"],
            ["Fields", s.open ? "fixed, and any key in the event" : "fixed"],
            [
              "Rules",
              <span key="r">
                {detail.rules.map((r, i) => (
                  <span key={r}>
                    {i > 0 && ", "}
                    <a href={`/rules/${encodeURIComponent(r)}`}>{r}</a>
                  </span>
                ))}
              </span>,
            ],
            ["File", <code key="f">{s.file}</code>],
          ]}
        />
      </Panel>
      <Panel title={count(detail.patterns.length, "pattern")} span="s7" flush>
        <div class="table-wrap bounded" tabIndex={0} role="region" aria-label="Patterns">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Pattern</th>
                <th scope="col">Datasets</th>
                <th scope="col">Constants</th>
              </tr>
            </thead>
            <tbody>
              {detail.patterns.map((p) => (
                <tr key={p.name}>
                  <td class="mono">{p.name}</td>
                  <td>{p.datasets.join(", ")}</td>
                  <td class="muted">
                    {Object.entries(p.constants).map(([k, v]) => `${k}=${shown(v)}`).join(" ")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <Panel
        title={count(samples.length, "sample")}
        span="s12"
        flush
        tools={
          <span class={failed ? "bad" : "good"}>
            {failed ? `${failed} failed` : "all passed"}
          </span>
        }
      >
        <div class="table-wrap bounded" tabIndex={0} role="region" aria-label="Samples">
          <table class="plain">
            <tbody>
              {samples.map((x, i) => (
                <tr key={i}>
                  <td class={x.passed ? "good" : "bad"}>{x.passed ? "Passed" : "Failed"}</td>
                  <td class="mono">{x.line}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <div class="s12">
        <Code text={detail.source} label={`Source of ${s.file}`} plain />
      </div>
    </div>
  );
}
