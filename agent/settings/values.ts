/** Values of `agent.yaml` that several sections have: durations, sizes, switches, choices, times of day. */
import { isScalar, type Node } from "yaml";
import { bytesOf, durationMs } from "../../grammar/literals.ts";
import { nearest } from "../../grammar/nearest.ts";
import type { SettingsReader } from "./section.ts";

/** What a number or a duration may be; ends included. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** `90s`, `5m`, `1h30m`: ms. Null for what is none, which is reported. */
export function readDuration(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  bounds: Bounds,
): number | null {
  const text = isScalar(node) ? String(node.value) : "";
  const ms = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(text) ? durationMs(text) : NaN;
  if (ms >= bounds.least && ms <= bounds.most) return ms;
  bad(reader, node, what, {
    message: Number.isNaN(ms) ? "is no duration" : "is out of bounds",
    help: `Give a duration from ${durationOf(bounds.least)} to ${durationOf(bounds.most)}, as 5m`,
  });
  return null;
}

function durationOf(ms: number): string {
  const [n, unit] = ms % 86_400_000 === 0 && ms > 0
    ? [ms / 86_400_000, "d"]
    : ms % 1000 === 0
    ? [ms / 1000, "s"]
    : [ms, "ms"];
  return `${n}${unit}`;
}

/** `64KiB`, `10MB`: bytes. */
export function readSize(reader: SettingsReader, node: Node | null, what: string): number | null {
  const text = isScalar(node) ? String(node.value) : "";
  if (/^\d+(?:\.\d+)?(?:[kKMGT]i?)?B$/.test(text)) return bytesOf(text);
  bad(reader, node, what, { message: "is no size", help: "Give a size with its unit, as 10MB" });
  return null;
}

/** A number, whole unless `fraction`. */
export function readNumber(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  { least, most, fraction = false }: Bounds & { readonly fraction?: boolean },
): number | null {
  const value = isScalar(node) ? node.value : undefined;
  const fits = typeof value === "number" && Number.isFinite(value) && value >= least &&
    value <= most && (fraction || Number.isInteger(value));
  if (fits) return value;
  bad(reader, node, what, {
    message: `is no ${fraction ? "" : "whole "}number that fits`,
    help: `Give a number from ${least} to ${most}`,
  });
  return null;
}

/** `true` or `false`. */
export function readSwitch(
  reader: SettingsReader,
  node: Node | null,
  what: string,
): boolean | null {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return value;
  bad(reader, node, what, { message: "is neither true nor false", help: "Write true or false" });
  return null;
}

/** One of a few words. */
export function readChoice<T extends string>(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  choices: readonly T[],
): T | null {
  const text = isScalar(node) ? String(node.value) : "";
  if (choices.includes(text as T)) return text as T;
  const near = nearest(text, choices);
  bad(reader, node, what, {
    message: "is not known",
    help: `Give one of ${choices.join(", ")}`,
    ...(near === undefined ? {} : { suggestion: near }),
  });
  return null;
}

/** Words of a list, or one alone. */
export function readChoices<T extends string>(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  choices: readonly T[],
): T[] {
  const items = isScalar(node) ? [node] : reader.list(node, what);
  return items.flatMap((item) => readChoice(reader, item, what, choices) ?? []);
}

/** Reports a value that does not fit. */
export function bad(
  reader: SettingsReader,
  node: Node | null,
  what: string,
  said: { message: string; help: string; suggestion?: string },
): void {
  const { message, ...more } = said;
  const quoted = isScalar(node) && node.value !== null ? `${what} "${shown(node.value)}"` : what;
  reader.report("bad_value", reader.span(node), `${quoted} ${message}`, more);
}

const shown = (value: unknown) => {
  const text = String(value);
  return text.length > 60 ? text.slice(0, 60) + "…" : text;
};
