/** Commands without state: what they make of what is known of a row. */
import { isLiveConfigured } from "../ir/live_tables.ts";
import type { IrCommand } from "../ir/program.ts";
import { compile } from "./expr.ts";
import { type Env, makeEnv, withFields } from "./rows.ts";
import { type Code, js, MISSING } from "./scope.ts";
import { tableFinder } from "./tables.ts";

/** Commands that set fields of a row. */
export const LAYERS = new Set(["eval", "lookup", "rename", "fields", "baseline"]);

/** A command without state, on what is known of the row; those with state leave it as it is. */
export function applyCommand(c: IrCommand, env: Env): Env {
  switch (c.kind) {
    case "eval": {
      let out = env;
      for (const a of c.assigns) {
        const value = compile(a.expr, out);
        out = withFields(
          out,
          new Map([[a.name, value.known ? value : { ...value, js: env.shared.use(value.js) }]]),
        );
      }
      return out;
    }
    case "lookup": {
      const table = env.tables.get(c.table);
      if (table?.live && !isLiveConfigured(table)) {
        return withFields(
          env,
          new Map(table.columns.map((col) => [`${c.as}.${col.name}`, MISSING])),
        );
      }
      const find = env.constants.ref(`table ${c.table}`, () => tableFinder(table));
      const row = env.shared.use(`${find}(${js(compile(c.key, env))})`);
      return withFields(
        env,
        new Map((table?.columns ?? []).map((col, i) => [
          `${c.as}.${col.name}`,
          { known: false, js: env.shared.use(`(${row}===undefined?undefined:${row}[${i}])`) },
        ])),
      );
    }
    case "rename": {
      const set = new Map<string, Code>();
      for (const { from } of c.pairs) set.set(from, MISSING);
      for (const { from, to } of c.pairs) set.set(to, env.field(from));
      return withFields(env, set);
    }
    case "fields":
      if (c.remove) return withFields(env, new Map(c.names.map((n) => [n, MISSING])));
      return makeEnv(
        env,
        new Map([...env.set].filter(([n]) => c.names.includes(n))),
        new Set(c.names.filter((n) => !env.only || env.only.has(n) || env.set.has(n))),
      );
    default:
      return env;
  }
}
