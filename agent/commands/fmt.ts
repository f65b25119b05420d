/** `fmt`: one style for rules. */
import { PROGRAM } from "../program.ts";
import { format } from "../../grammar/format.ts";
import { parse } from "../../grammar/mod.ts";
import { findText, LoadError, SHIPPED, type TextFile } from "../content/files.ts";
import { visible } from "../../grammar/visible.ts";
import { count } from "../outputs/render/text.ts";
import { type CommandSpec, EXIT, UsageError } from "./command.ts";
import { printDiagnostics } from "./shared.ts";

export const fmtCommand: CommandSpec = {
  name: "fmt",
  operands: "[PATH…]",
  summary: "Format rules in place: one style, comments kept.",
  details: "PATH is a .sdl file, a folder, or - to format stdin to stdout. A file with a syntax\n" +
    "error is left as it is and makes the exit code 1.",
  options: [{ name: "check", summary: "Change nothing; exit code 1 when a file would change" }],
  examples: [
    { command: `${PROGRAM} fmt rules`, does: "Format every rule below rules/" },
    { command: `${PROGRAM} fmt --check rules`, does: "In CI" },
  ],
  async run(args, io) {
    const only = args.flag("check");
    await io.keep("read", ...(only ? [] : ["write"] as const));
    let files: TextFile[];
    try {
      const paths = args.operands.filter((p) => p !== "-");
      files = args.operands.includes("-")
        ? [{ name: "<stdin>", text: await new Response(io.stdin()).text() }]
        : await findText(paths.length ? paths : [SHIPPED.rules], [".sdl"]);
    } catch (error) {
      if (error instanceof LoadError) throw new UsageError(error.message, error.help);
      throw error;
    }
    let broken = 0, changed = 0;
    for (const { name, text } of files) {
      const { file, diagnostics } = parse(text, name);
      if (diagnostics.some((d) => d.level === "error")) {
        broken++;
        printDiagnostics(diagnostics, new Map([[name, text]]), io);
        continue;
      }
      const formatted = format(file);
      if (name === "<stdin>" && !only) io.out(formatted);
      if (formatted === text) continue;
      changed++;
      if (name === "<stdin>") continue;
      if (only) io.out(`${visible(name)}\n`);
      else await Deno.writeTextFile(name, formatted);
    }
    io.err(
      `${only ? "Checked" : "Formatted"} ${count(files.length, "file")}: ${changed} ` +
        `${only ? "would change" : "changed"}${
          broken ? `, ${broken} with errors left alone` : ""
        }\n`,
    );
    return broken || (only && changed) ? EXIT.findings : EXIT.done;
  },
};
