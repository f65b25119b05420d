/** What a rule's author says of it, as rows of facts for the pages of a rule and of an alert. */
import type { ComponentChildren } from "preact";
import type { RuleMetadata } from "../../server/types/mod.ts";
import type { Fact } from "./panel.tsx";

/** The facts that are there, in the order of their use. Titles, techniques and levels stand elsewhere. */
export function metadataFacts(m: RuleMetadata): Fact[] {
  const of = (name: string, value: ComponentChildren): Fact[] =>
    value === undefined ? [] : [[name, value]];
  const lines = (list: readonly string[] | undefined, show: (text: string) => ComponentChildren) =>
    list && <ul>{list.map((text) => <li key={text}>{show(text)}</li>)}</ul>;
  return [
    ...of("Vulnerabilities", lines(m.cve, (id) => <OutLink url={cveUrl(id)} text={id} />)),
    ...of("False positives", lines(m.falsepositives, (text) => text)),
    ...of("References", lines(m.references, (url) => <OutLink url={url} text={url} />)),
    ...of("Author", m.author),
    ...of("License", m.license),
    ...of("Maturity", m.status),
    ...of("Written", m.date && (m.modified ? `${m.date}, changed ${m.modified}` : m.date)),
    ...of("Tags", m.tags && m.tags.join(", ")),
    ...of("Related rules", lines(m.related, (text) => <code>{text}</code>)),
    ...of("Rule id", m.id && <code>{m.id}</code>),
  ];
}

const cveUrl = (id: string) => `https://nvd.nist.gov/vuln/detail/${encodeURIComponent(id)}`;

/** A link out of the dashboard where the text is a web address, and plain text where it is not. */
function OutLink({ url, text }: { url: string; text: string }) {
  return webAddress(url)
    ? <a href={url} target="_blank" rel="noreferrer noopener">{text}</a>
    : <span>{text}</span>;
}

/** Rules are untrusted: only http and https are followed, never `javascript:` or `data:`. */
export function webAddress(text: string): boolean {
  if (!/^https?:\/\//i.test(text)) return false;
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
