/** Options and steps that several commands share. */
import { PROGRAM } from "../program.ts";
import { parseCidr, parseIp } from "../../grammar/ip.ts";
import { cidrMatcher } from "../../compiler/schema/ip.ts";
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { nearest } from "../../grammar/nearest.ts";
import { zone } from "../../compiler/sourcetype/mod.ts";
import { renderText } from "../../compiler/check/diagnostics.ts";
import { LoadError } from "../content/files.ts";
import { load, loadCached, type LoadOptions } from "../content/load.ts";
import type { Loaded, LoadedSources, Sourcetypes, Texts } from "../content/loaded.ts";
import { CacheFolder } from "../content/cache/folder.ts";
import { visible } from "../../grammar/visible.ts";
import { count } from "../outputs/render/text.ts";
import { findInputs, type InputPath } from "../sources/files.ts";
import type { ParseOptions } from "../stages/parse.ts";
import { type Args, type Io, type OptionSpec, UsageError } from "./command.ts";
import { reportSigma, RULE_FILTERS, SIGMA_THROTTLE, STRICT, wantedRules } from "./rules.ts";

export const RULES: OptionSpec = {
  name: "rules",
  value: "PATH",
  multiple: true,
  summary:
    "Rules (SDL or Sigma) to use instead of the shipped ones: a file or folder; `shipped` names those",
};

export const LISTS: OptionSpec = {
  name: "lists",
  value: "DIR",
  multiple: true,
  summary: 'A folder that `list … = file "PATH"` may read besides that of its rules',
};

export const PIPELINE: OptionSpec = {
  name: "pipeline",
  value: "FILE",
  multiple: true,
  summary: "A pySigma pipeline that Sigma rules go through: renamed fields, placeholders' values …",
};

export const SOURCETYPES: OptionSpec = {
  name: "sourcetypes",
  value: "PATH",
  multiple: true,
  summary: "Sourcetypes to use besides the shipped ones: a file or folder",
};

/** The rules of a run, which of them are wanted, and what they read. */
export const RULE_OPTIONS: readonly OptionSpec[] = [
  RULES,
  LISTS,
  PIPELINE,
  ...RULE_FILTERS,
  STRICT,
  SIGMA_THROTTLE,
];

export const NO_CACHE: OptionSpec = {
  name: "no-cache",
  summary: "Compile rules and sourcetypes anew; what was compiled is kept in ~/.cache/picket",
};

/** How inputs are read. */
export const INPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "sourcetype",
    value: "NAME",
    summary: "What the inputs are; without it each is recognised by its first lines",
  },
  SOURCETYPES,
  { name: "year", value: "YYYY", summary: "Year of timestamps that name none" },
  {
    name: "tz",
    value: "ZONE",
    multiple: true,
    summary: "Time zone of timestamps that name none, as Europe/Zurich or +02:00; NAME=ZONE for " +
      "one input, * in NAME for any text (default: this machine's)",
  },
  {
    name: "trusted-proxies",
    value: "CIDR,…",
    multiple: true,
    summary: "Proxies whose X-Forwarded-For counts, as 10.0.0.0/8,2001:db8::1 (default: none)",
  },
  {
    name: "max-line",
    value: "BYTES",
    summary: "Longest line that is kept whole, as 64KiB (default 1MiB)",
  },
];

/** Bounds of a size, in bytes and as a message names them. */
export interface SizeBounds {
  readonly least: number;
  readonly most: number;
  readonly help: string;
}

const LINE_SIZE: SizeBounds = {
  least: 64,
  most: 256 * 1024 ** 2,
  help: "Give a size from 64B to 256MiB, as 64KiB or 1MB",
};

/** Reads `64KiB`, `10MB`, `4096`; bytes. Throws UsageError, also beyond the bounds. */
export function parseSize(name: string, text: string, bounds = LINE_SIZE): number {
  const m = /^(\d+)\s*(?:(k|M|G|T)(i?)B?|B)?$/i.exec(text);
  const power = m?.[2] ? "kmgt".indexOf(m[2].toLowerCase()) + 1 : 0;
  const size = m ? Number(m[1]) * (m[3] ? 1024 : 1000) ** power : NaN;
  if (!(size >= bounds.least && size <= bounds.most)) {
    throw new UsageError(`Invalid value "${text}" for --${name}`, bounds.help);
  }
  return size;
}

/** Reads `90s`, `5m`, `1h30m`, `250ms`, `0`; milliseconds. */
export function parseDuration(name: string, text: string): number {
  const ms = duration(text);
  if (ms !== null) return ms;
  throw new UsageError(
    `Invalid value "${text}" for --${name}`,
    "Give a duration with its unit, as 90s, 5m or 1h30m",
  );
}

