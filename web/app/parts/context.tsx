/** What is known of the values that an alert names. */
import type { AlertContext } from "../../server/types/mod.ts";
import { count } from "../client/format.ts";
import { Panel } from "./panel.tsx";
import { Time } from "./words.tsx";

type Intelligence = NonNullable<AlertContext["intelligence"]>[number];
type Place = NonNullable<AlertContext["geography"]>[number];

export function ContextPanel({ context }: { context: AlertContext }) {
  const { raised, assets = [], intelligence = [], geography = [] } = context;
  return (
    <Panel title="Context" span="s12">
      {raised && (
        <p class="notice">
          Severity raised from {raised.from} to {raised.to}: {raised.because}
        </p>
      )}
      <table class="plain">
        <tbody>
          {assets.map((mark) => (
            <tr key={`${mark.kind} ${mark.value}`}>
              <td class="nowrap muted">{mark.kind === "asset" ? "Asset" : "Identity"}</td>
              <td>
                <code>{mark.value}</code>
              </td>
              <td>
                {[
                  mark.name,
                  mark.priority && `priority ${mark.priority}`,
                  mark.owner && `owner ${mark.owner}`,
                ].filter(Boolean).join(", ")}
              </td>
            </tr>
          ))}
          {intelligence.map((mark) => (
            <tr key={`${mark.source} ${mark.value}`}>
              <td class="nowrap muted">Intelligence</td>
              <td>
                <code>{mark.value}</code>
              </td>
              <td>
                <Said mark={mark} />
              </td>
            </tr>
          ))}
          {geography.map((mark) => (
            <tr key={mark.value}>
              <td class="nowrap muted">Location</td>
              <td>
                <code>{mark.value}</code>
              </td>
              <td>{placeText(mark)}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
