import assert from "node:assert/strict";
import { EXIT, type Io, parseCommand, UsageError } from "./command.ts";
import { agentCommand } from "./agent.ts";
import { explainCommand } from "./explain.ts";

const command = explainCommand(
  agentCommand({ options: [], serve: () => Promise.reject(new Error("nothing is served")) }),
);

async function run(argv: readonly string[], stdin = "") {
  const seen = { out: "", err: "" };
  const io: Io = {
    out: (t) => {
      seen.out += t;
      return true;
    },
    err: (t) => void (seen.err += t),
    outIsTerminal: false,
    errIsTerminal: false,
    color: false,
    columns: () => 80,
    stdin: () => new Blob([stdin]).stream(),
    stdinIsTerminal: false,
    stdinGivesNothing: false,
    env: () => undefined,
    keep: () => Promise.resolve(),
    signal: new AbortController().signal,
  };
  const code = await command.run(parseCommand(command, argv), io);
  return { code, ...seen };
}

async function refused(argv: readonly string[], stdin = ""): Promise<UsageError> {
  try {
    await run(argv, stdin);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error;
  }
  assert.fail("it was not refused");
}

const FAILED =
  "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 40001 ssh2\n";

Deno.test("explain prints the plan of a rule", async () => {
  const { code, out } = await run(["ssh_brute_force"]);
  assert.equal(code, EXIT.done);
  assert.match(out, /^rule ssh_brute_force\n/);
  assert.match(out, /linux_secure: \d+ of \d+ patterns can match/);
  assert.match(out, /at most 1,000,000 keys/);
});

Deno.test("explain --event takes a raw line, recognised or named", async () => {
  for (const named of [[], ["--sourcetype", "linux_secure"]]) {
    const { code, out, err } = await run(["ssh_brute_force", "--event", "-", ...named], FAILED);
    assert.equal(code, EXIT.done);
    assert.match(err, /^Read as linux_secure, pattern ssh_failed/);
    assert.match(out, /holds app == "sshd" {2}\(app is "sshd"\)/);
    assert.match(out, /Every condition on this event alone holds/);
  }
});

Deno.test("explain --event takes the fields of an event as JSON", async () => {
  const fields = {
    _time: "2026-03-29T00:02:11Z",
    datasets: ["Authentication"],
    app: "sshd",
    action: "success",
    src: null,
  };
  const { out } = await run(["ssh_brute_force", "--event", "-"], JSON.stringify(fields));
  assert.match(out, /no {4}.*\(action is "success"\)/);
  assert.match(out, /\(src is missing\)/);
  assert.match(out, /This event does not pass\n$/);
});

Deno.test("explain refuses what it cannot explain, and says what to do", async () => {
  assert.match((await refused(["ssh_brute_forse"])).help!, /Did you mean ssh_brute_force\?/);
  assert.match((await refused([])).message, /No rule is named/);
  const event = ["ssh_brute_force", "--event", "-"];
  assert.match((await refused(event, "")).message, /empty/);
  assert.match((await refused(event, FAILED + FAILED)).message, /has 2 lines/);
  assert.match((await refused(event, "?? ??")).help!, /--sourcetype/);
  assert.match((await refused(event, '{"a": {"b": 1}}')).message, /"a"/);
  assert.match((await refused(event, '{"_time": "soon"}')).message, /"soon" is no time/);
  assert.match(
    (await refused([...event, "--sourcetype", "linux_secur"], FAILED)).help!,
    /linux_sec/,
  );
  assert.match((await refused(["ssh_brute_force", "--event", "/no/such"])).message, /Cannot read/);
});

Deno.test("the reference of functions, aggregates and datasets, or one entry of it", async () => {
  const replace = await run(["--functions", "replace"]);
  assert.match(replace.out, /^replace\(/);
  assert.match(replace.out, /replace\("a\.b\.c", "\.", "\/"\) → "a\/b\/c"/);
  assert.match((await run(["--aggregates", "PERC"])).out, /^perc\(x: number, n: 1\.\.99\)\n/);
  const all = await run(["--aggregates"]);
  for (const name of ["count", "median", "rate"]) {
    assert.match(all.out, new RegExp(`^${name}\\(`, "m"));
  }
  const dataset = (await run(["--datasets", "Endpoint.Processes"])).out;
  assert.match(dataset, /^Endpoint\.Processes \(tags process report\)/);
  assert.match(dataset, /process_id! int/);
  await assert.rejects(run(["--functions", "replce"]), { help: "Did you mean replace?" });
});

Deno.test("explain says what an index looks up, shows a kind's index, and the code", async () => {
  const plan = (await run(["ssh_brute_force"])).out;
  assert.match(plan, /looked up by \w+ is "/);
  const code = await run(["--code", "ssh_brute_force"]);
  assert.match(code.out, /^\/\/ linux_secure /m);
  assert.match(code.out, /const R\d+=\(e,m\)=>\{/);
  assert.match(code.out, /^\/\/ behind its inputs$/m);
  const all = await run(["--index", "linux_secure"]);
  assert.match(all.out, /^kind linux_secure /);
  assert.match(all.out, /rules +\d+/);
  await assert.rejects(run(["--index", "linux_secur"]), UsageError);
});
