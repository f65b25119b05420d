/** What a row does on its way through a rule: conditions, fields set, and the operator or alert. */
import type { IrExcept } from "../ir/program.ts";
import { hasGap, isStateful, type StatefulCommand } from "../ir/walk.ts";
import { applyCommand } from "./commands.ts";
import { compile, condition } from "./expr.ts";
import { type Env, keyJs, rowJs } from "./rows.ts";
import type { RulePlan } from "./rule_plan.ts";
import { js } from "./scope.ts";

/** When a row acts: in order of event time, or as it arrives. */
export type Mode = "ordered" | "now";

/** What a row of an input does: a step of the sequence, or the rule's commands from the first. */
export function inputCode(
  p: RulePlan,
  input: number,
  env: Env,
  wrap: (s: string) => string,
  mode: Mode,
): string {
  const s = p.rule.source;
  if (s.kind === "from") return chain(p, 0, env, wrap, mode);
  const step = input < s.steps.length ? input : -1;
  return wrap(`O${p.index}_0.step(${step},${rowJs(env)},${keyJs(s.by, env)});`);
}

/**
 * The commands from one on, up to the next operator or the end. `wrap` goes around the act.
 * Mode `now` is for stateless rules on rows as they arrive; their signals go in order.
 */
export function chain(
  p: RulePlan,
  from: number,
  start: Env,
  wrap: (s: string) => string,
  mode: Mode,
): string {
  const commands = p.rule.commands;
  let env = start;
  let open = "", close = "";
  for (let i = from; i < commands.length; i++) {
    const c = commands[i];
    if (c.kind === "where") {
      const test = condition(c.expr, env);
      if (test.known) {
        if (!test.value) return "";
        continue;
      }
      open += `if(${test.js}){`;
      close += "}";
    } else if (c.kind === "except") {
      // Alerts of a stateless rule are made as rows arrive, its signals in a second pass over them.
      const code = except(p, c, env, p.ordered || (mode === "now") !== (p.rule.silent === true));
      open += code.open;
      close = code.close + close;
      if (code.all) return open + close;
    } else if (isStateful(c)) {
      return open + wrap(operator(p, i, c, env)) + close;
    } else env = applyCommand(c, env);
  }
  const row = rowJs(env);
  const hit = p.rule.silent ? "" : `S${p.index}.hit(${row});`;
  let act: string;
  if (p.ordered) {
    act = (p.signalAt === commands.length ? signalJs(p, row) : "") + hit + alertedJs(p, row);
  } else act = mode === "now" ? hit : signalJs(p, row) + alertedJs(p, row);
  return act === "" ? "" : open + wrap(act) + close;
}

/**
 * What stands around the rest of a rule for an exception. What it holds back is counted by the rule's
 * emitter. `all`: there is no row that it lets pass.
 */
export function except(
  p: RulePlan,
  c: IrExcept,
  env: Env,
  counts: boolean,
): { readonly open: string; readonly close: string; readonly all: boolean } {
  const test = condition(c.expr, env);
  const count = counts ? `S${p.index}.excepted[${c.index}]++;` : "";
  if (test.known) {
    return test.value ? { open: count, close: "", all: true } : { open: "", close: "", all: false };
  }
  return { open: `if(${test.js}){${count}}else{`, close: "}", all: false };
}

const signalJs = (p: RulePlan, row: string) =>
  p.readers.length > 0 ? `S${p.index}.signal(${row});` : "";

/** What its alert says, in order, to the rules that read the alerts of all. */
const alertedJs = (p: RulePlan, row: string) =>
  p.alertReaders.length > 0 ? `S${p.index}.alerted(${row});` : "";

function operator(p: RulePlan, at: number, c: StatefulCommand, env: Env): string {
  const stage = p.stages.find((s) => s.at === at)!;
  const name = `O${p.index}_${stage.index}`;
  const row = rowFor(c, env);
  const signal = p.signalAt === at ? signalBehind(p, at, env) : "";
  if (c.kind === "baseline") return `${signal}${name}.row(${row},${js(env.field(c.field))});`;
  let args = "";
  if (c.kind === "stats") {
    c.aggs.forEach((a, i) => {
      if (a.arg && !hasGap(a.arg)) args += `${name}.args[${i}]=${js(compile(a.arg, env))};`;
    });
  }
  const key = keyJs(c.by, env);
  // Most rows of a throttle are held back: those need no object of their own.
  if (c.kind === "throttle" && row !== env.base) {
    const once = key === "0" ? key : env.shared.use(key);
    return `${signal}if(!${name}.held(${once})){${name}.row(${row},${once});}`;
  }
  return `${signal}${args}${name}.row(${row},${key});`;
}

/**
 * The row as an operator takes it. One that counts rows hands none of them on: where what it reads
 * itself is the row's own, the fields laid over it need no object.
 */
function rowFor(c: StatefulCommand, env: Env): string {
  if ((c.kind !== "stats" && c.kind !== "absent") || env.base === null) return rowJs(env);
  const read = c.by.map((k) => k.field);
  if (c.kind === "stats" && c.aggs.some((a) => a.arg && hasGap(a.arg) && a.arg.op !== "gap")) {
    return rowJs(env);
  }
  return env.only === null && !read.some((n) => env.set.has(n)) ? env.base : rowJs(env);
}

/** The signal of a row in front of the throttles that end a rule: what else stands there is done. */
function signalBehind(p: RulePlan, at: number, start: Env): string {
  let env = start;
  let open = "", close = "";
  for (const c of p.rule.commands.slice(at)) {
    if (c.kind === "where") {
      const test = condition(c.expr, env);
      if (test.known && !test.value) return "";
      if (test.known) continue;
      open += `if(${test.js}){`;
      close += "}";
    } else if (c.kind === "except") {
      const code = except(p, c, env, false);
      if (code.all) return "";
      open += code.open;
      close += code.close;
    } else env = applyCommand(c, env);
  }
  const act = signalJs(p, rowJs(env));
  return act && open + act + close;
}
