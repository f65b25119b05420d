/** What a user sees when the input, the options or the store are not as they should be. */
import assert from "node:assert/strict";
import { picket, type Ran, runDeno, withFolder } from "./run.ts";
import { serving } from "./serving.ts";

const LINE =
  "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 4 ssh2\n";

/** One message, no stack trace, and what to do. */
function clear(ran: Ran, code: number, message: RegExp): void {
  assert.equal(ran.code, code, ran.stderr);
  assert.match(ran.stderr, message);
  assert.doesNotMatch(ran.stderr, /\n\s+at |Uncaught|file:\/\//);
}

async function agent(args: string[], stdin?: string | Uint8Array) {
  return await withFolder(async (folder) => {
    const file = `${folder}/summary.json`;
    const ran = await picket(["agent", "--no-store", "--summary", file, ...args], { stdin });
    const text = await Deno.readTextFile(file).catch(() => "{}");
    return { ran, summary: JSON.parse(text) };
  });
}

Deno.test("an empty input is no error", async () => {
  const { ran, summary } = await agent([], "");
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(ran.stdout, "");
  assert.equal(summary.lines, 0);
});

Deno.test("binary input: every line is accounted for", async () => {
  const bytes = new Uint8Array(200_000);
  for (let i = 0, x = 1; i < bytes.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[i] = x >>> 16;
  }
  const lines = bytes.reduce((n, b) => n + (b === 10 ? 1 : 0), bytes.at(-1) === 10 ? 0 : 1);
  const { ran, summary } = await agent([], bytes);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(summary.lines, lines);
  assert.equal(summary.events, lines);
});

Deno.test("50 MB in one line: cut, counted, and the next line is read", async () => {
  const size = 50_000_000;
  const block = new TextEncoder().encode("x".repeat(1_000_000));
  const stdin = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < 50; i++) controller.enqueue(block);
      controller.enqueue(new TextEncoder().encode("\n" + LINE));
      controller.close();
    },
  });
  await withFolder(async (folder) => {
    const ran = await picket(["parse", "--sourcetype", "linux_secure"], { stdin, cwd: undefined });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /Cut: 1 line over the limit on length, 48,951,424 bytes dropped/);
    const events = ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l));
    assert.equal(events.length, 2);
    assert.equal(events[0]._raw.length, 1 << 20);
    assert.equal(events[1].action, "failure");
    assert.equal(size - (1 << 20), 48_951_424);
    assert.ok(folder);
  });
});

Deno.test("half a line at the end is a line", async () => {
  const { summary } = await agent([], LINE + "Mar 29 00:02:12 web1 sshd[911]: Fai");
  assert.equal(summary.lines, 2);
  assert.equal(summary.events, 2);
});

Deno.test("a garbled line at the start does not make the rest late", async () => {
  const lines = [1, 2, 3, 4, 5].map((s) => LINE.replace(":11 ", `:1${s} `)).join("");
  const { ran, summary } = await agent(
    ["--sourcetype", "linux_secure", "--year", "2026"],
    "no time here\n" + lines,
  );
  assert.match(ran.stdout, /"rule":"ssh_brute_force"/);
  assert.equal(summary.parse_errors, 1);
});

Deno.test("an unreadable file is told, the others are read, the exit code is 3", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/auth.log`, LINE.repeat(3));
    const { ran, summary } = await agent([`${folder}/missing.log`, `${folder}/auth.log`]);
    clear(ran, 3, /error: Cannot read ".*missing\.log": no such file or folder/);
    assert.equal(summary.lines, 3);
    assert.equal(summary.failed_inputs.length, 1);
  });
});

Deno.test("an unknown sourcetype or option names the nearest", async () => {
  clear(
    await picket(["agent", "--no-store", "--sourcetype", "linux_secur"], { stdin: LINE }),
    2,
    /error: Unknown sourcetype "linux_secur"\n {2}help: Did you mean linux_secure\?/,
  );
  clear(
    await picket(["agent", "--no-stor"], { stdin: LINE }),
    2,
    /error: Unknown option "--no-stor"\n {2}help: Did you mean --no-store\?/,
  );
  clear(await runDeno(["run", "-q", "-R", "main.ts", "agnet"]), 2, /Did you mean agent\?/);
});

Deno.test("five mistakes in a rule file are five diagnostics", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/bad.sdl`,
      `rule one {
  title "One"
  severity medium
  from Authentication where usr == "root"
  | stats count() as n by src over 5m
  | where n > "5"
  | alert "{n}"
}

rule two {
  title "Two"
  severity hgih
  from Authentification where action == "failure"
}

rule three {
  from Web where status == 404
  | stats cuont() as n by src over 5m
}
`,
    );
    const ran = await picket(["check", folder]);
    assert.equal(ran.code, 1, ran.stderr);
    const errors = ran.stdout.match(/^error\[E\d+\]/gm) ?? [];
    assert.equal(errors.length, 5, ran.stdout);
    for (const name of ["usr", '"5"', "hgih", "Authentification", "cuont"]) {
      assert.ok(ran.stdout.includes(name), `${name} is not in\n${ran.stdout}`);
    }
    clear(
      await picket(["agent", "--no-store", "--rules", folder], { stdin: LINE }),
      2,
      /error: Found 5 errors in rules and sourcetypes/,
    );
  });
});

Deno.test("a data folder in use by another process is refused with exit code 4", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/data`;
    const first = await serving(["serve", "--data", data, "127.0.0.1:0"]);
    const ran = await picket(["agent", "--data", data], { stdin: LINE });
    await first.stop();
    clear(ran, 4, /error: .*data.* in use by process \d+; stop it/);
  });
});

Deno.test("a database that does not answer is exit code 4, and its password is not shown", async () => {
  const ran = await picket(
    ["agent", "--database", "postgres://picket:hunter2@127.0.0.1:9/none"],
    { stdin: LINE },
  );
  clear(ran, 4, /error: The database "127\.0\.0\.1:9\/none" does not answer/);
  assert.ok(!ran.stderr.includes("hunter2"));
});

Deno.test("a config file says the options, the command line wins, a mistake in it is told", async () => {
  await withFolder(async (folder) => {
    const config = `${folder}/agent.yaml`;
    const log = `${folder}/auth.log`;
    await Deno.writeTextFile(log, LINE.repeat(6));
    await Deno.writeTextFile(
      config,
      `no-store: true\nquiet: true\nformat: text\nfiles: ["${log}"]\n`,
    );
    const text = await picket(["agent", "--config", config]);
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /MEDIUM {4}ssh_brute_force/);
    const json = await picket(["agent", "--config", config, "--format", "ndjson"]);
    assert.equal(JSON.parse(json.stdout.split("\n")[0]).rule, "ssh_brute_force");
    await Deno.writeTextFile(config, "formt: text\n");
    clear(
      await picket(["agent", "--config", config], { stdin: LINE }),
      2,
      /error\[E0602\]: Unknown key "formt"[\s\S]*agent\.yaml:1:1[\s\S]*\^\^\^\^\^[\s\S]*Did you mean "format"/,
    );
  });
});
