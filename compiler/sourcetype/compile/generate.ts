/**
 * Writes the parser of a sourcetype as JavaScript. The text holds identifiers made here and
 * JSON-encoded literals, nothing else: regular expressions, names and constants of a file come in as
 * values in `env`.
 */
import { literal, property } from "../../codegen/mod.ts";
import type { Layout, SourcetypeLayouts } from "./catalogue.ts";
import type { Header } from "../read/model.ts";
import type { KeyedReader } from "../formats/keyed.ts";
import { regexShape } from "../read/shape.ts";
import { convert, Tries } from "./tries.ts";

/** What the generated text refers to, by index. */
export interface Generated {
  readonly code: string;
  readonly regexes: RegExp[];
  /** `Layout` of each class, in order. */
  readonly classes: readonly Layout[];
  readonly maps: readonly ((value: unknown) => string | undefined)[];
  /** Readers of keyed texts. */
  readonly readers: readonly KeyedReader[];
}

/**
 * Longest line that patterns are tried on, in UTF-16 units: two free texts in one pattern can take time
 * in proportion to the square of the line. A part of the line would end where an attacker likes.
 */
export const MAX_MATCHED = 32_768;

/**
 * The parser of `own`; lines of programs that it does not know itself go to the other sourcetypes of
 * its family, in their order, before its general patterns.
 */
