/** Sourcetypes: YAML text → catalogue, parsers and recognition. Pure: no I/O, no clock. */
export { type Compiled, compileSourcetypes, createParser } from "./compile/compile.ts";
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
