/** Fields of the events that are looked at with their commonest values: one click filters. */
import { useState } from "preact/hooks";
import type { Top } from "../../server/types/mod.ts";
import { term, wordsOf } from "../client/entity.ts";
import { useApi } from "../client/fetch.ts";
import { number, short } from "../client/format.ts";
import type { Range } from "../client/range.ts";
import { hrefOf, setQuery } from "../client/router.ts";

/** In the order in which an analyst asks: what, how it ended, who, where. */
const FIELDS = [
  "sourcetype",
  "action",
  "src",
  "user",
  "dest",
  "host",
  "app",
  "signature",
  "status",
  "http_method",
  "url",
  "dest_port",
  "severity",
  "source",
] as const;

const SHOWN = 8;

/** Networks of RFC 1918, which no address of the Internet is in. */
const INTERNAL = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16";

/** Names of the fields that stand open, as the user left them. */
function openFields(): Set<string> {
  return new Set(
    (localStorage.getItem("fields") ?? "sourcetype,action").split(",").filter(Boolean),
  );
}

export function FieldList({ range, filters }: {
  range: Range;
  filters: Readonly<Record<string, string>>;
}) {
  const [open, setOpen] = useState(openFields);
  const toggle = (name: string) => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    localStorage.setItem("fields", [...next].join());
    setOpen(next);
  };
  return (
    <section class="panel fields" aria-label="Fields">
      <header>
        <h2>Fields</h2>
      </header>
      <div class="body flush" tabIndex={0} role="region" aria-label="Fields and their values">
        {FIELDS.map((name) => (
          <div key={name}>
            <button
              type="button"
              class="field-name"
              aria-expanded={open.has(name)}
              onClick={() => toggle(name)}
            >
              <span>{name}</span>
            </button>
            {open.has(name) && <Values name={name} range={range} filters={filters} />}
          </div>
        ))}
      </div>
    </section>
  );
}

function Values({ name, range, filters }: {
  name: string;
  range: Range;
  filters: Readonly<Record<string, string>>;
}) {
  // With a filter of its own a field has one value: the others are those to choose from.
  const { [name]: own, ...others } = filters;
  const path = range.known
    ? hrefOf("/api/top", { field: name, limit: SHOWN, ...range.params, ...others })
    : null;
  const top = useApi<Top>(path);
  const words = wordsOf(others);
  const search = (q: string) => hrefOf("/search", { q, from: range.params.from ?? "1970-01-01" });
  const counted = search(`${words.join(" ") || "*"} | top 50 ${name}`);
  // Counts are kept for plain filters; any others are counted by a search.
  if (top.error?.code === "not_counted") {
    return (
      <p class="note muted">
        <a href={counted}>Count by it</a>
      </p>
    );
  }
  if (top.error) return <p class="note bad">{top.error.message}</p>;
  if (!top.data) return <p class="note muted">Counting</p>;
  const { values, others: rest, exact } = top.data;
  const most = Math.max(1, ...values.map((v) => v.count));
  return (
    <div class="values">
      {values.length === 0 && <p class="note muted">No event has it</p>}
      <ul>
        {values.map(({ value, count }) => (
          <li key={value} class={value === own ? "own" : ""}>
            <button
              type="button"
              title={value === own ? `Take the filter ${name} away` : `Only ${name} ${value}`}
              onClick={() => setQuery({ [name]: value === own ? null : value, event: null })}
            >
              <i style={{ width: `${100 * count / most}%` }} />
              <bdi class="clip">{value}</bdi>
              <span class="muted" title={number(count)}>{short(count)}</span>
            </button>
            <Without name={name} value={value} filters={filters} />
          </li>
        ))}
      </ul>
      <p class="note muted">
        {rest > 0 && `${short(rest)} others${exact ? "" : " or more"}. `}
        {!exact && rest === 0 && "Of the newest events. "}
        <a href={counted}>Count by it</a>
        {(name === "src" || name === "dest") && filters[`${name}!`] === undefined && (
          <>
            {" · "}
            <button
              type="button"
              class="as-link"
              title={`Without ${INTERNAL.replaceAll(",", ", ")}`}
              onClick={() => setQuery({ [`${name}!`]: INTERNAL, event: null })}
            >
              {name === "src" ? "From outside" : "To outside"}
            </button>
          </>
        )}
      </p>
    </div>
  );
}

/** Leaves a value out; one for each field, further ones are for a search. */
function Without({ name, value, filters }: {
  name: string;
  value: string;
  filters: Readonly<Record<string, string>>;
}) {
  const label = `Without ${name} ${value}`;
  const excluded = `${name}!`;
  if (filters[excluded] === undefined && filters[name] === undefined) {
    return (
      <button
        type="button"
        class="without"
        aria-label={label}
        title={label}
        onClick={() => setQuery({ [excluded]: value, event: null })}
      >
        −
      </button>
    );
  }
  const q = [...wordsOf(filters), `-${term(name, value)}`].join(" ");
  return (
    <a class="without" href={hrefOf("/search", { q, from: "1970-01-01" })} aria-label={label}>−</a>
  );
}
