import { HEADER_WORDS } from "./split.ts";
import assert from "node:assert/strict";

interface Pattern {
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly Pattern[];
}

const grammar = JSON.parse(
  await Deno.readTextFile(new URL("./sdl.tmLanguage.json", import.meta.url)),
) as { patterns: readonly Pattern[] };

const regex = (source: string): RegExp => new RegExp(source, "dgm");

/** Where a begin/end pattern ends, what its inner patterns take passed over. */
function endOf(line: string, from: number, pattern: Pattern): number {
  for (let at = from;;) {
    const close = regex(pattern.end ?? "");
    close.lastIndex = at;
    const last = close.exec(line);
    const limit = last?.index ?? line.length;
    const ahead = (pattern.patterns ?? []).map((p) => {
      const re = regex(p.match ?? "");
      re.lastIndex = at;
      return re.exec(line);
    }).find((m) => m !== null && m.index < limit);
    if (ahead === undefined || ahead === null) {
      return last === null ? line.length : last.index + last[0].length;
    }
    at = ahead.index + ahead[0].length;
  }
}

/** Text and scope of what an editor would colour: the earliest match wins, then the first pattern. */
function colours(line: string): [string, string][] {
  const out: [string, string][] = [];
  for (let at = 0; at < line.length;) {
    let best: { match: RegExpExecArray; pattern: Pattern } | null = null;
    for (const pattern of grammar.patterns) {
      const re = regex(pattern.match ?? pattern.begin ?? "");
      re.lastIndex = at;
      const match = re.exec(line);
      if (match !== null && (best === null || match.index < best.match.index)) {
        best = { match, pattern };
      }
    }
    if (best === null) break;
    const { match, pattern } = best;
    let end = match.index + match[0].length;
    if (pattern.begin !== undefined) end = endOf(line, end, pattern);
    if (pattern.name !== undefined) {
      out.push([line.slice(match.index, end).trim(), pattern.name.replace(/\.sdl$/, "")]);
    }
    for (const [group, { name }] of Object.entries(pattern.captures ?? {})) {
      const text = match[Number(group)];
      if (text !== undefined) out.push([text, name.replace(/\.sdl$/, "")]);
    }
    assert.ok(end > at, `No progress at ${at} of ${line}`);
    at = end;
  }
  return out;
}

Deno.test("the editor grammar colours lines as the language reads them", () => {
  assert.deepEqual(colours('rule a { # "x"'), [
    ["rule", "storage.type"],
    ["a", "entity.name.function"],
    ['# "x"', "comment.line.number-sign"],
  ]);
  assert.deepEqual(colours("  mitre T1110.001"), [
    ["mitre", "keyword.other.header"],
    ["T1110.001", "constant.other.technique"],
  ]);
  for (const word of HEADER_WORDS) {
    assert.deepEqual(colours(`  ${word} x`)[0], [word, "keyword.other.header"]);
  }
  assert.deepEqual(colours('  | where url matches /a\\/[/"]b/i and n / 2 > 5m'), [
    ["|", "keyword.operator.pipe"],
    ["where", "keyword.control.command"],
    ["url", "variable.other.field"],
    ["matches", "keyword.operator.word"],
    ['/a\\/[/"]b/i', "string.regexp"],
    ["and", "keyword.operator.word"],
    ["n", "variable.other.field"],
    ["/", "keyword.operator"],
    ["2", "constant.numeric"],
    [">", "keyword.operator"],
    ["5m", "constant.numeric.unit"],
  ]);
  assert.deepEqual(colours('user == "a\\"{n}b"cs and src in 10.0.0.0/8 or x in @bad'), [
    ["user", "variable.other.field"],
    ["==", "keyword.operator"],
    ['"a\\"{n}b"cs', "string.quoted.double"],
    ["and", "keyword.operator.word"],
    ["src", "variable.other.field"],
    ["in", "keyword.operator.word"],
    ["10.0.0.0/8", "constant.numeric.address"],
    ["or", "keyword.operator.word"],
    ["x", "variable.other.field"],
    ["in", "keyword.operator.word"],
    ["@bad", "variable.other.list"],
  ]);
  assert.deepEqual(colours('`Threat Name` like "a*" escape or escape in @bad'), [
    ["`Threat Name`", "variable.other.field.quoted"],
    ["like", "keyword.operator.word"],
    ['"a*"', "string.quoted.double"],
    ["escape", "keyword.operator.word"],
    ["or", "keyword.operator.word"],
    ["escape", "variable.other.field"],
    ["in", "keyword.operator.word"],
    ["@bad", "variable.other.list"],
  ]);
});
