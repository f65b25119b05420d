/** Marks alerts with what is known of the values that they name, and raises their severity by it. */
import { FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import { SEVERITIES, type Severity } from "../../../compiler/ir/program.ts";
import { namesAccount, type RiskWeights } from "../../../compiler/ir/risk_weights.ts";
import type { Place } from "../../../compiler/functions/surroundings.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type {
  AlertContext,
  AssetMark,
  IntelligenceMark,
  PlaceMark,
  Priority,
  Raise,
} from "../../context.ts";
import type { Alert, AlertChange } from "../../event.ts";
import type { AssetTable } from "./assets.ts";

/** Severities that alerts about an asset or identity of a priority are raised to. */
export type RaiseTable = Readonly<
  Partial<Record<Priority, Readonly<Partial<Record<Severity, Severity>>>>>
>;

/** Where nothing else is set: one step where all depends on it, and up to high where much does. */
export const DEFAULT_RAISE: RaiseTable = {
  critical: { low: "medium", medium: "high", high: "critical" },
  high: { low: "medium", medium: "high" },
};

/** What marks are made of; what is not configured is null. */
export interface MarkSources {
  readonly assets: Raising | null;
  readonly identities: Raising | null;
  readonly geography: { find(address: string): Place | undefined } | null;
  readonly lists: readonly MarkList[] | null;
}

/** A list of threat intelligence, and when it was read. */
export interface MarkList {
  readonly name: string;
  readonly resource: {
    readonly value: { find(value: string): string | undefined } | null;
    readonly asOf: number;
    readonly error: string | null;
  };
}

/** A table and what its priorities raise severities to. */
export interface Raising {
  readonly table: AssetTable;
  readonly raise: RaiseTable;
}

/** Values of an alert that are looked at, and marks of a kind that it gets. */
const MOST_VALUES = 100, MOST_MARKS = 20;

/** Fields that name a machine beside those that the CIM types as one. */
const MACHINES = new Set(["host", "dvc", "Computer", "ComputerName", "hostname"]);

type Kind = "machine" | "account" | "other";

/** What a field names, by the last part of its name: `login.src` is a `src`. */
function kindOf(field: string): Kind {
  const name = field.slice(field.lastIndexOf(".") + 1);
  if (namesAccount(name)) return "account";
  const type = FIELD_TYPES.get(name);
  return MACHINES.has(name) || type === "host" || type === "ip" ? "machine" : "other";
}

/** The texts that an alert names by their fields, those of its entity first, each once. */
export function* namedValues(alert: Alert): Generator<{ field: string; value: string }> {
  const seen = new Set<string>();
  for (const [field, given] of [...Object.entries(alert.entity), ...Object.entries(alert.fields)]) {
    for (const value of textsOf(given)) {
      const key = `${kindOf(field)} ${value}`;
      if (seen.has(key)) continue;
      if (seen.size === MOST_VALUES) return;
      seen.add(key);
      yield { field, value };
    }
  }
}

function textsOf(value: Value): string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, MOST_VALUES) : [value];
  return items.filter((v): v is string => typeof v === "string" && v !== "" && v.length <= 1000);
}

/** Gives the changes with the marks of their alerts; the same where nothing is known. */
export class Marker {
  /** @param weights what points of risk are multiplied by, as the rules are loaded now */
  constructor(readonly sources: MarkSources, readonly weights: () => RiskWeights) {}

  mark(changes: readonly AlertChange[]): AlertChange[] {
    return changes.map(({ change, alert }) => ({ change, alert: this.alert(alert) }));
  }

  alert(alert: Alert): Alert {
    const assets: AssetMark[] = [];
    const intelligence: IntelligenceMark[] = [];
    const geography: PlaceMark[] = [];
    const weights = alert.metadata.risk ? this.weights() : null;
    for (const named of namedValues(alert)) {
      this.#assets(named, Object.hasOwn(alert.entity, named.field) ? weights : null, assets);
      this.#listed(named, intelligence);
      this.#place(named, geography);
    }
    const raised = this.#raise(alert.severity, assets);
    const context: AlertContext = {
      ...(assets.length > 0 ? { assets } : {}),
      ...(intelligence.length > 0 ? { intelligence } : {}),
      ...(geography.length > 0 ? { geography } : {}),
      ...(raised === null ? {} : { raised }),
    };
    if (Object.keys(context).length === 0) return alert;
    return { ...alert, severity: raised?.to ?? alert.severity, context };
  }

  /** @param weights null where the alert adds no risk to the value */
  #assets(
    { field, value }: { field: string; value: string },
    weights: RiskWeights | null,
    out: AssetMark[],
  ): void {
    if (out.length === MOST_MARKS) return;
    const { assets, identities } = this.sources;
    const kind = kindOf(field);
    const table = (kind === "account" ? identities : kind === "machine" ? assets : null)?.table;
    const row = table?.find(value);
    if (!table || !row) return;
    const weight = row.priority && weights?.[row.priority];
    const weighed = weight !== undefined && weight !== null && weight !== 1;
    out.push({
      field,
      value,
      kind: table.kind,
      ...row,
      ...(weighed ? { risk_weight: weight } : {}),
    });
  }

  #listed({ field, value }: { field: string; value: string }, out: IntelligenceMark[]): void {
    for (const { name, resource } of this.sources.lists ?? []) {
      const description = resource.value?.find(value);
      if (description === undefined || out.length === MOST_MARKS) continue;
      out.push({
        field,
        value,
        source: name,
        ...(description === "" ? {} : { description }),
        as_of: new Date(resource.asOf).toISOString(),
        ...(resource.error === null ? {} : { note: "the list could not be read again since" }),
      });
    }
  }

  #place({ field, value }: { field: string; value: string }, out: PlaceMark[]): void {
    const place = this.sources.geography?.find(value);
    if (place === undefined || out.length === MOST_MARKS) return;
    if (out.some((mark) => mark.value === value)) return;
    const { country, city, asn, org } = place;
    out.push({
      field,
      value,
      ...(country === undefined ? {} : { country }),
      ...(city === undefined ? {} : { city }),
      ...(asn === undefined ? {} : { asn }),
      ...(org === undefined ? {} : { org }),
    });
  }

  /** The gravest severity that one of the marks raises to; null where none does. */
  #raise(from: Severity, marks: readonly AssetMark[]): Raise | null {
    let raise: Raise | null = null;
    for (const { kind, name, priority } of marks) {
      const by = kind === "asset" ? this.sources.assets : this.sources.identities;
      const to = priority && by?.raise[priority]?.[from];
      if (!to || SEVERITIES.indexOf(to) <= SEVERITIES.indexOf(raise?.to ?? from)) continue;
      raise = { from, to, because: `${kind} ${name}, priority ${priority}` };
    }
    return raise;
  }
}
