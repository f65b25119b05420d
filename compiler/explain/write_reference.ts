/** Writes the reference tables into grammar/README.md between their markers; `--check` only compares. */
import { type Reference, referenceMarkdown, REFERENCES } from "./reference.ts";

const begin = (what: Reference) => `<!-- begin ${what}: written by \`deno task docs\` -->`;
const end = (what: Reference) => `<!-- end ${what} -->`;

/** The text with each reference between its markers. Throws where markers are missing. */
export function withReferences(text: string): string {
  return REFERENCES.reduce((out, what) => {
    const from = out.indexOf(begin(what)), to = out.indexOf(end(what));
    if (from < 0 || to < from) {
      throw new Error(`The markers "${begin(what)}" and "${end(what)}" are missing; write them in`);
    }
    return `${out.slice(0, from)}${begin(what)}\n\n${referenceMarkdown(what)}\n${out.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  const target = new URL("../../grammar/README.md", import.meta.url);
  const text = await Deno.readTextFile(target);
  const wanted = withReferences(text);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(target, wanted);
  else if (text !== wanted) {
    console.error(
      "The reference tables of grammar/README.md are not of these specs; run `deno task docs`",
    );
    Deno.exit(1);
  }
}
