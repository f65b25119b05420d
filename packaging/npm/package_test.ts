/**
 * The package for npm as a stranger has it: installed into an empty prefix, run from an empty folder
 * with an empty home, as another user and without a network where this machine lets a test do that.
 */
import assert from "node:assert/strict";
import { load } from "../../agent/content/load.ts";
import { shippedRules } from "../../agent/content/shipped.ts";
import { VERSION } from "../../agent/program.ts";
import { COMMANDS } from "../../main.ts";
import { inProcess } from "../../tests/in_process.ts";
import { needs, testNeeding } from "../../tests/needs.ts";
import { freePort } from "../../tests/postgres.ts";
import { type Ran, root, runCommand, runDeno, type RunOptions } from "../../tests/run.ts";
import { start, type Started } from "../../tests/started.ts";

const SAMPLES = new URL("tests/samples/", root).pathname;
const PACKED = `picket-agent-${VERSION}.tgz`;
/** Nobody, on every Linux. */
const NOBODY = 65534;
const other = Deno.build.os === "linux" && Deno.uid() === 0 && !needs.unshare.missing;

/** Where it is installed, and where it runs. */
interface Place {
  readonly prefix: string;
  readonly home: string;
  readonly work: string;
}

const env = ({ home, prefix }: Place) => ({
  HOME: home,
  PATH: `${prefix}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin`,
});

/** The program and arguments that run a shell's command there, as another user where that is possible. */
function shell(place: Place, command: string, network = false): [string, string[]] {
  const variables = Object.entries(env(place)).map(([k, v]) => `${k}=${v}`);
  const run = ["env", "-i", "NO_COLOR=1", ...variables, "sh", "-c", command];
  if (!other) return [run[0], run.slice(1)];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const all = [...(network ? [] : ["unshare", "--net"]), "setpriv", ...user, ...run];
  return [all[0], all.slice(1)];
}

async function inShell(place: Place, command: string, options: RunOptions = {}): Promise<Ran> {
  return await runCommand(...shell(place, command), { cwd: place.work, ...options });
}

async function install(folder: string): Promise<Place> {
  const place = { prefix: `${folder}/prefix`, home: `${folder}/home`, work: `${folder}/work` };
  for (const path of Object.values(place)) await Deno.mkdir(path);
  const made = await runDeno(["task", "-q", "package", "--out", folder]);
  assert.equal(made.code, 0, made.stderr);
  // Deno's package, 40 MB, is not fetched again by each run of this test.
  const cache = await runCommand("npm", ["config", "get", "cache"]);
  const { code, stderr } = await runCommand(
    "npm",
    ["install", "--global", "--prefix", place.prefix, "--prefer-offline", `${folder}/${PACKED}`],
    { cwd: place.work, env: { HOME: place.home, npm_config_cache: cache.stdout.trim() } },
  );
  assert.equal(code, 0, stderr);
  if (other) {
    for (const path of [place.home, place.work]) await Deno.chown(path, NOBODY, NOBODY);
    await Deno.chmod(folder, 0o755);
  }
  return place;
}

const RULE = `rule mine {
  title    "Mine"
  severity high
  from Authentication where action == "failure"
  | throttle 1h by src
  | alert "{src}"
}
`;