/** Milliseconds of a duration as {@link parseDuration} reads it; null when it is none. */
export function duration(text: string): number | null {
  const units: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  if (text === "0") return 0;
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return null;
  let ms = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) ms += Number(n) * units[unit];
  return ms;
}

/** Checks a zone against what the runtime knows. */
export function parseZone(text: string): string {
  if (zone(text)) return text;
  throw new UsageError(
    `Unknown time zone "${text}"`,
    "Give a name of the tz database or an offset, as Europe/Zurich or +02:00",
  );
}

/** What `--tz` says: for all inputs, and for some by their names. */
export interface Zones {
  /** As given; undefined where this machine's is taken. */
  readonly given: string | undefined;
  /** Of an input that no NAME=ZONE takes. */
  readonly all: string;
  /** Of one input. */
  of(input: { readonly name: string }): string;
}

/** Reads every `--tz`. Throws UsageError. */
export function parseZones(args: Args): Zones {
  let all: string | undefined;
  const some: [RegExp, string][] = [];
  for (const text of args.all("tz")) {
    const at = text.lastIndexOf("=");
    const named = parseZone(text.slice(at + 1));
    if (at >= 0) some.push([nameTest(text.slice(0, at)), named]);
    else if (all !== undefined) {
      throw new UsageError(`Option --tz is given twice`, "Write --tz NAME=ZONE for one input");
    } else all = named;
  }
  const others = all ?? machineZone();
  return {
    given: args.all("tz").join(" ") || undefined,
    all: others,
    of: ({ name }) => some.find(([test]) => test.test(name))?.[1] ?? others,
  };
}

/** The whole name of an input or its last part, `*` standing for any text. */
function nameTest(name: string): RegExp {
  const text = name.split("*").map((s) => s.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*");
  return new RegExp(`(?:^|/)${text}$`, "s");
}

/** The zone of this machine, `TZ` included. */
function machineZone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return zone(timeZone) ? timeZone : "UTC";
}

/** The named sourcetype, or a UsageError that lists what there is. */
export function checkSourcetype(name: string | undefined, loaded: Sourcetypes): string | null {
  if (name === undefined) return null;
  const names = loaded.catalogue.sourcetypes.map((s) => s.name).sort();
  if (names.includes(name)) return name;
  const near = nearest(name, names);
  throw new UsageError(
    `Unknown sourcetype "${name}"`,
    near ? `Did you mean ${near}?` : `Give one of ${names.join(", ")}`,
  );
}

/** Prints diagnostics as text; with the number of errors and warnings. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: Texts,
  io: Io,
  write: (text: string) => void = (t) => io.err(t),
): { errors: number; warnings: number } {
  let errors = 0;
  for (const d of diagnostics) {
    if (d.level === "error") errors++;
    write(
      renderText(d, texts.get(d.file) ?? "", {
        color: io.color,
        textOf: (f) => texts.get(f) ?? "",
      }) + "\n",
    );
  }
  return { errors, warnings: diagnostics.length - errors };
}

/** Which rules are loaded, and how. */
export interface WantedRules {
  /** False: sourcetypes alone. */
  readonly rules?: boolean;
  /** What is changed of them. */
  readonly tuning?: Tuning;
  /** Paths of rules that take the place of others of the same name. */
  readonly instead?: readonly string[];
}

/**
 * Loads what a run needs of the rules and sourcetypes that the options name, from the cache unless
 * `--no-cache` is given; every error in them is printed.
 * @throws {UsageError} when there is one, or when a path cannot be read
 */
export async function loadForRun(args: Args, io: Io, wanted: WantedRules = {}): Promise<Loaded> {
  const options = loadOptions(args, wanted);
  const loaded = await checkedLoad(
    () =>
      args.flag("no-cache")
        ? load(options)
        : loadCached(options, CacheFolder.open((name) => io.env(name))),
    io,
    wanted,
  );
  return wantedOf(loaded, args, io, wanted);
}

/** The same with the texts, syntax trees and lints, compiled anew. */
export async function loadSources(
  args: Args,
  io: Io,
  wanted: WantedRules = {},
): Promise<LoadedSources> {
  const loaded = await checkedLoad(() => load(loadOptions(args, wanted)), io, wanted);
  return wantedOf(loaded, args, io, wanted);
}

function loadOptions(args: Args, { rules = true, tuning, instead }: WantedRules): LoadOptions {
  const throttle = args.get("sigma-throttle");
  return {
    rules: rules ? args.all("rules") : null,
    sourcetypes: args.all("sourcetypes"),
    lists: rules ? args.all("lists") : [],
    pipelines: rules ? args.all("pipeline") : [],
    tuning,
    instead,
    ...(throttle === undefined ? {} : { sigmaThrottle: parseDuration("sigma-throttle", throttle) }),
  };
}

