/**
 * Picket beside what an analyst types: a dozen greps, written down here, over simulated logs whose
 * attacks are known, and over LogSentinel's own files. For each side: findings, attacks found and
 * missed, findings that are about no attack, time, and time for each attack that is found.
 *
 *     deno task bench:grep [--duration 1d] [--rate 1] [--runs 3] [FOLDER…]
 *
 * An attack counts as found when a finding names its source, account or host: generous to grep, which
 * says what a line holds and not what it means. Of a FOLDER nothing is known, so that findings are
 * counted by tactic alone. Times are medians of runs in turns, processes and their start included.
 */
import { parseArgs } from "node:util";

interface Question {
  readonly tactic: string;
  readonly asks: string;
  /** Typed in a shell in the folder of the logs; each line that it prints is a finding. */
  readonly typed: string;
}

const count = (least: number) => `sort | uniq -c | awk '$1 >= ${least}'`;

const QUESTIONS: readonly Question[] = [
  {
    tactic: "Credential Access",
    asks: "Which sources failed to log in five times?",
    typed: `grep -hE 'Failed password' * | grep -oE 'from [0-9.]+' | ${count(5)}`,
  },
  {
    tactic: "Credential Access",
    asks: "Which sources failed at other services?",
    typed:
      `grep -hiE 'auth failed|authentication fail|login failed' * | grep -oE '[0-9]+(\\.[0-9]+){3}' | ${
        count(5)
      }`,
  },
  {
    tactic: "Initial Access",
    asks: "Who logged in with a password from outside?",
    typed:
      "grep -hE 'Accepted password' * | grep -vE 'from (10|192\\.168|172\\.(1[6-9]|2[0-9]|3[01]))\\.'",
  },
  {
    tactic: "Initial Access",
    asks: "Who sent SQL?",
    typed: "grep -hiE 'union.{1,20}select|or(%20|\\+| )1=1|%27(%20|\\+)or' *",
  },
  {
    tactic: "Discovery",
    asks: "Who left the web root?",
    typed: "grep -hiE '\\.\\./|%2e%2e%2f|etc/passwd' *",
  },
  {
    tactic: "Execution",
    asks: "Who sent commands?",
    typed: "grep -hiE '(;|%3b|\\|)(cat|id|wget|curl|whoami)' *",
  },
  {
    tactic: "Reconnaissance",
    asks: "Who asked for ten missing pages, or names a scanner?",
    typed: `(grep -hE '" (403|404) ' *; grep -hiE 'nikto|sqlmap|nmap' *) | grep -oE '^[0-9.]+' | ${
      count(10)
    }`,
  },
  {
    tactic: "Privilege Escalation",
    asks: "Who was refused by sudo, or opened a shell with it?",
    typed: "grep -hE 'NOT in sudoers|incorrect password attempt|COMMAND=/bin/(ba)?sh' *",
  },
  {
    tactic: "Persistence",
    asks: "Which accounts, services and tasks are new?",
    typed: "grep -hE 'new user|service_install|scheduled_task_create|<EventID>(7045|4698|4720)<' *",
  },
  {
    tactic: "Lateral Movement",
    asks: "Who logged on to another internal host?",
    typed: "grep -hE 'EventID=4624.*Target=(10|192\\.168|172\\.(1[6-9]|2[0-9]|3[01]))\\.' *",
  },
  {
    tactic: "Command and Control",
    asks: "Who connected to ports of C2 tools?",
    typed: "grep -hE 'DPT=(4444|6667|1337|8080)\\b' *",
  },
  {
    tactic: "Exfiltration",
    asks: "Who sent ten megabytes?",
    typed: "grep -hE 'BYTES_OUT=[1-9][0-9]{7,}|\"bytes\":[1-9][0-9]{7,}' *",
  },
];

interface Finding {
  readonly tactics: readonly string[];
  readonly text: string;
}

interface Side {
  readonly findings: readonly Finding[];
  readonly ms: number;
}

interface Attack {
  readonly attack: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly expected: readonly { readonly entity: Readonly<Record<string, string>> }[];
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    duration: { type: "string", default: "1d" },
    rate: { type: "string", default: "1" },
    runs: { type: "string", default: "3" },
  },
});
const runs = Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 1) {
  console.error(`error: --runs "${values.runs}" is not a number above 0`);
  Deno.exit(2);
}
const main = new URL("../main.ts", import.meta.url).pathname;
const deno = ["run", "--quiet", "--no-prompt", "-A", main];

async function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const ran = await new Deno.Command(program, { args: [...args], cwd, stderr: "null" }).output();
  return new TextDecoder().decode(ran.stdout);
}

async function greps(folder: string): Promise<Side> {
  const start = performance.now();
  const findings: Finding[] = [];
  for (const { tactic, typed } of QUESTIONS) {
    const lines = (await output("sh", ["-c", typed], folder)).split("\n").filter(Boolean);
    findings.push(...lines.map((text) => ({ tactics: [tactic], text })));
  }
  return { findings, ms: performance.now() - start };
}

