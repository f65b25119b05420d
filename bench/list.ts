/**
 * Writes `shipped.gen.ts`: the texts of all shipped rules and sourcetypes as imports, which `deno bench`
 * may read without a permission. `--check` tells whether it is of the files that there are.
 */
const root = new URL("../", import.meta.url);
const to = new URL("shipped.gen.ts", import.meta.url);

function below(folder: string, ending: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap((e) =>
    e.isDirectory
      ? below(`${folder}${e.name}/`, ending)
      : e.name.endsWith(ending)
      ? [folder + e.name]
      : []
  ).sort();
}

const yaml = below("sourcetypes/", ".yaml"), sdl = below("rules/", ".sdl");
/** Of its path alone: a file more is two lines more, whatever stands behind it. */
const variable = (file: string) => file.replace(/\W+/g, "_");
const list = (of: string[]) =>
  of.map((f) => `  { name: "${f}", text: ${variable(f)} },\n`).join("");
const text = "// Written by `deno task bench:list`: the shipped rules and sourcetypes.\n" +
  'import "./no_environment.ts";\n' +
  [...yaml, ...sdl]
    .map((f) => `import ${variable(f)} from "../${f}" with { type: "text" };\n`).join("") +
  `\nexport const YAML = [\n${list(yaml)}];\n\nexport const SDL = [\n${list(sdl)}];\n`;

if (!Deno.args.includes("--check")) Deno.writeTextFileSync(to, text);
else if (Deno.readTextFileSync(to) !== text) {
  console.error("bench/shipped.gen.ts is not of these files: run deno task bench:list");
  Deno.exit(1);
}
