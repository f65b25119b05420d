/** Who may import whom: the table of the README's architecture section, held against the code. */
import assert from "node:assert/strict";
import { root, runDeno } from "./run.ts";

/** Folder or file → what it may import of ours, itself apart. The longest prefix counts. */
const ALLOWED: Record<string, readonly string[]> = {
  "grammar/": [],
  "compiler/": ["grammar/"],
  "agent/event.ts": ["compiler/schema/", "compiler/ir/program.ts"],
  "agent/stages/": ["agent/event.ts", "agent/evtx/", "compiler/", "grammar/"],
  "agent/windows/": ["agent/event.ts", "compiler/", "grammar/"],
  // What comes by sockets is cut and decoded where it comes in.
  "agent/sources/": ["agent/event.ts", "agent/stages/lines.ts", "agent/stages/decode.ts"],
  "agent/outputs/render/": [
    "agent/event.ts",
    "compiler/schema/",
    "compiler/ir/program.ts",
    "grammar/visible.ts",
  ],
  "agent/store/": [
    "agent/event.ts",
    "agent/engine/alerts/incidents.ts",
    "compiler/schema/",
    "compiler/ir/program.ts",
    "grammar/ip.ts",
  ],
  "agent/evtx/": ["agent/event.ts"],
  "agent/simulate/": [],
  "agent/commands/": ["agent/", "compiler/", "grammar/", "web/", "deno.json"],
  "deno.json": [],
  "agent/": ["agent/", "compiler/", "grammar/"],
  "web/report/": [
    "agent/store/",
    "agent/outputs/render/alert.ts",
    "compiler/",
    "web/server/types/json.ts",
    "web/api/types",
  ],
  "web/app/": ["web/server/types/mod.ts", "grammar/lexer.ts", "grammar/visible.ts"],
  "web/": ["agent/store/", "agent/event.ts", "compiler/", "grammar/"],
  "main.ts": ["agent/", "compiler/", "grammar/", "web/"],
};

interface Module {
  specifier: string;
  dependencies?: { code?: { specifier: string }; type?: { specifier: string } }[];
}

async function graph(): Promise<Map<string, Set<string>>> {
  const base = root.href;
  const edges = new Map<string, Set<string>>();
  // The program, and what is bundled for browsers.
  const modules: Module[] = [];
  for (const entry of ["main.ts", "web/app/app.tsx"]) {
    const text = await runDeno(["info", "--json", entry]);
    modules.push(...(JSON.parse(text.stdout) as { modules: Module[] }).modules);
  }
  for (const module of modules) {
    if (!module.specifier.startsWith(base)) continue;
    const to = new Set<string>();
    for (const d of module.dependencies ?? []) {
      const target = d.code?.specifier ?? d.type?.specifier ?? "";
      if (target.startsWith(base)) to.add(target.slice(base.length));
    }
    edges.set(module.specifier.slice(base.length), to);
  }
  return edges;
}

Deno.test("imports follow the architecture", async () => {
  const edges = await graph();
  assert.ok(edges.size > 40, `only ${edges.size} modules were seen`);
  const wrong: string[] = [];
  for (const [from, targets] of edges) {
    const part = Object.keys(ALLOWED).filter((p) =>
      from.startsWith(p)
    ).sort((a, b) => b.length - a.length)[0];
    assert.ok(part, `${from} belongs to no part of the architecture`);
    for (const to of targets) {
      if (to.startsWith(part) || ALLOWED[part].some((p) => to.startsWith(p))) continue;
      wrong.push(`${from} imports ${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("no module imports itself by a detour", async () => {
  const edges = await graph();
  const done = new Set<string>();
  const visit = (name: string, path: string[]): void => {
    if (path.includes(name)) {
      assert.fail(`Cycle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`);
    }
    if (done.has(name)) return;
    for (const to of edges.get(name) ?? []) visit(to, [...path, name]);
    done.add(name);
  };
  for (const name of edges.keys()) visit(name, []);
});
