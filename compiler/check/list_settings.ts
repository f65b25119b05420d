/** `lists:` of `agent.yaml` over what files of rules say. */
import { listFileKey } from "../ir/program.ts";
import { type ListEntries, type ListSetting, type Place, TUNING_CODES } from "../ir/tuning.ts";
import type { ScalarType } from "../schema/types.ts";
import { aType, isText } from "../schema/typing.ts";
import type { CheckContext, ListInfo } from "./context.ts";
import { entryValue } from "./list_values.ts";
import { settingValue } from "./setting_values.ts";

type Entry = ListInfo["values"][number];

/** A setting as `explain` tells it. */
export function listText({ name, add, remove, replace }: ListSetting): string {
  const part = (word: string, entries: ListEntries | null) =>
    entries === null ? [] : [`${word} ${
      [
        ...entries.values.map((v) => v.text),
        ...entries.files.map((f) => f.path),
      ].join(", ") ||
      "nothing"
    }`];
  const parts = [...part("replaced by", replace), ...part("without", remove), ...part("with", add)];
  return `list ${name} ${parts.join(", ")}`;
}

/** Changes the values of a list as the settings say. */
export function changeList(cx: CheckContext, info: ListInfo): void {
  const { name } = info.decl.name;
  const setting = cx.options.tuning?.lists.find((l) => l.name === name);
  if (setting === undefined) return;
  cx.tuned.add(setting);
  if (info.type === null) {
    if (info.decl.file === null || !cx.tables.has(name)) return;
    cx.error("bad_list", setting.file, setting.span, `"${name}" is a table, not a list of values`, {
      help: `Change its file, "${info.decl.file.value}"`,
    });
    return;
  }
  const { type } = info;
  const same = (a: Entry, b: Entry) =>
    a.value === b.value ||
    (isText(type) && String(a.value).toLowerCase() === String(b.value).toLowerCase());
  let values = setting.replace === null ? info.values : entriesOf(cx, setting.replace, type);
  for (const gone of setting.remove === null ? [] : entriesOf(cx, setting.remove, type)) {
    if (!values.some((v) => same(v, gone))) unused(cx, gone.at, name, "is not in");
    values = values.filter((v) => !same(v, gone));
  }
  for (const more of setting.add === null ? [] : entriesOf(cx, setting.add, type)) {
    if (values.some((v) => same(v, more))) unused(cx, more.at, name, "is already in");
    else values = [...values, more];
  }
  info.values = values.map(({ value, cs }) => ({ value, cs }));
}

interface PlacedEntry extends Entry {
  readonly at: Place & { readonly text: string };
}

function unused(cx: CheckContext, at: PlacedEntry["at"], list: string, what: string): void {
  cx.diagnostics.push({
    code: TUNING_CODES.unused,
    level: "warning",
    file: at.file,
    span: at.span,
    message: `"${at.text}" ${what} the list "${list}": nothing changes`,
    help: "Take it out",
  });
}

/** The entries as values of the type; one that is none is reported and left out. */
function entriesOf(cx: CheckContext, entries: ListEntries, type: ScalarType): PlacedEntry[] {
  const out: PlacedEntry[] = [];
  for (const written of entries.values) {
    const value = settingValue(cx, written, type);
    if (value !== null) out.push({ value, cs: false, at: written });
    else {
      const message = `The list holds ${type}, "${written.text}" is not ${aType(type)}`;
      cx.error("bad_list", written.file, written.span, message, { help: "Correct the value" });
    }
  }
  for (const file of entries.files) {
    // A file that could not be read was reported by whoever reads files.
    const texts = cx.options.listFiles?.get(listFileKey(file.file, file.path)) ?? [];
    for (const [i, text] of texts.entries()) {
      const value = entryValue(text, type);
      if (value !== null) {
        out.push({ value, cs: false, at: { ...file, text } });
        continue;
      }
      const message = `"${text.slice(0, 80)}" in "${file.path}" is not ${aType(type)}`;
      cx.error("bad_list", file.file, file.span, message, {
        help: `Correct entry ${i + 1} of the file`,
      });
      break;
    }
  }
  return out;
}