async function picket(folder: string): Promise<Side> {
  const start = performance.now();
  const files = [...Deno.readDirSync(folder)].map((e) => e.name).sort();
  const args = [...deno, "agent", "--no-store", "--quiet", "--format", "ndjson", ...files];
  const lines = (await output(Deno.execPath(), args, folder)).split("\n").filter(Boolean);
  const findings = lines.map((line): Finding => {
    const { mitre, entity, fields, message } = JSON.parse(line);
    const tactics = new Set<string>(mitre.flatMap((m: { tactics: string[] }) => m.tactics));
    return { tactics: [...tactics], text: `${message} ${JSON.stringify([entity, fields])}` };
  });
  return { findings, ms: performance.now() - start };
}

/** Both sides in turns; the findings of the last run and the median of the times. */
async function race(folder: string): Promise<[grep: Side, picket: Side]> {
  const times: [number[], number[]] = [[], []];
  let last: [Side, Side];
  for (let i = 0; i < runs; i++) {
    last = [await greps(folder), await picket(folder)];
    last.forEach((side, k) => times[k].push(side.ms));
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1];
  return [{ ...last![0], ms: median(times[0]) }, { ...last![1], ms: median(times[1]) }];
}

const row = (name: string, grep: string | number, ours: string | number) =>
  console.log(`${name.padEnd(34)} ${String(grep).padStart(12)} ${String(ours).padStart(12)}`);

function byTactic([grep, ours]: readonly [Side, Side]): void {
  row("findings by tactic", "grep", "Picket");
  const of = (side: Side, tactic: string) =>
    side.findings.filter((f) => f.tactics.includes(tactic)).length;
  const all = new Set([...grep.findings, ...ours.findings].flatMap((f) => f.tactics));
  for (const tactic of [...all].sort()) row(`  ${tactic}`, of(grep, tactic), of(ours, tactic));
  row("findings", grep.findings.length, ours.findings.length);
  row("time, ms", grep.ms.toFixed(0), ours.ms.toFixed(0));
}

/** Whether a finding names who or what an attack is about; a part of a longer word is another. */
function about(attack: Attack): (finding: Finding) => boolean {
  const names = new Set(
    [attack.entity, ...attack.expected.map((e) => e.entity)].flatMap((e) => Object.values(e)),
  );
  const escaped = [...names].map((name) => name.replace(/[^\w]/g, "\\$&"));
  const any = new RegExp(`(?<![\\w.])(?:${escaped.join("|")})(?![\\w]|\\.\\d)`);
  return ({ text }) => any.test(text);
}

function against(attacks: readonly Attack[], sides: readonly [Side, Side]): void {
  const found = sides.map(({ findings }) => attacks.filter((a) => findings.some(about(a))));
  const tests = attacks.map(about);
  const idle = sides.map(({ findings }) =>
    findings.filter((f) => !tests.some((test) => test(f))).length
  );
  row("attacks found", found[0].length, found[1].length);
  row("attacks missed", attacks.length - found[0].length, attacks.length - found[1].length);
  row("findings about no attack", idle[0], idle[1]);
  const each = sides.map((side, k) => (side.ms / Math.max(1, found[k].length)).toFixed(1));
  row("time for each attack found, ms", each[0], each[1]);
  const only = (k: number) => attacks.filter((a) => !found[k].includes(a)).map((a) => a.attack);
  console.log(`\nmissed by grep: ${only(0).join(", ") || "none"}`);
  console.log(`missed by Picket: ${only(1).join(", ") || "none"}`);
}

const folder = Deno.makeTempDirSync({ prefix: "picket-grep-" });
try {
  const truth = `${folder}/truth.json`, logs = `${folder}/logs`;
  Deno.mkdirSync(logs);
  const { duration, rate } = values;
  const made = ["--out", logs, "--truth", truth, "--duration", duration, "--rate", rate];
  await output(Deno.execPath(), [...deno, "simulate", "--quiet", ...made], folder);
  const attacks: Attack[] = JSON.parse(Deno.readTextFileSync(truth)).attacks;
  console.log(`${QUESTIONS.length} greps beside Picket, medians of ${runs} runs`);
  console.log(`\nSimulated logs: ${duration} at ${rate} lines a second, ${attacks.length} attacks`);
  const sides = await race(logs);
  byTactic(sides);
  against(attacks, sides);
  for (const given of positionals) {
    const copied = `${folder}/given`;
    Deno.mkdirSync(copied);
    for (const { name, isFile } of Deno.readDirSync(given)) {
      if (isFile && /\.(?:log|xml|jsonl?|ndjson)$/.test(name)) {
        Deno.copyFileSync(`${given}/${name}`, `${copied}/${name}`);
      }
    }
    console.log(`\n${given}`);
    byTactic(await race(copied));
    Deno.removeSync(copied, { recursive: true });
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