export function generate(
  own: SourcetypeLayouts,
  family: readonly SourcetypeLayouts[],
): Generated {
  const regexes: RegExp[] = [];
  const classes: Layout[] = [];
  const maps: ((value: unknown) => string | undefined)[] = [];
  const readers: KeyedReader[] = [];
  const out: string[] = ["const { R, M, X, K, W, Z, lazily, convert, clock, env } = $;"];
  const regex = (source: string) => {
    regexes.push(new RegExp(source.replace(/\(\?<[A-Za-z_$][\w$]*>/g, "("), "sy"));
    out.push(`const r${regexes.length - 1} = R[${regexes.length - 1}];`);
    return `r${regexes.length - 1}`;
  };
  const classOf = (layout: Layout, lazy?: string) => {
    classes.push(layout);
    const c = classes.length - 1;
    out.push(
      lazy === undefined ? eagerClass(layout, c) : lazyClass(layout, c, lazy),
      `X.push(X${c});`,
    );
    return c;
  };

  out.push(
    "let at = 0, full = '', k = null, time = 0, host, from, program = '', count, kind = 0, reason;",
    // What a line that stands inside another takes from it, where it has none itself.
    "let outerTime = NaN, outerHost, outerFrom;",
    own.slots.map((_, i) => `let h${i};`).join(" "),
    "let keyedBy = -1, keyedText = '', keyedBag = null;",
    // Several patterns may look at the keys of one line: they are read once.
    "function keyed(by, text) {",
    "  if (by !== keyedBy || text !== keyedText) {",
    "    keyedBy = by; keyedText = text; keyedBag = K[by](text);",
    "  }",
    "  return keyedBag;",
    "}",
    "const int = (v) => v === undefined || v === '' ? undefined : +v;",
    "const text = (v) => v === '' ? undefined : v;",
    "const { address, hostName } = env;",
    "const part = (r, v) => { if (typeof v !== 'string') return undefined; r.lastIndex = 0; " +
      "const m = r.exec(v); return m === null ? undefined : text(m[1]); };",
    `const none = ${literal(["", ...own.sourcetype.missing])};`,
    "const given = (v) => v === undefined || none.includes(v) ? undefined : v;",
    // Of keys that say the same thing in a text that nobody escapes: one answer, or none.
    "const two = Symbol();",
    "const agreed = (a, b) => a === undefined || a === b ? b : b === undefined ? a : two;",
    "const answer = (k, field, names, v) => v !== two && k.keys_ambiguous === undefined ? v : " +
      "env.answer(k, field, names.split('\\0'), v, v === two);",
    "const bool = (v) => v === undefined ? undefined : v === 'true' || v === '1' || v === 'yes';",
  );
  const error = classOf(own.parseError);
  const headers = own.sourcetype.headers.map((h, i) => headerCode(h, i, own, regex));
  out.push(...headers);

  const tries = new Tries(own, regex, classOf, maps, readers);
  // Several of a family may know a program of one name ("imapd"): each is asked, in their order.
  const programs = new Map<string, string[]>();
  const members = [own, ...family.filter((f) => f !== own)];
  const functions: string[] = [];
  for (const member of members) {
    for (const { program, layouts } of member.programs) {
      const name = `p${functions.length}`;
      functions.push(tries.functionOf(name, layouts));
      for (const n of program.names) {
        const key = n.toLowerCase();
        programs.set(key, [...programs.get(key) ?? [], name]);
      }
    }
  }
  const table: string[] = [];
  const starts: string[] = [];
  for (const [name, of] of programs) {
    const f = of.length === 1
      ? of[0]
      : `(raw, line) => ${of.map((p) => `${p}(raw, line)`).join(" ?? ")}`;
    if (name.endsWith("*")) starts.push(`[${literal(name.slice(0, -1))}, ${f}]`);
    else table.push(`[${literal(name)}, ${f}]`);
  }
  // Patterns for any program: its own, its relatives', and last what all of them inherit.
  const root = rootPatterns(own, members);
  const isShared = (l: Layout) => root.includes(l.pattern!);
  functions.push(
    tries.functionOf("general", [
      ...own.general.filter((l) => !isShared(l)),
      ...members.filter((m) => m !== own).flatMap((m) => m.general.filter((l) => !isShared(l))),
      ...own.general.filter(isShared),
    ]),
  );
  out.push(...functions);
  out.push(`const P = new Map([${table.join(", ")}]);`, `const S = [${starts.join(", ")}];`);
  out.push(
    "let lastProgram = '', lastFunction = null;",
    "function byName(name) { return P.get(name) ?? S.find(([s]) => name.startsWith(s))?.[1] ?? null; }",
    "function byProgram() {",
    "  if (program !== lastProgram) {",
    "    lastProgram = program; lastFunction = P.get(program) ?? byName(program.toLowerCase());",
    "  }",
    "  return lastFunction;",
    "}",
  );
  if (own.sourcetype.records !== null) {
    out.push(recordCode(own, error, tries.readerOf(own.sourcetype, own.sourcetype.records.read)));
    return { code: out.join("\n"), regexes, classes, maps, readers };
  }
  const repeated = own.sourcetype.headers.length > 0;
  const rep = repeated ? regex("message repeated (\\d{1,9}) times?: ?\\[ ?") : "";
  out.push(`function one(raw, whole, start) {
  at = start; keyedBy = -1; time = NaN; host = outerHost; from = undefined; program = ''; count = undefined;
  ${own.slots.map((_, i) => `h${i} = undefined;`).join(" ")}
  ${
    headers.length > 0
      ? `if (!(${
        own.sourcetype.headers.map((_, i) => `header${i}(whole)`).join(" || ")
      })) { reason = whole.trim() === '' ? "Empty line" : ${
        literal(`No header of sourcetype ${own.sourcetype.name} fits`)
      }; return failed(raw); }
  settle();`
      : ""
  }
  let line = whole;
  ${headers.length > 0 ? "" : `if (whole === '') { reason = "Empty line"; return failed(raw); }`}
  ${
    repeated
      ? `if (line.charCodeAt(at) === 109 && line.endsWith("]")) { ${rep}.lastIndex = at; const m = ${rep}.exec(line); if (m !== null) { count = +m[1]; at = ${rep}.lastIndex; line = line.slice(0, -1); } }`
      : ""
  }
  full = line;
  // Nothing begins after the end of an empty text: only patterns that read keys take a long line.
  if (line.length > ${MAX_MATCHED}) line = "";
  ${
    headers.length > 0
      ? "const f = byProgram(); if (f !== null) { const e = f(raw, line); if (e !== null) return e; }"
      : ""
  }
  const e = general(raw, line);
  if (e !== null) return e;
  reason = whole.trim() === '' ? "Empty line" : full.length > ${MAX_MATCHED} ? ${
    literal(`Line longer than ${MAX_MATCHED} characters`)
  } : ${literal(`No pattern of sourcetype ${own.sourcetype.name} fits`)};
  return failed(raw);
}
${failedCode(own, error)}
return {
${READS}
};`);
  return { code: out.join("\n"), regexes, classes, maps, readers };
}

/** The part of a class's constructor that all events have. */
const COMMON = "this._raw = raw; this._time = t; this.host = h; this._time_from = f; this.more = ";

/** The class of a pattern's events, with a property for each capture. */
function eagerClass({ captures }: Layout, c: number): string {
  const args = captures.map((_, i) => `, a${i}`).join("");
  const sets = captures.map((f, i) => `${property("this", f.name)} = a${i};`).join(" ");
  return `class X${c} { constructor(raw, t, h, f${args}) { ${COMMON}null; ${sets} } }`;
}

/** The same of records: captures are worked out when one of them is asked for. */
function lazyClass({ captures }: Layout, c: number, values: string): string {
  const args = captures.map((_, i) => `a${i}`).join(", ");
  const sets = captures.map((f, i) => `${property("this", f.name)} = a${i};`).join(" ");
  const names = captures.map((_, i) => `v${i}`).join(", ");
  return `class X${c} { constructor(raw, t, h, f, k) { ` +
    `${COMMON}k; this[Z.keys] = k; this[Z.host] = h; this[Z.values] = null; } }\n` +
    `class V${c} { constructor(${args}) { ${sets} } }\n` +
    `lazily(X${c}.prototype, ${literal(captures.map((f) => f.name))}, ` +
    `(k, host) => { ${values} return new V${c}(${names}); });`;
}

/** How a reader's lines come in: many that are whole, or one that stands in another. */
const READS = `  batch(lines, events, kinds, i) {
    while (i < lines.length) {
      const raw = lines[i];
      let e = one(raw, raw, 0), of = kind;
      if (W[of] !== 0) {
        const other = env.other(raw, full, at, e, of);
        if (other !== null) { e = other; of = env.kind; }
        if (env.leave) { events[i] = e; kinds[i] = of; return i + 1; }
      }
      events[i] = e; kinds[i++] = of;
    }
    return i;
  },
  read(raw, whole, start, t, h, f) {
    outerTime = t; outerHost = h; outerFrom = f;
    const e = one(raw, whole, start);
    outerTime = NaN; outerHost = undefined;
    env.kind = kind; env.at = at; env.text = full;
    return e;
  },`;

/** What a line that nothing reads gives, and the time of one that says none. */
function failedCode(own: SourcetypeLayouts, error: number): string {
  return `function failed(raw) {
  ${own.sourcetype.headers.length > 0 ? "if (time !== time) settle();" : "settle();"}
  kind = ${own.parseError.extraction.id};
  return new X${error}(raw, time, host, from, reason);
}
function settle() {
  if (time !== time) {
    if (outerTime === outerTime) { time = outerTime; from = outerFrom; }
    else if (clock.last === clock.last) { time = clock.last; from = "previous"; }
    else { time = env.arrival; from = "arrival"; }
  } else if (time > clock.limit) {
    time = clock.last === clock.last ? clock.last : env.arrival; from = "clamped";
  } else clock.last = time;
}`;
}

/** The parser of records: from text, or from keys that were read before. */
function recordCode(own: SourcetypeLayouts, error: number, reader: number): string {
  const { name, records } = own.sourcetype;
  const byProgram = records!.program.map((key) =>
    `if (f === null && k[${literal(key)}] !== undefined) { program = String(k[${
      literal(key)
    }]); f = byProgram(); }`
  );
  return `function one(raw, whole, start) {
  at = start; full = whole;
  k = K[${reader}](start === 0 ? whole : whole.slice(start));
  return record(raw);
}
function record(raw) {
  time = NaN; host = outerHost; from = undefined; count = undefined;
  if (k === null) {
    reason = raw.trim() === '' ? "Empty line" : ${literal(`No record that ${name} can read`)};
    return failed(raw);
  }
  let f = null;
  ${byProgram.join("\n  ")}
  const e = (f === null ? null : f(raw, raw)) ?? general(raw, raw);
  if (e !== null) return e;
  reason = ${literal(`No pattern of sourcetype ${name} fits`)};
  return failed(raw);
}
${failedCode(own, error)}
return {
${READS}
  records(lines, bags, events, kinds) {
    for (let i = 0; i < lines.length; i++) {
      k = bags[i]; events[i] = record(lines[i]); kinds[i] = kind;
    }
  },
};`;
}

function rootPatterns(own: SourcetypeLayouts, members: readonly SourcetypeLayouts[]) {
  const root = members.find((m) => m.sourcetype.parent === null) ?? own;
  return root.sourcetype.patterns;
}

function headerCode(
  h: Header,
  i: number,
  own: SourcetypeLayouts,
  regex: (source: string) => string,
): string {
  const r = regex(h.regex.source);
  const sets: string[] = h.program === null ? [] : [`program = ${literal(h.program)};`];
  for (const g of regexShape(h.regex.source).groups) {
    const value = `m[${g.index}]`;
    if (g.name === "time") {
      sets.push(
        `if (${value} !== undefined) time = ${property("clock", h.time ?? "iso")}(${value});`,
      );
    } else if (g.name === "host") sets.push(`host = ${value} ?? outerHost;`);
    else if (g.name === "program") {
      sets.push(`program = ${value} ?? '';`, `h${own.slots.indexOf("process_name")} = ${value};`);
    } else if (g.name === "pri") {
      const f = own.slots.indexOf("facility");
      const s = own.slots.indexOf("severity");
      const id = own.slots.indexOf("severity_id");
      sets.push(
        `if (${value} !== undefined && +${value} < 192) { h${f} = env.facilities[${value} >> 3]; h${s} = env.severities[${value} & 7]; h${id} = String(${value} & 7); }`,
      );
    } else {
      const slot = `h${own.slots.indexOf(g.name)}`;
      sets.push(
        `${slot} = ${convert(own.sourcetype.fields.get(g.name) ?? "string", value, true)};`,
      );
    }
  }
  return `function header${i}(line) { ${r}.lastIndex = at; const m = ${r}.exec(line); if (m === null) return false; ` +
    `${sets.join(" ")} at = ${r}.lastIndex; return true; }`;
}
