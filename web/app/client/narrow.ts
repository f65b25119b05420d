/** Whether the window is as narrow as a phone, where tables are cards. */
import { useEffect, useState } from "preact/hooks";

/** The width at which the style changes, too. */
const NARROW = "(max-width: 760px)";

export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const tell = () => setNarrow(query.matches);
    query.addEventListener("change", tell);
    return () => query.removeEventListener("change", tell);
  }, []);
  return narrow;
}
