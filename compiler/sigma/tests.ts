/**
 * Tests in Sigma rules → tests of the resolved rules. A rule carries events in the words of its own
 * selections, each with what it expects, under `tests`, under `rsigma.exemplars`, or as two lists
 * under `testcases`. Running rules needs none of them: they are read for `test`, `check` and `convert`.
 */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Const, IrRule, IrTest, IrTestItem } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";
import { LogSources, type Rows } from "./logsource.ts";
import type { SigmaFile } from "./mod.ts";
import { readRule } from "./rule.ts";
import { readDocuments, scalarText, type SigmaDocument, SigmaError } from "./yaml.ts";

export interface SigmaTests {
  /** Tests by the name of their rule. */
  readonly tests: ReadonlyMap<string, readonly IrTest[]>;
  /** An error for each test that cannot be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How long before the next event of a test the one before it is, in ms. */
const STEP = 1000;
/** Events of one test. */
const MAX_EVENTS = 10_000;

const MAY_HOLD_TESTS = /^(?:["']?rsigma\.exemplars["']?|tests|testcases|custom_attributes)[ \t]*:/m;

/** Reads the tests of rules that were compiled. @param rules what `compileSigma` made of the files */
export function readTests(
  files: readonly SigmaFile[],
  rules: readonly IrRule[],
  catalogue: Catalogue,
): SigmaTests {
  const sources = new LogSources(catalogue);
  const tests = new Map<string, readonly IrTest[]>();
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    if (!MAY_HOLD_TESTS.test(file.text)) continue;
    for (const doc of readDocuments(file.name, file.text).documents) {
      const rule = rules.find((r) => r.file === file.name && r.span.start === doc.span.start);
      if (rule === undefined) continue;
      const reader = new TestReader(doc, () => sources.rowsOf(readRule(doc).logsource));
      tests.set(rule.name, reader.all());
      diagnostics.push(...reader.errors.map((e) => e.diagnostic(file.name)));
    }
  }
  return { tests, diagnostics };
}

/** What a test says has to come of its events. */
interface Expected {
  readonly count: number;
  readonly least: boolean;
}

interface Written {
  readonly name: string;
  readonly span: Span;
  readonly expect: Expected;
  readonly items: readonly IrTestItem[];
}

class TestReader {
  readonly errors: SigmaError[] = [];
  #rows: Rows | null = null;

  constructor(readonly doc: SigmaDocument, readonly rowsOf: () => Rows) {}

  all(): IrTest[] {
    const { doc } = this;
    const attributes = doc.node(doc.get(doc.root, "custom_attributes"));
    const lists = [
      doc.get(doc.root, "tests"),
      doc.get(doc.root, "rsigma.exemplars"),
      isMap(attributes) ? doc.get(attributes, "rsigma.exemplars") : null,
    ];
    const out: Written[] = [];
    for (const list of lists) {
      if (list !== null) this.#each(list, (node, n) => out.push(this.#test(node, n)));
    }
    out.push(...this.#cases());
    return out.map(({ name, span, expect, items }) => ({
      name,
      span,
      items: [...items, { kind: "expect", ...expect, at: null, fields: {}, span }],
    }));
  }

  /** `testcases` with the lists `match` and `dont-match`: an event is a test. */
  #cases(): Written[] {
    const { doc } = this;
    const written = doc.get(doc.root, "testcases");
    if (written === null) return [];
    const out: Written[] = [];
    this.#guarded(() => {
      for (const { key, keySpan, node } of doc.entries(written, '"testcases"')) {
        if (key !== "match" && key !== "dont-match") {
          throw bad(keySpan, `Unknown key "${key}" of "testcases"`, "Write match: or dont-match:");
        }
        const expect = { count: key === "match" ? 1 : 0, least: key === "match" };
        this.#each(node, (event, n) => {
          const item = this.#event(event, 0, null);
          out.push({ name: `${key} ${n}`, span: doc.place(event), expect, items: [item] });
        });
      }
    });
    return out;
  }

  #each(list: Node | null, read: (node: Node, n: number) => void): void {
    const node = this.doc.node(list);
    this.#guarded(() => {
      if (!isSeq(node)) {
        throw bad(this.doc.place(node), "Tests must be a list", "Begin each one with - name:");
      }
    });
    if (!isSeq(node)) return;
    for (const [i, item] of (node.items as Node[]).entries()) {
      this.#guarded(() => read(item, i + 1));
    }
  }

  #guarded(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof SigmaError)) throw error;
      this.errors.push(error);
    }
  }

  #test(written: Node, n: number): Written {
    const { doc } = this;
    const node = doc.node(written);
    const span = doc.place(node);
    if (!isMap(node)) {
      throw bad(span, "A test must be a mapping", "Write name:, event: and expect:");
    }
    const known = ["name", "expect", "event", "events", "log", "sourcetype"];
    const other = doc.entries(node, "A test").find((e) => !known.includes(e.key));
    if (other !== undefined) {
      throw bad(
        other.keySpan,
        `Unknown key "${other.key}" of a test`,
        `Write ${known.join(", ")}`,
      );
    }
    const items = this.#items(node, span);
    const name = doc.text(node, "name") ?? `test ${n}`;
    return { name, span, expect: this.#expected(node, span), items };
  }

  #expected(test: YAMLMap, span: Span): Expected {
    const text = this.doc.text(test, "expect");
    if (text === null) {
      throw bad(span, 'The test has no "expect"', "Write expect: match, no-match or a number");
    }
    if (/^(?:match|true)$/i.test(text)) return { count: 1, least: true };
    if (/^(?:no-match|none|false)$/i.test(text)) return { count: 0, least: false };
    if (/^\d{1,6}$/.test(text)) return { count: Number(text), least: false };
    throw bad(
      this.doc.place(this.doc.get(test, "expect")),
      `A test cannot expect "${text}"`,
      "Write match, no-match, or the number of matches",
    );
  }

  #items(test: YAMLMap, span: Span): IrTestItem[] {
    const { doc } = this;
    const sourcetype = doc.text(test, "sourcetype");
    const log = doc.text(test, "log");
    if (log !== null) {
      if (sourcetype === null) {
        throw bad(span, "Lines of a log need their sourcetype", "Write sourcetype: windows_sysmon");
      }
      return [{ kind: "given", sourcetype, text: log.replace(/\n+$/, ""), span }];
    }
    const event = doc.get(test, "event"), events = doc.node(doc.get(test, "events"));
    if (event !== null) return [this.#event(event, 0, sourcetype)];
    if (!isSeq(events) || events.items.length === 0) {
      throw bad(span, "The test has no event", "Write event: with FIELD: VALUE lines, or log:");
    }
    if (events.items.length > MAX_EVENTS) {
      throw bad(span, `The test has more than ${MAX_EVENTS} events`, "Leave some of them out");
    }
    return (events.items as Node[]).map((written, i) => {
      const node = doc.node(written);
      const offset = isMap(node) ? doc.text(node, "offset") : null;
      const inner = isMap(node) ? doc.get(node, "event") : null;
      return inner === null
        ? this.#event(written, i * STEP, sourcetype)
        : this.#event(inner, offset === null ? i * STEP : this.#offset(node!, offset), sourcetype);
    });
  }

  #offset(node: Node, text: string): number {
    const m = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
    if (m === null) {
      throw bad(this.doc.place(node), `"${text}" is no time`, "Write it as 30s, 5m or 2h");
    }
    const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[m[2] ?? "s"]!;
    return Math.round(Number(m[1]) * unit);
  }

  /** An event in the rule's own words, as its log source has it. */
  #event(written: Node | null, ms: number, sourcetype: string | null): IrTestItem {
    const { doc } = this;
    const node = doc.node(written);
    const span = doc.place(node);
    if (!isMap(node)) {
      throw bad(span, "An event must be a mapping", "Write FIELD: VALUE lines, or log: for text");
    }
    const rows = this.#rows ??= this.rowsOf();
    const all = rows.readings.map((_, i) => rows.made(i));
    const reading = Math.max(
      0,
      sourcetype === null ? 0 : all.findIndex((m) => m.sourcetype === sourcetype),
    );
    const made = all[reading];
    const fields = new Map<string, Const>(Object.entries(made.fields));
    for (const [name, value] of this.#flat(node, "")) {
      const own = rows.readings[reading].names(name)[0];
      const derived = rows.readings[reading].derived(own);
      if (derived !== null) {
        for (const [part, text] of derived.partsOf(String(value))) fields.set(part, text);
      } else fields.set(own, rows.readings[reading].isText(own) ? textOf(value) : value);
    }
    return {
      kind: "at",
      ms,
      repeat: 1,
      every: 0,
      dataset: made.dataset,
      sourcetype: sourcetype ?? made.sourcetype,
      fields: Object.fromEntries(fields),
      span,
    };
  }

  /** Fields by their dotted names; a missing one is left out. */
  *#flat(map: YAMLMap, prefix: string): Generator<[string, Const]> {
    for (const { key, node: written } of this.doc.entries(map, "An event")) {
      const name = prefix + key;
      const node = this.doc.node(written);
      if (isMap(node)) yield* this.#flat(node, `${name}.`);
      else if (isSeq(node)) {
        const items = (node.items as Node[]).map((i) => this.#scalar(this.doc.node(i)));
        yield [name, items.filter((v) => v !== null).map(String)];
      } else {
        const value = this.#scalar(node);
        if (value !== null) yield [name, value];
      }
    }
  }

  #scalar(node: Node | null): string | number | boolean | null {
    if (!isScalar(node) || node.value === null) return null;
    const { value, source } = node;
    if (typeof value === "boolean") return value;
    return typeof value === "number" && Number.isSafeInteger(value)
      ? value
      : scalarText(value, source);
  }
}

const textOf = (value: Const): Const =>
  typeof value === "string" || typeof value === "object" ? value : String(value);

const bad = (span: Span, message: string, help: string) =>
  new SigmaError("bad_test", span, message, help);
