/** Sourcetypes, and lines held against them and the CIM. */
import { checkSamples, type Compiled, validateLines } from "../../../compiler/sourcetype/mod.ts";
import type { TimeRange } from "../../../agent/store/mod.ts";
import type { Store } from "../../../agent/store/mod.ts";
import { type Content, ruleFacts } from "../route/content.ts";
import { missing, ordered, range } from "../route/filters.ts";
import { pattern } from "../http/params.ts";
import { route } from "../route/route.ts";
import {
  type Sourcetype,
  SourcetypeDetail,
  SourcetypeList,
  ValidateAnswer,
  ValidateRequest,
} from "../types/mod.ts";
import { knownSourcetype, loaded } from "./rules.ts";

/** Lines that one request validates. */
const LINES = 1000;

export const sourcetypeRoutes = [
  route({
    path: "/api/sourcetypes",
    tag: "Sourcetypes",
    summary: "Loaded sourcetypes by name, with event counts in the range",
    role: "read",
    params: range,
    answer: SourcetypeList,
    async handle({ store, services, query }) {
      ordered(query.from, query.to);
      const content = loaded(services);
      const shown = await summaries(store, content, query);
      return { sourcetypes: content.sourcetypes.sourcetypes.map((s) => shown(s.name)) };
    },
  }),
  route({
    path: "/api/sourcetypes/:name",
    tag: "Sourcetypes",
    summary: "One sourcetype: YAML, patterns, fields, samples, and the rules that read it",
    role: "read",
    ids: { name: pattern("Name of the sourcetype", "^[A-Za-z][\\w:.-]{0,127}$", "linux_secure") },
    params: range,
    answer: SourcetypeDetail,
    async handle({ store, services, path, query }) {
      ordered(query.from, query.to);
      const content = loaded(services);
      const compiled = content.sourcetypes;
      const model = compiled.sourcetypes.find((s) => s.name === path.name);
      if (!model) throw missing("sourcetype", path.name, "name");
      const shown = await summaries(store, content, query);
      const passed = samplesOf(compiled, model);
      const patterns = patternsOf(compiled, model.name);
      const fields = new Map<string, string>();
      for (const x of patterns) {
        for (const c of x.captures) {
          fields.set(c.name, typeof c.type === "string" ? c.type : `list<${c.type.list}>`);
        }
        for (const [name, value] of Object.entries(x.constants)) {
          if (!fields.has(name)) fields.set(name, typeof value);
        }
      }
      return {
        sourcetype: shown(model.name),
        source: content.texts.get(model.file) ?? "",
        fields: [...fields].map(([name, type]) => ({ name, type }))
          .sort((a, b) => a.name < b.name ? -1 : 1),
        patterns: patterns.map((x) => ({
          name: x.pattern,
          datasets: x.datasets,
          constants: x.constants,
          captures: x.captures.map((c) => c.name),
        })),
        samples: model.samples.map((s, i) => ({
          line: s.line,
          expect: Object.fromEntries(s.expect) as Record<string, string | null>,
          passed: passed[i],
        })),
        rules: [...ruleFacts(content).values()].filter((r) => r.sourcetypes.includes(model.name))
          .map((r) => r.name).sort(),
      };
    },
  }),
  route({
    method: "post",
    path: "/api/validate",
    tag: "Sourcetypes",
    summary: "CIM validation of lines: datasets, present and missing fields",
    description: `The first ${LINES} lines are parsed; nothing is stored.`,
    role: "read",
    body: ValidateRequest,
    maxBody: 512 * 1024,
    answer: ValidateAnswer,
    handle({ services, body, now }) {
      const content = loaded(services);
      knownSourcetype(content, body.sourcetype);
      const compiled = content.sourcetypes;
      const { sourcetype = null } = body;
      const given = body.lines.replace(/\r?\n$/, "").split(/\r?\n/).slice(0, LINES);
      const lines = validateLines(compiled, given, { sourcetype, modified: now });
      return {
        lines,
        valid: lines.filter((l) => l.valid).length,
        parse_errors: lines.filter((l) => l.parse_error !== null).length,
      };
    },
  }),
];

const samples = new WeakMap<Compiled, Map<string, readonly boolean[]>>();

/** Whether each sample passes; run once for what is loaded, as it parses hundreds of lines. */
function samplesOf(compiled: Compiled, model: Compiled["sourcetypes"][number]): readonly boolean[] {
  let known = samples.get(compiled);
  if (!known) samples.set(compiled, known = new Map());
  let passed = known.get(model.name);
  if (!passed) {
    passed = checkSamples({ ...compiled, sourcetypes: [model] }).map((s) => s.passed);
    known.set(model.name, passed);
  }
  return passed;
}

const patternsOf = (compiled: Compiled, sourcetype: string) =>
  compiled.catalogue.extractions.filter((x) => x.sourcetype === sourcetype && !x.parseError);

/** Gives a sourcetype with the number of its events. */
async function summaries(
  store: Store,
  content: Content,
  within: TimeRange,
): Promise<(name: string) => Sourcetype> {
  const stored = new Map((await store.stats(within)).sourcetypes.map((s) => [s.sourcetype, s]));
  const compiled = content.sourcetypes;
  return (name) => {
    const model = compiled.sourcetypes.find((s) => s.name === name)!;
    const patterns = patternsOf(compiled, name);
    return {
      name,
      summary: model.summary,
      parent: model.parent,
      file: model.file,
      open: model.open,
      patterns: patterns.length,
      datasets: [...new Set(patterns.flatMap((x) => x.datasets))].sort(),
      samples: model.samples.length,
      events: stored.get(name)?.events ?? 0,
      parse_errors: stored.get(name)?.parseErrors ?? 0,
    };
  };
}
