/** Which values are commonest in a time, and which are new in it. */
import type { Stats, Top } from "../../server/types/mod.ts";
import { useApi } from "../client/fetch.ts";
import type { Range } from "../client/range.ts";
import { hrefOf } from "../client/router.ts";
import { Panel } from "../parts/panel.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Value } from "../parts/value_menu.tsx";
import { Bars } from "./bars.tsx";

/** Values that are shown of a field. */
const SHOWN = 8, NEW = 5;

/** The addresses and hosts that most events come from. */
export function TopSources({ range, span }: { range: Range; span?: string }) {
  const top = useApi<Top>(
    range.known ? hrefOf("/api/top", { field: "src", limit: SHOWN, ...range.params }) : null,
    ["counters"],
  );
  return (
    <Panel title="Top sources" span={span} tools={<span class="muted">events by src</span>}>
      <Loaded from={top} height={200}>
        {(t) =>
          t.values.length > 0
            ? <Tops field="src" values={t.values} />
            : <Empty title="No sources">No event names where it came from.</Empty>}
      </Loaded>
    </Panel>
  );
}

function Tops({ field, values }: { field: string; values: Top["values"] }) {
  return (
    <Bars
      items={values.map((v) => ({ name: v.value, count: v.count }))}
      cell={(value) => (
        <span class="clip" title={value}>
          <Value name={field} value={value} />
        </span>
      )}
    />
  );
}

const GROUPS = [["user", "Accounts"], ["src", "Sources"], ["host", "Hosts"]] as const;

/** Who was never seen before this time. */
export function NewEntities({ range, stats, span }: { range: Range; stats: Stats; span?: string }) {
  const older = range.from !== null && range.first !== null && range.first < range.from &&
    range.params.from !== undefined;
  return (
    <Panel
      title="Seen for the first time"
      span={span}
      tools={<span class="muted">by their events</span>}
    >
      {!older || stats.events === 0
        ? (
          <Empty title="Nothing to compare with">
            No event before this time range is stored. Choose a shorter one.
          </Empty>
        )
        : GROUPS.map(([field, title]) => (
          <NewOf key={field} field={field} title={title} range={range} />
        ))}
    </Panel>
  );
}

function NewOf({ field, title, range }: { field: string; title: string; range: Range }) {
  const { params } = range;
  const top = useApi<Top>(
    hrefOf("/api/top", { field, limit: NEW, unseen: "true", ...params }),
    ["counters"],
  );
  return (
    <>
      <h3>{title}</h3>
      <Loaded from={top} height={24}>
        {(t) =>
          t.values.length === 0
            ? <p class="muted">None</p>
            : <Tops field={field} values={t.values} />}
      </Loaded>
    </>
  );
}
