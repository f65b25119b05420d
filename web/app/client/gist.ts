/** One line of what an event says, for formats whose own first words say nothing: XML, JSON, audit. */
import { shown } from "./format.ts";

/** Formats that begin with their envelope, not with what happened. */
const ENVELOPE = /^\s*(?:[{<]|type=\w+ msg=audit)/;

/** Fields in the order of a sentence: who, with what, to whom. */
const TELLING = [
  "action",
  "user",
  "src_user",
  "src",
  "dest",
  "dest_port",
  "process",
  "process_path",
  "parent_process",
  "command",
  "object",
  "query",
  "url",
  "status",
] as const;

/** Another field that says the same better. */
const SAID_BY: Readonly<Record<string, string>> = { process_path: "process" };

/**
 * What of an event stands in one line: its raw text, or, where that begins with an envelope, what it
 * is called and the fields that tell most.
 */
export function gist(event: Readonly<Record<string, unknown>>): string {
  const raw = String(event._raw ?? "");
  if (!ENVELOPE.test(raw)) return raw;
  const title = shown(event.signature ?? event.message);
  const parts = TELLING.flatMap((name) => {
    const text = shown(event[name]);
    const better = SAID_BY[name];
    if (text === "" || text === title || better && event[better] !== undefined) return [];
    return [`${name}=${text}`];
  });
  return [title, ...parts].filter(Boolean).join("  ") || raw;
}
