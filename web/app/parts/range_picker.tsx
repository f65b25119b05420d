/** The time range of the page: names for the common ones, two times for any other. */
import { useState } from "preact/hooks";
import { fromLocal, local } from "../client/format.ts";
import { type Range, RANGES } from "../client/range.ts";
import { setQuery } from "../client/router.ts";
import { zoneName } from "../client/zone.ts";
import { Icon } from "./icon.tsx";
import { Popover } from "./overlay.tsx";

/** Shows a range by the address alone. */
export function RangePicker({ range }: { range: Range }) {
  const label = range.name !== null
    ? RANGES[range.name].label
    : `${local(range.from!).slice(0, 16)} to ${local(range.to!).slice(0, 16)}`;
  return (
    <Popover
      label={`Time range: ${label}`}
      button={
        <>
          <Icon name="clock" />
          {label}
        </>
      }
    >
      {(close) => (
        <div class="stack">
          <div class="options">
            {Object.entries(RANGES).map(([name, r]) => (
              <button
                key={name}
                type="button"
                aria-pressed={range.name === name}
                onClick={() => {
                  setQuery({ range: name, from: null, to: null });
                  close();
                }}
              >
                {r.label}
              </button>
            ))}
          </div>
          <Between range={range} close={close} />
          <p class="muted">
            Relative ranges end at the newest event. Times are {zoneName(range.to ?? Date.now())}.
          </p>
        </div>
      )}
    </Popover>
  );
}

function Between({ range, close }: { range: Range; close: () => void }) {
  const text = (ms: number | null) => ms === null ? "" : local(ms).slice(0, 19).replace(" ", "T");
  const [from, setFrom] = useState(text(range.from));
  const [to, setTo] = useState(text(range.to));
  const a = fromLocal(from), b = fromLocal(to);
  const fits = a < b;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fits) return;
        setQuery({ range: null, from: new Date(a).toISOString(), to: new Date(b).toISOString() });
        close();
      }}
    >
      <label class="field">
        From
        <input
          class="input"
          type="datetime-local"
          step="1"
          value={from}
          onInput={(e) => setFrom(e.currentTarget.value)}
        />
      </label>
      <label class="field">
        To
        <input
          class="input"
          type="datetime-local"
          step="1"
          value={to}
          onInput={(e) => setTo(e.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={!fits}>Apply</button>
    </form>
  );
}
