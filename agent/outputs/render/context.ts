/** What is known of an alert's values, as people read it: a name and a text for each mark. */
import type { AlertContext, AssetMark, IntelligenceMark, PlaceMark } from "../../context.ts";
import { count, timeText, type TimeWriter } from "./text.ts";

/** Texts are not escaped: names come from tables, values from logs. */
export interface ContextFact {
  readonly name: string;
  readonly value: string;
}

/** The reason of a raised severity first, then the marks by kind. */
export function contextFacts(
  context: AlertContext | undefined,
  at: TimeWriter = timeText,
): ContextFact[] {
  if (context === undefined) return [];
  const { raised, assets = [], intelligence = [], geography = [] } = context;
  return [
    ...raised
      ? [{
        name: "Severity",
        value: `raised from ${raised.from} to ${raised.to}: ${raised.because}`,
      }]
      : [],
    ...assets.map(assetFact),
    ...intelligence.map((mark) => intelligenceFact(mark, at)),
    ...geography.map(placeFact),
  ];
}

const joined = (parts: readonly (string | false | undefined)[]): string =>
  parts.filter((p): p is string => typeof p === "string" && p !== "").join(", ");

/** What an alert adds to the risk of its entities, and for which of them more or less; null for nothing. */
export function riskText(
  risk: number | undefined,
  context: AlertContext | undefined,
): string | null {
  if (!risk) return null;
  const weighed = (context?.assets ?? []).flatMap(({ kind, name, priority, risk_weight: by }) =>
    by === undefined
      ? []
      : `${count(rounded(risk * by), "point")} for ${kind} ${name} (${
        rounded(by)
      } times, priority ${priority})`
  );
  return [count(risk, "point"), ...weighed].join("; ");
}

const rounded = (n: number) => Math.round(n * 100) / 100;

function assetFact({ kind, value, name, priority, owner }: AssetMark): ContextFact {
  return {
    name: kind === "asset" ? "Asset" : "Identity",
    value: joined([
      name.toLowerCase() === value.toLowerCase() ? name : `${name} (${value})`,
      priority && `priority ${priority}`,
      owner && `owner ${owner}`,
    ]),
  };
}

function intelligenceFact(mark: IntelligenceMark, at: TimeWriter): ContextFact {
  const { value, source, description, score, band, reports, last, country, isp, as_of, note } =
    mark;
  return {
    name: "Intelligence",
    value: `${value}: ${
      joined([
        score === undefined ? source : `${source} score ${score} of 100 (${band})`,
        description,
        reports !== undefined && count(reports, "report"),
        last && `last ${moment(last, at)}`,
        country,
        isp,
        as_of && `as of ${moment(as_of, at)}`,
        note,
      ])
    }`,
  };
}

/** A time as the rest of the alert has it. */
const moment = (text: string, at: TimeWriter): string => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : at(ms);
};

function placeFact({ value, country, city, asn, org }: PlaceMark): ContextFact {
  return {
    name: "Location",
    value: `${value}: ${joined([city, country, asn !== undefined && `AS${asn}`, org])}`,
  };
}
