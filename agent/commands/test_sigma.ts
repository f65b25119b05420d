/** The tests of Sigma rules: those in the rules, and the recordings that they name. */
import type { IrProgram } from "../../compiler/ir/program.ts";
import { readTests } from "../../compiler/sigma/tests.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { LoadedSources } from "../content/loaded.ts";
import { findRecordings, RecordingRunner } from "../content/recordings.ts";
import { linesParser, runTests } from "../content/rule_tests.ts";
import { sigmaFiles } from "../content/sigma_files.ts";
import type { Outcome } from "./outcomes.ts";
import { matchCount, recordingFailure, testFailure } from "./test_failures.ts";

export interface SigmaOutcomes {
  readonly outcomes: readonly Outcome[];
  readonly diagnostics: readonly Diagnostic[];
  /** Texts of the files that name recordings. */
  readonly texts: ReadonlyMap<string, string>;
  /** Tests in rules, and recordings. */
  readonly tests: number;
  readonly recordings: number;
}

/** Runs both. Matches are counted as they come: nothing is held back. */
export async function testSigma(loaded: LoadedSources): Promise<SigmaOutcomes> {
  const { program, sourcetypes } = loaded;
  const files = sigmaFiles(loaded);
  const names = new Set(files.map((f) => f.name));
  const read = readTests(files, program.rules, sourcetypes.catalogue);
  const counted: IrProgram = {
    tables: program.tables,
    rules: program.rules.map((r) =>
      names.has(r.file)
        ? {
          ...r,
          commands: r.commands.filter((c) => c.kind !== "throttle"),
          tests: read.tests.get(r.name) ?? [],
        }
        : r
    ),
  };
  const results = runTests(
    counted,
    sourcetypes.catalogue,
    linesParser(sourcetypes),
    (r) => names.has(r.file),
  );
  const textOf = (file: string) => loaded.texts.get(file) ?? "";
  const outcomes: Outcome[] = results.map((r) => ({
    suite: r.rule,
    name: r.test,
    file: r.file,
    span: r.span,
    failure: r.passed ? null : testFailure(r, textOf(r.file)),
  }));
  const recordings = await findRecordings(files, program.rules);
  const runner = new RecordingRunner(counted, sourcetypes);
  for (const recording of recordings.found) {
    const result = await runner.run(recording);
    outcomes.push({
      suite: recording.rule.name,
      name: recording.name,
      file: recording.file,
      span: recording.span,
      failure: result.passed
        ? null
        : recordingFailure(recording, result, textOf(recording.rule.file)),
      note: `${matchCount(result.matches)}, expected ${
        recording.count === 0 ? "none" : `at least ${recording.count}`
      }`,
    });
  }
  return {
    outcomes,
    diagnostics: [...read.diagnostics, ...recordings.diagnostics],
    texts: recordings.texts,
    tests: results.length,
    recordings: recordings.found.length,
  };
}
