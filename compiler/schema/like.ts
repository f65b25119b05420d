/** Patterns of `like`. */

/** Any run of characters, and any one character: two characters, which no token of text is. */
export const LIKE_ANY = "**", LIKE_ONE = "??";

/**
 * A pattern's characters and wildcards in order. With `escapes` a backslash before `*`, `?` or itself
 * stands for that character.
 */
export function likeTokens(pattern: string, escapes: boolean): string[] {
  const out: string[] = [];
  const points = Array.from(pattern);
  for (let i = 0; i < points.length; i++) {
    const c = points[i], next = points[i + 1];
    if (escapes && c === "\\" && (next === "*" || next === "?" || next === "\\")) {
      out.push(next);
      i++;
    } else out.push(c === "*" ? LIKE_ANY : c === "?" ? LIKE_ONE : c);
  }
  return out;
}
