/**
 * Recordings kept for rules, as SigmaHQ lays them out: a rule names an `info.yml`, which names the
 * recordings and how many matches each has. Pure; finding and reading them is the caller's.
 */
import { isMap, isSeq, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { SigmaFile } from "./mod.ts";
import { readDocuments, SigmaError } from "./yaml.ts";

/** What a rule says of its recordings. */
export interface RegressionPath {
  /** Where its rule stands: that of the rule's own place. */
  readonly rule: Span;
  readonly path: string;
  readonly span: Span;
}

/** One recording of an `info.yml`. */
export interface RegressionTest {
  readonly name: string;
  readonly path: string;
  /** Matches that there have to be at least; none at all where it is 0. */
  readonly count: number;
  readonly span: Span;
}

export interface RegressionInfo {
  /** Ids of the rules that the recordings are of. */
  readonly rules: readonly string[];
  readonly tests: readonly RegressionTest[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The paths that the rules of a file name. */
export function regressionPaths({ name, text }: SigmaFile): RegressionPath[] {
  if (!/^regression_tests_path[ \t]*:/m.test(text)) return [];
  return readDocuments(name, text).documents.flatMap((doc) => {
    const node = doc.get(doc.root, "regression_tests_path");
    try {
      const path = doc.text(doc.root, "regression_tests_path");
      return path === null ? [] : [{ rule: doc.span, path, span: doc.place(node) }];
    } catch (error) {
      if (error instanceof SigmaError) return [];
      throw error;
    }
  });
}

/** Reads an `info.yml`; what is wrong in it comes back beside the rest. */
export function readRegressionInfo({ name, text }: SigmaFile): RegressionInfo {
  const { documents, errors } = readDocuments(name, text);
  const rules: string[] = [], tests: RegressionTest[] = [];
  const diagnostics = [...errors];
  for (const doc of documents) {
    const list = (key: string): readonly Node[] => {
      const node = doc.node(doc.get(doc.root, key));
      return isSeq(node) ? node.items as Node[] : [];
    };
    try {
      for (const written of list("rule_metadata")) {
        const rule = doc.node(written);
        const id = isMap(rule) ? doc.text(rule, "id") : null;
        if (id !== null) rules.push(id);
      }
      for (const written of list("regression_tests_info")) {
        const test = doc.node(written);
        const span = doc.place(test);
        const path = isMap(test) ? doc.text(test, "path") : null;
        if (!isMap(test) || path === null) {
          throw new SigmaError(
            "bad_test",
            span,
            'The recording has no "path"',
            "Write path: with the file that holds the events",
          );
        }
        const count = doc.text(test, "match_count") ?? "1";
        if (!/^\d{1,9}$/.test(count)) {
          throw new SigmaError(
            "bad_test",
            doc.place(doc.get(test, "match_count")),
            `"${count}" is no number of matches`,
            "Write a whole number, 0 for none",
          );
        }
        tests.push({ name: doc.text(test, "name") ?? path, path, count: Number(count), span });
      }
    } catch (error) {
      if (!(error instanceof SigmaError)) throw error;
      diagnostics.push(error.diagnostic(name));
    }
  }
  return { rules, tests, diagnostics };
}
