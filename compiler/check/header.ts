/** The head of a rule: its header fields and params. */
import type { Expr, HeaderField } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { HEADER_WORDS } from "../../grammar/split.ts";
import type { IrExpr } from "../ir/program.ts";
import { MOST_RISK } from "../ir/risk.ts";
import type { ScalarType, Type } from "../schema/types.ts";
import type { CheckContext, RuleInfo } from "./context.ts";
import { type Env, isBroken, type ParamInfo } from "./env.ts";
import { resolve } from "./expr.ts";
import { TYPE_NAMES } from "./names.ts";
import { changeParam } from "./param_settings.ts";
import { NO_ROW } from "./rows.ts";
import { assignable, aType } from "../schema/typing.ts";

const HEADERS = [...HEADER_WORDS];

export function readHeaders(cx: CheckContext, info: RuleInfo): Map<string, HeaderField> {
  const { decl, file } = info;
  const out = new Map<string, HeaderField>();
  for (const h of decl.header) {
    const key = h.key.name.toLowerCase();
    if (!HEADERS.includes(key)) {
      const near = nearest(key, HEADERS);
      cx.error("unknown_header", file, h.key.span, `Unknown header "${h.key.name}"`, {
        help: near
          ? `Did you mean ${near}?`
          : `The headers are ${HEADERS.join(", ")}, param and allow`,
        ...(near ? { suggestion: near } : {}),
      });
      continue;
    }
    const before = out.get(key);
    if (before) {
      cx.error("repeated_header", file, h.span, `"${key}" stands twice`, {
        help: "Keep one of them",
        related: [{ file, span: before.span, message: "First here" }],
      });
      continue;
    }
    out.set(key, h);
    if (key === "severity") continue;
    if (key === "risk") {
      riskHeader(cx, file, h);
      continue;
    }
    for (const v of h.values) {
      const good = key === "mitre"
        ? v.kind === "mitre"
        : key === "tags" || key === "status"
        ? v.kind === "string" || v.kind === "field"
        : v.kind === "string";
      if (good) continue;
      cx.error(
        "bad_header",
        file,
        v.span,
        key === "mitre" ? "After mitre come ids of techniques" : `${key} takes text`,
        {
          help: key === "mitre"
            ? "Write them as T1110.001, T1078, without quotes"
            : `Write ${key} "…"`,
        },
      );
    }
  }
  return out;
}

/** `risk 40`: points that an alert adds to its entities. */
function riskHeader(cx: CheckContext, file: string, { values, span }: HeaderField): void {
  const [value] = values;
  if (
    values.length === 1 && value.kind === "number" && value.value >= 0 && value.value <= MOST_RISK
  ) return;
  cx.error("bad_header", file, value?.span ?? span, `risk takes a number from 0 to ${MOST_RISK}`, {
    help: "Write the points that one alert adds to its entities, like risk 40",
  });
}

export function readParams(cx: CheckContext, info: RuleInfo): Map<string, ParamInfo> {
  const { decl, file } = info;
  const out = new Map<string, ParamInfo>();
  for (const p of decl.params) {
    const name = p.name.name;
    if (out.has(name)) {
      cx.error("duplicate_name", file, p.name.span, `The param "${name}" is declared twice`, {
        help: "Rename one of them",
      });
      continue;
    }
    let value = resolve({
      cx,
      file,
      row: NO_ROW,
      params: out,
      lets: [],
      at: null,
      inAggregate: false,
    }, p.value);
    if (!isBroken({ cx } as Env, value)) {
      if (value.op !== "const") {
        cx.error("not_constant", file, p.value.span, `The param "${name}" needs a constant`, {
          help: "Write the value itself",
        });
        cx.broken.add(value);
      } else if (p.type) value = typed(cx, info, p.type.name, p.type.span, value, p.value);
    }
    if (!cx.broken.has(value)) value = changeParam(cx, decl.name.name, name, value);
    out.set(name, { value });
  }
  return out;
}

function typed(
  cx: CheckContext,
  info: RuleInfo,
  written: string,
  at: { start: number; end: number },
  value: IrExpr,
  e: Expr,
): IrExpr {
  const list = /^list<(\w+)>$/i.exec(written)?.[1];
  const name = (list ?? written).toLowerCase() as ScalarType;
  if (!TYPE_NAMES.includes(name)) {
    const near = nearest(name, TYPE_NAMES);
    cx.error("bad_header", info.file, at, `Unknown type "${written}"`, {
      help: near ? `Did you mean ${near}?` : `Give one of ${TYPE_NAMES.join(", ")}`,
      ...(near ? { suggestion: near } : {}),
    });
    cx.broken.add(value);
    return value;
  }
  const type: Type = list ? { list: name } : name;
  if (assignable(value.type, type)) return { ...value, type };
  cx.error(
    "type_mismatch",
    info.file,
    e.span,
    `The param is ${aType(type)}, its value is ${aType(value.type)}`,
    {
      help: "Correct the value or the type",
    },
  );
  cx.broken.add(value);
  return value;
}
