/** Completion for bash: `source <(picket completion bash)`. */
import type { CommandSpec } from "../command.ts";
import { type Completed, operandsOf, optionsOf, valueOf } from "./words.ts";

/** Names of commands and options are words of ours: nothing in them means anything to a shell. */
const answer = (what: Completed): string =>
  what.kind === "words"
    ? `words="${what.words.join(" ")}"`
    : what.kind === "files"
    ? "files=yes"
    : ":";

/** @param specs the commands, in the order of the help */
export function bashCompletion(specs: readonly CommandSpec[]): string {
  const names = specs.map((s) => s.name).join(" ");
  const values = specs.flatMap((s) =>
    s.options.flatMap((o) => {
      const value = valueOf(o);
      return value ? [`    "${s.name} --${o.name}") ${answer(value)}; return 0 ;;`] : [];
    })
  );
  const options = specs.map((s) =>
    `    ${s.name}) words="${optionsOf(s).map((o) => `--${o.name}`).join(" ")}" ;;`
  );
  const operands = specs.map((s) => `    ${s.name}) ${answer(operandsOf(s))} ;;`);
  return `# Completion of picket for bash, written by \`picket completion bash\`.

# Sets words or files for the value of an option; fails where it has none.
_picket_value() {
  case "$1 $2" in
${values.join("\n")}
    *) return 1 ;;
  esac
}

_picket_options() {
  case "$1" in
${options.join("\n")}
  esac
}

_picket_operands() {
  case "$1" in
    help) words="${names}" ;;
${operands.join("\n")}
  esac
}

_picket() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" option="" command="" words="" files="" i
  COMPREPLY=()
  # Bash takes --option=value for three words.
  if [[ $cur == "=" ]]; then
    option="\${COMP_WORDS[COMP_CWORD - 1]}" cur=""
  elif ((COMP_CWORD > 1)) && [[ \${COMP_WORDS[COMP_CWORD - 1]} == "=" ]]; then
    option="\${COMP_WORDS[COMP_CWORD - 2]}"
  else
    option="\${COMP_WORDS[COMP_CWORD - 1]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      =) ((i++)) ;;
      -*) ;;
      *) command="\${COMP_WORDS[i]}" && break ;;
    esac
  done
  if [[ -z $command ]]; then
    words="${names} help --help --version"
  elif _picket_value "$command" "$option"; then
    :
  elif [[ $cur == -* ]]; then
    _picket_options "$command"
  else
    _picket_operands "$command"
  fi
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}

complete -F _picket picket
`;
}
