/** What the words and marks around an address say that it is. */
import * as words from "./words.ts";

export type Role = "client" | "server" | "other";

/** How far before an address words are looked for, in UTF-16 units. */
export const BEFORE = 96;

/** What stands right before an address: two words, what is between them, and marks. */
interface Context {
  readonly first: string;
  readonly between: string;
  readonly second: string;
  readonly marks: string;
}

const MARKS = /["'`]?[\s:=]*(?:->|=>|→)?[\s"'`([{<@/#:=|>-]*$/;
const LAST_WORD = /(?:@?0x[0-9a-f]+|[\w@#][\w.-]*)$/;

export function contextOf(text: string): Context {
  const marks = MARKS.exec(text)?.[0] ?? "";
  const before = text.slice(0, text.length - marks.length);
  const second = LAST_WORD.exec(before)?.[0] ?? "";
  const rest = before.slice(0, before.length - second.length);
  const between = /[^\w]{0,6}$/.exec(rest)![0];
  const first = LAST_WORD.exec(rest.slice(0, rest.length - between.length))?.[0] ?? "";
  return { first, between, second, marks };
}

/** What stands between the two ends of a connection; the last as tcpdump writes it. */
const ARROW = /->|=>|→|^ > $/;

/** Marks that may stand between two words of one phrase: "IP address", "client @0x7f (". */
const JOINS = /^[\s:=("'[@/]{0,3}$/;

/** The role of the address from one place to another; rank as in `roles.ts`. */
export function roleOf(text: string, from: number, to: number): { role: Role; rank: number } {
  const { first, between, second, marks } = contextOf(text.slice(Math.max(0, from - BEFORE), from));
  if (ARROW.test(marks)) return { role: "server", rank: 3 };
  // "1.2.3.4:55 -> 10.0.0.1:22"
  const arrow = /^(?::\d{1,5})?[\])]?(?::\d{1,5})?(?: ?(?:->|=>|→)| > )/.test(
    text.slice(to, to + 16),
  );
  if (second === "relay" || first === "relay") return relay(text);
  // "Response 401 to 192.0.2.1"
  if (second === "to" && /^[1-5]\d\d$/.test(first)) return { role: "client", rank: 3 };
  if (second === "with" && /^negotiate$/i.test(first)) return { role: "client", rank: 3 };
  // The name of a host, which may hold any word: "local-7[192.0.2.1]".
  const name = /[-.]/.test(second) && /^[[(]$/.test(marks);
  const own = name || marks.includes("|") || marks.includes("- ") ? null : wordRole(second);
  if (own === "client" || own === "server") return { role: own, rank: 3 };
  if (arrow) return { role: "client", rank: 3 };
  const before = JOINS.test(between) ? wordRole(first) : null;
  const sure = before === "client" || before === "server";
  if (own === "address") return sure ? { role: before, rank: 3 } : { role: "other", rank: 2 };
  // A host's name, a number or a mark of memory stands between the word and the address.
  if (
    before !== null && !marks.includes("|") && (/[\d.@#]/.test(second) || /[[(]/.test(marks)) &&
    second !== "" && (!between.includes(":") || /^[@#]?0x/.test(second))
  ) {
    return sure ? { role: before, rank: 3 } : { role: "other", rank: 2 };
  }
  return byPlace(text, from, to, marks);
}

/** Who gave a server a mail, or whom it gave one: only a delivery (`to=…, relay=…, status=…`) tells. */
function relay(text: string): { role: Role; rank: number } {
  return /^[^=]*\bto=.*\b(?:stat|status|dsn)=/.test(text)
    ? { role: "server", rank: 2 }
    : { role: "other", rank: 0 };
}

/** An address that no word says anything of: in brackets, at the beginning, or between bars. */
function byPlace(
  text: string,
  from: number,
  to: number,
  marks: string,
): { role: Role; rank: number } {
  if (/^[\])"']{0,2} port \d{4,5}\b/.test(text.slice(to, to + 16))) {
    return { role: "other", rank: 1 };
  }
  // As a line of access begins: "192.0.2.1 - bob …".
  if (text.slice(0, from).trim() === "" && /^ - \S{1,64} /.test(text.slice(to, to + 70))) {
    return { role: "client", rank: 3 };
  }
  if (text[from] === "[") return { role: "other", rank: 1 };
  const open = marks.trimStart().slice(-1);
  const close = text.slice(to).trimStart()[0] ?? "";
  if (
    (open === "[" || open === "(" || open === "<") && /^[\])>:,\s]/.test(text.slice(to, to + 1))
  ) return { role: "other", rank: 1 };
  if (/^[\s[(<"|,;-]*$/.test(text.slice(0, from))) return { role: "other", rank: 1 };
  if (
    /[|;]\s*$/.test(text.slice(Math.max(0, from - 8), from)) &&
    (close === "|" || close === ";" || close === "")
  ) {
    return { role: "other", rank: 1 };
  }
  return { role: "other", rank: 0 };
}

/** What a word or the name of a key says of the address after it. */
export function wordRole(name: string): "client" | "server" | "address" | null {
  if (name === "") return null;
  const lower = name.toLowerCase();
  const joined = words.ROLE_ADDRESS.exec(lower);
  if (joined !== null) return joined[1] === undefined ? "server" : "client";
  if (words.CLIENT.has(lower)) return "client";
  if (words.SERVER.has(lower)) return "server";
  let address = words.ADDRESS.has(lower);
  let client = false;
  if (/[_A-Z-]/.test(name)) {
    const parts = name.split(/[_-]|(?<=[a-z])(?=[A-Z])/);
    for (const part of parts) {
      const p = part.toLowerCase();
      if (words.SERVER.has(p) && (p !== "on" && p !== "to" || part === parts[parts.length - 1])) {
        return "server";
      }
      if (words.CLIENT.has(p)) client = true;
      if (words.ADDRESS.has(p)) address = true;
    }
  }
  return client ? "client" : address ? "address" : null;
}
