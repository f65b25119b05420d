/**
 * Runs the recordings that Sigma rules name. An `info.yml` and its recordings are looked for from the
 * rule's folder upwards, as their paths are from the top of a repository, and beside the rule.
 */
import { dirname } from "node:path";
import type { IrProgram, IrRule } from "../../compiler/ir/program.ts";
import {
  readRegressionInfo,
  regressionPaths,
  type RegressionTest,
} from "../../compiler/sigma/regression.ts";
import { createParser, type Parser, recognise } from "../../compiler/sourcetype/mod.ts";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { createEngine } from "../engine/engine.ts";
import type { EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";
import { blocksOf, reason } from "../sources/files.ts";
import { ContentReader } from "../stages/content.ts";
import type { TextFile } from "./files.ts";
import type { Sourcetypes } from "./loaded.ts";
import { relative } from "./paths.ts";
import { closure, type NearEvent, nearEvents } from "./rule_tests.ts";

/** One recording in one of its renderings. */
export interface Recording extends RegressionTest {
  readonly rule: IrRule;
  /** The `info.yml` that names it. */
  readonly file: string;
}

export interface Recordings {
  readonly found: readonly Recording[];
  /** An error for each `info.yml` and each recording that is not there or does not read. */
  readonly diagnostics: readonly Diagnostic[];
  /** Text of every `info.yml`. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface RecordingResult {
  readonly matches: number;
  readonly events: number;
  readonly passed: boolean;
  /** Where it failed for want of matches: the events that came near. */
  readonly near: readonly NearEvent[];
  /** Why it could not be read; null when it was. */
  readonly error: string | null;
}

/** Endings of what holds the same events in another form. */
const RENDERINGS = [".evtx", ".json", ".jsonl", ".xml"];
const BLOCK = 256 * 1024;
/** Recordings are read as if they had come then: no event is in the future. */
const ARRIVAL = Date.UTC(2100, 0, 1);

/** Finds the recordings of rules. @param files texts of the Sigma rules, by their paths */
export async function findRecordings(
  files: readonly TextFile[],
  rules: readonly IrRule[],
): Promise<Recordings> {
  const found: Recording[] = [], diagnostics: Diagnostic[] = [];
  const texts = new Map<string, string>();
  for (const file of files) {
    for (const { rule: at, path, span } of regressionPaths(file)) {
      const rule = rules.find((r) => r.file === file.name && r.span.start === at.start);
      if (rule === undefined) continue;
      const info = await infoOf(file.name, path);
      if (info === null) {
        const message = `The recordings "${path}" of the rule are not there`;
        diagnostics.push(missing(file.name, span, message));
        continue;
      }
      texts.set(info.name, info.text);
      const { rules: ids, tests, diagnostics: wrong } = readRegressionInfo(info);
      diagnostics.push(...wrong);
      if (ids.length > 0 && !ids.includes(rule.id ?? "")) {
        const message = `"${info.name}" holds the recordings of another rule: ${ids.join(", ")}`;
        diagnostics.push(missing(file.name, span, message));
        continue;
      }
      for (const test of tests) {
        const paths = await recordingPaths(info.name, test);
        if (paths.length === 0) {
          const message = `The recording "${test.path}" is not there`;
          diagnostics.push(missing(info.name, test.span, message));
        }
        for (const p of paths) {
          const name = `${test.name} (${p.slice(p.lastIndexOf("/") + 1)})`;
          const { count, span } = test;
          found.push({ rule, name, file: info.name, span, path: p, count });
        }
      }
    }
  }
  return { found, diagnostics, texts };
}

const missing = (file: string, span: Span, message: string): Diagnostic => ({
  code: "E0331",
  level: "error",
  file,
  span,
  message,
  help: "Give a path from a folder above, or keep info.yml and recordings beside the rule",
});

async function infoOf(rule: string, path: string): Promise<TextFile | null> {
  const found = await upwards(dirname(rule), path) ?? await file(`${dirname(rule)}/info.yml`);
  return found === null ? null : { name: relative(found), text: await Deno.readTextFile(found) };
}

/** The recording, and its other renderings beside it. */
async function recordingPaths(info: string, { path }: RegressionTest): Promise<string[]> {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const found = await upwards(dirname(info), path) ?? await file(`${dirname(info)}/${base}`);
  const stem = (found ?? `${dirname(info)}/${base}`).replace(/\.[^./]*$/, "");
  const others = await Promise.all(RENDERINGS.map((e) => file(stem + e)));
  const all = [found, ...others].filter((p) => p !== null).map((p) => relative(p));
  return inside(base) ? [...new Set(all)] : [];
}

/**
 * Whether a path that a rule names stays where rules are: a rule is somebody else's text and may not
 * have any file read.
 */
const inside = (path: string): boolean =>
  !/^(?:[A-Za-z]:|[\\/])/.test(path) && !path.split(/[\\/]/).some((p) => p.startsWith("."));

async function upwards(folder: string, path: string): Promise<string | null> {
  if (!inside(path)) return null;
  const clean = path.replaceAll("\\", "/");
  let at = await Deno.realPath(folder);
  for (; at !== dirname(at); at = dirname(at)) {
    const found = await file(`${at}/${clean}`);
    if (found !== null) return found;
  }
  return null;
}

async function file(path: string): Promise<string | null> {
  const stat = await Deno.stat(path).catch(() => null);
  return stat?.isFile ? path : null;
}

/** Reads recordings and counts the matches of their rules; parsers are kept from one to the next. */
export class RecordingRunner {
  readonly #parsers = new Map<string, Parser>();

  /** @param program its rules as they run, but that nothing is held back */
  constructor(readonly program: IrProgram, readonly sourcetypes: Sourcetypes) {}

  async run({ rule, path, count }: Recording): Promise<RecordingResult> {
    let batches: EventBatch[];
    try {
      batches = await this.#read(path);
    } catch (error) {
      const why = `Cannot read "${path}": ${reason(error)}`;
      return { matches: 0, events: 0, passed: false, near: [], error: why };
    }
    const { catalogue } = this.sourcetypes;
    const engine = createEngine(closure(this.program, rule), catalogue);
    for (const b of batches) {
      engine.openInput(b.lines.input);
      engine.detect(b);
    }
    if (batches.length > 0) engine.closeInput(batches[0].lines.input);
    engine.end();
    const matches = engine.takeChanges()
      .filter((c) => c.change === "open" && c.alert.rule === rule.name).length;
    const passed = count === 0 ? matches === 0 : matches >= count;
    return {
      matches,
      events: batches.reduce((n, b) => n + b.events.length, 0),
      passed,
      near: matches === 0 && !passed ? nearEvents(this.program, rule, catalogue, batches) : [],
      error: null,
    };
  }

  async #read(path: string): Promise<EventBatch[]> {
    const input = new InputHandle({ name: path, modified: ARRIVAL });
    const reader = new ContentReader(input);
    const batches: EventBatch[] = [];
    const take = (lines: ReturnType<ContentReader["push"]>) => {
      if (lines === null) return;
      const of = input.sourcetype ?? recognise(lines.lines, this.sourcetypes).sourcetype ??
        "syslog";
      input.recognised(of);
      let parser = this.#parsers.get(of);
      if (!parser) this.#parsers.set(of, parser = createParser(this.sourcetypes, of));
      // What the recording before left to remember is none of this one's.
      if (batches.length === 0) parser.restore({ last: null, recent: [] });
      batches.push(parser(lines) as EventBatch);
    };
    const blocks = await blocksOf(path, 0, BLOCK);
    try {
      for (let data = await blocks.read(); data !== null; data = await blocks.read()) {
        take(reader.push(data, ARRIVAL));
      }
    } finally {
      blocks.close();
    }
    take(reader.end());
    return batches;
  }
}
