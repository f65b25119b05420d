/** Colours of series by their names, so that a name looks the same on every page and every day. */

/** Names of colours of the style sheet, hues apart from those of severities. */
const COLORS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c11", "c12"] as const;

/** What stands for everything else. */
export const OTHERS_COLOR = "c10";

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * A colour for each name. It follows from the name, not from how much there is of it; only where two
 * names fall on one colour, the later one in the alphabet takes the next that is free. Names beyond
 * the colours there are share theirs.
 */
export function colorsOf(names: readonly string[]): Map<string, string> {
  const taken = new Set<number>(), out = new Map<string, string>();
  for (const name of [...new Set(names)].sort()) {
    let at = hash(name) % COLORS.length;
    for (let i = 0; taken.has(at) && i < COLORS.length; i++) at = (at + 1) % COLORS.length;
    taken.add(at);
    out.set(name, COLORS[at]);
  }
  return out;
}
