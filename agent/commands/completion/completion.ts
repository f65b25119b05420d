/** `completion`: what a shell needs to complete `picket`, and the manual page. */
import { PROGRAM, VERSION } from "../../program.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "../command.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { manPage } from "./man.ts";
import { zshCompletion } from "./zsh.ts";

const WRITERS: Readonly<Record<string, (specs: readonly CommandSpec[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  man: (specs) => manPage(specs, VERSION),
};

/** @param others the specs of all other commands, in the order of the help */
export function completionCommand(others: readonly CommandSpec[]): CommandSpec {
  const spec: CommandSpec = {
    name: "completion",
    operands: "bash | zsh | fish | man",
    summary: "Print what a shell needs to complete picket's commands, or the manual page.",
    details: "Commands, options and their values are completed; files where a file is wanted.",
    options: [],
    examples: [
      {
        command: `${PROGRAM} completion bash > ~/.local/share/bash-completion/completions/picket`,
        does: "For bash, from the next shell on",
      },
      {
        command: `${PROGRAM} completion zsh > ~/.zfunc/_picket`,
        does: "For zsh, where ~/.zfunc is in fpath",
      },
      {
        command: `${PROGRAM} completion fish > ~/.config/fish/completions/picket.fish`,
        does: "For fish",
      },
      { command: `${PROGRAM} completion man | man -l -`, does: "The manual page" },
    ],
    run: (args, io) => Promise.resolve(run(args, io)),
  };
  function run({ operands }: Args, io: Io): number {
    const write = operands.length === 1 && Object.hasOwn(WRITERS, operands[0])
      ? WRITERS[operands[0]]
      : null;
    if (write === null) {
      throw new UsageError(
        operands.length === 0 ? "No shell is given" : `Unexpected "${operands.join(" ")}"`,
        `Give one of ${Object.keys(WRITERS).join(", ")}`,
      );
    }
    io.out(write([...others, spec]));
    return EXIT.done;
  }
  return spec;
}
