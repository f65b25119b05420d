/** The sourcetypes that come with Picket, compiled; for tests. */
import { type Compiled, compileSourcetypes } from "../mod.ts";

const FOLDER = new URL("../../../sourcetypes/", import.meta.url);

export function shipped(): Compiled {
  const files = [...Deno.readDirSync(FOLDER)].filter((e) => e.name.endsWith(".yaml"))
    .map((e) => ({ name: e.name, text: Deno.readTextFileSync(new URL(e.name, FOLDER)) }));
  return compileSourcetypes(files);
}

/** Text of a file in the data folder beside the repository; null, and a line that says so, without it. */
export function sharedText(path: string): string | null {
  const url = new URL("../../../../shared/data/" + path, import.meta.url);
  try {
    return Deno.readTextFileSync(url);
  } catch {
    console.log(`passed over: no ${url.pathname}`);
    return null;
  }
}
