/** From "this token cannot stand here" to a sentence that a person can act on. */
import type { Diagnostic } from "./diagnostic.ts";
import type { Expected } from "./earley.ts";
import { habit, type Said } from "./habits.ts";
import type { Token } from "./token.ts";
import { known, misspelt, WILDCARD } from "./known_mistakes.ts";
import { describe, list, wanted } from "./expected.ts";
import { COMMAND_WORDS } from "./split.ts";

interface Failure {
  readonly at: number;
  readonly expected: readonly Expected[];
}

/**
 * The diagnostic for a failed parse. `start` is what was being parsed, `after` the token that
 * follows the part in the file.
 */
export function explain(
  start: string,
  tokens: readonly Token[],
  failure: Failure,
  file: string,
  after: Token | null,
  lead: Token | undefined = tokens[0],
): Diagnostic {
  const token = tokens[failure.at];
  const prev = tokens[failure.at - 1];
  const next = tokens[failure.at + 1];
  const { at, expected } = failure;
  const brought = habit({ start, tokens, at, token, prev, next, expected });
  const said = brought ??
    (token === undefined
      ? incomplete(start, tokens, failure, after, lead)
      : known({ start, tokens, at, token, prev, next, expected }) ?? {
        code: "E0001",
        message: `Did not expect ${describe(token)}${
          prev === undefined ? "" : ` after ${describe(prev)}`
        }`,
        help: wanted(failure.expected),
      });
  const place = said.token ?? token ?? tokens.at(-1) ?? lead ?? after;
  const end = place?.end ?? 0;
  return {
    code: said.code,
    level: "error",
    file,
    span: place === undefined || place === null
      ? { start: 0, end: 0 }
      // What is missing is shown behind the last thing that is there.
      : token === undefined && said.token === undefined
      ? { start: place.start, end }
      : { start: place.start, end },
    message: said.message,
    ...(said.help === undefined ? {} : { help: said.help }),
    ...(said.suggestion === undefined ? {} : { suggestion: said.suggestion }),
  };
}

function incomplete(
  start: string,
  tokens: readonly Token[],
  failure: Failure,
  after: Token | null,
  lead: Token | undefined,
): Said {
  const last = tokens.at(-1);
  if (last === undefined) {
    return {
      code: "E0002",
      message: start === "command" ? "No command follows this `|`" : "An expression is missing",
      help: start === "command" ? `Write a command: ${list(COMMAND_WORDS)}` : "Write a field",
      ...(lead === undefined ? {} : { token: lead }),
    };
  }
  if (last.text === "*") return { ...WILDCARD, token: last };
  const guess = last.type === "name" ? misspelt(last, failure, tokens) : null;
  if (guess !== null) return { ...guess, token: last };
  return {
    code: "E0002",
    message: `Something is missing after ${describe(last)}${
      after === null ? ", where the text ends" : `, before ${describe(after)}`
    }`,
    help: wanted(failure.expected),
  };
}
