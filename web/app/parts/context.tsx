/** What is known of the values that an alert names. */
import type { ComponentChildren } from "preact";
import type { AlertContext } from "../../server/types/mod.ts";
import { count } from "../client/format.ts";
import { Panel } from "./panel.tsx";
import { type PlainColumn, PlainTable } from "./plain_table.tsx";
import { Time } from "./words.tsx";

type Intelligence = NonNullable<AlertContext["intelligence"]>[number];
type Place = NonNullable<AlertContext["geography"]>[number];

interface Known {
  readonly kind: string;
  readonly id: string;
  readonly value: string;
  readonly says: ComponentChildren;
}

const COLUMNS: readonly PlainColumn<Known>[] = [
  { title: "Kind", class: "nowrap muted", sort: (k) => k.kind, cell: (k) => k.kind },
  { title: "Value", sort: (k) => k.value, cell: (k) => <code>{k.value}</code> },
  { title: "What is known", cell: (k) => k.says },
];

export function ContextPanel({ context }: { context: AlertContext }) {
  const { raised, assets = [], intelligence = [], geography = [] } = context;
  const known: readonly Known[] = [
    ...assets.map((mark) => ({
      kind: mark.kind === "asset" ? "Asset" : "Identity",
      id: `${mark.kind} ${mark.value}`,
      value: mark.value,
      says: [
        mark.name,
        mark.priority && `priority ${mark.priority}`,
        mark.owner && `owner ${mark.owner}`,
      ].filter(Boolean).join(", "),
    })),
    ...intelligence.map((mark) => ({
      kind: "Intelligence",
      id: `${mark.source} ${mark.value}`,
      value: mark.value,
      says: <Said mark={mark} />,
    })),
    ...geography.map((mark) => ({
      kind: "Location",
      id: mark.value,
      value: mark.value,
      says: placeText(mark),
    })),
  ];
  return (
    <Panel title="Context" span="s12" flush={!raised}>
      {raised && (
        <p class="notice">
          Severity raised from {raised.from} to {raised.to}: {raised.because}
        </p>
      )}
      <PlainTable
        label="Context"
        columns={COLUMNS}
        rows={known}
        idOf={(k) => `${k.kind} ${k.id}`}
      />
    </Panel>
  );
}

function Said({ mark }: { mark: Intelligence }) {
  const parts = [
    mark.score === undefined
      ? mark.source
      : `${mark.source} score ${mark.score} of 100 (${mark.band})`,
    mark.description,
    mark.reports === undefined ? "" : count(mark.reports, "report"),
    mark.country,
    mark.isp,
    mark.note,
  ].filter(Boolean).join(", ");
  return (
    <>
      {parts}
      {mark.last && (
        <>
          , last <Time at={mark.last} />
        </>
      )}
      {mark.as_of && (
        <span class="muted">
          {" "}
          (as of <Time at={mark.as_of} />)
        </span>
      )}
    </>
  );
}

const placeText = ({ city, country, asn, org }: Place): string =>
  [city, country, asn === undefined ? "" : `AS${asn}`, org].filter(Boolean).join(", ");
