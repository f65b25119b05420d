/** The search of events: words in the raw text, and `field=value` for fields. */
import { useEffect, useState } from "preact/hooks";
import { setQuery } from "../client/router.ts";
import { readSearch } from "../client/search.ts";
import { Icon } from "../parts/icon.tsx";

export function SearchBar({ filters }: { filters: Readonly<Record<string, string>> }) {
  const [text, setText] = useState(filters.q ?? "");
  useEffect(() => setText(filters.q ?? ""), [filters.q]);
  const chips = Object.entries(filters).filter(([name]) => name !== "q");
  const submit = (event: Event) => {
    event.preventDefault();
    const { fields, words } = readSearch(text);
    setQuery({ ...fields, q: words, event: null });
    setText(words);
  };
  return (
    <form class="row filters" role="search" aria-label="Search events" onSubmit={submit}>
      <input
        class="input grow search"
        type="search"
        data-search
        maxLength={1024}
        placeholder="Words in the raw text, or src=203.0.113.66, action!=success, status>=500"
        aria-label="Search: words in the raw text, or field=value"
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
      />
      <button type="submit" class="button primary">Search</button>
      {filters.q && <Chip name="text" value={filters.q} onDrop={() => setQuery({ q: null })} />}
      {chips.map(([name, value]) => (
        <Chip
          key={name}
          name={name}
          value={value}
          onDrop={() => setQuery({ [name]: null })}
        />
      ))}
      {chips.length + (filters.q ? 1 : 0) > 1 && (
        <button
          type="button"
          class="button plain small"
          onClick={() => setQuery(Object.fromEntries(Object.keys(filters).map((n) => [n, null])))}
        >
          Clear all
        </button>
      )}
    </form>
  );
}

function Chip({ name, value, onDrop }: { name: string; value: string; onDrop(): void }) {
  return (
    <button type="button" class="chip" onClick={onDrop} title={`Take away ${name}=${value}`}>
      <span class="muted">
        {name.endsWith("!") ? `not ${name.slice(0, -1)}` : /[<>]$/.test(name) ? `${name}=` : name}
      </span>
      <span class="mono clip">{value.replaceAll(/,(?=[\da-f.:]+\/\d)/g, ", ")}</span>
      <span class="x">
        <Icon name="close" />
      </span>
    </button>
  );
}
