/** Small things of one line: times, severities, statuses, entities, techniques. */
import type { ComponentChildren } from "preact";
import type { Severity, Status } from "../../server/types/mod.ts";
import { ago, local, onDay, shown, utc } from "../client/format.ts";
import { hrefOf } from "../client/router.ts";

/** A time in the zone of the pages, with UTC on hover. */
export function Time({ at, relative }: { at: string | number; relative?: boolean }) {
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span>{String(at)}</span>;
  const here = local(ms);
  return (
    <time datetime={utc(ms)} title={`${utc(ms)} (UTC)${relative ? `\n${here} here` : ""}`}>
      {relative ? ago(ms) : here}
    </time>
  );
}

/** The clock alone, with the day in front where it is not the one of `before`. */
export function Clock({ at, before }: { at: string; before?: string | null }) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span>{at}</span>;
  const day = before ? local(Date.parse(before)).slice(0, 10) : "";
  return (
    <time class="clock" datetime={utc(ms)} title={`${local(ms)}\n${utc(ms)} (UTC)`}>
      {onDay(ms, day)}
    </time>
  );
}

const NAMES: Record<Severity, string> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
  informational: "Info",
};

export function SeverityBadge({ severity, solid }: { severity: Severity; solid?: boolean }) {
  return solid
    ? <span class={`badge solid sev sev-${severity}`}>{NAMES[severity]}</span>
    : (
      <span class={`badge sev-${severity}`}>
        <i class="sev" />
        {NAMES[severity]}
      </span>
    );
}

const STATUS_CLASS: Record<Status, string> = {
  open: "",
  acknowledged: "warn",
  closed: "good",
};

export function StatusBadge({ status }: { status: Status }) {
  return (
    <span class={`badge ${STATUS_CLASS[status]}`}>
      {status[0].toUpperCase() + status.slice(1)}
    </span>
  );
}

/** Who an alert is about: `src 203.0.113.66, dest web1`. */
export function Entity({ entity }: { entity: Readonly<Record<string, unknown>> }) {
  const parts = Object.entries(entity).filter(([, v]) => v !== null && v !== undefined);
  return (
    <span>
      {parts.map(([name, value], i) => (
        <span key={name}>
          {i > 0 && ", "}
          <span class="muted">{name}</span> <bdi class="mono">{shown(value)}</bdi>
        </span>
      ))}
    </span>
  );
}

/** Two lines of a row of a table. */
export function Two({ first, second }: { first: ComponentChildren; second: ComponentChildren }) {
  return (
    <>
      <div class="first clip">{first}</div>
      <div class="second clip muted">{second}</div>
    </>
  );
}

/** A technique with a link to its page at MITRE; nothing is fetched until it is followed. */
export function TechniqueLink({ id, name }: { id: string; name?: string }) {
  return (
    <a
      href={techniqueUrl(id)}
      target="_blank"
      rel="noreferrer noopener"
      title={`${id} at attack.mitre.org`}
    >
      {id}
      {name ? ` ${name}` : ""}
    </a>
  );
}

/** The page about a technique at MITRE. */
export function techniqueUrl(id: string): string {
  return `https://attack.mitre.org/techniques/${id.split(".").map(encodeURIComponent).join("/")}`;
}

/** The events that have a value; vendors' own fields are asked for by name. */
export function eventsHref(
  name: string,
  value: string,
  range: Readonly<Record<string, string>> = { range: "all" },
): string {
  return hrefOf("/events", {
    ...(SEARCHABLE.has(name) ? { [name]: value } : { where: `${name}:${value}` }),
    ...range,
  });
}

/** Fields by which the API filters events. */
export const SEARCHABLE: ReadonlySet<string> = new Set([
  "src",
  "dest",
  "dest_port",
  "user",
  "action",
  "app",
  "status",
  "url",
  "http_method",
  "severity",
  "signature",
  "host",
  "source",
  "sourcetype",
]);
