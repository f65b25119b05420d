#!/usr/bin/env node
// Starts Picket in Deno with the permissions of its command, which commands.json has, and no more but
// what is given before the command: `picket --allow-run=/usr/local/bin/notify agent`.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { options, permissions } = JSON.parse(readFileSync(join(here, "commands.json"), "utf8"));
const main = join(here, "..", "dist", "main.js");

/**
 * Deno's own binary: what npm puts on the path as `deno` may be a script, which leaves Deno running when
 * it is told to end.
 */
function denoPath() {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("deno/package.json"));
  const binary = join(folder, process.platform === "win32" ? "deno.exe" : "deno");
  // Without npm's scripts (--ignore-scripts) it stands in the package of this platform.
  return existsSync(binary) ? binary : require("deno/install_api.cjs").runInstall();
}

/** `--allow-KIND=VALUE` before the command: one value of a kind, never all of it. */
const GIVEN = /^--allow-(?:read|write|net|env|run|sys)=[^,]/;

const argv = process.argv.slice(2);
let at = 0;
while (at < argv.length && GIVEN.test(argv[at])) at++;
const given = argv.slice(0, at), args = argv.slice(at);

/** Of help, the version and what is no command nothing but reading is asked. */
const command = Object.hasOwn(permissions, args[0]) ? permissions[args[0]] : permissions.help;

let deno;
try {
  deno = denoPath();
} catch (error) {
  console.error(`error: Deno is not there: ${error.message}`);
  console.error(
    "  help: Install again, with npm's optional dependencies: npm install --include=optional",
  );
  process.exit(70);
}

/** `deno` among the programs that may be run is this one. */
const allowed = (option) =>
  option.startsWith("--allow-run=")
    ? "--allow-run=" +
      option.slice("--allow-run=".length).split(",").map((p) => p === "deno" ? deno : p).join(",")
    : option;

/** A kind that is given twice is refused by Deno: values are put together. */
function together(all) {
  const kinds = new Map();
  for (const option of all) {
    const [kind, values] = option.split(/=(.*)/s);
    const before = kinds.get(kind);
    if (before === undefined) kinds.set(kind, values ?? null);
    // A kind that is allowed as a whole stays so.
    else if (before !== null && values !== undefined) kinds.set(kind, `${before},${values}`);
    else kinds.set(kind, null);
  }
  return [...kinds].map(([kind, values]) => values === null ? kind : `${kind}=${values}`);
}

const child = spawn(
  deno,
  [
    "run",
    "-q",
    "--no-prompt",
    ...options,
    ...together([...command.map(allowed), ...given]),
    main,
    ...args,
  ],
  { stdio: "inherit", env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } },
);
const signals = process.platform === "win32"
  ? ["SIGINT", "SIGTERM"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
for (const signal of signals) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`error: Deno does not start: ${error.message}`);
  process.exit(70);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const s of signals) process.removeAllListeners(s);
  process.kill(process.pid, signal);
});
