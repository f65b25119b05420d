/** Sets sinks up: reads their secrets and makes their destinations. */
import type { Span } from "../../../grammar/ast.ts";
import { withPermission } from "../../program.ts";
import {
  type Destination,
  SettingError,
  type SettingSpec,
  type SettingValue,
  type SettingValues,
} from "../destinations/destination.ts";
import { guardedNetwork } from "../destinations/http.ts";
import type { GivenSetting, SinkConfig } from "./config.ts";
import type { OpenSink } from "./sink_runner.ts";

/** The outside world that secrets are read from. */
export interface SecretSource {
  env(name: string): string | undefined;
  readFile(path: string): Promise<string>;
}

/** What is wrong with a sink, at its place in `agent.yaml`. */
export interface SinkProblem {
  readonly span: Span;
  readonly message: string;
  readonly help?: string;
}

/** Largest secret that is read, in characters. */
const LONGEST = 10_000;

/**
 * Sets up all of them, or tells what is wrong with each. Nothing is sent.
 * @param host name of this machine
 */
export async function openSinks(
  configs: readonly SinkConfig[],
  source: SecretSource,
  host: string,
): Promise<{ readonly sinks: OpenSink[]; readonly problems: SinkProblem[] }> {
  const sinks: OpenSink[] = [], problems: SinkProblem[] = [];
  for (const config of configs) {
    try {
      sinks.push({ config, destination: await open(config, source, host) });
    } catch (error) {
      const first = problemOf(error, config), all = await sinkMistakes([config], host);
      problems.push(...(all.some((p) => p.message === first.message) ? [] : [first]), ...all);
    }
  }
  // Those that were made hold connections and files.
  if (problems.length > 0) {
    for (const { destination } of sinks) await destination.close().catch(() => {});
    return { sinks: [], problems };
  }
  return { sinks, problems };
}

/** Secrets that fit, where only the other settings are looked at: any address, and any key. */
const STAND_IN = { url: "https://example.com/x", other: `whsec_${"A".repeat(32)}` };

/**
 * What is wrong with the settings that stand in the file, all of it. Secrets are not read, nothing is
 * opened or sent; whether a program may be started is for who starts it.
 */
export async function sinkMistakes(
  configs: readonly SinkConfig[],
  host: string,
): Promise<SinkProblem[]> {
  const problems: SinkProblem[] = [];
  const nothing: SecretSource = { env: () => undefined, readFile: () => Promise.resolve("") };
  for (const config of configs) {
    if (config.spec.needs === "run") continue;
    const hidden = new Set(config.settings.flatMap((s) => s.from === "value" ? [] : [s.name]));
    let settings = config.settings.map((s) =>
      hidden.has(s.name) ? { ...s, from: "value" as const, value: standIn(s, config) } : s
    );
    for (;;) {
      try {
        await (await open({ ...config, settings }, nothing, host)).close();
        break;
      } catch (error) {
        const given = error instanceof SettingError &&
          settings.find((s) => s.name === error.setting);
        // Of what is missing the reader of the file has told.
        if (!given || hidden.has(given.name)) break;
        problems.push(problemOf(error, config));
        // A wrong address hides nothing else; what is missing besides ends the look.
        const address = given.name === "url" && given.value !== STAND_IN.url;
        settings = settings.flatMap((s) =>
          s !== given ? [s] : address ? [{ ...s, value: STAND_IN.url }] : []
        );
      }
    }
  }
  return problems;
}

function standIn({ name }: GivenSetting, { spec }: SinkConfig): string {
  const kind = spec.settings.find((s) => s.name === name)?.kind;
  return kind === "url" || name === "url" ? STAND_IN.url : STAND_IN.other;
}

async function open(config: SinkConfig, source: SecretSource, host: string): Promise<Destination> {
  const { name, spec, allowPrivate } = config;
  const values = await valuesOf(config, source);
  return await spec.make(values, {
    name,
    host,
    now: () => Date.now(),
    ...guardedNetwork({ allowPrivate }),
  });
}

/** A problem with one setting, which knows its place. */
class GivenError extends Error {
  constructor(readonly given: GivenSetting, message: string, readonly help: string) {
    super(message);
  }
}

function problemOf(error: unknown, { name, span, settings }: SinkConfig): SinkProblem {
  if (error instanceof GivenError) {
    return { span: error.given.span, message: error.message, help: error.help };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof SettingError)) {
    return { span, message: `Sink "${name}" cannot be set up: ${message}` };
  }
  const given = settings.find((s) => s.name === error.setting);
  return {
    span: given?.span ?? span,
    message,
    ...(error.help === undefined ? {} : { help: error.help }),
  };
}

async function valuesOf(
  { spec, settings }: SinkConfig,
  source: SecretSource,
): Promise<SettingValues> {
  const values = new Map<string, SettingValue>();
  for (const setting of spec.settings) {
    if (setting.default !== undefined) values.set(setting.name, setting.default);
  }
  for (const given of settings) values.set(given.name, await read(given, source, spec.settings));
  const of = <T>(name: string, is: (value: SettingValue) => value is SettingValue & T) => {
    const value = values.get(name);
    return value !== undefined && is(value) ? value : undefined;
  };
  return {
    text: (name) => of(name, (v): v is string => typeof v === "string"),
    number: (name) => of(name, (v): v is number => typeof v === "number"),
    flag: (name) => values.get(name) === true,
    texts: (name) => of(name, (v): v is readonly string[] => Array.isArray(v)) ?? [],
    map: (name) => {
      const value = values.get(name);
      return value instanceof Map ? value : new Map();
    },
  };
}

async function read(
  given: GivenSetting,
  source: SecretSource,
  specs: readonly SettingSpec[],
): Promise<SettingValue> {
  const { from, value } = given;
  if (from === "value") return value;
  const text = from === "env" ? variable(given, source) : await fileText(given, source);
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > LONGEST) {
    throw new GivenError(
      given,
      `${from === "env" ? "The variable" : "The file"} "${value}" holds ${
        trimmed === "" ? "nothing" : `over ${LONGEST} characters`
      }`,
      "Put the secret alone into it",
    );
  }
  const kind = specs.find((s) => s.name === given.name)?.kind;
  // Its text is a secret: it is not quoted.
  if (kind === "url" && !/^https?:\/\//.test(trimmed)) {
    throw new GivenError(
      given,
      `"${value}" holds no http address`,
      "Put https://HOST/PATH into it",
    );
  }
  return trimmed;
}

function variable(given: GivenSetting, source: SecretSource): string {
  const name = String(given.value);
  let text: string | undefined;
  try {
    text = source.env(name);
  } catch {
    throw new GivenError(
      given,
      `The variable "${name}" may not be read`,
      `Name it PICKET_…, or allow it: ${withPermission(`--allow-env=${name}`, "agent")} …`,
    );
  }
  if (text !== undefined) return text;
  throw new GivenError(
    given,
    `The variable "${name}" is not set`,
    `Set it, or name a file instead`,
  );
}

async function fileText(given: GivenSetting, source: SecretSource): Promise<string> {
  try {
    return await source.readFile(String(given.value));
  } catch (error) {
    throw new GivenError(
      given,
      `Cannot read "${given.value}": ${(error as Error).message.split("\n")[0]}`,
      "Correct the path, which begins where the agent is started",
    );
  }
}
