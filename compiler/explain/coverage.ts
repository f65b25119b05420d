/** What rules cover of ATT&CK, and which of them can fire on what has been seen. Pure. */
import type { IrProgram, IrRows, IrRule } from "../ir/program.ts";
import { firstStage } from "../ir/signals.ts";
import { inputsOf } from "../ir/walk.ts";
import { ConstantFolder } from "../plan/fold.ts";
import { ATTACK_VERSION, technique, techniqueUrl } from "../schema/attack/mod.ts";
import type { Catalogue, Extraction } from "../schema/types.ts";

export interface CoveredRule {
  readonly name: string;
  readonly title: string;
  readonly severity: string;
  /** Events that it reads have been seen; true where nothing is known of that. */
  readonly fires: boolean;
}

export interface CoveredTechnique {
  readonly id: string;
  /** "" for one that this release of ATT&CK does not have. */
  readonly name: string;
  readonly tactics: readonly string[];
  readonly rules: readonly CoveredRule[];
}

export interface SilentRule {
  readonly rule: string;
  readonly file: string;
  /** Sourcetypes of which one would do; empty where no loaded one gives such events. */
  readonly needs: readonly string[];
}

export interface Coverage {
  /** In the order of their ids. */
  readonly techniques: readonly CoveredTechnique[];
  readonly rules: number;
  /** Names of rules that name no technique. */
  readonly without: readonly string[];
  /** Rules that cannot fire. */
  readonly silent: readonly SilentRule[];
}

/** Whether events of a pattern have been seen. */
export type Seen = (x: Extraction) => boolean;

/** @param seen null: nothing is known of it, and what a loaded sourcetype may give counts */
export function coverageOf(program: IrProgram, catalogue: Catalogue, seen: Seen | null): Coverage {
  const firing = new Firing(program, catalogue);
  const silent: SilentRule[] = [];
  const techniques = new Map<string, CoveredRule[]>();
  for (const rule of program.rules) {
    const fires = firing.can(rule, seen ?? (() => true));
    if (!fires) {
      silent.push({ rule: rule.name, file: rule.file, needs: firing.needs(rule) });
    }
    const { severity } = rule.alert;
    const covered = {
      name: rule.name,
      title: rule.title,
      severity: typeof severity === "string" ? severity : "",
      fires,
    };
    for (const id of new Set(rule.mitre.map((t) => t.toUpperCase()))) {
      techniques.set(id, [...techniques.get(id) ?? [], covered]);
    }
  }
  return {
    techniques: [...techniques].sort(([a], [b]) => a < b ? -1 : 1).map(([id, rules]) => ({
      id,
      name: technique(id)?.name ?? "",
      tactics: technique(id)?.tactics ?? [],
      rules,
    })),
    rules: program.rules.length,
    without: program.rules.filter((r) => r.mitre.length === 0).map((r) => r.name),
    silent,
  };
}

/** Which rules some events can pass. */
class Firing {
  readonly #folder: ConstantFolder;
  readonly #byName: ReadonlyMap<string, IrRule>;
  /** Patterns that can pass an input, by rule; asked once. */
  readonly #matching = new Map<IrRule, readonly (readonly Extraction[])[]>();

  constructor(program: IrProgram, readonly catalogue: Catalogue) {
    this.#folder = new ConstantFolder(new Map(program.tables.map((t) => [t.name, t])));
    this.#byName = new Map(program.rules.map((r) => [r.name, r]));
  }

  #inputs(rule: IrRule): readonly (readonly Extraction[])[] {
    let found = this.#matching.get(rule);
    if (found === undefined) {
      found = inputsOf(rule).map((_, i) =>
        this.catalogue.extractions.filter((x) => this.#folder.canMatch(rule, i, x))
      );
      this.#matching.set(rule, found);
    }
    return found;
  }

  #read(rows: Extract<IrRows, { kind: "signal" }>): readonly string[] {
    return rows.any ? firstStage([...this.#byName.values()]) : rows.rules;
  }

  /** Whether every input that has to come can come. */
  can(rule: IrRule, seen: Seen): boolean {
    const inputs = this.#inputs(rule);
    return inputsOf(rule).every((rows, i) => {
      const { source } = rule;
      // Steps that must not happen and what ends a sequence need not come.
      if (source.kind !== "from" && (source.steps[i]?.negated ?? true)) return true;
      return rows.kind === "events" ? inputs[i].some(seen) : this.#read(rows).some((name) => {
        const other = this.#byName.get(name);
        return other !== undefined && this.can(other, seen);
      });
    });
  }

  needs(rule: IrRule): string[] {
    const own = this.#inputs(rule).flat().map((x) => x.sourcetype);
    const read = inputsOf(rule).flatMap((rows) =>
      rows.kind === "events" ? [] : this.#read(rows).flatMap((name) => {
        const other = this.#byName.get(name);
        return other === undefined ? [] : this.needs(other);
      })
    );
    return [...new Set([...own, ...read])].sort();
  }
}

/** Rules that a comment names; a matrix shows no more. */
const NAMED = 50;

/** A layer of the ATT&CK Navigator, format 4.5: a technique's score is how many rules can find it. */
export function navigatorLayer({ techniques }: Coverage, name: string): unknown {
  const known = techniques.filter((t) => t.name !== "");
  const scores = known.map((t) => t.rules.filter((r) => r.fires).length);
  return {
    name,
    versions: { attack: ATTACK_VERSION.split(".")[0], navigator: "5.1.0", layer: "4.5" },
    domain: "enterprise-attack",
    description: "Techniques by the number of rules that can fire on them",
    sorting: 3,
    hideDisabled: false,
    techniques: known.map((t, i) => ({
      techniqueID: t.id,
      score: scores[i],
      comment: commentOf(t),
      enabled: true,
      showSubtechniques: !t.id.includes("."),
      metadata: [
        { name: "Rules", value: String(t.rules.length) },
        { name: "Rules that can fire", value: String(scores[i]) },
      ],
      links: [{ label: "ATT&CK", url: techniqueUrl(t.id) }],
    })),
    gradient: {
      colors: ["#fde7e9", "#a6d8b8", "#1a7f4b"],
      minValue: 0,
      maxValue: Math.max(1, ...scores),
    },
    legendItems: [],
    metadata: [],
    links: [],
    showTacticRowBackground: false,
    selectTechniquesAcrossTactics: true,
    selectSubtechniquesWithParent: false,
    selectVisibleTechniques: false,
  };
}

function commentOf({ rules }: CoveredTechnique): string {
  const lines = rules.slice(0, NAMED).map((r) =>
    `${r.title} (${r.name}${r.fires ? "" : "; cannot fire"})`
  );
  return [...lines, ...rules.length > NAMED ? [`and ${rules.length - NAMED} more`] : []].join("\n");
}
