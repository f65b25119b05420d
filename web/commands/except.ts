/** `except`: what is no alert, from an alert that was one. */
import { PROGRAM } from "../../agent/program.ts";
import type { IrRule } from "../../compiler/ir/program.ts";
import { RULES_CONFIG, withConfig } from "../../agent/commands/config.ts";
import {
  type Args,
  type CommandSpec,
  EXIT,
  type Io,
  UsageError,
} from "../../agent/commands/command.ts";
import { loadForRun, RULE_OPTIONS, SOURCETYPES } from "../../agent/commands/shared.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "../../agent/commands/stores.ts";
import { count, rfc3339 } from "../../agent/outputs/render/text.ts";
import { parseUntil } from "../../agent/settings/except.ts";
import { tuningOf } from "../../agent/settings/tuning.ts";
import type { Store, StoredAlert } from "../../agent/store/mod.ts";
import { visible, visibleLines } from "../../grammar/visible.ts";
import { ApiError } from "../server/http/error.ts";
import {
  alertsOf,
  chooseFields,
  conditionOf,
  conditionText,
  exceptionYaml,
  heldBack,
} from "../server/route/exceptions.ts";

/** Days of alerts that a proposal is held against, and alerts of them that are printed. */
const DAYS = 30, SHOWN = 10;

/** @param agent what `--config` may say besides */
export function exceptCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "except",
    operands: "ALERT | list | end ID",
    summary: "Propose an exception from an alert, take it, list and end those that were taken.",
    details:
      "Without --take it prints the narrowest exception over the alert's fields, which stored alerts it\n" +
      "would have held back, and the YAML for agent.yaml. With --take and --reason it is stored: agents\n" +
      "that run apply it within seconds, later ones from their start. While `serve` or an agent has the\n" +
      "embedded database, use the alert's page.",
    options: [
      { name: "fields", value: "NAME,…", summary: "Ask these fields of the alert" },
      { name: "where", value: "CONDITION", summary: "Ask this instead, in SDL" },
      {
        name: "days",
        value: "N",
        summary: `Days of stored alerts to hold it against (default ${DAYS})`,
      },
      { name: "take", summary: "Store it; takes --reason" },
      { name: "reason", value: "TEXT", summary: "Why it is no alert" },
      { name: "until", value: "DATE", summary: "The last day on which it holds, by events' times" },
      { name: "by", value: "NAME", summary: "Who says so (default: the user)" },
      ...STORE_OPTIONS,
      ...RULE_OPTIONS,
      SOURCETYPES,
      RULES_CONFIG,
    ],
    examples: [
      {
        command: `${PROGRAM} except 84a1c0… --fields src,user`,
        does: "What an exception for this would have held back",
      },
      {
        command: `${PROGRAM} except 84a1c0… --take --reason "our scanner" --until 2027-03-01`,
        does: "It is no alert until then",
      },
      { command: `${PROGRAM} except list`, does: "Those that were taken, as YAML" },
    ],
    run: (given, io) => runExcept(command, agent, given, io),
  };
  return command;
}

async function runExcept(
  command: CommandSpec,
  agent: CommandSpec,
  given: Args,
  io: Io,
): Promise<number> {
  const { args, settings } = await withConfig(command, given, io, agent);
  const [what, id, ...more] = args.operands;
  const extra = what === "end" ? more[0] : id;
  if (what === undefined || extra !== undefined) {
    throw new UsageError(
      what === undefined ? "No alert is named" : `Unexpected "${extra}"`,
      "Give an alert's id, list, or end ID",
    );
  }
  const asked = what === "list" ? "" : idOf(what === "end" ? id : what);
  const take = takeOf(args);
  const loaded = asked === "" || what === "end"
    ? null
    : await loadForRun(args, io, { tuning: settings ? tuningOf(settings) : undefined });
  const place = await placeOf(args, io);
  await io.keep("read", ...permissionsOf(place));
  const store = await storeAt(place, io);
  try {
    if (what === "list") await list(store, io);
    else if (what === "end") await end(store, asked, byOf(args, io), io);
    else {
      const alert = await store.alert(asked);
      if (!alert) {
        throw new UsageError(`There is no alert "${asked}"`, "GET /api/alerts lists them");
      }
      const rule = loaded!.program.rules.find((r) => r.name === alert.rule);
      if (!rule) {
        throw new UsageError(
          `The rule "${alert.rule}" of the alert is not loaded`,
          "Name its file with --rules, or --config",
        );
      }
      await propose(store, { alert, rule, take, args }, io);
    }
  } finally {
    await store.close();
  }
  return EXIT.done;
}

