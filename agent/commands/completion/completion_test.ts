/** Completion as shells do it, and the manual page as `man` reads it. */
import assert from "node:assert/strict";
import { COMMANDS } from "../../../main.ts";
import { inProcess } from "../../../tests/in_process.ts";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { runCommand, withFolder } from "../../../tests/run.ts";

const written = async (what: string): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(["completion", what]);
  assert.equal(code, 0, stderr);
  return stdout;
};
const specs = await Promise.all(Object.values(COMMANDS).map((load) => load()));
const commands = Object.keys(COMMANDS);
const agentOptions = specs.find((s) => s.name === "agent")!.options.map((o) => `--${o.name}`);

/** What is typed, word by word as bash splits it, and what is offered for the last word. */
const LINES: [string[], readonly string[]][] = [
  [["picket", "ag"], ["agent"]],
  [["picket", ""], [...commands, "help", "--help", "--version"]],
  [["picket", "--ver"], ["--version"]],
  [["picket", "help", "exp"], ["explain"]],
  [["picket", "agent", "--no-"], agentOptions.filter((o) => o.startsWith("--no-"))],
  [["picket", "agent", "--"], [...agentOptions, "--help"]],
  [["picket", "agent", "--format", "nd"], ["ndjson"]],
  [["picket", "agent", "--format", "=", "nd"], ["ndjson"]],
  [["picket", "agent", "--format", "="], ["ndjson", "text"]],
  [["picket", "agent", "--fail-on", "crit"], ["critical"]],
  [["picket", "agent", "--rules", "a fo"], ["a folder"]],
  [["picket", "agent", "--tz", "a"], []],
  [["picket", "agent", "--quiet", "a"], ["a folder", "auth.log"]],
  [["picket", "--allow-env", "=", "X", "agent", "--fol"], ["--follow"]],
  [["picket", "sinks", ""], ["list", "retry", "test", "types"]],
  [["picket", "token", "re"], ["revoke"]],
  [["picket", "completion", ""], ["bash", "fish", "man", "zsh"]],
  [["picket", "serve", ""], []],
  [["picket", "nothing", ""], []],
];

testNeeding(needs.bash, "bash completes commands, options, values and files", async () => {
  const script = await written("bash");
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/completion`, script);
    await Deno.writeTextFile(`${folder}/auth.log`, "");
    await Deno.mkdir(`${folder}/a folder`);
    const asked = LINES.map(([words]) => {
      const list = words.map((w) => `'${w}'`).join(" ");
      return `COMP_WORDS=(${list}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))\n` +
        `_picket; printf '%s\\n' "\${COMPREPLY[@]}"; echo ----`;
    });
    const { code, stdout, stderr } = await runCommand(
      "bash",
      ["--norc", "-uc", `source ./completion\n${asked.join("\n")}`],
      { cwd: folder },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    const offered = stdout.split("----\n").slice(0, -1)
      .map((text) => text.split("\n").filter((line) => line !== ""));
    LINES.forEach(([words, expected], i) =>
      assert.deepEqual(offered[i].sort(), [...expected].sort(), words.join(" "))
    );
  });
});

testNeeding(needs.bash, "bash offers every option of every command", async () => {
  const asked = specs.map((s) =>
    `COMP_WORDS=(picket ${s.name} --) COMP_CWORD=2; _picket; echo "\${COMPREPLY[*]}"`
  );
  const script = `${await written("bash")}\n${asked.join("\n")}`;
  const { stdout } = await runCommand("bash", ["--norc", "-c", script]);
  const expected = specs.map((s) => [...s.options, { name: "help" }].map((o) => `--${o.name}`));
  assert.deepEqual(stdout.trim().split("\n").map((line) => line.split(" ")), expected);
});

testNeeding(needs.fish, "fish completes commands, options and values", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/picket.fish`, await written("fish"));
    const offered = async (line: string) => {
      const { code, stdout, stderr } = await runCommand(
        "fish",
        ["--no-config", "-c", `source picket.fish; complete -C '${line}'`],
        { cwd: folder, env: { HOME: folder } },
      );
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      return stdout.trim().split("\n").map((l) => l.split("\t")[0]);
    };
    assert.deepEqual(await offered("picket ag"), ["agent"]);
    assert.deepEqual((await offered("picket ")).sort(), [...commands, "help"].sort());
    assert.deepEqual(
      (await offered("picket agent --no-")).sort(),
      agentOptions.filter((o) => o.startsWith("--no-")).sort(),
    );
    assert.deepEqual(await offered("picket agent --format nd"), ["ndjson"]);
    assert.deepEqual((await offered("picket sinks ")).sort(), ["list", "retry", "test", "types"]);
  });
});

testNeeding(needs.zsh, "zsh completes commands, options and values", async () => {
  const lines = [
    ["picket ag", "picket agent "],
    ["picket agent --fail-on=cri", "--fail-on=critical"],
    ["picket agent --deliver-pa", "--deliver-past"],
    ["picket sinks ty", "sinks types"],
    ["picket help exp", "help explain"],
  ];
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/_picket`, await written("zsh"));
    // Zsh completes at a terminal alone: one of its own, which is read until it shows what is expected.
    const script = `zmodload zsh/zpty
zpty z 'TERM=dumb zsh -f -i'
zpty -w z 'PS1="%% "; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print re""ady'
zpty -r -m z line '*ready*' || exit 3
ask() { zpty -w -n z "$1"$'\t'; zpty -r -m z line "*$2*" || exit 4; print -r -- "$2"; zpty -w -n z $'\x15'; }
${lines.map(([typed, shown]) => `ask '${typed}' '${shown}'`).join("\n")}
zpty -d z
`;
    const { code, stdout, stderr } = await runCommand(
      "timeout",
      ["60", "zsh", "-f", "-c", script],
      { cwd: folder, env: { HOME: folder } },
    );
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.equal(stdout, lines.map(([, shown]) => `${shown}\n`).join(""));
  });
});

testNeeding(
  needs.man,
  "man reads the manual page without a warning, and it has every option",
  async () => {
    await withFolder(async (folder) => {
      const page = `${folder}/picket.1`;
      await Deno.writeTextFile(page, await written("man"));
      const { code, stdout, stderr } = await runCommand(
        "man",
        ["--warnings", "-E", "UTF-8", "-l", page],
        { env: { MANWIDTH: "400", MANPAGER: "cat", LC_ALL: "C.UTF-8" } },
      );
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      // deno-lint-ignore no-control-regex -- bold and underlined as printers do it
      const plain = stdout.replace(/.\x08|\x1b\[[0-9;]*m/g, "");
      for (const s of specs) {
        assert.ok(plain.includes(`picket ${s.name} [OPTION…]`), s.name);
        for (const o of s.options) {
          assert.ok(plain.includes(`--${o.name}`), `${s.name} --${o.name}`);
        }
        for (const e of s.examples) {
          assert.ok(plain.includes(e.command), e.command);
        }
      }
    });
  },
);

Deno.test("completion wants one word that it knows", async () => {
  for (const args of [[], ["csh"], ["bash", "zsh"]]) {
    const { code, stderr } = await inProcess(["completion", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, /help: Give one of bash, zsh, fish, man/);
  }
});
