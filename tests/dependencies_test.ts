/** Who may import whom, held against the graph of `deno info`. */
import assert from "node:assert/strict";
import { circles, folders, forbidden, type Graph, type Layout } from "./layout.ts";
import { root, runDeno } from "./run.ts";

const SCHEMA = ["compiler/schema/", "grammar"];
const PROGRAM = [...SCHEMA, "compiler/ir", "compiler/functions", "compiler/aggregates"];

const LAYOUT: Layout = {
  grammar: [],
  "compiler/schema": ["grammar"],
  "compiler/regex": ["grammar"],
  "compiler/functions": SCHEMA,
  "compiler/aggregates": SCHEMA,
  "compiler/codegen": SCHEMA,
  "compiler/ir": [...SCHEMA, "compiler/functions", "compiler/aggregates", "compiler/regex"],
  "compiler/plan": [...PROGRAM, "compiler/codegen", "compiler/regex/"],
  "compiler/check": [...PROGRAM, "compiler/plan", "compiler/regex"],
  "compiler/sourcetype": [...SCHEMA, "compiler/codegen", "compiler/regex/"],
  "compiler/sigma": [...PROGRAM, "compiler/check", "compiler/regex"],
  "compiler/print": [...PROGRAM, "compiler/check", "compiler/plan"],
  "compiler/explain": [...PROGRAM, "compiler/check", "compiler/plan"],
  // event.ts, the shapes that all below agent/ share; program.ts, what the program is called.
  agent: [...SCHEMA, "compiler/ir", "deno.json"],
  // What comes by sockets is cut and decoded where it comes in.
  // What sources and outputs both know of Kafka.
  "agent/kafka": ["grammar"],
  "agent/sources": ["agent", "agent/kafka", "agent/stages", "grammar"],
  "agent/stages": ["agent", "compiler/sourcetype", ...SCHEMA],
  "agent/engine": ["agent", ...PROGRAM, "compiler/plan", "compiler/codegen"],
  // Lists and databases are fetched as deliveries are sent: to addresses that may be reached.
  "agent/enrich": [
    "agent",
    "agent/outputs/destinations",
    "agent/sources",
    "agent/store/",
    ...SCHEMA,
    "compiler/functions",
    "compiler/ir",
  ],
  "agent/outputs/render": ["agent", ...SCHEMA, "compiler/ir"],
  "agent/outputs": [
    "agent",
    "agent/engine/alerts",
    "agent/kafka",
    "agent/outputs/render",
    "agent/store",
    ...SCHEMA,
    "compiler/ir",
  ],
  // Conditions on what is counted are judged by the language itself.
  "agent/store": [
    "agent",
    "agent/engine/alerts",
    ...SCHEMA,
    "compiler/codegen",
    "compiler/ir",
    "compiler/plan",
  ],
  "agent/content": [
    "agent",
    "agent/engine/",
    "agent/enrich",
    "agent/sources",
    "agent/stages",
    "compiler/",
    "grammar",
  ],
  // Searches over what is stored: the language's evaluator and engine beside SQL.
  "agent/search": [
    "agent",
    "agent/engine/",
    "agent/store",
    "compiler/check",
    "compiler/plan",
    "compiler/print",
    "compiler/sourcetype/clock",
    ...PROGRAM,
  ],
  "agent/run": [
    "agent",
    "agent/content",
    "agent/engine/",
    "agent/enrich",
    "agent/kafka",
    "agent/outputs/",
    "agent/sources",
    "agent/stages",
    "agent/store",
    "agent/store/types",
    "compiler/sourcetype",
    ...SCHEMA,
    // Threads are given a part of a plan, and what was compiled as data.
    "compiler/ir",
    "compiler/plan",
    "compiler/sourcetype/compile",
  ],
  "agent/forward": [
    "agent",
    "agent/kafka",
    "agent/run",
    "agent/sources",
    "agent/stages",
    "agent/store",
    "grammar",
  ],
  // agent.yaml: each section is read where the file is read, into shapes of the rooms that use them.
  "agent/settings": [
    "agent",
    "agent/enrich/",
    "agent/outputs/",
    ...PROGRAM,
    "compiler/check",
  ],
  "agent/simulate": [],
  // What a machine has, and the files of a service.
  "agent/setup": [
    "agent",
    "agent/content",
    "agent/outputs/render",
    "agent/run",
    "agent/sources",
    "agent/stages",
    "agent/store/",
    "compiler/sourcetype",
  ],
  "agent/commands": ["agent/", "compiler/", "grammar"],
  "deno.json": [],
  "web/server/types": ["agent/outputs/render", "agent/store", ...SCHEMA, "compiler/ir"],
  "web/server/http": ["grammar"],
  "web/server/security": ["agent/store", "web/server/http", "web/server/types", "grammar"],
  "web/server/live": ["agent/outputs/render", "agent/store", "web/server/types", "grammar"],
  "web/server/route": [
    "agent/outputs/render",
    "agent/search",
    "agent/store",
    "compiler/",
    "grammar",
    "web/server/",
  ],
  "web/server/routes": [
    "agent/outputs/render",
    "agent/search",
    "agent/store",
    "compiler/",
    "grammar",
    "web/server/",
  ],
  "web/server/trials": [
    "agent",
    "agent/content",
    "agent/engine/",
    "agent/search",
    "agent/stages",
    "agent/store",
    "compiler/",
    "grammar",
    "web/server/http",
    "web/server/route",
    "web/server/types",
  ],
  // The name of the program.
  "web/server/pages": ["agent"],
  "web/server": ["agent/store", "grammar", "web/server/"],
  // Sizes are written alike on the terminal and on a page.
  "web/app": ["agent/outputs/render", "web/server/types", "grammar"],
  "web/report": [
    "agent/outputs/render",
    "agent/store",
    ...SCHEMA,
    "compiler/ir",
    "web/server/types",
  ],
  // agent/sources: the API and the agent's listener have one HTTP server.
  "web/commands": [
    "agent",
    "agent/commands",
    "agent/outputs/render",
    "agent/search",
    "agent/settings",
    "agent/simulate",
    "agent/sources",
    "agent/store",
    "compiler/ir",
    "grammar",
    "web/",
  ],
  "main.ts": [
    "agent",
    "agent/commands/",
    "agent/sources",
    "agent/store/types",
    "grammar",
    "web/commands",
  ],
};

