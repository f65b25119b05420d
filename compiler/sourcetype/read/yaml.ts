/** The reader of a sourcetype's YAML. */
import { type Entry, YamlReader as Reader } from "../../../grammar/yaml_reader.ts";
import { CODES } from "./codes.ts";

export type { Entry };

export class YamlReader extends Reader<keyof typeof CODES> {
  constructor(file: string, text: string) {
    super(file, text, CODES);
  }
}
