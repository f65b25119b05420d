/** The sourcetypes that come with Picket, compiled; for tests. */
import { compileSourcetypes } from "../compile/compile.ts";
import type { Compiled } from "../mod.ts";

const FOLDER = new URL("../../../sourcetypes/", import.meta.url);

export function shipped(): Compiled {
  const files = [...Deno.readDirSync(FOLDER)].filter((e) => e.name.endsWith(".yaml"))
    .map((e) => ({ name: e.name, text: Deno.readTextFileSync(new URL(e.name, FOLDER)) }));
  return compileSourcetypes(files);
}