function idOf(text: string | undefined): string {
  const id = (text ?? "").replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new UsageError(`"${text ?? ""}" is no id`, "Copy its 32 hex digits whole");
}

interface Take {
  readonly reason: string;
  readonly until: number | null;
}

/** What is taken; null for a proposal. */
function takeOf(args: Args): Take | null {
  const text = args.get("until");
  const until = text === undefined ? null : parseUntil(text);
  if (text !== undefined && until === null) {
    throw new UsageError(`Invalid value "${text}" for --until`, "Write a date, as 2027-03-01");
  }
  const reason = args.get("reason")?.trim() ?? "";
  if (!args.flag("take")) return null;
  if (reason === "") {
    throw new UsageError("--take is given without --reason", "Say why it is no alert");
  }
  return { reason, until };
}

const byOf = (args: Args, io: Io): string => args.get("by") ?? io.env("USER") ?? "command line";

async function propose(
  store: Store,
  { alert, rule, take, args }: {
    readonly alert: StoredAlert;
    readonly rule: IrRule;
    readonly take: Take | null;
    readonly args: Args;
  },
  io: Io,
): Promise<void> {
  const days = args.int("days", 1, 3650) ?? DAYS;
  const others = await alertsOf(store, alert.rule, days);
  const names = args.get("fields")?.split(",").map((n) => n.trim()) ?? null;
  const fields = chooseFields(rule, alert, others, names);
  const unknown = names?.find((n) => !fields.some((f) => f.name === n));
  if (unknown !== undefined) {
    throw new UsageError(
      `The alert has no field "${unknown}" that can be asked`,
      `Give some of ${fields.map((f) => f.name).join(", ")}`,
    );
  }
  const where = args.get("where") ?? conditionText(rule, alert, fields);
  if (where === "") throw new UsageError("No field is asked", "Give --where CONDITION");
  let held;
  try {
    held = heldBack(conditionOf(rule, where), others);
  } catch (error) {
    if (error instanceof ApiError) throw new UsageError(error.message, "Correct --where");
    throw error;
  }
  if (args.get("where") === undefined) {
    for (const f of fields) {
      io.err(visible(`${f.taken ? "asked" : "left "}  ${f.name} is ${f.value}: ${f.why}`) + "\n");
    }
  }
  io.err(
    `It would have held back ${count(held.silenced)} of ${
      count(others.length, "alert")
    } of ${alert.rule} in ${count(days, "day")}\n`,
  );
  for (const a of held.alerts.slice(0, SHOWN)) {
    io.err(visible(`  ${a.time}  ${a.severity}  ${a.message}`) + "\n");
  }
  const who = byOf(args, io);
  const { reason, until } = take ?? { reason: args.get("reason") ?? "", until: null };
  io.out(visibleLines(exceptionYaml({ rule: alert.rule, condition: where, reason, until, who })));
  if (take === null) return;
  const made = await store.addException({
    rule: alert.rule,
    condition: where,
    reason,
    who,
    until,
    alert: alert.id,
  });
  io.err(`Taken as ${made.id}; \`except end ${made.id}\` ends it\n`);
}

async function list(store: Store, io: Io): Promise<void> {
  const taken = await store.exceptions({ active: true, now: Date.now() });
  for (const e of taken) {
    io.out(`# ${e.id}, taken ${rfc3339(e.created)}\n` + visibleLines(exceptionYaml(e)));
  }
  if (taken.length === 0) io.err("No exception was taken\n");
}

async function end(store: Store, id: string, who: string, io: Io): Promise<void> {
  if (!await store.endException(id, who)) {
    throw new UsageError(`There is no exception "${id}" in force`, "`except list` names them");
  }
  io.err(`Ended ${id}; agents that run follow within seconds\n`);
}
