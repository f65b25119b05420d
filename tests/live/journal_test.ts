/** The journal: journal files by systemd's own programs, and a stand-in for journalctl where it fails. */
import assert from "node:assert/strict";
import { JournalListener, type JournalOptions } from "../../agent/sources/journal.ts";
import { needs, testNeeding } from "../needs.ts";
import { runCommand, withFolder } from "../run.ts";
import { live } from "./harness.ts";
import { agent, PROCESS } from "./process.ts";
import { until } from "../waiting.ts";

const BOOT = "1".repeat(32);

/** Entry number `n` of the export format, a second after the one before, all of them in the past. */
const entry = (n: number, fields: Record<string, string> = {}): string => {
  const all = {
    __REALTIME_TIMESTAMP: String(1_764_417_600_000_000 + n * 1_000_000),
    __MONOTONIC_TIMESTAMP: String(1000 + n * 1_000_000),
    _BOOT_ID: BOOT,
    _HOSTNAME: "web1",
    _TRANSPORT: "syslog",
    _SYSTEMD_UNIT: "ssh.service",
    SYSLOG_IDENTIFIER: "sshd",
    _PID: "4711",
    PRIORITY: "6",
    MESSAGE: `Failed password for invalid user u${n} from 203.0.113.9 port 4711 ssh2`,
    ...fields,
  };
  return Object.entries(all).map(([k, v]) => `${k}=${v}\n`).join("") + "\n";
};

const entries = (from: number, to: number, fields: Record<string, string> = {}): string =>
  Array.from({ length: to - from }, (_, i) => entry(from + i, fields)).join("");

/** Writes a journal file as systemd does. */
async function journalFile(path: string, text: string | Uint8Array): Promise<void> {
  const program = "/usr/lib/systemd/systemd-journal-remote";
  const ran = await runCommand(program, ["-o", path, "-"], { stdin: text });
  assert.equal(ran.code, 0, ran.stderr);
}

const listener = (more: Partial<JournalOptions>, notices: string[] = []) =>
  new JournalListener({
    units: [],
    directory: null,
    since: null,
    without: null,
    limit: 1 << 19,
    lateness: 0,
    notice: (text) => notices.push(text),
    again: { first: 10, most: 20 },
    ...more,
  });

testNeeding(needs.journal, "the journal is read from its beginning and followed", async () => {
  await withFolder(async (directory) => {
    await journalFile(`${directory}/a.journal`, entries(0, 50));
    const taken = live([listener({ directory })]);
    await taken.until(() => taken.lines.length === 50);
    await journalFile(`${directory}/b.journal`, entries(50, 60));
    await taken.until(() => taken.lines.length === 60);
    const { events_by_sourcetype, parse_errors } = await taken.stop();
    assert.deepEqual(events_by_sourcetype, { linux_secure: 60 });
    assert.equal(parse_errors, 0);
    assert.deepEqual(
      taken.lines.map((line) => /user (u\d+) /.exec(line)![1]),
      Array.from({ length: 60 }, (_, n) => `u${n}`),
    );
  });
});

testNeeding(needs.journal, "units alone are read, and times from a moment on", async () => {
  await withFolder(async (directory) => {
    const nginx = { _SYSTEMD_UNIT: "nginx.service", SYSLOG_IDENTIFIER: "nginx", MESSAGE: "reload" };
    await journalFile(`${directory}/a.journal`, entries(0, 5) + entries(5, 8, nginx));
    const units = live([listener({ directory, units: ["nginx.service"] })]);
    await units.until(() => units.lines.length === 3);
    assert.equal((await units.stop()).lines, 3);
    const since = live([listener({ directory, since: 1_764_417_600_000 + 6000 })]);
    await since.until(() => since.lines.length === 2);
    assert.equal((await since.stop()).lines, 2);
  });
});

testNeeding(needs.journal, "what the agent's own unit says is left out", async () => {
  await withFolder(async (directory) => {
    // Whoever says that it is the agent is not believed: a unit is what systemd knows.
    const forged = { SYSLOG_IDENTIFIER: "picket" };
    const own = { _SYSTEMD_UNIT: "picket.service", MESSAGE: "Failed password for root" };
    await journalFile(
      `${directory}/a.journal`,
      entries(0, 3) + entries(3, 9, own) + entries(9, 11, forged),
    );
    const taken = live([listener({ directory, without: "picket.service" })]);
    await taken.until(() => taken.lines.length === 5);
    assert.equal((await taken.stop()).lines, 5);
  });
});

testNeeding(needs.journal, "a message that is no UTF-8 is an event with its fields", async () => {
  await withFolder(async (directory) => {
    const head = new TextEncoder().encode(
      entry(0, { _HOSTNAME: "web9" }).replace(/MESSAGE=.*\n\n$/, "MESSAGE\n"),
    );
    const said = [...new TextEncoder().encode("Fa"), 0xff, 10, 0x64];
    const length = [said.length, 0, 0, 0, 0, 0, 0, 0];
    await journalFile(
      `${directory}/a.journal`,
      Uint8Array.from([...head, ...length, ...said, 10, 10]),
    );
    const events: Record<string, unknown>[] = [];
    const taken = live([listener({ directory })], {
      batch(batch) {
        events.push(...batch.events as unknown as Record<string, unknown>[]);
        return true;
      },
    });
    await taken.until(() => events.length === 1);
    await taken.stop();
    const [{ host, process_name, process_id, message, _raw }] = events;
    assert.deepEqual(
      { host, process_name, process_id, message },
      { host: "web9", process_name: "sshd", process_id: 4711, message: "Fa\ufffd\nd" },
    );
    assert.deepEqual(JSON.parse(_raw as string), {
      __REALTIME_TIMESTAMP: "1764417600000000",
      _HOSTNAME: "web9",
      _TRANSPORT: "syslog",
      _SYSTEMD_UNIT: "ssh.service",
      SYSLOG_IDENTIFIER: "sshd",
      PRIORITY: "6",
      _PID: "4711",
      MESSAGE: [70, 97, 255, 10, 100],
    });
  });
});

