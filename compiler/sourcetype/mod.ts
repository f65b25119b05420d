/**
 * Sourcetypes: catalogue, parsers and recognition. Pure: no I/O, no clock. What compiles them of YAML
 * texts is in compile/compile.ts by itself: a run that finds them compiled does not load it.
 */
export { type Compiled, createParser } from "./compile/compiled.ts";
export type { Parser, ParserOptions, ParserState } from "./compile/parser.ts";
export type { Lines, Parsed, ParsedEvent } from "./compile/reader.ts";
export { type Keyed } from "./formats/keyed.ts";
export { windowsRecord } from "./formats/winevent/mod.ts";
export { zone } from "./clock/zone.ts";
export { toFlat } from "./flat.ts";
export { recognise, type Recognition } from "./recognise.ts";
export { explainLine, type LineExplanation } from "./explain.ts";
export { checkSamples, type SampleResult } from "./samples.ts";
export {
  type DatasetCheck,
  datasetCheck,
  type ExtractedField,
  type FieldCheck,
  validateLines,
  type ValidateOptions,
  validateParsed,
  type Validation,
} from "./validate.ts";
