/**
 * Compiles sdl.ne into sdl.gen.ts with nearley's own compiler. `--check` writes nothing and exits 1
 * when the committed file is not what the grammar gives.
 */
import nearley from "nearley";
import bootstrapped from "nearley/lib/nearley-language-bootstrapped.js";
import compileGrammar from "nearley/lib/compile.js";
import generateCode from "nearley/lib/generate.js";

type CompileGrammar = (tree: unknown, options: Record<string, unknown>) => unknown;
type GenerateCode = (compiled: unknown, name: string) => string;

/** The text that sdl.gen.ts should have for the text of a grammar. */
export function generate(grammar: string): string {
  const parser = new nearley.Parser(
    nearley.Grammar.fromCompiled(bootstrapped as nearley.CompiledRules),
  );
  parser.feed(grammar);
  const compiled = (compileGrammar as CompileGrammar)(parser.results[0], {
    args: [],
    alreadycompiled: [],
    version: "2.20.1",
  });
  const code = (generateCode as GenerateCode)(compiled, "grammar");
  // The declarations of tokens stand for names that the lexer knows; one that is imported is real.
  return code.replace(/^declare var rowname: any;\n/m, "");
}

if (import.meta.main) {
  const source = await Deno.readTextFile(new URL("./sdl.ne", import.meta.url));
  const target = new URL("./sdl.gen.ts", import.meta.url);
  const code = generate(source);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(target, code);
  else if (await Deno.readTextFile(target).catch(() => "") !== code) {
    console.error("grammar/sdl.gen.ts is not of this grammar; run `deno task grammar`");
    Deno.exit(1);
  }
}
