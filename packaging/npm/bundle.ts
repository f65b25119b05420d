/**
 * The program as JavaScript: a file for each place where a process or a thread of ours starts, and
 * chunks that are loaded where they are used, npm's packages among them. Deno runs no TypeScript out
 * of a folder `node_modules`.
 */
import * as esbuild from "esbuild";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where processes and threads start. Their names differ, since all lie in one folder. */
const ENTRIES = [
  "main.ts",
  "agent/run/rules_worker.ts",
  "agent/sources/udp_worker.ts",
  "agent/store/drivers/pglite_worker.ts",
  "agent/store/drivers/postgres_worker.ts",
  "web/server/trials/launcher.ts",
  "web/server/trials/trial.ts",
];

/**
 * Modules that name files relative to themselves. In the package those files lie in one folder with
 * the chunks, so that such a name holds as it is, but for the ending of a module's.
 */
const NAMES_FILES = [
  "agent/run/rule_thread.ts",
  "agent/sources/udp.ts",
  "agent/store/drivers/image.ts",
  "agent/store/drivers/pglite.ts",
  "agent/store/drivers/postgres.ts",
  "web/server/pages/mod.ts",
  "web/server/trials/trial_processes.ts",
];

/** Files that chunks name relative to themselves: from where, and their name in the chunks' folder. */
function assets(modules: string): [from: string, name: string][] {
  const within = (folder: string, test = /./, below = ""): [string, string][] =>
    [...Deno.readDirSync(folder)].filter((e) => test.test(e.name))
      .map((e) => [join(folder, e.name), below + e.name]);
  const packages = join(modules, "node_modules/.deno/node_modules");
  return [
    ...within(
      join(modules, "node_modules/@electric-sql/pglite/dist"),
      /^(pglite|initdb)\.(wasm|data)$/,
    ),
    // Kafka's client names it `../dist/native.wasm`, which leads here, too.
    [join(packages, "@platformatic/wasm-utils/dist/native.wasm"), "native.wasm"],
    ...within(join(root, "agent/store/drivers"), /\.tar\.zst$/),
    ...within(join(root, "web/server/pages/static"), /./, "static/"),
  ];
}

/** Files that code names by `new URL("…", import.meta.url)` and that are not there. */
function missing(files: ReadonlyMap<string, Uint8Array>): string[] {
  const named = [...files].filter(([name]) => name.endsWith(".js")).flatMap(([, bytes]) => {
    const text = new TextDecoder().decode(bytes);
    return [...text.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, name]) =>
      name.replace(/^(?:\.\/|\.\.\/dist\/)/, "")
    );
  });
  return named.filter((name) => !name.endsWith("/") && !files.has(name));
}

/** In the place of `agent/program.ts`; `build` is put in when all else is known. */
const program = (build: string) =>
  `export const VERSION = ${JSON.stringify(config.version)};
export const PROGRAM = "picket";
export const ROOT = new URL("../", import.meta.url);
export const BUILD = ${JSON.stringify(build)};
export const COMPILED = new URL("compiled/", import.meta.url);
export const DENO_OPTIONS = ${JSON.stringify(DENO_OPTIONS)};
export const withPermission = (option, command) => \`picket \${option} \${command}\`;
`;

/** So that neither configuration, lock nor packages of a user's folder have a part in it. */
export const DENO_OPTIONS: readonly string[] = [
  ...["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only"],
  "--unstable-net",
];

const BUILTIN = new RegExp(`^(?:${builtinModules.filter((m) => !m.startsWith("_")).join("|")})$`);

/** @param modules a folder with `node_modules` as deno.lock has them */
function plugin(modules: string, build: string): esbuild.Plugin {
  return {
    name: "picket",
    setup(on) {
      // Beside a package.json Deno takes a bare "path" for a package.
      on.onResolve({ filter: /^(?:node:)?[a-z_0-9]+(?:\/[a-z]+)*$/ }, ({ path, kind }) => {
        const bare = path.replace(/^node:/, "");
        if (!BUILTIN.test(bare)) return null;
        return kind === "require-call"
          ? { path: bare, namespace: "builtin" }
          : { path: `node:${bare}`, external: true };
      });
      // What CommonJS requires of Node is had where it is asked for.
      on.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
        loader: "js",
      }));
      on.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, pluginData }) => {
        if (pluginData === "asked" || path.startsWith("node:")) return null;
        if (!importer.startsWith(root) || importer.startsWith(modules)) return null;
        return await on.resolve(path, { resolveDir: modules, kind, pluginData: "asked" });
      });
      on.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(root)) return null;
        const name = path.slice(root.length);
        if (name === "agent/program.ts") return { contents: program(build), loader: "js" };
        const text = await Deno.readTextFile(path);
        if (!text.includes("import.meta.url")) return null;
        if (!NAMES_FILES.includes(name)) {
          throw new Error(`${name} names a file relative to itself; see NAMES_FILES`);
        }
        return { contents: text.replace(/("(?:\.\/)?\w+)\.ts"(?=[),])/g, '$1.js"'), loader: "ts" };
      });
    },
  };
}

export interface Bundle {
  /** By their names in the bundle's folder. */
  readonly files: Map<string, Uint8Array>;
  /** Folders of the packages whose code is in it. */
  readonly packages: readonly string[];
}

/**
 * Bundles the program.
 * @param modules a folder whose `node_modules` has what deno.lock names
 * @param build what it calls itself, see `agent/program.ts`
 */
export async function bundle(modules: string, build: string): Promise<Bundle> {
  const out = join(root, "dist");
  const result = await esbuild.build({
    entryPoints: ENTRIES.map((e) => join(root, e)),
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    outdir: out,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "esnext",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    external: ["pg-native", "pg-cloudflare", "cloudflare:sockets"],
    plugins: [plugin(modules, build)],
  });
  await esbuild.stop();
  const files = new Map(result.outputFiles.map((f) => [f.path.slice(out.length + 1), f.contents]));
  for (const [from, name] of assets(modules)) files.set(name, await Deno.readFile(from));
  if (missing(files).length > 0) throw new Error(`Not there: ${missing(files).join(", ")}`);
  const inputs = Object.keys(result.metafile.inputs).map((path) => join(root, path));
  const packages = inputs.flatMap((p) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(p) ?? []);
  return { files, packages: [...new Set(packages)].sort() };
}
