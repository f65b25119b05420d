/**
 * EventXML, as Windows exports and forwards it: one `<Event>` read by a scan over its tags, which is
 * several times as fast as a parser for any XML. It reads what Windows and the usual collectors write:
 * elements, attributes, text, CDATA, comments, the five entities and character references.
 */
import type { Keyed } from "../json/json.ts";
import { RecordFilling, SYSTEM_TEXTS } from "./record.ts";

const DATA = /\s*<Data Name=(?:"([^"<]*)"|'([^'<]*)')\s*(?:\/>|>([^<]*)<\/Data>)/y;
const TAG = /<([^\s\/>!?"'<=]+)((?:[\s\/](?:[^>"']|"[^"]*"|'[^']*')*)?)>/y;
const ATTRIBUTE = /\s*([^\s="'\/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;

const EVENT = "Event", SYSTEM = "System", RENDERING = "RenderingInfo";

/** Null for what is no complete event. */
export function readEventXml(text: string): Keyed | null {
  const scan = new Scan(text);
  return scan.event() ? scan.filling.record : null;
}

class Scan {
  readonly filling = new RecordFilling();
  #at = 0;
  /** Of the tag read last. */
  #name: string = "";
  #attributes = "";
  #empty = false;
  #sawSystem = false;

  constructor(readonly text: string) {}

  event(): boolean {
    do {
      if (!this.#open()) return false;
    } while (!this.#is(EVENT));
    if (this.#empty) return false;
    for (;;) {
      const kind = this.#next();
      if (kind === "close") return this.#sawSystem;
      if (kind === "end" || !this.#open()) return false;
      if (this.#is(SYSTEM)) {
        this.#sawSystem = true;
        if (!this.#empty && !this.#system()) return false;
      } else if (this.#is(RENDERING)) {
        if (!this.#empty && !this.#skip(RENDERING)) return false;
      } else if (!this.#element(0)) return false;
    }
  }

  #is(name: string): boolean {
    return this.#name === name;
  }

  /** Goes on to the next tag; text between is passed over. */
  #next(): "open" | "close" | "end" {
    for (;;) {
      const lt = this.text.indexOf("<", this.#at);
      if (lt < 0) return "end";
      this.#at = lt;
      switch (this.text.charCodeAt(lt + 1)) {
        case 47: // </
          return "close";
        case 33: { // <!-- -->, and CDATA where it does not matter
          const comment = this.text.startsWith("<!--", lt);
          const end = this.text.indexOf(comment ? "-->" : ">", lt + 2);
          if (end < 0) return "end";
          this.#at = end + (comment ? 3 : 1);
          break;
        }
        case 63: { // <? ?>
          const end = this.text.indexOf("?>", lt + 2);
          if (end < 0) return "end";
          this.#at = end + 2;
          break;
        }
        default:
          return "open";
      }
    }
  }

  /** Reads a start tag, from here on or from the next one on. */
  #open(): boolean {
    while (this.#next() === "close") {
      if (!this.#close()) return false;
    }
    TAG.lastIndex = this.#at;
    const m = TAG.exec(this.text);
    if (m === null) return false;
    this.#at = TAG.lastIndex;
    this.#name = local(m[1]);
    this.#attributes = m[2];
    this.#empty = m[2].endsWith("/") || m[2] === "" && m[1].endsWith("/");
    return true;
  }

  /** Passes an end tag. */
  #close(): boolean {
    const end = this.text.indexOf(">", this.#at);
    this.#at = end + 1;
    return end >= 0;
  }

  /** Passes everything up to the end tag of this name. */
  #skip(name: string): boolean {
    for (;;) {
      const end = this.text.indexOf("</", this.#at);
      if (end < 0) return false;
      this.#at = end;
      const tag = this.text.slice(end + 2, this.text.indexOf(">", end));
      if (!this.#close()) return false;
      if (local(tag.trim()) === name) return true;
    }
  }

  /** Text up to the end tag of the element just opened; null when there is an element in it. */
  #content(): string | null {
    const from = this.#at;
    let lt = this.text.indexOf("<", from);
    if (lt < 0) return null;
    if (this.text.charCodeAt(lt + 1) === 47) {
      this.#at = lt;
      return unescaped(this.text.slice(from, lt));
    }
    let out = "";
    let at = from;
    while (lt >= 0 && this.text.charCodeAt(lt + 1) === 33) {
      out += unescaped(this.text.slice(at, lt));
      const cdata = this.text.startsWith("<![CDATA[", lt);
      const end = this.text.indexOf(cdata ? "]]>" : "-->", lt + (cdata ? 9 : 4));
      if (end < 0) return null;
      if (cdata) out += lineEnds(this.text.slice(lt + 9, end));
      at = end + 3;
      lt = this.text.indexOf("<", at);
    }
    if (lt < 0 || this.text.charCodeAt(lt + 1) !== 47) return null;
    this.#at = lt;
    return out + unescaped(this.text.slice(at, lt));
  }

  #attribute(name: string): string | undefined {
    ATTRIBUTE.lastIndex = 0;
    for (let m; (m = ATTRIBUTE.exec(this.#attributes)) !== null;) {
      if (m[1] === name) return unescaped(m[2] ?? m[3]);
    }
    return undefined;
  }

  #system(): boolean {
    const f = this.filling;
    for (;;) {
      const kind = this.#next();
      if (kind === "end") return false;
      if (kind === "close") return this.#close();
      if (!this.#open()) return false;
      const name = this.#name;
      switch (name) {
        case "Provider":
          f.system("Provider_Name", this.#attribute("Name"));
          f.system("Provider_Guid", this.#attribute("Guid"));
          f.system("EventSourceName", this.#attribute("EventSourceName"));
          break;
        case "TimeCreated":
          f.system("TimeCreated", this.#attribute("SystemTime"));
          break;
        case "Correlation":
          f.system("ActivityID", this.#attribute("ActivityID"));
          f.system("RelatedActivityID", this.#attribute("RelatedActivityID"));
          break;
        case "Execution":
          f.system("ProcessID", this.#attribute("ProcessID"));
          f.system("ThreadID", this.#attribute("ThreadID"));
          break;
        case "Security":
          f.system("UserID", this.#attribute("UserID"));
          break;
        case "EventID":
          f.system("Qualifiers", this.#attribute("Qualifiers"));
      }
      if (this.#empty) continue;
      const text = this.#content();
      if (text === null) return this.#skip(name) && this.#skip("System");
      if (SYSTEM_TEXTS.has(name)) f.system(name, text.trim());
      if (!this.#close()) return false;
    }
  }

  /** An element of EventData, UserData or what else stands under Event: its leaves are fields. */
  #element(depth: number): boolean {
    const name = this.#name;
    const isData = name === "Data";
    const key = isData ? this.#attribute("Name") ?? "" : name;
    const isSection = depth === 0 && (name === "EventData" || name === "UserData");
    if (this.#empty) {
      if (!isSection) this.filling.data(key, "");
      return true;
    }
    if (isSection && name === "EventData") this.#named();
    const text = this.#content();
    if (text !== null) {
      if (!isSection) this.filling.data(key, text);
      return this.#close();
    }
    if (depth > 32) return false;
    for (;;) {
      const kind = this.#next();
      if (kind === "end") return false;
      if (kind === "close") return this.#close();
      if (!this.#open() || !this.#element(depth + 1)) return false;
    }
  }

  /** The run of `<Data Name="x">text</Data>` that most events are made of. */
  #named(): void {
    DATA.lastIndex = this.#at;
    for (let m; (m = DATA.exec(this.text)) !== null;) {
      this.#at = DATA.lastIndex;
      this.filling.data(unescaped(m[1] ?? m[2]), unescaped(m[3] ?? ""));
    }
  }
}

/** A name without its prefix, and without the slash of an empty element. */
function local(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}

const ENTITY = /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g;
const NAMED: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  const plain = lineEnds(text);
  if (!plain.includes("&")) return plain;
  return plain.replace(ENTITY, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name];
    const code = hex !== undefined ? parseInt(hex, 16) : +decimal!;
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** XML 1.0, 2.11. */
function lineEnds(text: string): string {
  return text.includes("\r") ? text.replaceAll("\r\n", "\n").replaceAll("\r", "\n") : text;
}