/** The program, what runs in workers, and what is bundled for browsers. */
const ENTRIES = [
  "main.ts",
  "agent/sources/udp_worker.ts",
  "agent/store/drivers/pglite_worker.ts",
  "agent/store/drivers/postgres_worker.ts",
  "web/server/trials/launcher.ts",
  "web/server/trials/trial.ts",
  "web/app/app.tsx",
];

interface Module {
  specifier: string;
  dependencies?: {
    code?: { specifier: string };
    type?: { specifier: string };
    isDynamic?: boolean;
  }[];
}

async function graphOf(entries: readonly string[]): Promise<Graph> {
  const base = root.href;
  const graph = new Map<string, Set<string>>();
  for (const entry of entries) {
    const { code, stdout, stderr } = await runDeno([
      "info",
      "--config",
      "dev.json",
      "--json",
      entry,
    ]);
    assert.equal(code, 0, stderr);
    for (const module of (JSON.parse(stdout) as { modules: Module[] }).modules) {
      if (!module.specifier.startsWith(base)) continue;
      const targets = (module.dependencies ?? []).flatMap(({ code, type }) =>
        [code, type].flatMap((t) => t?.specifier.startsWith(base) ? [t.specifier] : [])
      );
      graph.set(
        module.specifier.slice(base.length),
        new Set(targets.map((t) => t.slice(base.length))),
      );
    }
  }
  return graph;
}

const graph = await graphOf(ENTRIES);

Deno.test("imports follow the layout of folders", () => {
  assert.ok(graph.size > 200, `only ${graph.size} modules were seen`);
  assert.deepEqual(forbidden(graph, LAYOUT), []);
});

Deno.test("the product imports nothing of tests, benches and oracles", () => {
  const wrong = [...graph.keys()].filter((m) =>
    /(^|\/)(tests|bench|testing)\/|_test\.tsx?$/.test(m)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("a run without a store loads no parser of rules or YAML, no store and no package", async () => {
  const { stdout } = await runDeno(["info", "--json", "agent/commands/agent.ts"]);
  const imports = new Map(
    (JSON.parse(stdout) as { modules: Module[] }).modules.map((m) => [
      m.specifier,
      // Those that the run asks for when it needs them are marked.
      (m.dependencies ?? []).flatMap(({ code, isDynamic }) =>
        code === undefined || isDynamic ? [] : [code.specifier]
      ),
    ]),
  );
  const loaded = new Set([new URL("agent/commands/agent.ts", root).href]);
  for (const module of loaded) for (const next of imports.get(module) ?? []) loaded.add(next);
  assert.ok(loaded.size > 100, "it is the graph");
  const heavy =
    /^npm:|\/agent\/store\/(?!types\/)|\/grammar\/(?:mod|parse_yaml)\.ts|\/compiler\/sigma\/mod\.ts|\/compile\/compile\.ts/;
  assert.deepEqual([...loaded].filter((m) => heavy.test(m)), []);
});

Deno.test("no module imports itself by a detour", () => {
  assert.deepEqual(circles(graph), []);
});

Deno.test("no folder imports itself by a detour", () => {
  assert.deepEqual(circles(folders(graph)), []);
});
