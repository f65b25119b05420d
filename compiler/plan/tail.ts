/** The functions of a rule behind its inputs. */
import { literal, Shared } from "../codegen/mod.ts";
import type { IrCommand } from "../ir/program.ts";
import { hasGap, inputsOf, isStateful } from "../ir/walk.ts";
import { chain, except, inputCode } from "./chain.ts";
import { applyCommand, LAYERS } from "./commands.ts";
import { compile, condition } from "./expr.ts";
import { type Env, genericField, makeEnv, rowJs } from "./rows.ts";
import type { RulePlan } from "./rule_plan.ts";
import { type Code, js, type Library, MISSING } from "./scope.ts";

/** The functions of one rule behind its inputs: after each operator, on signals, for the alert. */
export function tail(p: RulePlan, library: Library): string {
  const generic = (write: (env: Env) => string): string => {
    const shared = new Shared();
    const env = makeEnv({ ...library, shared, base: "r", baseField: genericField(shared) });
    return `(r)=>{${shared.finish(write(env))}}`;
  };
  const always = (s: string) => s;
  const inputs = inputsOf(p.rule).map((rows, input) =>
    rows.kind !== "signal" ? "null" : generic((env) => {
      const act = inputCode(p, input, env, always, "ordered");
      if (!rows.where) return act;
      const test = condition(rows.where, env);
      return test.known ? (test.value ? act : "") : `if(${test.js}){${act}}`;
    })
  );
  const stages = p.stages.map((s) => {
    const c = s.command;
    if (c?.kind !== "stats") {
      return `{next:${generic((env) => chain(p, s.at + 1, env, always, "ordered"))}}`;
    }
    let until = s.at + 1;
    while (until < p.rule.commands.length && !isStateful(p.rule.commands[until])) until++;
    const gaps = c.aggs.map((a) =>
      a.arg && hasGap(a.arg)
        ? generic((env) =>
          `return ${
            js(compile(
              a.arg!,
              makeEnv({
                ...env,
                baseField: (n) => n === "gap()" ? { known: false, js: "X.gap" } : env.baseField(n),
              }),
            ))
          };`
        )
        : "null"
    );
    const next = generic((env) => chain(p, until, env, always, "ordered"));
    const rest = p.rule.commands.slice(until);
    const again = rest.some((c) => LAYERS.has(c.kind))
      ? generic((env) => `return ${rowJs(rest.reduce((e, c) => applyCommand(c, e), env))};`)
      : "null";
    return `{next:${next},test:${groupTest(p, s.at, c, library)},reproject:${again},gaps:[${
      gaps.join(",")
    }]}`;
  });
  const alert = p.rule.alert;
  const severity = typeof alert.severity === "string"
    ? literal(alert.severity)
    : generic((env) =>
      `return ${js(compile(alert.severity as Exclude<typeof alert.severity, string>, env))};`
    );
  const message = alert.text === null
    ? "null"
    : generic((env) =>
      `return ${
        alert.text!.map((t) =>
          typeof t === "string"
            ? literal(t)
            : `H.show(${js(compile(t, env))},${
              literal(typeof t.type === "string" ? t.type : "list")
            })`
        ).join("+") || `""`
      };`
    );
  return `{inputs:[${inputs.join(",")}],stages:[${
    stages.join(",")
  }],severity:${severity},message:${message}}`;
}

/**
 * From a group's state to its row, or nothing when a `where` behind the `stats` says no. With `o` it
 * says only whether there is a row.
 */
function groupTest(
  p: RulePlan,
  at: number,
  c: Extract<IrCommand, { kind: "stats" }>,
  library: Library,
): string {
  const shared = new Shared();
  const set = new Map<string, Code>();
  c.by.forEach((k, i) => set.set(k.field, { known: false, js: `g.kv[${i}]` }));
  c.aggs.forEach((a, i) => {
    const plain = a.fn === "count" && a.arg === null;
    set.set(a.as, {
      known: false,
      js: plain ? "g.n" : shared.use(`g.aggs[${i}].value(g)`),
      num: plain,
    });
  });
  let env = makeEnv({
    ...library,
    shared,
    base: null,
    baseField: (n) => n === "_time" ? { known: false, js: "X.t", num: true } : MISSING,
  }, set);
  let body = "", close = "";
  for (let i = at + 1; i < p.rule.commands.length && !isStateful(p.rule.commands[i]); i++) {
    const command = p.rule.commands[i];
    if (command.kind === "where") {
      const test = condition(command.expr, env);
      if (test.known && !test.value) return `()=>undefined`;
      if (test.known) continue;
      body += `if(${test.js}){`;
      close += "}";
    } else if (command.kind === "except") {
      const code = except(p, command, env, true);
      body += code.open;
      if (code.all) return `(g,o)=>{${shared.finish(`${body}return undefined;${close}`)}}`;
      close += code.close;
    } else env = applyCommand(command, env);
  }
  return `(g,o)=>{${shared.finish(`${body}return o?N:${rowJs(env)};${close}`)}}`;
}
