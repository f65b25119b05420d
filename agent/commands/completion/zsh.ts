/** Completion for zsh: a file `_picket` in a folder of `fpath`. */
import type { CommandSpec, OptionSpec } from "../command.ts";
import { type Completed, operandsOf, optionsOf, valueOf } from "./words.ts";

/** Within single quotes, and within the brackets and between the colons of `_arguments`. */
const quoted = (text: string): string =>
  text.replace(/[\\[\]:]/g, "\\$&").replaceAll("'", "'\\''").replace(/\s+/g, " ");

const action = (what: Completed): string =>
  what.kind === "words" ? `(${what.words.join(" ")})` : what.kind === "files" ? "_files" : " ";

function option(o: OptionSpec): string {
  const value = valueOf(o);
  const repeated = o.multiple ? "*" : "";
  const summary = quoted(o.summary);
  return value
    ? `'${repeated}--${o.name}=[${summary}]:${quoted(o.value!)}:${action(value)}'`
    : `'${repeated}--${o.name}[${summary}]'`;
}

/** @param specs the commands, in the order of the help */
export function zshCompletion(specs: readonly CommandSpec[]): string {
  const commands = specs.map((s) => `    '${s.name}:${quoted(s.summary)}'`);
  const cases = specs.map((s) => {
    const operands = operandsOf(s);
    const rest = operands.kind === "nothing"
      ? []
      : [`'*:${quoted(s.operands)}:${action(operands)}'`];
    const all = [...optionsOf(s).map(option), ...rest].map((a) => ` \\\n        ${a}`).join("");
    return `    ${s.name})\n      _arguments${all} ;;`;
  });
  return `#compdef picket
# Completion of picket for zsh, written by \`picket completion zsh\`.

_picket() {
  local -a commands
  commands=(
${commands.join("\n")}
    'help:The commands, or what one of them does and takes'
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
    help) _describe command commands ;;
${cases.join("\n")}
  esac
}

if [[ $funcstack[1] == _picket ]]; then
  _picket "$@"
else
  compdef _picket picket
fi
`;
}
