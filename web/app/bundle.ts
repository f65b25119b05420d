/**
 * The task `dashboard`: bundles web/app into the files of web/server/pages/static, which are
 * committed so that users need no build: the script, style and type that are sent, the addresses that
 * they answer to, and the licences of what is in them. `--check` writes nothing and tells whether they are
 * of this source.
 */
import * as esbuild from "esbuild";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { PAGES } from "./pages.ts";

const here = new URL("./", import.meta.url);
const out = new URL("../server/pages/static/", import.meta.url);

/** npm packages as Deno resolves and pins them: esbuild would look for a node_modules folder. */
const pinned: esbuild.Plugin = {
  name: "pinned",
  setup(build) {
    build.onResolve({ filter: /^(preact|uplot|moo)(\/|$)/ }, ({ path }) => {
      // Its ES module keeps the bundle free of a CommonJS wrapper.
      const url = path === "uplot"
        ? new URL("uPlot.esm.js", import.meta.resolve("uplot"))
        : path === "uplot/style.css"
        ? new URL("uPlot.min.css", import.meta.resolve("uplot"))
        : new URL(import.meta.resolve(path));
      return { path: fileURLToPath(url) };
    });
  },
};

/** Packages that are in the bundle, and where from a module of theirs the licence is. */
const BUNDLED = {
  preact: "../LICENSE",
  uplot: "../LICENSE",
  moo: "LICENSE",
  "@fontsource-variable/inter": "LICENSE",
  "@fontsource-variable/jetbrains-mono": "LICENSE",
} as const;

/** Type that comes with the page: the letters of western languages, all weights in one file. */
const FONTS = {
  "inter.woff2": ["@fontsource-variable/inter", "files/inter-latin-wght-normal.woff2"],
  "jetbrains-mono.woff2": [
    "@fontsource-variable/jetbrains-mono",
    "files/jetbrains-mono-latin-wght-normal.woff2",
  ],
} as const;

/** The files by name. */
export async function bundle(): Promise<Map<string, Uint8Array>> {
  const result = await esbuild.build({
    entryPoints: [fileURLToPath(new URL("app.tsx", here))],
    outdir: fileURLToPath(out),
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    jsx: "automatic",
    jsxImportSource: "preact",
    // Their addresses are relative to the style's, which changes when anything in it does.
    external: ["*.woff2"],
    legalComments: "none",
    logLevel: "warning",
    plugins: [pinned],
  });
  await esbuild.stop();
  const fonts = Object.entries(FONTS).map(([name, [npm, path]]) =>
    [name, Deno.readFileSync(new URL(path, import.meta.resolve(npm)))] as const
  );
  const files = new Map<string, Uint8Array>(
    result.outputFiles.map((f) => [f.path.slice(f.path.lastIndexOf("/") + 1), f.contents]),
  );
  // The style holds a check of each, so that its own check tells when one of them changes.
  let style = new TextDecoder().decode(files.get("app.css"));
  for (const [name, contents] of fonts) {
    files.set(name, contents);
    const check = createHash("sha256").update(contents).digest("hex").slice(0, 8);
    style = style.replaceAll(name, `${name}?${check}`);
  }
  files.set("app.css", new TextEncoder().encode(style));
  const licences = Object.entries(BUNDLED).map(([name, path]) =>
    `${name}\n\n${Deno.readTextFileSync(new URL(path, import.meta.resolve(name))).trim()}\n`
  );
  files.set("LICENSES.txt", new TextEncoder().encode(licences.join("\n\n")));
  const paths = JSON.stringify(PAGES.map((p) => p.path), null, 2) + "\n";
  files.set("pages.json", new TextEncoder().encode(paths));
  return files;
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  let stale = false;
  for (const [name, contents] of await bundle()) {
    const file = new URL(name, out);
    if (check) {
      const kept = await Deno.readFile(file).catch(() => new Uint8Array());
      if (Buffer.compare(kept, contents) === 0) continue;
      console.error(
        `web/server/pages/static/${name} is not of this source; run deno task dashboard`,
      );
      stale = true;
    } else {
      await Deno.mkdir(out, { recursive: true });
      await Deno.writeFile(file, contents);
      console.log(`web/server/pages/static/${name}: ${contents.length} bytes`);
    }
  }
  if (stale) Deno.exit(1);
}
