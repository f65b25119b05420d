/** One sourcetype: its YAML, patterns, fields, samples, and the rules that it can feed. */
import type { SourcetypeDetail } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import { count, number, shown } from "../client/format.ts";
import { Page } from "../parts/page.tsx";
import { Code } from "../parts/code.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { type PlainColumn, PlainTable } from "../parts/plain_table.tsx";
import { Loaded } from "../parts/states.tsx";

export default function SourcetypePage({ value: name }: { value: string }) {
  const detail = useApi<SourcetypeDetail>(`/api/sourcetypes/${encodeURIComponent(name)}`);
  return (
    <Page title={name} crumb={{ title: "Sources", href: "/sources" }}>
      <Loaded from={detail} height={420}>{(d) => <Shown detail={d} />}</Loaded>
    </Page>
  );
}

type Pattern = SourcetypeDetail["patterns"][number];

const constantsOf = ({ constants }: Pattern) =>
  Object.entries(constants).map(([k, v]) => `${k}=${shown(v)}`).join(" ");

const PATTERNS: readonly PlainColumn<Pattern>[] = [
  { title: "Pattern", class: "mono", sort: (p) => p.name, cell: (p) => p.name },
  { title: "Datasets", sort: (p) => p.datasets.join(), cell: (p) => p.datasets.join(", ") },
  { title: "Constants", class: "muted", sort: constantsOf, cell: constantsOf },
];

type Sample = SourcetypeDetail["samples"][number] & { readonly at: number };

const SAMPLES: readonly PlainColumn<Sample>[] = [
  {
    title: "Result",
    class: "nowrap",
    sort: (x) => Number(x.passed),
    cell: (x) => <span class={x.passed ? "good" : "bad"}>{x.passed ? "Passed" : "Failed"}</span>,
  },
  { title: "Line", class: "mono", sort: (x) => x.line, cell: (x) => x.line },
];

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
        <PlainTable
          label="Patterns"
          columns={PATTERNS}
          rows={detail.patterns}
          idOf={(p) => p.name}
          bounded
        />
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
        <PlainTable
          label="Samples"
          columns={SAMPLES}
          rows={samples.map((x, at) => ({ ...x, at }))}
          idOf={(x) => String(x.at)}
          bounded
        />
      </Panel>
      <div class="s12">
        <Code text={detail.source} label={`Source of ${s.file}`} plain />
      </div>
    </div>
  );
}
