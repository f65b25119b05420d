/** Inputs: how fast each is read, how old its newest event is, and which fell silent. */
import type { InputHealth } from "../../server/types/mod.ts";
import { duration, number } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";
import { type PlainColumn, PlainTable } from "./plain_table.tsx";
import { Empty } from "./states.tsx";
import { Time } from "./words.tsx";

type Input = InputHealth["inputs"][number];

const STATES: Readonly<Record<Input["state"], { class: string; says: string }>> = {
  running: { class: "", says: "Running" },
  done: { class: "muted", says: "Done" },
  failed: { class: "bad", says: "Failed" },
  stopped: { class: "warn", says: "Stopped" },
};

const COLUMNS: readonly PlainColumn<Input>[] = [
  {
    title: "Source",
    sort: (i) => i.source,
    cell: (i) => (
      <>
        <a class="mono" href={hrefOf("/events", { source: i.source, range: "all" })}>{i.source}</a>
        <div class="muted">{i.sourcetype ?? "not recognised yet"}</div>
      </>
    ),
  },
  {
    title: "State",
    class: "nowrap",
    sort: (i) => i.silent ? "silent" : i.state,
    cell: (i) =>
      i.silent
        ? <span class="warn">Silent for {duration(Date.now() - Date.parse(i.updated))}</span>
        : <span class={STATES[i.state].class}>{STATES[i.state].says}</span>,
  },
  {
    title: "Lines/s",
    class: "num wide",
    sort: (i) => i.rate,
    cell: (i) => number(Math.round(i.rate)),
  },
  {
    title: "Newest event",
    class: "nowrap",
    sort: (i) => i.last ?? "",
    cell: (i) => i.last === null ? <span class="muted">none</span> : <Time at={i.last} />,
  },
  {
    title: "Behind",
    class: "num nowrap wide",
    sort: (i) => i.lag ?? behindMs(i) ?? -1,
    cell: behind,
  },
];

/** Silent ones first, then by their newest event. */
const byAge = (a: Input, b: Input) =>
  Number(b.silent) - Number(a.silent) || ((a.last ?? "") < (b.last ?? "") ? 1 : -1);

/** @param most rows at most, the most urgent */
export function InputLines({ inputs, most = Infinity }: {
  inputs: readonly Input[];
  most?: number;
}) {
  if (inputs.length === 0) {
    return <Empty title="No inputs">Nothing was read into this store.</Empty>;
  }
  return (
    <PlainTable
      label="Inputs"
      columns={COLUMNS}
      rows={inputs.toSorted(byAge).slice(0, most)}
      idOf={(i) => i.source}
      bounded={most === Infinity}
    />
  );
}

/** How old the newest event was when the agent last wrote, of what is read on; null of old files. */
function behindMs({ state, last, updated }: Input): number | null {
  return state !== "running" || last === null ? null : Date.parse(updated) - Date.parse(last);
}

function behind(input: Input): string {
  const { state, lag } = input;
  if (state === "running" && lag !== null && lag > 0) return `${number(lag)} records`;
  const ms = behindMs(input);
  if (ms === null) return "";
  return ms <= -1000 ? `${duration(ms)} ahead` : duration(ms);
}
