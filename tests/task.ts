/**
 * The task `test`. Without arguments: Picket's own tests, then the command `test` over the shipped
 * rules. With `FILE_test.ts …` (and options of `deno test` after them): those files alone. With
 * anything else the command `test`.
 */
import { fileURLToPath } from "node:url";
import { main, processIo } from "../main.ts";
import { HOW_TO_GET } from "./needs.ts";

/** The configuration with what tests use besides what the program does. */
const DEV = ["--config", fileURLToPath(new URL("../dev.json", import.meta.url))];

const PERMISSIONS = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--allow-net=127.0.0.1,127.0.0.2,localhost",
];

/** What runs long says what it has measured, which Deno keeps from who asks for quiet. */
const LONG = Deno.env.get("PICKET_LONG") !== undefined;
/** Minutes after which a test hangs: the longest takes two on a busy machine, but for those run long. */
const HANGS = LONG ? Infinity : 16;

/**
 * What is told of a run besides its own words: ignored tests by what they need, as their names end
 * (`… (needs PostgreSQL, curl) ... ignored`), and the test that hangs, which Deno itself waits for.
 */
class Watch {
  /** Deno's words about a test that never ends; null while there is none. */
  hangs: string | null = null;
  private total = 0;
  private readonly by = new Map<string, number>();
  private rest = "";
  private readonly decoder = new TextDecoder();

  take(chunk: Uint8Array): void {
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) {
      // deno-lint-ignore no-control-regex -- the colours of a terminal
      const plain = line.replace(/\x1b\[[0-9;]*m/g, "");
      const minutes = /has been running for over \((?:(\d+)h)?(\d+)m/.exec(plain);
      if (minutes && 60 * Number(minutes[1] ?? 0) + Number(minutes[2]) >= HANGS) {
        this.hangs = plain.trim();
      }
      const match = /^(?:.* \(needs (.+)\)|.*) \.\.\. ignored\b/.exec(plain);
      if (!match) continue;
      this.total++;
      const needed = match[1]?.split(", ").map((n) => n.startsWith("../shared/") ? "../shared" : n);
      for (const name of new Set(needed ?? ["something that its name does not say"])) {
        this.by.set(name, (this.by.get(name) ?? 0) + 1);
      }
    }
  }

  report(): string {
    if (this.total === 0) return "ignored: 0 tests\n";
    const lines = [...this.by].sort().map(([name, count]) =>
      `  ${String(count).padStart(3)} for want of ${name}${
        HOW_TO_GET[name] ? `: ${HOW_TO_GET[name]}` : ""
      }\n`
    );
    return `ignored: ${this.total} ${this.total === 1 ? "test" : "tests"}\n${lines.join("")}`;
  }
}

/**
 * Most tests that store open a database of their own, and end before V8 has compiled PGlite's WebAssembly
 * a second time: that second compiler was a third of their processor time. Programs that tests start
 * have the flag, too.
 */
const V8_FLAGS: Record<string, string> = LONG ? {} : {
  DENO_V8_FLAGS: [Deno.env.get("DENO_V8_FLAGS"), "--liftoff-only"].filter(Boolean).join(","),
};

async function runTests(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    // The task `types` has checked them: here it would take longer than most of the tests.
    args: [
      "test",
      ...(LONG ? [] : ["--quiet"]),
      ...["--no-check", ...DEV, ...PERMISSIONS, ...args],
    ],
    stdout: "piped",
    // Not a terminal for it any more: what it would do there.
    env: {
      ...(Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {}),
      ...V8_FLAGS,
    },
  }).spawn();
  const watch = new Watch();
  for await (const chunk of child.stdout) {
    watch.take(chunk);
    for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at));
    if (watch.hangs === null) continue;
    console.error(`error: The run was ended, for a test hangs: ${watch.hangs}`);
    child.kill("SIGTERM");
    break;
  }
  const { code } = await child.status;
  console.log(watch.report());
  return code || (watch.hangs === null ? 0 : 1);
}

const { args } = Deno;
const files = args.some((a) => /_test\.tsx?$/.test(a));
let code = 0;
// Two files at a time, whatever the number of cores: tests of time want a quiet machine.
if (files || args.length === 0) code = await runTests(args.length ? args : ["--parallel"]);
// Rules and sourcetypes are text of whoever wrote them: what runs them can only read.
await Deno.permissions.revoke({ name: "run" });
Deno.exit(code || (files ? 0 : await main(["test", ...args], processIo())));