async function checkedLoad<L extends Loaded>(
  read: () => Promise<L>,
  io: Io,
  { tuning = NO_TUNING }: WantedRules,
): Promise<L> {
  let loaded: L;
  try {
    loaded = await read();
  } catch (error) {
    if (error instanceof LoadError) throw new UsageError(error.message, error.help);
    throw error;
  }
  const errors = loaded.diagnostics.filter((d) => d.level === "error");
  if (errors.length) {
    printDiagnostics(errors, loaded.texts, io);
    throw new UsageError(
      `Found ${count(errors.length, "error")} in ${
        errors.every((d) => tuning.texts.has(d.file))
          ? [...new Set(errors.map((d) => d.file))].join(" and ")
          : "rules and sourcetypes"
      }`,
      "Correct them; `check` prints them all with what to do",
    );
  }
  printDiagnostics(loaded.diagnostics.filter((d) => tuning.texts.has(d.file)), loaded.texts, io);
  return loaded;
}

function wantedOf<L extends Loaded>(
  loaded: L,
  args: Args,
  io: Io,
  { rules = true, tuning }: WantedRules,
): L {
  if (!rules) return loaded;
  const wanted = wantedRules(loaded, args, io, tuning);
  reportSigma(wanted, io, args.flag("strict"));
  return wanted;
}

/** Files that are named, at most. */
const NAMED = 10;

function reportBinary(files: readonly string[], io: Io): void {
  for (const file of files.slice(0, NAMED)) {
    io.err(`warning: ${visible(file)}: not text; passed over. Name it to read it anyway\n`);
  }
  const more = files.length - NAMED;
  if (more > 0) io.err(`warning: ${count(more, "more file")} of folders not text; passed over\n`);
}

/** The operands' inputs; what cannot be read is printed and comes back as names. */
export async function inputsOf(
  args: Args,
  io: Io,
  operands = args.operands,
): Promise<{ found: InputPath[]; failed: string[] }> {
  if (operands.length === 0 && io.stdinIsTerminal) {
    throw new UsageError(
      "No input: stdin is a terminal",
      `Pipe a log in, as in \`cat auth.log | ${PROGRAM} agent\`, name files, or write - to type lines`,
    );
  }
  const { found, errors, binary } = await findInputs(operands);
  reportBinary(binary, io);
  for (const error of errors) io.err(`error: ${visible(error.message)}\n`);
  return { found, failed: errors.map((e) => e.input) };
}

/** Networks of `--trusted-proxies`, and whether an address is in one; nothing without one. Throws UsageError. */
function parseProxies(args: Args): Pick<ParseOptions, "trustedProxies" | "proxies"> {
  const given = args.all("trusted-proxies").flatMap((list) => list.split(","))
    .map((text) => text.trim()).filter((text) => text !== "");
  if (given.length === 0) return {};
  const cidrs = given.map((text) => {
    const cidr = parseCidr(text);
    if (cidr !== null) return cidr;
    throw new UsageError(
      `Option --trusted-proxies: "${text}" is no network`,
      "Give addresses or networks separated by commas, as 10.0.0.0/8,2001:db8::1",
    );
  });
  const matches = cidrMatcher(cidrs);
  const trustedProxies = (address: string) => {
    const ip = parseIp(address);
    return ip !== null && matches(ip);
  };
  return { trustedProxies, proxies: given };
}

/** How lines are parsed, from `--year`, `--tz` and `--trusted-proxies`. */
export function parseOptions(args: Args, compiled: Sourcetypes): ParseOptions {
  const zones = parseZones(args);
  const year = args.int("year", 1970, 9999);
  return {
    compiled,
    ...parseProxies(args),
    tz: zones.all,
    zoneOf: zones.of,
    ...(year === undefined ? {} : { year }),
  };
}

/** Says which zone was taken for times without one, where nobody named it and it is not UTC. */
export function zoneNotice(args: Args, notice: (text: string) => void): ParseOptions["onZone"] {
  if (args.all("tz").length > 0) return undefined;
  const reported = new Set<string>();
  return ({ name }, zone) => {
    if (/^(?:UTC|GMT|Etc\/(?:UTC|GMT|UCT|Zulu))$/i.test(zone) || reported.has(zone)) return;
    reported.add(zone);
    notice(
      `${name}: times without a zone are taken as ${zone}, this machine's (--tz names another)`,
    );
  };
}
