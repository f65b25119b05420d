/** `init`: agent.yaml and a service for what this machine has. */
import { BUILD, DENO_OPTIONS, PROGRAM, ROOT } from "../program.ts";
import { visible, visibleLines } from "../../grammar/visible.ts";
import { count } from "../outputs/render/text.ts";
import {
  agentYaml,
  groupsOf,
  PATHS,
  type Program,
  systemdUnit,
  sysusers,
  takesJournal,
  USER,
} from "../setup/files.ts";
import { lookAtMachine, type Machine } from "../setup/machine.ts";
import { reason } from "../sources/files.ts";
import { type Args, type CommandSpec, EXIT, type Io, UsageError } from "./command.ts";

export const initCommand: CommandSpec = {
  name: "init",
  operands: "",
  summary: "Set up an agent for what this machine has: agent.yaml, and a service of systemd.",
  details:
    "It looks for logs in their usual places and for the journal, and says what it would write. With\n" +
    "--yes it writes that. A file that is there and differs is left alone unless --replace is given,\n" +
    "which keeps the old one beside it as FILE.old.",
  options: [
    { name: "yes", summary: "Write the files" },
    {
      name: "replace",
      summary: "With --yes: replace files that differ, keeping the old as FILE.old",
    },
    {
      name: "root",
      value: "DIR",
      summary: "Root of another machine's files, as of an image (default: this machine's)",
    },
  ],
  examples: [
    { command: `${PROGRAM} init`, does: "What was found, and what would be written" },
    { command: `sudo ${PROGRAM} init --yes`, does: "Writes it" },
  ],
  run: init,
};

/** A file to be written. */
interface File {
  readonly path: string;
  readonly text: string;
  /** What is there: nothing, the same, or something else. */
  readonly now: "missing" | "same" | "differs";
}

async function init(args: Args, io: Io): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(`Unexpected "${args.operands[0]}"`, "Name a root with --root DIR");
  }
  if (args.flag("replace") && !args.flag("yes")) {
    throw new UsageError("--replace is given without --yes", "Give both, or neither to look only");
  }
  await io.keep("read", ...(args.flag("yes") ? ["write"] as const : []));
  const root = (args.get("root") ?? "").replace(/\/+$/, "");
  if (root !== "" && !(await Deno.stat(root).catch(() => null))?.isDirectory) {
    throw new UsageError(`"${root}" is no folder`, "Correct --root");
  }
  const machine = lookAtMachine(root);
  io.err(visibleLines(foundText(machine)));
  const files = await filesFor(machine, root);
  if (args.flag("yes")) await write(files, args.flag("replace"), io);
  else show(files, io);
  io.err(visibleLines(nextText(machine, args.flag("yes"))));
  return EXIT.done;
}

/** What the machine has, in lines. */
function foundText(machine: Machine): string {
  const lines = machine.logs.map(({ what, path, files, groups, closed }) =>
    `  ${path}: ${what}` + (files > 1 ? `, ${count(files, "file")}` : "") +
    (groups ? `, for the group ${groups.join(", ")}` : "") +
    (closed.length > 0 ? `; root alone may read ${closed.join(", ")}` : "")
  );
  if (machine.journal) {
    lines.push(
      takesJournal(machine)
        ? "  the journal of systemd"
        : "  the journal of systemd: left out, since what it holds of logins is in the file above",
    );
  }
  const found = lines.length > 0
    ? `Found:\n${lines.join("\n")}\n`
    : "Found no log in its usual place and no journal: name yours under files: in agent.yaml\n";
  return machine.systemd ? found : found + "Found no systemd: no service is set up\n";
}

async function filesFor(machine: Machine, root: string): Promise<File[]> {
  const program: Program = {
    deno: Deno.execPath(),
    // The service has a cache of its own: what a clone needs is fetched by its first start.
    options: BUILD === null ? DENO_OPTIONS.filter((o) => o !== "--cached-only") : DENO_OPTIONS,
    main: decodeURIComponent(new URL(Deno.mainModule).pathname),
    name: PROGRAM,
  };
  const texts: [string, string][] = [[PATHS.config, agentYaml(machine, program)]];
  if (machine.systemd) {
    texts.push([PATHS.user, sysusers(machine)], [PATHS.unit, systemdUnit(program)]);
  }
  return await Promise.all(texts.map(async ([path, text]) => {
    const there = await read(root + path);
    const now = there === null ? "missing" : there === text ? "same" : "differs";
    return { path: root + path, text, now } as const;
  }));
}

/** Null where there is no such file. Throws UsageError. */
async function read(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new UsageError(`Cannot read "${path}": ${reason(error)}`, "Start it as root");
  }
}

const DOES = {
  missing: "Would write",
  same: "Is there as it would be written",
  differs: "Would leave alone, since it is there and differs (--replace)",
};

function show(files: readonly File[], io: Io): void {
  for (const { path, text, now } of files) {
    io.out(visibleLines(`# ${DOES[now]}: ${path}\n${now === "same" ? "" : text}\n`));
  }
}

async function write(files: readonly File[], replace: boolean, io: Io): Promise<void> {
  for (const { path, text, now } of files) {
    const say = (what: string) => io.err(visible(`${what} ${path}`) + "\n");
    if (now === "same") say("Is there already:");
    else if (now === "differs" && !replace) say("Left alone, since it differs (--replace):");
    else {
      try {
        await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
        if (now === "differs") {
          const old = await freeName(`${path}.old`);
          await Deno.rename(path, old);
          say(`Kept the old one as ${old}, replaced`);
        } else say("Wrote");
        await Deno.writeTextFile(path, text, { createNew: true, mode: 0o644 });
      } catch (error) {
        throw new UsageError(
          `Cannot write "${path}": ${reason(error)}`,
          "Start it as root (sudo), or write below another folder with --root DIR",
        );
      }
    }
  }
}

/** The name, or one with a number where there is such a file. */
async function freeName(name: string): Promise<string> {
  for (let n = 1;; n++) {
    const path = n === 1 ? name : `${name}${n}`;
    if (await Deno.lstat(path).then(() => false, () => true)) return path;
  }
}

/** What is to be done then, and what stands in the way. */
function nextText(machine: Machine, written: boolean): string {
  const lines: string[] = [];
  for (const { closed } of machine.logs) {
    for (const file of closed) {
      lines.push(`warning: ${USER} cannot read ${file}: setfacl -m u:${USER}:r ${file}`);
    }
  }
  const program = decodeURIComponent(ROOT.pathname);
  for (const path of new Set([Deno.execPath(), program])) {
    if (/^\/(home|root)\//.test(path)) {
      lines.push(
        `warning: ${path} is in a home folder, which ${USER} may not enter: put it into /opt or ` +
          "/usr/local",
      );
    }
  }
  if (!written) lines.push(`To write these files: ${PROGRAM} init --yes, as root`);
  else if (machine.systemd) {
    const groups = groupsOf(machine);
    lines.push(
      "Next, as root:",
      `  systemd-sysusers                # makes the user ${USER}` +
        (groups.length > 0 ? ` in ${groups.join(", ")}` : ""),
      "  systemctl enable --now picket",
      `  ${PROGRAM} doctor`,
    );
  } else lines.push(`Next: ${PROGRAM} agent --config ${PATHS.config}`);
  return lines.map((line) => line + "\n").join("");
}
