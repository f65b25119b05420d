/**
 * Rules and catalogue → one generated program: a function per extraction that runs every rule which
 * can match it, specialised to its constants, and per rule the functions between its operators.
 */
import type { IrCommand, IrProgram, IrRows, IrRule } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";
import {
  type Code,
  compile,
  condition,
  Constants,
  type Functions,
  js,
  literal,
  MISSING,
  Shared,
  tableFinder,
} from "./expr.ts";
import {
  type Env,
  extractionField,
  genericField,
  keyJs,
  makeEnv,
  reads,
  rowJs,
  withFields,
} from "./rows.ts";

export type StatefulCommand = Extract<
  IrCommand,
  { kind: "stats" | "dedup" | "first_seen" | "baseline" | "throttle" | "absent" }
>;

/** One operator of a rule: the sequence it starts with (`command` null), or a stateful command. */
export interface StagePlan {
  /** Index among the rule's operators. */
  readonly index: number;
  /** Index in the rule's commands; -1 for a sequence. */
  readonly at: number;
  readonly command: StatefulCommand | null;
}

export interface RulePlan {
  readonly rule: IrRule;
  readonly index: number;
  readonly stages: readonly StagePlan[];
  /** Reached in order of event time: it holds state, or takes signals. */
  readonly ordered: boolean;
  /** Index of the command before which its hits become signals. */
  readonly signalAt: number;
  /** Inputs, by rule and number, that read this rule's signals. */
  readonly readers: readonly { readonly rule: number; readonly input: number }[];
  /** Extractions that can match, per input; the last is `until` of a sequence that has one. */
  readonly kinds: readonly number[][];
  /** Which of `sourcetype` and `source`, which are no properties of events, the rule speaks of. */
  readonly implied: readonly string[];
}

export interface Plan {
  /** The body of a function of (H, C, O, S, X): helpers, constants, operators, sinks, context. */
  readonly source: string;
  readonly constants: readonly unknown[];
  readonly rules: readonly RulePlan[];
}

/** Commands that lay fields over a row. */
const LAYERS = new Set(["eval", "lookup", "rename", "fields", "baseline"]);
const STATEFUL = new Set(["stats", "dedup", "first_seen", "baseline", "throttle", "absent"]);
export const isStateful = (c: IrCommand): c is StatefulCommand & IrCommand => STATEFUL.has(c.kind);

/** The row inputs of a rule: its `from`, or its steps and then `until`. */
export function inputsOf(rule: IrRule): readonly IrRows[] {
  const s = rule.source;
  if (s.kind === "from") return [s.rows];
  return [...s.steps.map((x) => x.rows), ...(s.until ? [s.until] : [])];
}

/**
 * Makes the program. Pure.
 * @throws when a rule calls a function that the table does not have.
 */
export function plan(program: IrProgram, catalogue: Catalogue, functions: Functions): Plan {
  const constants = new Constants(functions, new Map(program.tables.map((t) => [t.name, t])));
  const rules = program.rules.map((rule, index) => rulePlan(program, rule, index));
  const out: string[] = [];
  const kinds: string[] = [];
  for (const x of catalogue.extractions) {
    const body = extractionBody(rules, x, constants);
    kinds.push(body === "" ? "null" : `x${x.id}`);
    if (body !== "") out.push(`function x${x.id}(e,m){let h=0;${body}return h;}`);
  }
  const tails = rules.map((p) => tail(p, constants));
  out.push(`return {kinds:[${kinds.join(",")}],rules:[${tails.join(",")}]};`);
  const heads = [
    `"use strict";const N={};`,
    ...constants.values.map((_, i) => `const c${i}=C[${i}];`),
    ...rules.map((p) =>
      `const S${p.index}=S[${p.index}];` +
      p.stages.map((s) => `const O${p.index}_${s.index}=O[${p.index}][${s.index}];`).join("")
    ),
  ];
  return { source: heads.join("") + "\n" + out.join("\n"), constants: constants.values, rules };
}

function rulePlan(program: IrProgram, rule: IrRule, index: number): RulePlan {
  const stages: StagePlan[] = [];
  if (rule.source.kind !== "from") stages.push({ index: 0, at: -1, command: null });
  rule.commands.forEach((c, at) => {
    if (isStateful(c)) stages.push({ index: stages.length, at, command: c });
  });
  const inputs = inputsOf(rule);
  const last = stages.findLastIndex((s) => s.command?.kind !== "throttle");
  const throttle = stages[last + 1];
  return {
    rule,
    index,
    stages,
    ordered: stages.length > 0 || inputs.some((i) => i.kind === "signal"),
    signalAt: throttle ? throttle.at : rule.commands.length,
    readers: program.rules.flatMap((r, i) =>
      inputsOf(r).flatMap((rows, input) =>
        rows.kind === "signal" && rows.rules.includes(rule.name) ? [{ rule: i, input }] : []
      )
    ),
    kinds: inputs.map(() => []),
    implied: impliedBy(rule),
  };
}

