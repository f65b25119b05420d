/** Values of `agent.yaml` as constants of the type that a rule wants. */
import { parseExpression } from "../../grammar/mod.ts";
import { SEVERITIES } from "../ir/program.ts";
import type { WrittenValue } from "../ir/tuning.ts";
import type { ScalarType } from "../schema/types.ts";
import { isText } from "../schema/typing.ts";
import type { CheckContext } from "./context.ts";
import { entryValue, itemValue } from "./list_values.ts";
import { NO_ROW } from "./rows.ts";

/**
 * The value as the type has it at run time; null when it is none, which is for the caller to report.
 * Text stands for itself where text is wanted; anything else is written as in SDL: 10m, 10MB, 10.0.0.0/8.
 */
export function settingValue(
  cx: CheckContext,
  written: WrittenValue,
  type: ScalarType,
): string | number | boolean | null {
  const { text, isText: quoted, file } = written;
  if (isText(type)) return text;
  if (type === "severity") {
    const level = text.toLowerCase();
    return SEVERITIES.some((s) => s === level) ? level : null;
  }
  if (quoted && (type === "ip" || type === "cidr")) return entryValue(text, type);
  const { expr, diagnostics } = parseExpression(text, 0, file);
  if (!expr || diagnostics.length > 0) return null;
  // What is said of a part of it would be less than what is said of the whole.
  const { diagnostics: found, rule } = cx;
  const before = found.length, failed = rule?.failed ?? false;
  const env = { cx, file, row: NO_ROW, params: new Map(), lets: [], at: null, inAggregate: false };
  const ir = cx.resolve(env, expr);
  found.length = before;
  if (rule) rule.failed = failed;
  if (cx.broken.has(ir) || ir.op !== "const") return null;
  if (typeof ir.value === "object" || typeof ir.type === "object") return null;
  return itemValue(ir.value, ir.type, type);
}
