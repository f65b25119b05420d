/**
 * Lints of Sigma rules: what pySigma's and SigmaHQ's validators look at, as far as it has a meaning
 * here. Only who shows them asks for them; running rules needs none.
 */
import type { Span } from "../../../grammar/ast.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Catalogue } from "../../schema/types.ts";
import { SIGMA_LINTS } from "../codes.ts";
import type { SigmaFile } from "../collection.ts";
import { LogSources } from "../logsource.ts";
import { readDocuments, SigmaError } from "../yaml.ts";
import { lintDetection } from "./detection.ts";
import { lintHead } from "./head.ts";
import type { Report } from "./report.ts";

/**
 * Lints rules together. Of what cannot be read the error tells; it has no lints.
 * @param renamed a pipeline gives fields other names than rules write
 */
export function lintSigma(
  files: readonly SigmaFile[],
  catalogue: Catalogue,
  renamed = false,
): Diagnostic[] {
  const out: Diagnostic[] = [];
  const sources = new LogSources(catalogue);
  const newTags = new Set<string>();
  const titles = new Map<string, Titled>();
  for (const { name: file, text } of files) {
    const report: Report = (lint, span, message, help) =>
      out.push({ code: SIGMA_LINTS[lint], lint, level: "warning", file, span, message, help });
    for (const doc of readDocuments(file, text).documents) {
      try {
        const titled = (title: string, span: Span) => {
          const first = titles.get(title);
          if (first === undefined) titles.set(title, { file, span });
          else out.push(sameTitle(title, { file, span }, first));
        };
        lintHead(doc, text, { report, titled, newTags });
        lintDetection(doc, report, renamed ? null : sources);
      } catch (error) {
        if (!(error instanceof SigmaError)) throw error;
      }
    }
  }
  return out;
}

/** A title in its place. */
interface Titled {
  readonly file: string;
  readonly span: Span;
}

const sameTitle = (title: string, at: Titled, first: Titled): Diagnostic => ({
  code: SIGMA_LINTS.duplicate_title,
  lint: "duplicate_title",
  level: "warning",
  ...at,
  message: `Another rule is called "${title}", too`,
  help: "Say what tells the two apart: alerts show the title",
  related: [{ ...first, message: "First here" }],
});
