/** Rules with highlighting: SDL by the language's own lexer, Sigma as YAML. */
import { lex } from "../../../grammar/lexer.ts";
import type { Token } from "../../../grammar/token.ts";
import { highlightYaml, isYaml, type Marked } from "./yaml.ts";

/** Words that have a role where they stand; as names of fields they follow other words. */
const KEYWORDS: ReadonlySet<string> = new Set(
  ("absent alert allow as at author baseline by date dedup description entity eval every expect " +
    "falsepositives fields first_seen from given history id let license list lookup max min mitre " +
    "modified none over param references related rename repeat risk rule sequence session severity " +
    "signal stats status tags test throttle title together tumbling until warmup where within")
    .split(" "),
);

function classOf(t: Token, before: Token | undefined, after: Token | undefined): string {
  switch (t.type) {
    case "word":
    case "quant":
    case "atclause":
      return "t-word";
    case "string":
    case "block":
      return "t-string";
    case "regex":
      return "t-regex";
    case "number":
    case "duration":
    case "bytes":
    case "ip":
    case "cidr":
    case "mitre":
      return "t-number";
    case "listref":
      return "t-name";
    case "quoted":
      return "";
    case "name":
      if (after?.text === "(") return "t-name";
      // A colon or a comparison follows a field, even one that is named like a command.
      return KEYWORDS.has(t.text) && !/^([:=<>]|[!=]=|[<>]=)$/.test(after?.text ?? "") &&
          before?.text !== "," && before?.text !== "("
        ? "t-word"
        : "";
    case "op":
      return "";
  }
}

/** The parts of a text that have a colour, in order. Never throws: the lexer takes any text. */
export function highlight(text: string): Marked[] {
  if (isYaml(text)) return highlightYaml(text);
  const { tokens, comments } = lex(text, "");
  return [
    ...tokens.map((t, i) => ({
      start: t.start,
      end: t.end,
      class: classOf(t, tokens[i - 1], tokens[i + 1]),
    })),
    ...comments.map((c) => ({ start: c.span.start, end: c.span.end, class: "t-comment" })),
  ].filter((m) => m.class !== "").sort((a, b) => a.start - b.start);
}

/** A piece of one line. */
interface Piece {
  readonly text: string;
  readonly class: string;
}

/** Lines of pieces; `extra` (diagnostics) may overlap the colours. */
export function linesOf(text: string, extra: readonly Marked[] = []): Piece[][] {
  const marks = [...highlight(text), ...extra];
  const cuts = new Set<number>([0, text.length]);
  for (const m of marks) cuts.add(m.start).add(m.end);
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) cuts.add(i).add(i + 1);
  const places = [...cuts].filter((c) => c >= 0 && c <= text.length).sort((a, b) => a - b);
  const starts = [...marks].sort((a, b) => a.start - b.start);
  const lines: Piece[][] = [[]];
  let next = 0;
  let open: Marked[] = [];
  for (let i = 0; i + 1 < places.length; i++) {
    const from = places[i], to = places[i + 1];
    while (next < starts.length && starts[next].start <= from) open.push(starts[next++]);
    open = open.filter((m) => m.end > from);
    const piece = text.slice(from, to);
    if (piece === "\n") lines.push([]);
    else lines.at(-1)!.push({ text: piece, class: open.map((m) => m.class).join(" ") });
  }
  return lines;
}

/** A listing. `held` are lines (from 0) to point out. */
export function Code(props: {
  text: string;
  label: string;
  held?: ReadonlySet<number>;
  plain?: boolean;
}) {
  const lines: Piece[][] = props.plain
    ? props.text.split("\n").map((text) => [{ text, class: "" }])
    : linesOf(props.text.replace(/\n$/, ""));
  return (
    <div class="code" tabIndex={0} role="region" aria-label={props.label}>
      <ol>
        {lines.map((pieces, i) => (
          <li key={i} class={props.held?.has(i) ? "held" : undefined}>
            {pieces.map((p, k) => p.class ? <span key={k} class={p.class}>{p.text}</span> : p.text)}
          </li>
        ))}
      </ol>
    </div>
  );
}
