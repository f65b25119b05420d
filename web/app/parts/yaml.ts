/** Colours of YAML, as Sigma rules are written in: enough to read by, and linear on any text. */

export interface Marked {
  readonly start: number;
  readonly end: number;
  readonly class: string;
}

/** Whether a rule's text is Sigma's YAML and not SDL. */
export function isYaml(text: string): boolean {
  return /^(?:title|logsource|detection|correlation|filter|action)[ \t]*:/m.test(text) &&
    !/^[ \t]*rule[ \t]+[A-Za-z_]\w*[ \t]*\{/m.test(text);
}

const LINE =
  /^([ \t]*(?:-[ \t]+)*)(?:([^\s#"'{}[\],&*!|>%@`-][^:#{}[\],"']*?)([ \t]*:)(?=[ \t]|$))?/;
const BLOCK = /^[ \t]*[|>][+-]?\d*[ \t]*(?:#.*)?$/;
/** Quoted texts, comments, anchors and aliases, plain scalars and marks, one after another. */
const VALUE =
  /"(?:[^"\\]|\\.)*"?|'[^']*(?:''[^']*)*'?|(?:^|(?<=[ \t]))#.*|[&*][\w.-]+(?![\w.-]*[*?])|[{}[\],]|[^\s{}[\],]+|[ \t]+/g;
const PLAIN = /^(?:[-+]?\d[\d_.eE+-]*|true|false|null|~)$/i;

/** The parts of a text that have a colour, in order. Texts over several lines are one only as blocks. */
export function highlightYaml(text: string): Marked[] {
  const out: Marked[] = [];
  let at = 0;
  /** Indentation of the key whose text block goes on, or -1. */
  let block = -1;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (block >= 0 && (line.trim() === "" || indent > block)) {
      if (line.trim() !== "") {
        out.push({ start: at + indent, end: at + line.length, class: "t-string" });
      }
    } else {
      block = -1;
      const [lead, dashes, key, colon] = LINE.exec(line)!;
      const value = line.slice(lead.length);
      if (key !== undefined) {
        const start = at + dashes.length;
        out.push({ start, end: start + key.length + colon.length, class: "t-word" });
      }
      if (BLOCK.test(value)) {
        block = key === undefined ? indent : dashes.length - (dashes.trim() === "" ? 0 : 1);
      } else values(value, at + lead.length, out);
    }
    at += line.length + 1;
  }
  return out;
}

function values(text: string, at: number, out: Marked[]): void {
  for (const m of text.matchAll(VALUE)) {
    const kind = classOf(m[0]);
    if (kind !== "") {
      out.push({ start: at + m.index, end: at + m.index + m[0].length, class: kind });
    }
  }
}

function classOf(part: string): string {
  if (part.startsWith("#")) return "t-comment";
  if (part.startsWith('"') || part.startsWith("'")) return "t-string";
  if (/^[&*][\w.-]/.test(part)) return "t-name";
  if (/^-{3}$|^\.{3}$/.test(part)) return "t-comment";
  return PLAIN.test(part) ? "t-number" : "";
}
