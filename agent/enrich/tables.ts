/** Files that lists name: one entry a line, or a CSV table that `lookup` joins. */
import { type IrTable, listFileKey } from "../../compiler/ir/program.ts";
import type { ListSetting } from "../../compiler/ir/tuning.ts";
import type { ScalarType } from "../../compiler/schema/types.ts";
import type { File, ListDecl } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { csv } from "./csv.ts";
import type { ListReader } from "./list_files.ts";

export interface ReadLists {
  readonly tables: IrTable[];
  /** Entries by {@link listFileKey}. */
  readonly listFiles: Map<string, string[]>;
  /** What was read, by the same key: the same lists can be made again without the files. */
  readonly texts: Map<string, string>;
  readonly diagnostics: Diagnostic[];
}

const TYPES: readonly ScalarType[] = ["string", "int", "float", "bool", "ip", "host", "cidr"];

/**
 * Reads what `list NAME = file "PATH"` names, relative to the rule's file. A CSV without a declared
 * type is a table whose first column is the key and whose header may give types, as `score:int`;
 * any other file gives one entry a line, `#` and empty lines left out.
 * @param read what may be read, and how: see list_files.ts
 */
export async function readTables(files: readonly File[], read: ListReader): Promise<ReadLists> {
  const out: ReadLists = {
    tables: [],
    listFiles: new Map(),
    texts: new Map(),
    diagnostics: [],
  };
  for (const file of files) {
    for (const decl of file.decls) {
      if (decl.kind === "list" && decl.file) await readOne(file, decl, read, out);
    }
  }
  return out;
}

/** Reads the files that `lists:` of `agent.yaml` names into what {@link readTables} gave. */
export async function readSettingLists(
  lists: readonly ListSetting[],
  read: ListReader,
  out: ReadLists,
): Promise<void> {
  const parts = lists.flatMap((l) => [l.add, l.remove, l.replace]);
  for (const { file, path, span } of parts.flatMap((p) => p?.files ?? [])) {
    const got = await read(file, path);
    if ("message" in got) {
      out.diagnostics.push({ code: "E0190", level: "error", file, span, ...got });
      continue;
    }
    const key = listFileKey(file, path);
    out.texts.set(key, got.text);
    out.listFiles.set(key, entriesOf(got.text));
  }
}

/** One entry a line. */
const entriesOf = (text: string): string[] =>
  text.replace(/^\ufeff/, "").split(/\r?\n/).map((l) => l.trim())
    .filter((l) => l && l[0] !== "#");

async function readOne(
  file: File,
  decl: ListDecl,
  read: ListReader,
  out: ReadLists,
): Promise<void> {
  const written = decl.file!.value;
  const fail = (message: string, help: string) =>
    out.diagnostics.push({
      code: "E0190",
      level: "error",
      file: file.name,
      span: decl.file!.span,
      message,
      help,
    });
  const got = await read(file.name, written);
  if ("message" in got) {
    fail(got.message, got.help);
    return;
  }
  const key = listFileKey(file.name, written);
  out.texts.set(key, got.text);
  const text = got.text.replace(/^\ufeff/, "");
  if (decl.type || !/\.csv$/i.test(written)) {
    out.listFiles.set(key, entriesOf(got.text));
    return;
  }
  const rows = csv(text);
  const header = rows.shift() ?? [];
  const columns = header.map((cell) => {
    const [name, type = "string"] = cell.trim().split(":");
    return { name, type: type as ScalarType };
  });
  const bad = columns.find((c) => !/^[A-Za-z_]\w*$/.test(c.name) || !TYPES.includes(c.type));
  if (columns.length === 0 || bad) {
    fail(
      bad
        ? `Bad column "${bad.name}:${bad.type}" in "${written}"`
        : `The table "${written}" is empty`,
      `Begin the file with a line of column names, each with a type of ${
        TYPES.join(", ")
      } if need be`,
    );
    return;
  }
  out.tables.push({
    name: decl.name.name,
    columns,
    rows: rows.filter((r) => r.some((c) => c !== "")).map((r) =>
      columns.map((c, i) => cellValue(r[i] ?? "", c.type))
    ),
  });
}

function cellValue(text: string, type: ScalarType): string | number | boolean | null {
  if (text === "") return null;
  if (type === "int" || type === "float") {
    return Number.isFinite(Number(text)) ? Number(text) : null;
  }
  if (type === "bool") return /^(true|1|yes)$/i.test(text);
  return text;
}
