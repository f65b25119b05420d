/** Whether what is read can be read, and means something. */
import { dirname } from "node:path";
import { recognise } from "../../../compiler/sourcetype/mod.ts";
import type { Sourcetypes } from "../../content/loaded.ts";
import { count, elapsedText, percent, rfc3339 } from "../../outputs/render/text.ts";
import { isKnown } from "../../run/shapes.ts";
import { isPacked, reason } from "../../sources/files.ts";
import { look } from "../../sources/look.ts";
import { bytesAt } from "../../sources/tail.ts";
import { Parsers } from "../../stages/parse.ts";
import { InputHandle } from "../../input.ts";
import { PROGRAM } from "../../program.ts";
import { Findings } from "./finding.ts";
import { groupName, mayRead, type User } from "./users.ts";

/** Bytes at a log's end that are looked at, and lines of them. */
const TAIL = 256 * 1024, LINES = 2000;
/** ms that a clock may be off before it is told. */
const OFF = 60_000;
const MINUTE = 60_000, HOUR = 60 * MINUTE;

export interface LogChecks {
  readonly logs: Findings;
  readonly clock: Findings;
  /** Names of sourcetypes that lines were of. */
  readonly seen: Set<string>;
}

export interface LogOptions {
  readonly sourcetypes: Sourcetypes;
  readonly zoneOf: (name: string) => string;
  /** Who reads the logs where root asks; null for this user. */
  readonly user: User | null;
}

/** Looks at every file that operands name. */
export async function checkLogs(
  operands: readonly string[],
  options: LogOptions,
): Promise<LogChecks> {
  const checks = {
    logs: new Findings("logs"),
    clock: new Findings("clock"),
    seen: new Set<string>(),
  };
  for (const operand of operands) {
    const files = [...look([operand]).values()];
    if (files.length === 0) await missing(operand, checks.logs);
    for (const file of files) await checkFile(file, options, checks);
  }
  return checks;
}

/** An operand that names nothing: it may come, or its folder may be closed. */
async function missing(operand: string, logs: Findings): Promise<void> {
  try {
    const folder = dirname(operand.replace(/[*?[{].*$/, "x"));
    for await (const _ of Deno.readDir(folder)) break;
    logs.warning(`"${operand}" is not there`, "Correct the path; it is read once it appears");
  } catch (error) {
    logs.error(
      `"${operand}" cannot be found: ${reason(error)}`,
      "Correct the path, or let the agent's user into its folder",
    );
  }
}

async function checkFile(
  { path, size, modified }: { path: string; size: number; modified: number },
  options: LogOptions,
  { logs, clock, seen }: LogChecks,
): Promise<void> {
  const stat = await Deno.stat(path);
  if (options.user !== null && !mayRead(options.user, stat)) {
    return logs.error(
      `${options.user.name} cannot read ${path}`,
      await howToRead(stat, path, options.user.name),
    );
  }
  let text: string;
  try {
    if (await isPacked(path)) return logs.ok(`${path}: packed, read whole`);
    const from = Math.max(0, size - TAIL);
    text = new TextDecoder().decode(await bytesAt(path, from, Math.min(size, TAIL)));
    if (from > 0) text = text.slice(text.indexOf("\n") + 1);
  } catch (error) {
    return logs.error(
      `${path} cannot be read: ${reason(error)}`,
      error instanceof Deno.errors.PermissionDenied
        ? await howToRead(stat, path, "USER")
        : "Correct the path",
    );
  }
  const lines = text.split("\n").filter((l) => l.trim() !== "").slice(-LINES);
  if (lines.length === 0) return logs.ok(`${path}: readable, without a line yet`);
  const found = checkLines(path, lines, modified, options, logs);
  for (const name of found.sourcetypes) seen.add(name);
  if (found.newest !== null) checkTimes(path, found.newest, modified, clock);
}

async function howToRead(stat: Deno.FileInfo, path: string, user: string): Promise<string> {
  const byGroup = stat.mode !== null && (stat.mode & 0o040) !== 0 && stat.gid !== 0;
  return byGroup
    ? `usermod -aG ${await groupName(stat.gid!)} ${user}, then start the agent anew`
    : `setfacl -m u:${user}:r ${path}`;
}

/** What lines mean. @param modified epoch ms, where a missing year is taken from */
export function checkLines(
  name: string,
  lines: readonly string[],
  modified: number,
  { sourcetypes, zoneOf }: LogOptions,
  logs: Findings,
): { sourcetypes: ReadonlySet<string>; newest: number | null } {
  const { sourcetype } = recognise(lines, sourcetypes);
  const input = new InputHandle({ name, sourcetype: sourcetype ?? "syslog", modified });
  const parsers = new Parsers({ compiled: sourcetypes, mixed: true, tz: zoneOf(name) });
  const { events, extractionIds, extractions } = parsers.parse({
    input,
    lines: [...lines],
    arrival: Date.now(),
    offset: (i) => i,
    truncated: null,
    end: lines.length,
    encoding: "utf-8",
  }, null).events;
  let meaningful = 0, known = 0, newest: number | null = null;
  const found = new Set<string>();
  events.forEach((event, i) => {
    const x = extractions[extractionIds[i]];
    if (!x.parseError) found.add(x.sourcetype);
    if (x.datasets.length > 0) meaningful++;
    if (isKnown(x)) known++;
    // A line without a time of its own has another's.
    if (event._time_from === undefined) newest = Math.max(newest ?? -Infinity, event._time);
  });
  const of = `the last ${count(events.length, "line")}`;
  if (sourcetype === null) {
    logs.warning(
      `${name}: no sourcetype fits ${of}`,
      `Write one (sourcetypes/README.md), or see what ${PROGRAM} parse makes of it`,
    );
  } else if (known === 0) {
    logs.warning(
      `${name}: ${sourcetype}, and nothing in ${of} means anything to rules`,
      `${PROGRAM} parse --unread ${name} shows their shapes`,
    );
  } else {
    logs.ok(
      `${name}: ${sourcetype}; of ${of} ${percent(meaningful, events.length)} mean something`,
    );
  }
  return { sourcetypes: found, newest };
}

/** The newest line against this machine's clock, and against when the file was written. */
function checkTimes(path: string, newest: number, modified: number, clock: Findings): void {
  const ahead = newest - Date.now();
  if (ahead > OFF) {
    return clock.warning(
      `${path}: its newest line is ${elapsedText(ahead)} ahead of this machine's clock (${
        rfc3339(newest)
      })`,
      "Name the zone of its times with --tz NAME=ZONE, or set the clock right",
    );
  }
  const behind = modified - newest;
  const quarters = Math.round(behind / (15 * MINUTE));
  const off = Math.abs(behind - quarters * 15 * MINUTE);
  if (quarters >= 2 && behind < 15 * HOUR && off < 2 * MINUTE) {
    return clock.warning(
      `${path}: its newest line is ${
        elapsedText(behind)
      } older than the file: its times may be of ` +
        "another zone",
      "Name it with --tz NAME=ZONE if so",
    );
  }
  clock.ok(`${path}: newest line of ${rfc3339(newest)}`);
}
