/** What a section of `agent.yaml` is: a key, and a reader that makes a typed value of what stands there. */
import type { Node } from "yaml";
import { TUNING_CODES } from "../../compiler/ir/tuning.ts";
import { YamlReader } from "../../grammar/yaml_reader.ts";

/** Permanent codes of what can be wrong in `agent.yaml`. */
export const CODES = {
  yaml: "E0601",
  unknown_key: "E0602",
  missing_key: "E0603",
  wrong_kind: "E0604",
  bad_value: TUNING_CODES.bad_value,
  unknown_name: TUNING_CODES.unknown_name,
  duplicate: "E0607",
  bad_condition: "E0608",
  /** What it says cannot be set up on this machine. */
  setup: "E0609",
  /** A warning: what is written takes no effect. */
  unused: TUNING_CODES.unused,
} as const;

export class SettingsReader extends YamlReader<keyof typeof CODES> {
  constructor(file: string, text: string) {
    super(file, text, CODES);
  }
}

/** One key of the file that is no option of the command line: one object of this shape a file. */
export interface Section<T> {
  /** A line for the reference of `agent.yaml`. */
  readonly summary: string;
  /** What it says when it is not there. */
  readonly empty: T;
  /** Reports what does not fit to the reader, and gives what was right. Names of rules are not known yet. */
  read(reader: SettingsReader, node: Node | null): T;
}