/** The rules on events of one extraction; "" when none can match. */
function extractionBody(
  rules: readonly RulePlan[],
  x: Catalogue["extractions"][number],
  constants: Constants,
): string {
  const shared = new Shared();
  let body = "";
  for (const p of rules) {
    const inputs = inputsOf(p.rule);
    // Who waits for silence takes in every row and means none of them.
    const hit = p.rule.commands.find(isStateful)?.kind === "absent" ? 0 : 2;
    inputs.forEach((rows, input) => {
      if (rows.kind !== "events" || !reads(rows, x)) return;
      let env = makeEnv({ constants, shared, base: "e", baseField: extractionField(x, shared) });
      const test = rows.where ? condition(rows.where, env) : null;
      if (test?.known && !test.value) return;
      env = withFields(env, new Map(p.implied.map((name) => [name, env.field(name)])));
      const guard = (inner: string) => inner && (test ? `if(${js(test)}){${inner}}` : inner);
      const act = guard(
        source(p, input, env, (s) => `h|=m&2?${hit}:${hit | 1};if(m&2){${s}}`, "ordered"),
      );
      const now = p.ordered ? "" : guard(source(p, input, env, (s) => `h|=2;${s}`, "now"));
      if (act + now === "") return;
      p.kinds[input].push(x.id);
      body += (now ? `if(m&1){${now}}` : "") + act;
    });
  }
  return body === "" ? "" : shared.finish(body);
}

/** See {@link RulePlan.implied}. */
function impliedBy(rule: IrRule): string[] {
  const text = JSON.stringify([rule.commands, rule.alert, rule.source]);
  return ["sourcetype", "source"].filter((name) =>
    text.includes(`"name":"${name}"`) || text.includes(`"field":"${name}"`)
  );
}

type Mode = "ordered" | "now";

/** What a row of an input does: a step of the sequence, or the rule's commands from the first. */
function source(
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
function chain(
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
    } else if (isStateful(c)) {
      return open + wrap(operator(p, i, c, env)) + close;
    } else env = apply(c, env);
  }
  const row = rowJs(env);
  let act: string;
  if (p.ordered) {
    act = (p.signalAt === commands.length ? signalJs(p, row) : "") + `S${p.index}.hit(${row});`;
  } else if (mode === "now") act = `S${p.index}.hit(${row});`;
  else act = signalJs(p, row);
  return act === "" ? "" : open + wrap(act) + close;
}

const signalJs = (p: RulePlan, row: string) =>
  p.readers.length > 0 ? `S${p.index}.signal(${row});` : "";

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
  return `${signal}${args}${name}.row(${row},${keyJs(c.by, env)});`;
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
    } else env = apply(c, env);
  }
  const act = signalJs(p, rowJs(env));
  return act && open + act + close;
}

export function hasGap(expr: unknown): boolean {
  return JSON.stringify(expr).includes(`"op":"gap"`);
}

/** A command without state, on what is known of the row; those with state leave it as it is. */
function apply(c: IrCommand, env: Env): Env {
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
      const table = env.constants.tables.get(c.table);
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

/** The functions of one rule behind its inputs: after each operator, on signals, for the alert. */
function tail(p: RulePlan, constants: Constants): string {
  const generic = (write: (env: Env) => string): string => {
    const shared = new Shared();
    const env = makeEnv({ constants, shared, base: "r", baseField: genericField(shared) });
    return `(r)=>{${shared.finish(write(env))}}`;
  };
  const always = (s: string) => s;
  const inputs = inputsOf(p.rule).map((rows, input) =>
    rows.kind !== "signal" ? "null" : generic((env) => {
      const act = source(p, input, env, always, "ordered");
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
      ? generic((env) => `return ${rowJs(rest.reduce((e, c) => apply(c, e), env))};`)
      : "null";
    return `{next:${next},test:${groupTest(p, s.at, c, constants)},reproject:${again},gaps:[${
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
            : `H.show(${js(compile(t, env))},${t.type === "timestamp"})`
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
  constants: Constants,
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
    constants,
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
    } else env = apply(command, env);
  }
  return `(g,o)=>{${shared.finish(`${body}return o?N:${rowJs(env)};${close}`)}}`;
}
