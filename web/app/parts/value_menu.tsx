/**
 * A value of an event or alert, and what one can do with it: look at its events, leave them out,
 * count by it, copy it, go to its page. One menu for the whole page, under the value that was clicked.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { entityHref, kindOf, term, wordsOf } from "../client/entity.ts";
import { shown } from "../client/format.ts";
import { hrefOf, usePlace } from "../client/router.ts";
import { Long } from "./long.tsx";
import { eventsHref, SEARCHABLE } from "./words.tsx";

interface Asked {
  readonly name: string;
  readonly value: string;
  readonly from: HTMLElement;
  /** The search that it stands in, of this value alone. */
  readonly narrowed?: string;
}

/** Fields whose values among the events of a value are one click away. */
const PIVOTS = ["src", "user", "dest", "host", "action", "app", "signature", "url"] as const;

let open: ((asked: Asked | null) => void) | null = null;

/** A value that opens the menu; what is no text worth a search is only shown. */
export function Value(
  { name, value, narrowed }: { name: string; value: unknown; narrowed?: string },
) {
  const text = shown(value);
  if (text === "" || text.length > 512 || typeof value === "object") {
    return (
      <span class="mono">
        <Long text={text} />
      </span>
    );
  }
  return (
    <button
      type="button"
      class="value mono"
      aria-haspopup="menu"
      onClick={(event) => open?.({ name, value: text, from: event.currentTarget, narrowed })}
    >
      <bdi>{text}</bdi>
    </button>
  );
}

/** The menu; stands once in the page. */
export function ValueMenu() {
  const [asked, setAsked] = useState<Asked | null>(null);
  const { path } = usePlace();
  useLayoutEffect(() => {
    open = setAsked;
    return () => void (open = null);
  }, []);
  useLayoutEffect(() => setAsked(null), [path]);
  return asked && (
    <aside aria-label="What to do with a value">
      <Menu
        key={`${asked.name} ${asked.value}`}
        asked={asked}
        close={() => setAsked(null)}
      />
    </aside>
  );
}

function Menu({ asked, close }: { asked: Asked; close(): void }) {
  const { name, value, from } = asked;
  const box = useRef<HTMLDivElement>(null);
  const { path, query } = usePlace();
  const here = path === "/events" ? query : new URLSearchParams();
  const kind = kindOf(name, value);
  const words = wordsOf(
    Object.fromEntries(
      [...here].filter(([n]) => n === "q" || SEARCHABLE.has(n.replace(/\W$/, ""))),
    ),
  );
  const since = { from: "1970-01-01" };
  useLayoutEffect(() => {
    const el = box.current!;
    const at = from.getBoundingClientRect();
    el.style.left = `${Math.max(8, Math.min(at.left, innerWidth - el.offsetWidth - 8))}px`;
    const under = at.bottom + 4;
    el.style.top = `${
      under + el.offsetHeight > innerHeight ? Math.max(8, at.top - el.offsetHeight - 4) : under
    }px`;
    el.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const away = (event: Event) => !el.contains(event.target as Node) && close();
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, []);
  const onKey = (event: KeyboardEvent) => {
    const items = [...box.current!.querySelectorAll<HTMLElement>("[role=menuitem]:not([hidden])")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step !== undefined) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Escape") {
      close();
      from.focus();
    } else if (event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const filtered = new URLSearchParams(here);
  for (const [k, v] of new URLSearchParams(eventsHref(name, value, {}).split("?")[1])) {
    filtered.set(k, v);
  }
  filtered.delete("event");
  const without = new URLSearchParams(here);
  without.set(`${name}!`, value);
  without.delete("event");
  if (path !== "/events") filtered.set("range", "all");
  return (
    <div
      class="value-menu"
      ref={box}
      role="menu"
      aria-label={`${name} ${value}`}
      onKeyDown={onKey}
    >
      <p class="muted clip" aria-hidden="true">
        {name} <bdi class="mono">{value}</bdi>
      </p>
      {asked.narrowed && <a role="menuitem" href={asked.narrowed} onClick={close}>Only these</a>}
      {kind && (
        <a role="menuitem" href={entityHref(kind, value)} onClick={close}>Page of this {kind}</a>
      )}
      <a role="menuitem" href={hrefOf("/events", filtered)} onClick={close}>
        {path === "/events" ? "Only events with it" : "Its events"}
      </a>
      <a
        role="menuitem"
        href={path === "/events" && SEARCHABLE.has(name)
          ? hrefOf("/events", without)
          : hrefOf("/search", { ...since, q: [...words, `-${term(name, value)}`].join(" ") })}
        onClick={close}
      >
        {path === "/events" ? "Only events without it" : "Search without it"}
      </a>
      <a
        role="menuitem"
        href={hrefOf("/search", { ...since, q: `${[...words, "*"].join(" ")} | top 20 ${name}` })}
        onClick={close}
      >
        Count by {name}
      </a>
      <a
        role="menuitem"
        href={hrefOf("/alerts", { entity: value, range: "all" })}
        onClick={close}
        hidden={kind === null}
      >
        Its alerts
      </a>
      <button
        type="button"
        role="menuitem"
        onClick={() => {
          navigator.clipboard?.writeText(value);
          close();
          from.focus();
        }}
      >
        Copy
      </button>
      <div class="tops" role="group" aria-label="Top values of its events">
        <p class="muted" aria-hidden="true">Top values of its events</p>
        {PIVOTS.filter((field) => field !== name).map((field) => (
          <a
            key={field}
            role="menuitem"
            href={hrefOf("/search", {
              ...since,
              q: `${[...words, term(name, value)].join(" ")} | top 20 ${field}`,
            })}
            onClick={close}
          >
            {field}
          </a>
        ))}
      </div>
    </div>
  );
}
