/** The lines that `write` emits, by time; those of one moment in the order in which they were made. */
export function inOrder(write: (emit: (time: number, text: string) => void) => void): string {
  const lines: { readonly time: number; readonly text: string }[] = [];
  write((time, text) => lines.push({ time, text }));
  return lines.sort((a, b) => a.time - b.time).map((l) => l.text + "\n").join("");
}
