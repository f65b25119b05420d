/** `explain`: the plan of a rule. */
import { explain } from "../../compiler/explain.ts";
import { nearest } from "../../compiler/check/suggest.ts";
import { LIMITS } from "../windows/context.ts";
import { type CommandSpec, EXIT, UsageError } from "./command.ts";
import { loadForRun, RULES, SOURCETYPES } from "./shared.ts";

export const explainCommand: CommandSpec = {
  name: "explain",
  operands: "RULE",
  summary: "Print the plan of a rule: what feeds it, what is known before reading, what it holds.",
  options: [RULES, SOURCETYPES],
  examples: [
    { command: "deno run explain ssh_brute_force", does: "The plan of a shipped rule" },
  ],
  async run(args, io) {
    const [name, ...more] = args.operands;
    if (name === undefined || more.length) {
      throw new UsageError(
        name === undefined ? "No rule is named" : `Unexpected "${more[0]}"`,
        "Give the name of one rule, as explain ssh_brute_force",
      );
    }
    const loaded = await loadForRun(args, io);
    const rule = loaded.program.rules.find((r) => r.name === name);
    if (!rule) {
      const near = nearest(name, loaded.program.rules.map((r) => r.name));
      throw new UsageError(
        `Unknown rule "${name}"`,
        near
          ? `Did you mean ${near}?`
          : "`check` says which rules there are; name others with --rules",
      );
    }
    const text = loaded.texts.get(rule.file) ?? "";
    io.out(
      explain(rule, loaded.sourcetypes.catalogue, LIMITS, (s) => text.slice(s.start, s.end)),
    );
    return EXIT.done;
  },
};
