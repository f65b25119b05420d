/** What conditions on one value allow together: enough arithmetic to see a contradiction. */
import type { IrExpr } from "../../ir/program.ts";
import { MIRRORED } from "../../ir/walk.ts";

type Scalar = string | number | boolean;

/** What a condition asks of the value of `subject`, wherever the value is there. */
export type Constraint =
  & {
    readonly subject: IrExpr;
    /** Met by a missing value too, as what stands under `not` is. */
    readonly weak?: boolean;
  }
  & (
    | {
      readonly kind: "one of" | "none of";
      readonly values: readonly Scalar[];
      readonly cs: boolean;
    }
    /** Both ends included; `open` leaves the end out that is finite. */
    | {
      readonly kind: "range";
      readonly from: number;
      readonly to: number;
      readonly open?: boolean;
    }
    /** Everything but a closed range. */
    | { readonly kind: "outside"; readonly from: number; readonly to: number }
    | {
      readonly kind: "text";
      readonly test: "contains" | "startswith" | "endswith";
      readonly needle: string;
    }
    | { readonly kind: "missing" | "there" }
  );

/** The constraint that a condition puts on one value, or null when it is not of that form. */
export function constraintOf(e: IrExpr): Constraint | null {
  switch (e.op) {
    case "not": {
      const inner = constraintOf(e.arg);
      return inner?.kind === "one of" || inner?.kind === "there" ? negated(inner) : null;
    }
    case "exists":
      return {
        subject: { op: "field", name: e.name, type: "string", span: e.span },
        kind: "there",
      };
    case "in":
      if (e.set.kind === "values") {
        const kind = e.negated ? "none of" : "one of";
        return { subject: e.value, kind, values: e.set.values, cs: e.set.cs };
      }
      if (e.set.kind !== "range") return null;
      return {
        subject: e.value,
        kind: e.negated ? "outside" : "range",
        from: e.set.from,
        to: e.set.to,
      };
    case "contains":
    case "startswith":
    case "endswith": {
      const [needle] = e.needles;
      if (e.needles.length !== 1 || needle.op !== "const") return null;
      return { subject: e.value, kind: "text", test: e.op, needle: String(needle.value) };
    }
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const turned = e.right.op !== "const";
      const [subject, value] = turned ? [e.right, e.left] : [e.left, e.right];
      if (value.op !== "const" || typeof value.value === "object") return null;
      const op = turned ? MIRRORED[e.op] : e.op;
      if (op === "==") return { subject, kind: "one of", values: [value.value], cs: e.cs };
      if (op === "!=") return { subject, kind: "none of", values: [value.value], cs: e.cs };
      if (typeof value.value !== "number") return null;
      const v = value.value;
      const open = op === "<" || op === ">";
      return op === "<" || op === "<="
        ? { subject, kind: "range", from: -Infinity, to: v, open }
        : { subject, kind: "range", from: v, to: Infinity, open };
    }
    default:
      return null;
  }
}

/** What holds exactly where a constraint does not, or null when it has no such form. */
export function negated(c: Constraint): Constraint | null {
  const { subject } = c;
  const weak = true;
  switch (c.kind) {
    case "one of":
      return { ...c, kind: "none of", weak };
    case "none of":
      return { ...c, kind: "one of", weak };
    case "range":
      if (Number.isFinite(c.from) && Number.isFinite(c.to)) {
        return { subject, kind: "outside", from: c.from, to: c.to, weak };
      }
      return Number.isFinite(c.to)
        ? { subject, kind: "range", from: c.to, to: Infinity, open: !c.open, weak }
        : { subject, kind: "range", from: -Infinity, to: c.from, open: !c.open, weak };
    case "outside":
      return { subject, kind: "range", from: c.from, to: c.to, weak };
    case "there":
      return { subject, kind: "missing" };
    case "missing":
      return { subject, kind: "there" };
    case "text":
      return null;
  }
}

/** Constraints that hold together of one value. */
export class Constraints {
  private allowed: { readonly values: readonly Scalar[]; readonly cs: boolean } | null = null;
  private readonly excluded: { readonly value: Scalar; readonly cs: boolean }[] = [];
  private readonly outside: { readonly from: number; readonly to: number }[] = [];
  private readonly texts: (Constraint & { readonly kind: "text" })[] = [];
  private from = -Infinity;
  private fromOpen = false;
  private to = Infinity;
  private toOpen = false;
  /** Asked to be there, or to be missing; a test of its value asks it to be there. */
  private there = false;
  private missing = false;
  /** Values that were asked for, as first written, to speak of them. */
  private readonly asked: Scalar[] = [];
  /** Some constraint named several values. */
  private lists = false;

