/**
 * Fields of rules that no event has as they are: accounts in parts, as the text DOMAIN\NAME that Sysmon
 * writes, and programs by their bare name.
 */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import { either, plus } from "./exprs.ts";
import type { Account } from "./sources/types.ts";

export interface DerivedField {
  /** Fields of which one has to be there. */
  readonly parts: readonly string[];
  value(span: Span): IrExpr;
  /** The fields of an event that has this value, and their texts. */
  partsOf(value: string): readonly (readonly [name: string, text: string])[];
}

/** Accounts of Windows itself: their events name the computer's account beside their identifier. */
const WELL_KNOWN: readonly (readonly [sid: string, name: string])[] = [
  ["S-1-5-18", "NT AUTHORITY\\SYSTEM"],
  ["S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"],
  ["S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"],
];

const field = (name: string, span: Span): IrExpr => ({ op: "field", name, type: "string", span });
const text = (value: string, span: Span): IrExpr => ({ op: "const", value, type: "string", span });

function is(op: "==" | "!=", name: string, value: string, span: Span): IrExpr {
  const [left, right] = [field(name, span), text(value, span)];
  return { op, left, right, cs: false, type: "bool", span };
}

/** The first of the accounts that the event names; the last one, where it names none. */
export const accountField = (accounts: readonly Account[]): DerivedField => ({
  parts: accounts.map((a) => a.name),
  value: (span) => accountExpr(accounts, span),
  partsOf: (value) => accountParts(accounts, value),
});

function accountExpr(accounts: readonly Account[], span: Span): IrExpr {
  const all = accounts.map((a) => oneAccount(a, span));
  return all.reduceRight((other, own, i) =>
    either(is("!=", accounts[i].name, "-", span), own, other, span)
  );
}

function oneAccount({ sid, domain, name }: Account, span: Span): IrExpr {
  const written = plus(
    plus(field(domain, span), text("\\", span), span),
    field(name, span),
    span,
  );
  // Some renderings leave the domain out.
  const plain = either(
    { op: "exists", name: domain, type: "bool", span },
    written,
    field(name, span),
    span,
  );
  return WELL_KNOWN.reduceRight(
    (other, [id, known]) => either(is("==", sid, id, span), text(known, span), other, span),
    plain,
  );
}

/** The parts of an account that a rule's test writes as one text. */
function accountParts(accounts: readonly Account[], value: string): [string, string][] {
  const { domain, name } = accounts.at(-1)!;
  const at = value.indexOf("\\");
  return at < 0 ? [[name, value]] : [[domain, value.slice(0, at)], [name, value.slice(at + 1)]];
}

/** A path, or a bare name as if it stood in the root folder: rules ask for `/name` at its end. */
export const pathField = (name: string): DerivedField => ({
  parts: [name],
  value: (span) =>
    either(
      {
        op: "contains",
        quant: "any",
        value: field(name, span),
        needles: [text("/", span)],
        type: "bool",
        span,
      },
      field(name, span),
      { op: "+", left: text("/", span), right: field(name, span), type: "string", span },
      span,
    ),
  partsOf: (value) => [[name, value]],
});
