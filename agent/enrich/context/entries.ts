/** The entries of a list of threat intelligence. */
import { isHashLike, namesOf } from "./indicator.ts";
import { NetworkMap } from "./networks.ts";

/** Entries of a list, and characters of one and of what is said of it. */
const MOST_ENTRIES = 2_000_000, LONGEST = 2048, DESCRIPTION = 200;

/** A list that was read. */
export class ThreatList {
  /** Lines, rows or indicators that say nothing that could be looked for. */
  unread = 0;
  readonly #networks = new NetworkMap<string>();
  /** Names, URLs and hashes in lower case, with what the list says of them. */
  readonly #texts = new Map<string, string>();

  get size(): number {
    return this.#networks.size + this.#texts.size;
  }

  /** What the list says of a value, "" for no words; undefined for what it does not have. */
  find(value: string): string | undefined {
    const listed = this.#networks.find(value);
    if (listed !== undefined || this.#texts.size === 0) return listed;
    for (const name of namesOf(value)) {
      const said = this.#texts.get(name);
      if (said !== undefined) return said;
    }
    return undefined;
  }

  /** Adds an address, a network, a name, an URL or a hash; anything else is counted. */
  add(entry: string, description = ""): void {
    const text = entry.trim();
    const said = description.slice(0, DESCRIPTION);
    const listable = text.length > 0 && text.length <= LONGEST && this.size < MOST_ENTRIES;
    if (listable && this.#networks.add(text, said)) return;
    const name = text.replace(/^\*?\./, "").replace(/\.$/, "").toLowerCase();
    const known = listable &&
      (/^https?:\/\//.test(name) || isHashLike(name) || /^[^\s./:]+(?:\.[^\s./:]+)+$/.test(name));
    if (!known) this.unread++;
    else if (!this.#texts.has(name)) this.#texts.set(name, said);
  }
}
