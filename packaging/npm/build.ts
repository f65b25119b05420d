/**
 * The task `package`: `picket-agent-VERSION.tgz` for npm, in the current folder or in `--out FOLDER`.
 * The same source gives the same bytes. packaging/README.md says what is in it.
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import config from "../../deno.json" with { type: "json" };
import { packShipped } from "../../agent/content/shipped.ts";
import { load } from "../../agent/content/load.ts";
import { packTar, type TarEntry } from "../../agent/store/drivers/tar.ts";
import { manPage } from "../../agent/commands/completion/man.ts";
import { PROGRAM } from "../../agent/program.ts";
import { COMMANDS } from "../../main.ts";
import { bundle, DENO_OPTIONS } from "./bundle.ts";
import { commandPermissions } from "./permissions.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));

/** What a launcher may count on: Node's versions that are kept up. */
const NODE = ">=18";
/** Deno's version that the program is made for. */
const DENO = "2.9.6";

const manifest = {
  name: "picket-agent",
  version: config.version,
  description: "Pipe logs in, get detections out: a security agent for streams of logs",
  keywords: ["security", "logs", "siem", "detection", "sigma", "syslog", "mitre-attack"],
  license: config.license,
  type: "module",
  bin: { picket: "bin/picket.mjs" },
  man: ["man/picket.1"],
  engines: { node: NODE },
  dependencies: { deno: DENO },
};

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");

/**
 * Where the packages of deno.lock are put, as bundlers want them: below the root, so that the bundle is
 * the same wherever that is.
 */
const MODULES = join(here, ".modules");

/** The files of the package by their paths in it. */
export async function packageFiles(): Promise<Map<string, Uint8Array>> {
  await install(MODULES);
  const files = new Map<string, Uint8Array>();
  for (const folder of ["rules", "sourcetypes"]) addFolder(files, folder);
  const { build, packages } = await addProgram(files, MODULES);
  await addCompiled(files, build);
  files.set("package.json", json(manifest));
  files.set("bin/picket.mjs", await Deno.readFile(join(here, "picket.mjs")));
  const permissions = commandPermissions([...Object.keys(COMMANDS), "help"]);
  files.set("bin/commands.json", json({ options: DENO_OPTIONS, permissions }));
  const specs = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const page = manPage(specs, config.version).replaceAll(PROGRAM, "picket");
  files.set("man/picket.1", new TextEncoder().encode(page));
  files.set("LICENSES.txt", new TextEncoder().encode(licences(packages)));
  for (const name of ["LICENSE", "CHANGELOG.md"]) {
    files.set(name, await Deno.readFile(join(root, name)));
  }
  files.set("README.md", await Deno.readFile(join(here, "README.md")));
  return files;
}

async function install(folder: string): Promise<void> {
  const { imports, lock } = config;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "deno.json"),
    JSON.stringify({ nodeModulesDir: "auto", lock, imports }),
  );
  await Deno.copyFile(join(root, "deno.lock"), join(folder, "deno.lock"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: folder,
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}

/** What stands for a build until all of it is known: as long, and nowhere else. */
const UNKNOWN = "build".repeat(8);

/** The bundle, which calls itself by a digest of itself and of the rules and sourcetypes beside it. */
async function addProgram(files: Map<string, Uint8Array>, modules: string) {
  const made = await bundle(modules, UNKNOWN);
  const hash = createHash("sha256");
  for (const [name, bytes] of [...files, ...made.files].sort(([a], [b]) => a < b ? -1 : 1)) {
    hash.update(`${name} ${bytes.length} `).update(bytes);
  }
  const build = hash.digest("hex").slice(0, UNKNOWN.length);
  for (const [name, bytes] of made.files) {
    const text = name.endsWith(".js") ? new TextDecoder().decode(bytes) : "";
    files.set(
      `dist/${name}`,
      text.includes(UNKNOWN) ? new TextEncoder().encode(text.replaceAll(UNKNOWN, build)) : bytes,
    );
  }
  return { build, packages: made.packages };
}

function addFolder(files: Map<string, Uint8Array>, folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) addFolder(files, path);
    else files.set(path, Deno.readFileSync(join(root, path)));
  }
}

async function addCompiled(files: Map<string, Uint8Array>, build: string): Promise<void> {
  const before = Deno.cwd();
  Deno.chdir(root);
  try {
    const loaded = await load({ rules: [], sourcetypes: [] });
    for (const [name, pieces] of packShipped(loaded, build)) {
      files.set(
        `dist/compiled/${name}`,
        new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()),
      );
    }
  } finally {
    Deno.chdir(before);
  }
}

/** Of each package its name, version and licence as it stands there. */
function licences(packages: readonly string[]): string {
  const texts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(
      Deno.readTextFileSync(join(folder, "package.json")),
    );
    const file = [...Deno.readDirSync(folder)].find((e) => /^licen[cs]e/i.test(e.name));
    const text = file ? Deno.readTextFileSync(join(folder, file.name)).trim() : String(license);
    return `${name} ${version}\n\n${text}\n`;
  });
  return [...new Set(texts)].sort().join("\n\n");
}

/** The .tgz of a package's files. */
export function packPackage(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries = [...files].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([path, data]): TarEntry => ({ path: `package/${path}`, data }));
  return gzipSync(packTar(entries, true), { level: constants.Z_BEST_COMPRESSION });
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--out");
  const out = resolve(at < 0 ? "." : Deno.args[at + 1] ?? ".");
  const files = await packageFiles();
  const packed = packPackage(files);
  const path = join(out, `${manifest.name}-${manifest.version}.tgz`);
  await Deno.mkdir(out, { recursive: true });
  await Deno.writeFile(path, packed);
  const bytes = [...files.values()].reduce((n, f) => n + f.length, 0);
  const mb = (n: number) => `${(n / 1e6).toFixed(1)} MB`;
  console.log(`${path}: ${files.size} files, ${mb(bytes)} in ${mb(packed.length)}`);
}
