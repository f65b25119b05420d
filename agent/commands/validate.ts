/** `validate`: how well lines are mapped to the CIM. */
import { PROGRAM } from "../program.ts";
import { validateParsed, type Validation } from "../../compiler/sourcetype/mod.ts";
import { visibleJson } from "../../grammar/visible.ts";
import { type CommandSpec, EXIT } from "./command.ts";
import { validationKey, validationText } from "./explanation.ts";
import { READ_OPTIONS, readEvents } from "./parse.ts";

/** At most this many kinds of lines are told apart; further ones are counted. */
const MAX_KINDS = 1000;

export const validateCommand: CommandSpec = {
  name: "validate",
  operands: "[FILE…]",
  summary: "Hold lines against the CIM: their datasets, fields present and missing, values, types.",
  details:
    "Lines that validate alike are shown once, with their number. Exit code 1 when a line\n" +
    "is not read, a required field is missing or a value is not one that the CIM prescribes.",
  options: [
    ...READ_OPTIONS,
    {
      name: "format",
      value: "FORMAT",
      choices: ["text", "json"],
      summary: "Form of the answer; json is one object a line (default text)",
    },
  ],
  examples: [
    { command: `${PROGRAM} validate access.log`, does: "What a log's lines have" },
    {
      command: `tail -n 1 auth.log | ${PROGRAM} validate --format json`,
      does: "Everything about one line",
    },
  ],
  async run(args, io) {
    const json = args.get("format") === "json";
    const kinds = new Map<string, { first: Validation; lines: number }>();
    let findings = false;
    let untold = 0;
    const code = await readEvents(args, io, (batch, compiled) => {
      const validations = validateParsed(compiled, batch, batch.lines.lines);
      if (validations.some((v) => !v.valid)) findings = true;
      if (json) return validations.map((v) => visibleJson(v) + "\n").join("");
      for (const v of validations) {
        const key = validationKey(v);
        const kind = kinds.get(key);
        if (kind) kind.lines++;
        else if (kinds.size < MAX_KINDS) kinds.set(key, { first: v, lines: 1 });
        else untold++;
      }
      return "";
    });
    if (!json) {
      const all = [...kinds.values()].sort((a, b) => b.lines - a.lines);
      io.out(all.map((k) => validationText(k.first, k.lines)).join("\n"));
      if (untold > 0) io.out(`\n${untold} lines of further kinds are not shown\n`);
    }
    return code || (findings ? EXIT.findings : EXIT.done);
  },
};
