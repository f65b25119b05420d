/** Completion for fish: a file `picket.fish` in `~/.config/fish/completions`. */
import type { CommandSpec } from "../command.ts";
import { operandsOf, optionsOf, valueOf } from "./words.ts";

const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&").replace(/\s+/g, " ")}'`;

/** @param specs the commands, in the order of the help */
export function fishCompletion(specs: readonly CommandSpec[]): string {
  const names = specs.map((s) => s.name);
  const lines = specs.flatMap((s) => {
    const within = `complete -c picket -n '__fish_seen_subcommand_from ${s.name}'`;
    const operands = operandsOf(s);
    return [
      `complete -c picket -n __fish_use_subcommand -f -a ${s.name} -d ${quoted(s.summary)}`,
      ...optionsOf(s).map((o) => {
        const value = valueOf(o);
        const takes = value === null
          ? ""
          : value.kind === "files"
          ? " -r -F"
          : value.kind === "words"
          ? ` -x -a '${value.words.join(" ")}'`
          : " -x";
        return `${within} -l ${o.name}${takes} -d ${quoted(o.summary)}`;
      }),
      operands.kind === "words"
        ? `${within} -f -a '${operands.words.join(" ")}'`
        : `${within} ${operands.kind === "files" ? "-F" : "-f"}`,
    ];
  });
  return `# Completion of picket for fish, written by \`picket completion fish\`.
complete -c picket -n __fish_use_subcommand -f -a help -d 'The commands, or what one of them does and takes'
complete -c picket -n __fish_use_subcommand -l version -d 'Print the version'
complete -c picket -n '__fish_seen_subcommand_from help' -f -a '${names.join(" ")}'
${lines.join("\n")}
`;
}
