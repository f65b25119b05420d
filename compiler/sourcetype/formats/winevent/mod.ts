/** Windows events as text, in any of their renderings, to one flat record. */
import type { Keyed } from "../json/json.ts";
import { readEventJson } from "./json.ts";
import { readSnare } from "./snare.ts";
import { readEventText } from "./text.ts";
import { readEventXml } from "./xml.ts";
export { windowsRecord, type WindowsSystem } from "./record.ts";

/** EventXML (also behind a prefix such as syslog's), a JSON object, Snare's lines, or pairs; else null. */
export function readWindows(text: string): Keyed | null {
  let at = 0;
  while (text.charCodeAt(at) <= 32 || text.charCodeAt(at) === 0xfeff) at++;
  const first = text.charCodeAt(at);
  const snare = readSnare(text);
  if (snare !== null) return snare;
  if (first === 60) return readEventXml(text);
  if (first === 123) return readEventJson(at === 0 ? text : text.slice(at));
  const xml = text.indexOf("<Event ");
  // A prefix that says itself which event it is begins pairs: the XML is of a value that a client chose.
  if (xml >= 0 && readEventText(text.slice(0, xml)) === null) {
    const record = readEventXml(text.slice(xml));
    if (record !== null) return record;
  }
  return readEventText(text);
}
