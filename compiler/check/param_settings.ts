/** `params:` of `agent.yaml` in place of what rules say. */
import type { IrExpr } from "../ir/program.ts";
import type { ParamSetting, Tuning, WrittenValue } from "../ir/tuning.ts";
import { aType } from "../schema/typing.ts";
import type { CheckContext } from "./context.ts";
import { settingValue } from "./setting_values.ts";

/** The setting of a rule's param: one that names the rule goes before one for all. */
export function paramSetting(
  { params }: Tuning,
  rule: string,
  name: string,
): ParamSetting | undefined {
  const named = params.filter((p) => p.name === name);
  return named.find((p) => p.rule === rule) ?? named.find((p) => p.rule === null);
}

const listOf = ({ value }: ParamSetting): readonly WrittenValue[] =>
  "text" in value ? [value] : value;

/** A setting as `explain` tells it. */
export const paramText = (p: ParamSetting): string =>
  `param ${p.name} = ${listOf(p).map((v) => v.text).join(", ")}`;

/** The value that a setting gives a param, or the one it has. */
export function changeParam(
  cx: CheckContext,
  rule: string,
  name: string,
  value: IrExpr,
): IrExpr {
  const setting = cx.options.tuning && paramSetting(cx.options.tuning, rule, name);
  if (setting === undefined) return value;
  cx.tuned.add(setting);
  const { type } = value;
  const given = listOf(setting);
  const element = typeof type === "object" ? type.list : type;
  const wrong = (v: WrittenValue, what: string) => {
    cx.error("type_mismatch", v.file, v.span, what, {
      help: `Write ${aType(element)}${example(value)}`,
    });
    cx.broken.add(value);
    return value;
  };
  if (typeof type !== "object" && given.length !== 1) {
    const at = { ...setting };
    cx.error("type_mismatch", at.file, at.span, `The param "${name}" takes one value`, {
      help: `Write ${aType(type)}${example(value)}`,
    });
    cx.broken.add(value);
    return value;
  }
  const values: (string | number | boolean)[] = [];
  for (const written of given) {
    const v = settingValue(cx, written, element);
    if (v === null) {
      return wrong(
        written,
        `The param "${name}" of ${rule} is ${aType(type)}, "${written.text}" is not`,
      );
    }
    values.push(v);
  }
  if (typeof type !== "object") return { op: "const", value: values[0], type, span: value.span };
  return { op: "const", value: values as (string | number)[], type, span: value.span };
}

/** The value that the rule has, as an example of what may stand there. */
function example(value: IrExpr): string {
  if (value.op !== "const" || typeof value.value === "object") return "";
  if (value.type === "duration") return ", as 90s, 10m or 1h";
  if (value.type === "bytes") return ", as 10MB";
  return `, as ${value.value}`;
}