/** Each command once: what is typed, its exit code, and what it prints to stdout, or to stderr. */
const RUNS: [string, number, RegExp][] = [
  [`cat ${SAMPLES}auth.log | picket agent --no-store`, 0, /"rule":"ssh_brute_force"/],
  [`picket agent ${SAMPLES}auth.log ${SAMPLES}access.log`, 0, /"rule":"ssh_brute_force"/],
  [`picket agent --no-store --rules mine.sdl ${SAMPLES}auth.log`, 0, /"rule":"mine"/],
  [`picket agent --no-store --fail-on high ${SAMPLES}auth.log`, 1, /"rule":"/],
  ["picket agent --no-such", 2, /Unknown option "--no-such"/],
  ["picket agent --no-store nothing.log", 3, /nothing\.log/],
  ["touch file && picket agent --data file mine.sdl", 4, /error: .*"file/],
  [`picket parse ${SAMPLES}access.log`, 0, /"sourcetype":"access_combined"/],
  [`picket validate ${SAMPLES}access.log`, 1, /Web/],
  ["picket check", 0, /Checked \d+ rules and \d+ sourcetypes/],
  ["echo 'rule r { from nothing }' >bad.sdl; picket check bad.sdl", 1, /error\[/],
  ["picket fmt --check mine.sdl", 0, /(?:)/],
  ["picket test shipped", 0, /passed, 0 failed/],
  [`picket convert ${SAMPLES}sigma_whoami.yml --out converted`, 0, /(?:)/],
  ["picket coverage", 0, /T1110/],
  ["picket explain ssh_brute_force", 0, /^ {2}file +\/.*\/picket-agent\/rules\//m],
  ["picket search 'action:failure | top 5 src'", 0, /203\.0\.113\.66/],
  ["picket backtest ssh_brute_force", 0, /ssh_brute_force/],
  ["picket token create grafana --role read", 0, /\S{20}/],
  ["picket except list", 0, /(?:)/],
  ["picket report --out .", 0, /picket-report-/],
  ["echo 'sinks: {out: {type: file, path: alerts.ndjson}}' >agent.yaml", 0, /(?:)/],
  ["picket sinks test out --config agent.yaml", 0, /out/],
  ["picket deliver --config agent.yaml", 0, /(?:)/],
  ["picket simulate --duration 10m --out logs", 0, /(?:)/],
  ["picket demo yes", 2, /Unexpected "yes"/],
  ["picket init", 0, /^# .*: \/etc\/picket\/agent\.yaml$/m],
  ["mv agent.yaml other.yaml; picket doctor mine.sdl", 0, /^ok +store /m],
  ["picket completion bash", 0, /^complete -F _picket picket$/m],
  ["picket help agent", 0, /^Usage: picket agent /],
  ["picket --version", 0, new RegExp(`^picket ${VERSION} \\(Deno 2\\.9\\.6\\)\n$`)],
  ["picket", 2, /^Usage: picket COMMAND/m],
];

/** Starts what stays, and waits for a word on stderr. */
async function started(place: Place, command: string, word: RegExp): Promise<Started> {
  const [program, args] = shell(place, `exec ${command}`, true);
  const run = start(program, args, { cwd: place.work });
  await run.heard(word);
  return run;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string[];
}

/** What runs; `/proc` itself is read by none who may not do all. */
async function processes(): Promise<Process[]> {
  const { stdout } = await runCommand("ps", ["-ww", "-eo", "pid=,ppid=,args="]);
  return stdout.trim().split("\n").map((line) => {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), args };
  });
}

/** Processes below one. */
async function below(pid: number): Promise<Process[]> {
  const all = await processes();
  const out: Process[] = [];
  for (const parents = [pid]; parents.length > 0;) {
    const parent = parents.pop()!;
    const children = all.filter((p) => p.parent === parent);
    out.push(...children);
    parents.push(...children.map((c) => c.pid));
  }
  return out;
}

async function everyCommand(place: Place): Promise<void> {
  await Deno.writeTextFile(`${place.work}/mine.sdl`, RULE);
  // A user's own configuration, in which nothing holds, has no part in it.
  for (const name of ["deno.json", "package.json", "deno.lock"]) {
    await Deno.writeTextFile(`${place.work}/${name}`, "{ not even JSON");
  }
  const seen = new Set<string>();
  for (const [command, code, prints] of RUNS) {
    const ran = await inShell(place, command);
    const all = ran.stdout + ran.stderr;
    assert.equal(ran.code, code, `${command}: ${all}`);
    assert.match(all, prints, command);
    assert.doesNotMatch(all, /deno run|main\.ts|fault of its own|NotCapable/, command);
    seen.add(/picket (\w+)/.exec(command)?.[1] ?? "");
  }
  // It stays, and is run below.
  seen.add("serve");
  assert.deepEqual(Object.keys(COMMANDS).filter((name) => !seen.has(name)), []);
  for (const path of ["converted", "logs/auth.log", "alerts.ndjson"]) {
    await Deno.stat(`${place.work}/${path}`);
  }
}

async function sameAsClone(place: Place): Promise<void> {
  const logs = [...Deno.readDirSync(SAMPLES)].map((e) => e.name).filter((n) => n.endsWith(".log"));
  assert.ok(logs.length >= 3);
  for (const log of logs) {
    const args = ["agent", "--no-store", "--format", "ndjson", "--quiet", "--tz", "UTC"];
    const clone = await inProcess([...args, SAMPLES + log]);
    for (const more of ["", "--no-cache "]) {
      const ran = await inShell(place, `picket ${args.join(" ")} ${more}${SAMPLES}${log}`);
      assert.deepEqual(ran, clone, `${log} ${more}`);
    }
  }
  const folder = `${place.prefix}/lib/node_modules/picket-agent`;
  const [build] = [...Deno.readDirSync(`${folder}/dist`)].filter((e) => e.name.endsWith(".js"))
    .flatMap(({ name }) => {
      const text = Deno.readTextFileSync(`${folder}/dist/${name}`);
      return /BUILD = "(\w{40})"/.exec(text)?.[1] ?? [];
    });
  const at = new URL(`file://${folder}/`);
  const brought = shippedRules({ build, compiled: new URL("dist/compiled/", at), root: at })!;
  const hashes = (rules: typeof brought.program.rules) => rules.map((r) => [r.name, r.planHash]);
  const own = await load({ rules: [], sourcetypes: [] });
  assert.deepEqual(hashes(brought.program.rules), hashes(own.program.rules));
  assert.ok(own.program.rules.length > 100);
}

async function signals(place: Place): Promise<void> {
  const log = `${place.work}/grows.log`;
  await Deno.copyFile(`${SAMPLES}auth.log`, log);
  if (other) await Deno.chown(log, NOBODY, NOBODY);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const run = await started(
      place,
      "picket agent --no-store --follow grows.log",
      /grows\.log: read/,
    );
    const begun = await below(run.pid);
    assert.ok(begun.some((p) => p.args.includes("--no-prompt")));
    const { code } = await run.end(signal);
    assert.equal(code, 0, run.said);
    assert.match(run.said, /2,078 lines/);
    const left = await processes();
    assert.deepEqual(left.filter((p) => begun.some(({ pid }) => pid === p.pid)), []);
  }
  const reloads = await started(
    place,
    "picket agent --no-store --rules mine.sdl --follow grows.log",
    /grows\.log: read/,
  );
  await Deno.writeTextFile(`${place.work}/mine.sdl`, "rule mine {");
  Deno.kill(reloads.pid, "SIGHUP");
  await reloads.heard(/the old rules and sourcetypes stay/);
  const { signal } = await reloads.end("SIGQUIT");
  assert.equal(signal, "SIGQUIT");
}

/** Kinds and what of them, as a process was started with them. */
const allowed = (args: readonly string[]) => args.filter((a) => a.startsWith("--allow-")).sort();

async function permissions(place: Place): Promise<void> {
  const run = await started(
    place,
    "picket agent --no-store --follow grows.log",
    /grows\.log: read/,
  );
  const deno = (await below(run.pid)).find((p) => p.args.includes("run"))!;
  assert.deepEqual(allowed(deno.args), [
    "--allow-env=HOME,XDG_CACHE_HOME,LOG_STREAM,LOG_TOKENS,DATABASE_URL,DATABASE_URL_FILE,NO_COLOR,USER,PG*,PICKET_*,PORT,LOG_LEVEL",
    "--allow-net",
    "--allow-read",
    `--allow-run=cat,${deno.args[0]},journalctl`,
    "--allow-sys=uid",
    "--allow-write",
  ]);
  await run.end("SIGTERM");
  const more = await started(
    place,
    "picket --allow-run=/bin/true --allow-env=MINE agent --no-store --follow grows.log",
    /grows\.log: read/,
  );
  const given = (await below(more.pid)).find((p) => p.args.includes("run"))!;
  assert.ok(allowed(given.args).some((a) => /^--allow-run=cat,.*,\/bin\/true$/.test(a)));
  assert.ok(allowed(given.args).some((a) => /^--allow-env=.*,MINE$/.test(a)));
  await more.end("SIGTERM");
  for (const option of ["-A", "--allow-all", "--allow-run", "--allow-ffi=x"]) {
    const { code, stderr } = await inShell(place, `picket ${option} agent`);
    assert.equal(code, 2, stderr);
  }
}

/** Workers, the trials' processes and the files of the dashboard. */
async function serves(place: Place): Promise<void> {
  const port = freePort(), syslog = freePort();
  const run = await started(
    place,
    `picket agent --data served --serve 127.0.0.1:${port} --listen udp://127.0.0.1:${syslog}`,
    /Listening on http/,
  );
  const base = `http://127.0.0.1:${port}`;
  const page = await (await fetch(base)).text();
  assert.match(page, /data-program="picket"/);
  const script = /src="(\/static\/[^"]+)"/.exec(page)![1];
  assert.equal((await (await fetch(base + script)).text()).length > 100_000, true);
  const sourcetypes = await (await fetch(`${base}/api/sourcetypes`)).text();
  assert.ok(sourcetypes.includes("linux_secure"), sourcetypes.slice(0, 500));
  // Nothing of where it was built.
  assert.ok(!sourcetypes.includes(root.pathname));
  const tried = await fetch(`${base}/api/rules/check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: RULE }),
  });
  assert.equal(tried.status, 200, await tried.clone().text());
  await tried.body?.cancel();
  const { code } = await run.end("SIGTERM");
  assert.equal(code, 0, run.said);
}

testNeeding(needs.npm, "the package installs and runs by itself", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "picket-test-" });
  try {
    const place = await install(folder);
    await t.step("every command, with its exit code", () => everyCommand(place));
    await t.step("alerts and plans are those of the clone", () => sameAsClone(place));
    await t.step("signals end it and all it started", () => signals(place));
    await t.step("it has the permissions of its command", () => permissions(place));
    await t.step("it serves, with its threads and processes", () => serves(place));
    await t.step("npx runs it from its file", async () => {
      const cache = await runCommand("npm", ["config", "get", "cache"]);
      const { code, stdout, stderr } = await runCommand(
        "npx",
        ["--yes", "--prefer-offline", `../${PACKED}`, "--version"],
        {
          cwd: place.work.replace(/work$/, "home"),
          env: { npm_config_cache: cache.stdout.trim() },
        },
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^picket /);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