  constructor(private readonly subject: IrExpr) {}

  add(c: Constraint): void {
    if (c.kind === "missing") this.missing = true;
    else if (c.weak !== true) this.there = true;
    switch (c.kind) {
      case "one of":
        if (c.values.length > 1) this.lists = true;
        this.asked.push(...c.values);
        this.allowed = this.allowed === null ? { values: c.values, cs: c.cs } : {
          values: this.allowed.values.filter((v) =>
            c.values.some((w) => same(v, w, c.cs && this.allowed!.cs))
          ),
          cs: c.cs || this.allowed.cs,
        };
        break;
      case "none of":
        for (const value of c.values) this.excluded.push({ value, cs: c.cs });
        break;
      case "range":
        if (c.from > this.from || (c.from === this.from && c.open)) {
          this.from = c.from;
          this.fromOpen = c.open === true;
        }
        if (c.to < this.to || (c.to === this.to && c.open)) {
          this.to = c.to;
          this.toOpen = c.open === true;
        }
        break;
      case "outside":
        this.outside.push(c);
        break;
      case "text":
        this.texts.push(c);
        break;
    }
  }

  /** Whether no value, and no missing value, meets them all. */
  impossible(): boolean {
    if (this.missing && this.there) return true;
    if (this.allowed !== null) {
      const { values } = this.allowed;
      return values.every((v) =>
        this.excluded.some((x) => same(v, x.value, x.cs)) || !this.inRange(v) ||
        this.texts.some((t) => !textHolds(t, v))
      );
    }
    if (this.from > this.to) return true;
    if (this.from === this.to && (this.fromOpen || this.toOpen)) return true;
    const whole = this.subject.type === "int" || this.subject.type === "bytes";
    if (whole && Number.isFinite(this.from) && Number.isFinite(this.to)) {
      const low = this.fromOpen ? Math.floor(this.from) + 1 : Math.ceil(this.from);
      const high = this.toOpen ? Math.ceil(this.to) - 1 : Math.floor(this.to);
      if (low > high) return true;
    }
    return this.outside.some((o) => this.from >= o.from && this.to <= o.to);
  }

  private inRange(v: Scalar): boolean {
    if (typeof v !== "number") return true;
    if (v < this.from || (v === this.from && this.fromOpen)) return false;
    if (v > this.to || (v === this.to && this.toOpen)) return false;
    return !this.outside.some((o) => v >= o.from && v <= o.to);
  }

  /** The value as a message names it. */
  name(): string {
    return this.subject.op === "field"
      ? `"${this.subject.name}"`
      : this.subject.op === "call"
      ? `${this.subject.fn}(…)`
      : "the value";
  }

  /** Why they are impossible. */
  why(): string {
    if (this.missing && this.there) return `${this.name()} cannot be missing and have a value`;
    const values = this.values();
    if (this.lists || values.length === 0) return `no value of ${this.name()} meets all of it`;
    return values.length > 1
      ? `${this.name()} cannot be ${values.slice(0, 3).join(" and ")} at once`
      : `${this.name()} cannot be ${values[0]} and meet the rest of it`;
  }

  /** What to do about it. */
  help(): string {
    const values = this.values();
    return values.length > 1 && !this.lists && this.subject.op === "field"
      ? `Join them with or: ${this.subject.name} in (${values.slice(0, 5).join(", ")})`
      : "Correct one part of it, or join the parts with or";
  }

  private values(): string[] {
    return [...new Set(this.asked.map(quoted))];
  }
}

const quoted = (v: Scalar): string => typeof v === "string" ? `"${v}"` : String(v);

function same(a: Scalar, b: Scalar, cs: boolean): boolean {
  if (typeof a === "string" && typeof b === "string") {
    return cs ? a === b : a.toLowerCase() === b.toLowerCase();
  }
  return a === b;
}

function textHolds(t: Constraint & { readonly kind: "text" }, value: Scalar): boolean {
  if (typeof value !== "string") return true;
  const [text, needle] = [value.toLowerCase(), t.needle.toLowerCase()];
  return t.test === "contains"
    ? text.includes(needle)
    : t.test === "startswith"
    ? text.startsWith(needle)
    : text.endsWith(needle);
}
