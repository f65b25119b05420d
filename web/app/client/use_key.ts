/** A key of one page. */
import { useLayoutEffect, useRef } from "preact/hooks";

/** Calls `act` for a key that is pressed where nobody writes and no dialog is open. */
export function useKey(key: string, act: () => void): void {
  const current = useRef(act);
  current.current = act;
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== key || event.defaultPrevented) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as Element).closest("input, textarea, select, dialog")) return;
      event.preventDefault();
      current.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [key]);
}
