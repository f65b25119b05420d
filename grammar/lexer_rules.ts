/** moo's rules for the tokens of SDL, and what other languages write that is read as ours. */
import moo from "moo";

const V6 =
  /(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){6})[0-9a-fA-F:]+(?:\.\d+){0,3}(?:\/\d+)?(?![\w:])/;

function rules(after: boolean): moo.Rules {
  const next = after ? { next: "main" } : {};
  return {
    ws: /[ \t\r\f\v\u00a0\ufeff]+/,
    nl: { match: "\n", lineBreaks: true },
    comment: /#[^\n]*/,
    ...(after
      ? {
        regex: {
          match: /\/(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^\/\\\n[])+\/[A-Za-z]*/,
          ...next,
        },
        openregex: { match: /\/[^\n]*/, ...next },
      }
      : { slashes: /\/\/[^\n]*/, slashstar: { match: /\/\*[^]*?\*\//, lineBreaks: true } }),
    block: { match: /"""[^]*?"""/, lineBreaks: true, ...next },
    openblock: { match: /"""[^]*/, lineBreaks: true, ...next },
    string: { match: /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"(?:[cC][sS](?!\w))?/, ...next },
    openstring: { match: /"[^\n]*/, ...next },
    single: { match: /'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'/, ...next },
    ip6: { match: V6, ...next },
    ip4: { match: /\d+\.\d+\.\d+(?:\.\d+)+(?:\/\d+)?(?!\w)/, ...next },
    duration: { match: /(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+(?!\w)/, ...next },
    bytes: { match: /\d+(?:\.\d+)?(?:[kKMGTP]i?)?B(?!\w)/, ...next },
    number: { match: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)/, ...next },
    badnumber: { match: /\d[\w]*(?:\.\d\w*)?/, ...next },
    mitre: { match: /[tT]\d{4}(?:\.\d{3})?(?![\w.])/, ...next },
    matches: { match: /[mM][aA][tT][cC][hH][eE][sS](?![\w.])/, next: "afterMatches" },
    name: { match: /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/, ...next },
    listref: { match: /@[A-Za-z_]\w*/, ...next },
    backticks: { match: /```[^]*?```|`[^`\n]*`/, lineBreaks: true, ...next },
    dollar: { match: /\$[A-Za-z_]\w*/, ...next },
    foreign: { match: /&&|\|\||<>|===|!==|=>|=<|=~|!~|~/, ...next },
    op: { match: /\.\.|==|!=|<=|>=|[=<>+\-*/%?:,|(){}[\]!]/, ...next },
    semicolon: { match: ";", ...next },
    bad: { match: /[\uD800-\uDBFF][\uDC00-\uDFFF]|[^]/, lineBreaks: true, ...next },
  };
}

/** Tokens of a text; behind `matches` a slash opens a regex. */
export const machine = moo.states({ main: rules(false), afterMatches: rules(true) });

/** Operators of other languages, and ours that they mean. */
export const FOREIGN: Readonly<Record<string, string>> = {
  "&&": "and",
  "||": "or",
  "<>": "!=",
  "===": "==",
  "!==": "!=",
  "=>": ">=",
  "=<": "<=",
  "=~": "matches",
  "!~": "matches",
  "~": "matches",
};
