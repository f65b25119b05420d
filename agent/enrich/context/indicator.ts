/** The names under which a value may be on a list. */

/** MD5, SHA-1, SHA-256 or SHA-512 in hex. */
export const isHashLike = (text: string): boolean =>
  /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text);

/** Labels of a name that are looked for: longer names are no hosts. */
const MOST_LABELS = 20;

/**
 * A value in lower case as lists have it: itself, of an URL also its host, and of a name those that it is
 * below, as `bad.example` of `a.bad.example`. A top-level domain is no entry.
 */
export function* namesOf(value: string): Generator<string> {
  if (value.length > 2048) return;
  const text = value.toLowerCase();
  yield text;
  const host = /^https?:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)/.exec(text)?.[1] ?? text;
  if (host !== text) yield host;
  if (!/^[^\s/:]+$/.test(host)) return;
  const labels = host.replace(/\.$/, "").split(".");
  if (labels.length > MOST_LABELS) return;
  for (let i = host.endsWith(".") ? 0 : 1; i < labels.length - 1; i++) {
    yield labels.slice(i).join(".");
  }
}
