/** A text that may be very long: its beginning, and all of it at a click. */
import { useState } from "preact/hooks";
import { number } from "../client/format.ts";

/** Characters that are shown whole, and those that are shown of more. */
const WHOLE = 600, BEGINNING = 400;

export function Long({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  if (all || text.length <= WHOLE) return <bdi>{text}</bdi>;
  return (
    <>
      <bdi>{text.slice(0, BEGINNING)}…</bdi>{" "}
      <button type="button" class="as-link nowrap" onClick={() => setAll(true)}>
        all {number(text.length)} characters
      </button>
    </>
  );
}