testNeeding(needs.journal, "killed at any moment, nothing is lost and nothing double", async () => {
  await withFolder(async (folder) => {
    const directory = `${folder}/journal`, ENTRIES = 6000;
    await Deno.mkdir(directory);
    await journalFile(`${directory}/a.journal`, entries(0, ENTRIES));
    // Of programs, it may run the one that it needs.
    const task = ["--allow-run=journalctl,deno", "--allow-sys=uid", ...PROCESS];
    const options = ["--journal-dir", directory, "--data", `${folder}/data`, "--serve=127.0.0.1:0"];
    options.push("--rules", "tests/samples/root_login.sdl");
    let went = 0;
    for (const least of [1, 2000, ENTRIES]) {
      const run = agent(options, task);
      const [, url] = /Listening on (\S+)/.exec(await run.said(/Following journal:/))!;
      const json = async (path: string) => await (await fetch(url + path)).json();
      const stored = async (): Promise<number> => (await json("/api/stats")).events;
      await until(async () => await stored() >= least, `${least} stored entries`, { everyMs: 5 });
      if (least < ENTRIES) run.kill("SIGKILL");
      else {
        const q = encodeURIComponent("* | stats count() as n, dc(user) as users");
        const { rows: [{ n, users }] } = await json(`/api/search?from=1970-01-01&q=${q}`);
        assert.deepEqual({ n, users }, { n: ENTRIES, users: ENTRIES });
        assert.equal(await stored(), ENTRIES);
        run.kill("SIGTERM");
      }
      const code = await run.end();
      if (least === ENTRIES) assert.equal(code, 0);
      if (/^Going on from record \d+ of journal:/m.test(await run.said(/./))) went++;
    }
    assert.ok(went > 0, "a run goes on behind what the one before stored");
  });
});

/** With a `journalctl` of the test's own first on the path: a shell script's body. */
async function standIn<T>(body: string, work: (folder: string) => Promise<T>): Promise<T> {
  return await withFolder(async (folder) => {
    const path = Deno.env.get("PATH")!;
    await Deno.writeTextFile(`${folder}/journalctl`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    Deno.env.set("PATH", `${folder}:${path}`);
    try {
      return await work(folder);
    } finally {
      Deno.env.set("PATH", path);
    }
  });
}

const cursored = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `__CURSOR=i=${from + i}\n${entry(from + i)}`).join(
    "",
  );

testNeeding(
  needs.bash,
  "journalctl that ends is started again behind its last entry",
  () =>
    standIn(
      // The newest entry, then five entries and an end, then what --cursor asks for.
      'case "$*" in *--lines=*) cat "$0.2" ;; *--cursor=i=4*) cat "$0.2"; exec sleep 60 ;; *) cat "$0.1" ;; esac',
      async (folder) => {
        await Deno.writeTextFile(`${folder}/journalctl.1`, cursored(0, 5));
        await Deno.writeTextFile(`${folder}/journalctl.2`, cursored(4, 8));
        const notices: string[] = [];
        const taken = live([listener({}, notices)]);
        await taken.until(() => taken.lines.length === 8);
        await taken.stop();
        assert.deepEqual(
          taken.lines.map((line) => /user (u\d+) /.exec(line)![1]),
          ["u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7"],
        );
        assert.ok(
          notices.includes("warning: journal: journalctl ended with code 0; it is started again"),
        );
      },
    ),
);

testNeeding(needs.bash, "a journal that was rotated behind the last entry is told", () =>
  standIn(
    'case "$*" in *--lines=*) cat "$0.2" ;; *--cursor=i=4*) cat "$0.2"; exec sleep 60 ;; *) cat "$0.1" ;; esac',
    async (folder) => {
      await Deno.writeTextFile(`${folder}/journalctl.1`, cursored(0, 5));
      await Deno.writeTextFile(`${folder}/journalctl.2`, cursored(20, 22));
      const taken = live([listener({})]);
      await taken.until(() => taken.lines.length === 7);
      await taken.until(() =>
        taken.notices.some((n) => /the journal was rotated meanwhile/.test(n))
      );
      await taken.stop();
    },
  ));

testNeeding(needs.bash, "what hinders reading the journal is told with what to do", async () => {
  const started = (body: string, notices: string[] = []) =>
    standIn(body, () => listener({}, notices).start());
  await assert.rejects(
    started('echo "No journal files were opened due to insufficient permissions." >&2; exit 1'),
    /^Error: Cannot read "journal": this user may not read the journal: add its user to the group systemd-journal/,
  );
  await assert.rejects(
    started('echo "Failed to open files: Bad message" >&2; exit 1'),
    /journalctl fails: Failed to open files: Bad message$/,
  );
  const notices: string[] = [];
  await started(
    'echo "Hint: You are currently not seeing messages from other users and the system." >&2',
    notices,
  );
  assert.match(
    notices[0],
    /^warning: journal: this user sees its own entries alone, .* systemd-journal/,
  );
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", "/nowhere");
  try {
    await assert.rejects(listener({}).start(), /journalctl is not found: the journal is systemd's/);
  } finally {
    Deno.env.set("PATH", path);
  }
});
