/** `report`: what was found, as one file. */
import { PROGRAM } from "../../agent/program.ts";
import { gather, reportHtml, reportJson, reportMarkdown } from "../report/mod.ts";
import { type CommandSpec, EXIT, type Io, UsageError } from "../../agent/commands/command.ts";
import { STORE_CONFIG, withConfig } from "../../agent/commands/config.ts";
import { anchorNote, pointOf } from "../../agent/commands/range.ts";
import { anchorOf } from "../../agent/search/range.ts";
import type { Store } from "../../agent/store/mod.ts";
import { permissionsOf, placeOf, STORE_OPTIONS, storeAt } from "../../agent/commands/stores.ts";

const ENDINGS = { html: "html", markdown: "md", json: "json" } as const;

/** @param agent what `--config` may say besides */
export function reportCommand(agent: CommandSpec): CommandSpec {
  const command: CommandSpec = {
    name: "report",
    operands: "",
    summary:
      "Write what was found as one file: incidents, alerts, evidence, and what was not seen.",
    details:
      "The file is named by the time it was made and never replaces another. The HTML form needs nothing\n" +
      "beside it and prints well. stdout says the file's name.",
    options: [
      { name: "incident", value: "ID", summary: "One incident alone, by its id" },
      {
        name: "since",
        value: "WHEN",
        summary:
          "Only what ended since: a time, or a duration such as 24h, counted back from the newest event " +
          "where nothing comes in live",
      },
      {
        name: "tz",
        value: "ZONE",
        summary: "Zone of the times in it, as in Europe/Berlin or UTC (default this machine's)",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: ["html", "markdown", "json"],
        summary: "Form of the report (default html)",
      },
      {
        name: "out",
        value: "DIR",
        summary: "Folder that the file goes into (default the current one)",
      },
      ...STORE_OPTIONS,
      STORE_CONFIG,
    ],
    examples: [
      { command: `${PROGRAM} report`, does: "Everything in ./picket-data" },
      {
        command: `${PROGRAM} report --since 24h --format markdown --out /srv/reports`,
        does: "The last day, for a ticket",
      },
    ],
    async run(given, io) {
      const { args } = await withConfig(command, given, io, agent);
      if (args.operands.length) {
        throw new UsageError(
          `Unexpected "${args.operands[0]}"`,
          "Name an incident with --incident ID",
        );
      }
      const now = Date.now();
      const incident = args.get("incident")?.replaceAll("-", "").toLowerCase();
      if (incident !== undefined && !/^[0-9a-f]{32}$/.test(incident)) {
        throw new UsageError(
          `"${args.get("incident")}" is no incident's id`,
          "Copy its 32 hex digits whole",
        );
      }
      const since = args.get("since");
      if (incident !== undefined && since !== undefined) {
        throw new UsageError("Both --incident and --since are given", "Keep one of them");
      }
      const format = (args.get("format") ?? "html") as keyof typeof ENDINGS;
      const zone = zoneOf(args.get("tz"));
      const place = await placeOf(args, io);
      await io.keep("read", "write", ...permissionsOf(place));
      const store = await storeAt(place, io);
      try {
        const report = await gather(store, {
          now,
          zone,
          incident,
          since: since === undefined ? undefined : await sinceOf(store, since, now, io),
        });
        if (report === null) {
          throw new UsageError(
            `There is no incident "${args.get("incident")}"`,
            "GET /api/incidents lists them",
          );
        }
        const text = format === "html"
          ? await reportHtml(report)
          : format === "markdown"
          ? reportMarkdown(report)
          : reportJson(report);
        io.out(await write(args.get("out") ?? ".", now, ENDINGS[format], text) + "\n");
      } finally {
        await store.close();
      }
      return EXIT.done;
    },
  };
  return command;
}

/** A zone by its name; the machine's own without one. */
function zoneOf(name: string | undefined): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw new UsageError(
      `No time zone is called "${name}"`,
      "Write a name of IANA's as in --tz Europe/Berlin, or --tz UTC",
    );
  }
}

/** A time, or a length of time that counts back as in a search. */
async function sinceOf(store: Store, text: string, now: number, io: Io): Promise<number> {
  const anchor = await anchorOf(store, now);
  const { time, relative } = pointOf("since", text, anchor);
  const note = relative ? anchorNote(text, anchor) : null;
  if (note !== null) io.err(note + "\n");
  return time;
}

/** Writes a file that was not there; returns its path. */
async function write(folder: string, now: number, ending: string, text: string): Promise<string> {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  for (let n = 1;; n++) {
    const path = `${folder.replace(/(.)\/+$/, "$1")}/picket-report-${stamp}${
      n === 1 ? "" : `-${n}`
    }.${ending}`;
    try {
      await Deno.writeTextFile(path, text, { createNew: true });
      return path;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw new UsageError(
        `Cannot write "${path}": ${error instanceof Error ? error.message : error}`,
        "Name a folder that this user may write to with --out",
      );
    }
  }
}
