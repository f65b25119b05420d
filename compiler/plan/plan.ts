/**
 * Rules and catalogue → code, made when it is needed: for each kind of event the rules that can match
 * it, specialised to what is known of it, and for each rule the functions between its operators.
 */
import type { IrProgram, IrRows } from "../ir/program.ts";
import { inputsOf, ruleExprs, walkIr } from "../ir/walk.ts";
import type { Catalogue, Extraction } from "../schema/types.ts";
import { ROOM } from "./index/answers.ts";
import { type Code, declareRule, INDEXED, type KindOptions, KindPlan, makeCode } from "./kind.ts";
import { gives } from "./rows.ts";
import { type RulePlan, rulePlans } from "./rule_plan.ts";
import { functions, type Library, makeLibrary } from "./scope.ts";
import { tail } from "./tail.ts";

export type { RulePlan, StagePlan } from "./rule_plan.ts";
export type { Code, Detector, Entries, Values } from "./kind.ts";

export interface PlanOptions extends Partial<KindOptions> {
  /** Indexes of the rules that are run, where others run elsewhere; all when left out. */
  readonly here?: ReadonlySet<number>;
}

const NOTHING_KNOWN = new Map<never, never>();

export class Plan {
  readonly rules: readonly RulePlan[];
  readonly #library: Library;
  readonly #kinds = new Map<number, KindPlan>();
  readonly #tails: (Code<unknown> | undefined)[] = [];
  readonly #options: KindOptions;
  readonly #here: readonly RulePlan[];
  /** What rules read from, each once. */
  readonly #sources: readonly Extract<IrRows, { kind: "events" }>["from"][];

  /** @throws when a rule calls a function that the table does not have */
  constructor(
    readonly program: IrProgram,
    readonly catalogue: Catalogue,
    options: PlanOptions = {},
  ) {
    this.#library = makeLibrary(program.tables);
    const { here, ...kinds } = options;
    this.#options = { indexed: INDEXED, room: { values: ROOM }, ...kinds };
    this.rules = rulePlans(program);
    this.#here = here === undefined ? this.rules : this.rules.filter((r) => here.has(r.index));
    const sources = this.#here.flatMap(({ rule }) => inputsOf(rule))
      .flatMap((rows) => rows.kind === "events" ? [rows.from] : []);
    this.#sources = [...new Map(sources.map((from) => [JSON.stringify(from), from])).values()];
    for (const rule of program.rules) {
      for (const e of ruleExprs(rule)) {
        walkIr(e, (x) => {
          if (x.op === "call" && functions(x.fn) === undefined) {
            throw new Error(
              `Function "${x.fn}" has no implementation; add it to the table of functions`,
            );
          }
        });
      }
    }
  }

  /** Values that code refers to; more come with the code. */
  get constants(): readonly unknown[] {
    return this.#library.constants.values;
  }

  /** Whether a rule reads events of the extraction, before any condition. */
  isRead(x: Extraction): boolean {
    return this.#sources.some((from) => gives(x, from));
  }

  /** The rules on events of an extraction. */
  kindOf(x: Extraction): KindPlan {
    let kind = this.#kinds.get(x.id);
    if (kind === undefined) {
      const of = { extraction: x, known: NOTHING_KNOWN };
      kind = new KindPlan(of, this.#here, this.#library, this.#options);
      this.#kinds.set(x.id, kind);
    }
    return kind;
  }

  /** What stands behind a rule's inputs: an expression of {@link tail}. */
  tailOf(rule: number): Code<unknown> {
    let code = this.#tails[rule];
    if (code === undefined) {
      const p = this.rules[rule];
      const js = tail(p, this.#library);
      const constants = this.#library.constants.declareUsed("C");
      code = makeCode(`const N={};${constants}${declareRule(p)}return ${js};`);
      this.#tails[rule] = code;
    }
    return code;
  }

  /** All code made so far. */
  codes(): string[] {
    return [
      ...[...this.#kinds.values()].flatMap((k) => k.codes()),
      ...this.#tails.flatMap((t) => t === undefined ? [] : [t.source]),
    ];
  }
}

/**
 * Makes the plan of a program. Code is made as it is needed.
 * @throws when a rule calls a function that the table does not have.
 */
export const plan = (
  program: IrProgram,
  catalogue: Catalogue,
  options: PlanOptions = {},
): Plan => new Plan(program, catalogue, options);
