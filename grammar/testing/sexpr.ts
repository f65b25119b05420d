/** Trees as short text, for the grammar cases and for comparing trees without their spans. */

/** The tree without spans and without what the formatter settles. */
export function shape(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(shape);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => key !== "span" && key !== "single");
  const record = node as { kind?: unknown };
  return Object.fromEntries(
    entries
      // The text of a duration or a size is settled; its value is what counts.
      .filter(([key]) =>
        !(key === "text" && (record.kind === "duration" || record.kind === "bytes"))
      )
      .map(([key, value]) => [key, shape(value)]),
  );
}

/** `(where (binary == (field app) (string "sshd")))`: kind, then what is not null, false or empty. */
export function sexpr(node: unknown): string {
  if (typeof node === "string") {
    return /^[\w.:+*/%<>=!-]+$/.test(node) ? node : JSON.stringify(node);
  }
  if (typeof node !== "object" || node === null) return String(node);
  if (Array.isArray(node)) return `[${node.map(sexpr).join(" ")}]`;
  const parts: string[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === "span" || key === "kind" || value === null || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    const quote = key === "value" && typeof value === "string"
      ? JSON.stringify(value)
      : sexpr(value);
    parts.push(typeof value === "object" || value === true ? `${key}:${quote}` : quote);
  }
  const kind = (node as { kind?: unknown }).kind;
  const names = Object.keys(node);
  // A name is written bare.
  if (kind === undefined && names.length === 2 && names.includes("name")) return parts[0] ?? "";
  return `(${[...(typeof kind === "string" ? [kind] : []), ...parts].join(" ")})`;
}
