/** First pass: every name that a file declares, and the values of lists. */
import type { Expr, ListDecl } from "../../grammar/ast.ts";
import { type IrTable, listFileKey } from "../ir/program.ts";
import type { ScalarType } from "../schema/types.ts";
import type { CheckContext, ListInfo } from "./context.ts";
import { type Env, isBroken } from "./env.ts";
import { resolve } from "./expr.ts";
import { changeList } from "./list_settings.ts";
import { entryValue, itemValue } from "./list_values.ts";
import { NO_ROW } from "./rows.ts";
import { nearest } from "../../grammar/nearest.ts";
import { aType } from "../schema/typing.ts";

/** Types that a list or a param can be declared with. */
export const TYPE_NAMES: readonly ScalarType[] = [
  "string",
  "int",
  "float",
  "bool",
  "ip",
  "host",
  "cidr",
  "timestamp",
  "duration",
  "bytes",
  "severity",
];

/** Enters lists, lets and rules; a second one of a name is an error and is left out. */
export function declareNames(cx: CheckContext): void {
  for (const file of cx.files) {
    for (const decl of file.decls) {
      const { name } = decl;
      const table: Map<string, { decl: { name: typeof name }; file: string }> = decl.kind === "list"
        ? cx.lists
        : decl.kind === "let"
        ? cx.lets
        : cx.rules;
      const before = table.get(name.name);
      if (before) {
        cx.error(
          "duplicate_name",
          file.name,
          name.span,
          `The ${decl.kind} "${name.name}" is declared twice`,
          {
            help: "Rename one of them",
            related: [{ file: before.file, span: before.decl.name.span, message: "First here" }],
          },
        );
        continue;
      }
      if (decl.kind === "rule" && name.name.toLowerCase() === "any") {
        cx.error("reserved_name", file.name, name.span, `A rule cannot be named "${name.name}"`, {
          help: "signal any means the alerts of every other rule: give it another name",
        });
        continue;
      }
      if (decl.kind === "list") {
        cx.lists.set(name.name, { decl, file: file.name, type: null, values: [], used: false });
      } else if (decl.kind === "let") {
        cx.lets.set(name.name, { decl, file: file.name, used: false, broken: false });
      } else {
        cx.rules.set(name.name, {
          decl,
          file: file.name,
          failed: false,
          ir: null,
          row: null,
          usedLists: new Set(),
          usedParams: new Set(),
          allowed: new Map(decl.allows.map((a) => [a.lint.name, { used: false, span: a.span }])),
        });
      }
    }
  }
}

/** Types and values of every list. A list named by a CSV table is the table's to resolve. */
export function resolveLists(cx: CheckContext): void {
  for (const info of cx.lists.values()) {
    const { decl } = info;
    let declared: ScalarType | null = null;
    if (decl.type) {
      const name = decl.type.name.toLowerCase() as ScalarType;
      if (!TYPE_NAMES.includes(name)) {
        const near = nearest(name, TYPE_NAMES);
        cx.error("bad_list", info.file, decl.type.span, `Unknown type "${decl.type.name}"`, {
          help: near ? `Did you mean ${near}?` : `Give one of ${TYPE_NAMES.join(", ")}`,
          ...(near ? { suggestion: near } : {}),
        });
        continue;
      }
      declared = name;
    }
    if (decl.file) fromFile(cx, info, declared ?? "string");
    else fromItems(cx, info, declared);
    changeList(cx, info);
    if (info.type !== null && info.values.length > 0) cx.tables.set(decl.name.name, asTable(info));
  }
}

/** A list as a table of one column, so that `lookup` and `expect` take it too. */
function asTable(info: ListInfo): IrTable {
  return {
    name: info.decl.name.name,
    columns: [{ name: "value", type: info.type! }],
    rows: info.values.map((v) => [v.value]),
  };
}

function fromFile(cx: CheckContext, info: ListInfo, type: ScalarType): void {
  const path = info.decl.file!;
  const entries = cx.options.listFiles?.get(listFileKey(info.file, path.value));
  // A file that could not be read was reported by whoever reads files.
  if (!entries) return;
  const values: (string | number)[] = [];
  for (const [i, text] of entries.entries()) {
    const value = entryValue(text, type);
    if (value === null) {
      cx.error(
        "bad_list",
        info.file,
        path.span,
        `"${shortened(text)}" in "${path.value}" is not ${aType(type)}`,
        {
          help: `Correct entry ${i + 1} of the file, or the list's type`,
        },
      );
      return;
    }
    values.push(value);
  }
  info.type = type;
  info.values = values.map((value) => ({ value, cs: false }));
}

/** Longest part of a list's entry that a diagnostic quotes. */
const QUOTED = 80;
const shortened = (text: string) => text.length > QUOTED ? text.slice(0, QUOTED) + "…" : text;

function fromItems(cx: CheckContext, info: ListInfo, declared: ScalarType | null): void {
  const { decl, file } = info;
  const env: Env = {
    cx,
    file,
    row: NO_ROW,
    params: new Map(),
    lets: [],
    at: null,
    inAggregate: false,
  };
  const values: { value: string | number | boolean; cs: boolean }[] = [];
  let type = declared;
  for (const item of decl.items ?? []) {
    const ir = resolve(env, item);
    if (isBroken(env, ir)) return;
    if (ir.op !== "const" || typeof ir.value === "object" || typeof ir.type === "object") {
      cx.error("not_constant", file, item.span, "The values of a list are constants", {
        help: "Write text, numbers, addresses or networks",
      });
      return;
    }
    type ??= ir.type;
    const value = itemValue(ir.value, ir.type, type);
    if (value === null) {
      mismatch(cx, decl, file, item, `The list holds ${type}, this is ${aType(ir.type)}`);
      return;
    }
    values.push({ value, cs: ir.cs === true });
  }
  info.type = type ?? "string";
  info.values = values;
}

function mismatch(
  cx: CheckContext,
  decl: ListDecl,
  file: string,
  item: Expr,
  message: string,
): void {
  cx.error("bad_list", file, item.span, message, {
    help: decl.type ? "Correct the value, or the list's type" : "Give all values one type",
  });
}
