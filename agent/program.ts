/**
 * What the program is called and where its own files are. This is a clone; the package for npm has
 * another module in this one's place (`packaging/npm/bundle.ts`).
 */
import config from "../deno.json" with { type: "json" };

/** From deno.json. */
export const VERSION: string = config.version;

/** What a user types before a command, as help and messages show it: `deno run`, `picket`. */
export const PROGRAM: string = "deno run";

/** Whose folders `rules/` and `sourcetypes/` are the shipped ones. */
export const ROOT: URL = new URL("../", import.meta.url);

/** What stands for the code of a build; null in a clone, whose code changes without its version. */
export const BUILD: string | null = null;

/** The folder of what was compiled of the shipped rules and sourcetypes for that build. */
export const COMPILED: URL | null = null;

/** Options of Deno that processes of ours are started with beside their permissions. */
export const DENO_OPTIONS: readonly string[] = ["--cached-only"];

/** How a process is started that has more permissions than its command comes with. */
export const withPermission = (option: string, command: string): string =>
  `deno run -P=${command} ${option} main.ts ${command}`;
